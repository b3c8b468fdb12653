"""What every channel is: a way for messages to leave the portal, and how it fails."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from portal.kernel.i18n import Language
from portal.kernel.settings import Settings
from portal.people.models import Person


class TransportError(Exception):
    """A message was not accepted; `permanent` when it would not be another time either."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent


@dataclass(frozen=True, slots=True)
class Message:
    """A notice for one person by one channel, worded in that person's language.

    `dedupe` is the same each time the message is sent: it may arrive twice after a crash.
    """

    dedupe: str
    name: str
    email: str
    language: Language
    at: datetime
    title: str
    link: str
    urgent: bool
    # Why the reader gets it (a msgid), under the text; the channel's own where it is empty.
    foot: str = ""


class Channel(Protocol):
    """One way out."""

    def is_open(self, settings: Settings) -> bool:
        """Whether the settings let this portal use it."""

    def reaches(self, person: Person) -> bool:
        """Whether ``person`` can be reached by it."""

    async def send(self, settings: Settings, message: Message) -> None:
        """Hand ``message`` over. Raises `TransportError`; must end by itself within seconds."""
