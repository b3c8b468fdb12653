"""What the shell has to write after an event: rows to open and close, limits, effects."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from portal.calendar.durations import Duration
from portal.procedures.definition import Direction
from portal.procedures.forms import Value
from portal.procedures.state import Owner, State, Task, TaskKey


class MomentKind(StrEnum):
    """A time that the shell has on record."""

    CASE_RECEIVED = "case received"
    CASE_OPENED = "case opened"
    TASK_OPENED = "task opened"
    TASK_RECEIVED = "task received"
    TASK_CLOSED = "task closed"
    FIELD = "field"


class Moment(msgspec.Struct, frozen=True):
    """``task`` is the row whose time it is; ``field`` a date in that row's answer."""

    kind: MomentKind
    task: TaskKey | None = None
    field: str = ""


class Offset(msgspec.Struct, frozen=True):
    """A time before or after the due time; the ladder says whom, a reminder goes to the owner."""

    duration: Duration
    direction: Direction
    to: Owner


class Limit(msgspec.Struct, frozen=True):
    """A running limit of a task: ``due``, ``sign_for`` or ``lapse``. Its moment is on record."""

    name: str
    duration: Duration
    direction: Direction
    moment: Moment
    ours: bool = False
    reminders: tuple[Offset, ...] = ()
    ladder: tuple[Offset, ...] = ()


class Opening(msgspec.Struct, frozen=True):
    """A task row to write. ``child`` is the procedure of the case to open with it."""

    task: TaskKey
    owner: Owner
    limits: tuple[Limit, ...]
    child: str = ""


class Relimiting(msgspec.Struct, frozen=True):
    """All limits of an open task after a change; those ``started`` begin a new generation."""

    task: TaskKey
    limits: tuple[Limit, ...]
    started: tuple[str, ...]


class AlarmKind(StrEnum):
    """What a lapse asks for."""

    CHASE = "chase"
    ESCALATE = "escalate"


class Alarm(msgspec.Struct, frozen=True):
    """Chase the owner or go up the ladder. ``because``: ``lapsed``, ``unproven``, ``barred``."""

    task: TaskKey
    limit: str
    kind: AlarmKind
    because: str = "lapsed"


class DueEffect(msgspec.Struct, frozen=True):
    """An effect to run now, in the same transaction, for this task."""

    name: str
    task: TaskKey


class Plan(msgspec.Struct, frozen=True):
    """The answer to an event. ``closes`` and ``changes`` hold whole rows, as they become.

    ``closes`` are the rows this event closed: answered, deemed, closed by their child case,
    superseded by a decided join, or cancelled by a jump or the closing of the case. A watch task
    that closes otherwise than by its child lets the child go. ``changes`` are rows that stay open
    with another ``received``, ``signed``, ``paused`` or ``lapsed``. ``facts`` are only those that
    changed. ``verdict`` and ``paused`` are the case's after the event.
    """

    opens: tuple[Opening, ...] = ()
    closes: tuple[Task, ...] = ()
    changes: tuple[Task, ...] = ()
    relimits: tuple[Relimiting, ...] = ()
    effects: tuple[DueEffect, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    facts: Mapping[str, Value] = {}
    verdict: str = ""
    paused: bool = False


def apply(state: State, plan: Plan) -> State:
    """``state`` after ``plan``, by its rows alone: what reading the tables again must give."""
    rows = {task.key: task for task in state.tasks}
    rows.update({task.key: task for task in (*plan.closes, *plan.changes)})
    rows.update({opening.task: Task(opening.task, opening.owner) for opening in plan.opens})
    facts = {**state.facts, **plan.facts}
    return State(facts, tuple(rows.values()), plan.verdict, plan.paused)
