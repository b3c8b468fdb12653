"""What can happen to a case, and why it may be refused. Both are values; nothing here raises."""

from collections.abc import Mapping

import msgspec

from portal.procedures.forms import FieldFault, Value
from portal.procedures.state import TaskKey


class CaseOpened(msgspec.Struct, frozen=True):
    """The case is registered under this procedure."""

    facts: Mapping[str, Value] = {}


class TaskAnswered(msgspec.Struct, frozen=True):
    """Somebody answered; ``on_behalf`` when it was another than the owner (a delegate)."""

    task: TaskKey
    outcome: str
    fields: Mapping[str, Value] = {}
    on_behalf: bool = False


class ReceiptProven(msgspec.Struct, frozen=True):
    """The owner has the task: delivery is proven, or (``signed``) it was signed for (P04.3–4)."""

    task: TaskKey
    signed: bool = False


class LimitLapsed(msgspec.Struct, frozen=True):
    """A limit (``due``, ``sign_for``, ``lapse``) passed. ``proven``: the notice had arrived."""

    task: TaskKey
    limit: str
    proven: bool = False


class ChildClosed(msgspec.Struct, frozen=True):
    """The child case that gates ``task`` closed with ``verdict``, one of its own procedure's."""

    task: TaskKey
    verdict: str


class PauseBegun(msgspec.Struct, frozen=True):
    """Clocks stop: of one task, or of the whole case."""

    reason: str
    task: TaskKey | None = None


class PauseEnded(msgspec.Struct, frozen=True):
    """Clocks run again."""

    task: TaskKey | None = None


class Reopened(msgspec.Struct, frozen=True):
    """A closed case is taken up again, at the step the procedure names."""

    reason: str


class Withdrawn(msgspec.Struct, frozen=True):
    """The complainant wants no more of it; the procedure says who makes sure and closes."""

    reason: str


class FactsChanged(msgspec.Struct, frozen=True):
    """Urgency, severity or another fact changed (R6); limits and conditions follow."""

    facts: Mapping[str, Value]
    reason: str


Event = (
    CaseOpened
    | TaskAnswered
    | ReceiptProven
    | LimitLapsed
    | ChildClosed
    | PauseBegun
    | PauseEnded
    | Reopened
    | Withdrawn
    | FactsChanged
)


class Refusal(msgspec.Struct, frozen=True):
    """Base of the refusals. A refused event leaves the state as it is."""


class CaseAlreadyOpened(Refusal, frozen=True):
    """The case has tasks already."""


class CaseNotOpen(Refusal, frozen=True):
    """The case is closed, or was never opened."""


class CaseNotClosed(Refusal, frozen=True):
    """Only a closed case is reopened."""


class NotReopenable(Refusal, frozen=True):
    """The procedure names no step to reopen at; a new, linked case is due instead."""


class NotWithdrawable(Refusal, frozen=True):
    """The procedure names no step for a withdrawal."""


class TaskNotOpen(Refusal, frozen=True):
    """The task is closed, of an old round, or was never there. Its answer satisfies nothing."""

    task: TaskKey


class UnknownOutcome(Refusal, frozen=True):
    """The step has no such outcome, or keeps it for a lapse."""

    task: TaskKey
    outcome: str


class MissingFields(Refusal, frozen=True):
    """The outcome needs these fields."""

    task: TaskKey
    fields: tuple[str, ...]


class InvalidFields(Refusal, frozen=True):
    """The form does not take these values."""

    task: TaskKey
    faults: tuple[FieldFault, ...]


class InvalidFacts(Refusal, frozen=True):
    """A case has no such facts, or not with such values."""

    faults: tuple[FieldFault, ...]


class GatedByChild(Refusal, frozen=True):
    """The step waits for its child case and takes no answer."""

    task: TaskKey


class NotGatedByChild(Refusal, frozen=True):
    """The step has no child case."""

    task: TaskKey


class AlreadyReceived(Refusal, frozen=True):
    """The receipt (or the signature) is on record."""

    task: TaskKey


class LimitNotRunning(Refusal, frozen=True):
    """No such limit runs: it never started, was replaced, or has lapsed already."""

    task: TaskKey
    limit: str


class ClockStopped(Refusal, frozen=True):
    """The task or the case is paused; nothing lapses."""

    task: TaskKey


class ReasonMissing(Refusal, frozen=True):
    """The event needs a reason in words."""


class AlreadyPaused(Refusal, frozen=True):
    """The clock stands still already."""


class NotPaused(Refusal, frozen=True):
    """There is no pause to end."""


class NothingChanges(Refusal, frozen=True):
    """The facts are as they were, or what is asked for is under way."""
