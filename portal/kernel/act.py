"""Who does what, when, and by which way: one `Act` for each request, job or phone operation."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import uuid4


class Via(StrEnum):
    """The door by which an act came in."""

    PAGE = "page"
    API = "api"
    LINK = "link"
    FIELD = "field"
    JOB = "job"
    COMMAND = "command"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Staff:
    """A person of the company who is signed in."""

    person_id: int
    name: str
    roles: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"staff:{self.person_id}"


@dataclass(frozen=True, slots=True)
class LinkHolder:
    """Someone outside the company who holds a link for one purpose."""

    link_id: int
    purpose: str

    def __str__(self) -> str:
        return f"link:{self.link_id}"


@dataclass(frozen=True, slots=True)
class System:
    """The portal itself, acting because a clause says so."""

    clause: str
    on_behalf_of: int | None = None

    def __str__(self) -> str:
        return f"system:{self.clause}"


@dataclass(frozen=True, slots=True)
class Anonymous:
    """Nobody known."""

    def __str__(self) -> str:
        return "anonymous"


Actor = Staff | LinkHolder | System | Anonymous


@dataclass(frozen=True, slots=True)
class Act:
    """Frozen facts of one act.

    `at` is the clock: the portal's time when the act reached it, which tests set.
    `happened_at` is when the thing itself happened (a call at noon, registered at two).
    """

    actor: Actor
    at: datetime
    via: Via
    happened_at: datetime
    request_id: str = field(default_factory=lambda: uuid4().hex)

    @classmethod
    def now(cls, actor: Actor, at: datetime, via: Via) -> "Act":
        """An act that happens at the moment it reaches the portal."""
        return cls(actor=actor, at=at, via=via, happened_at=at)

    @property
    def on_behalf_of(self) -> int | None:
        """The person for whom the system acts (a deemed decision), else nobody."""
        return self.actor.on_behalf_of if isinstance(self.actor, System) else None
