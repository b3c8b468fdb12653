"""The state of a case as the engine sees it: facts and task rows, and nothing kept elsewhere."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from portal.procedures.forms import Value
from portal.procedures.paths import Frames, frames_of


class TaskKey(msgspec.Struct, frozen=True, order=True):
    """What makes a task row unique within its case."""

    step: str
    fork_path: str = ""
    round: int = 1
    for_key: str = ""


class OwnerKind(StrEnum):
    """How the shell finds the person: who holds the role now, heads the department, …"""

    ROLE = "role"
    DEPARTMENT = "department"
    PERSON = "person"
    COMPLAINANT = "complainant"
    CASE_OWNER = "case owner"
    CASE_ASSIGNEE = "case assignee"


class Owner(msgspec.Struct, frozen=True):
    """The rule of who owns a task; ``id`` is a role's key, a department's or a person's id."""

    kind: OwnerKind
    id: str = ""


class Ending(StrEnum):
    """How a task was closed."""

    ANSWERED = "answered"
    DEEMED = "deemed"
    CHILD = "child"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"


DECISIVE = {Ending.ANSWERED, Ending.DEEMED, Ending.CHILD}
"""The endings that have an outcome."""


class Vote(msgspec.Struct, frozen=True):
    """How a closing ended the branch at ``path``; stored with the row, for ``when`` may change."""

    path: str
    accepted: bool


class Task(msgspec.Struct, frozen=True):
    """One task row. ``ending`` is empty while it is open.

    ``received`` is proven delivery (or signing), ``signed`` the owner's own signature (签收).
    ``on_behalf`` says that another than the owner answered. ``lapsed`` names the limits that have
    lapsed in their present generation (the shell's ``alarm`` rows).
    """

    key: TaskKey
    owner: Owner
    ending: Ending | None = None
    outcome: str = ""
    fields: Mapping[str, Value] = {}
    votes: tuple[Vote, ...] = ()
    on_behalf: bool = False
    received: bool = False
    signed: bool = False
    paused: bool = False
    lapsed: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to act on it."""
        return self.ending is None

    @property
    def frames(self) -> Frames:
        """Where it lies in the tree of forks."""
        return frames_of(self.key.fork_path)


class State(msgspec.Struct, frozen=True):
    """A case. ``verdict`` is empty while it is open; ``tasks`` may come in any order."""

    facts: Mapping[str, Value] = {}
    tasks: tuple[Task, ...] = ()
    verdict: str = ""
    paused: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the case has been opened and not closed."""
        return bool(self.tasks) and not self.verdict

    def task(self, key: TaskKey) -> Task | None:
        """The row with that key."""
        return next((task for task in self.tasks if task.key == key), None)

    @property
    def open_tasks(self) -> tuple[Task, ...]:
        """The tasks somebody still has to act on."""
        return tuple(task for task in self.tasks if task.is_open)
