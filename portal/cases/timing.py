"""When a limit is due and when its levels are reached, computed anew from facts. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from portal.calendar.counting import Due, before, due, due_with_pauses
from portal.calendar.days import Calendar
from portal.calendar.durations import Duration, Unit, parse_duration
from portal.calendar.pauses import Pause
from portal.cases.models import TimeLimit
from portal.procedures.definition import Direction
from portal.procedures.plan import Limit, Offset

# The level at which the limit itself passes.
PASSED = "passed"
# Every working day after the last level, until the task is done: what is overdue stays loud (R8).
AGAIN = "again"


@dataclass(frozen=True, slots=True)
class Level:
    """A point of a limit that is reached once: a reminder, the lapse, a rung of the ladder.

    `to_kind` and `to_ref` are the rule of whom to tell; both are empty for the lapse itself.
    """

    name: str
    at: datetime
    to_kind: str = ""
    to_ref: str = ""


def levels_of(limit: Limit) -> list[dict[str, str]]:
    """The reminders and rungs of a limit as they are stored with it."""
    stored = [_stored(f"reminder-{n}", offset) for n, offset in enumerate(limit.reminders, 1)]
    stored += [_stored(f"rung-{n}", offset) for n, offset in enumerate(limit.ladder, 1)]
    return stored


def count(calendar: Calendar, limit: TimeLimit, pauses: Iterable[Pause]) -> Due | None:
    """When ``limit`` is due; None while an open pause holds it (R5).

    A limit counted back from a date ("1 month before handover") is not moved by pauses: the date
    stands.
    """
    duration = parse_duration(limit.duration)
    if limit.direction == Direction.BEFORE:
        return before(calendar, limit.anchor_at, duration)
    return due_with_pauses(calendar, limit.anchor_at, duration, pauses)


def schedule(calendar: Calendar, limit: TimeLimit) -> list[Level]:
    """Every level of a limit with its time, in order, and the next of those that come again and
    again after the last; none while a pause holds it. `alarms` must be loaded."""
    if limit.due_at is None:
        return []
    levels = [Level(PASSED, limit.due_at)]
    for stored in limit.levels:
        duration = parse_duration(stored["duration"])
        at = _offset(calendar, limit.due_at, duration, stored["direction"])
        # A reminder that would come before the limit even began serves nobody.
        if at >= limit.anchor_at or stored["direction"] == Direction.AFTER:
            levels.append(Level(stored["level"], at, stored["to_kind"], stored["to_ref"]))
    # At the same moment the lapse comes first: what it changes may make the rungs needless.
    levels.sort(key=lambda level: (level.at, level.name != PASSED, level.name))
    return [*levels, _again(calendar, levels[-1].at, 1 + _reached_again(limit))]


def newest_again(calendar: Calendar, limit: TimeLimit, now: datetime) -> Level:
    """The last of those that come again and again which is reached by ``now``; the next one where
    none is. After a standstill of a year one morning rings, and not two hundred and fifty."""
    last = schedule(calendar, limit)[-2].at
    first = 1 + _reached_again(limit)
    ahead = 1
    while _again(calendar, last, first + ahead).at <= now:
        ahead *= 2
    reached, beyond = first + ahead // 2 * (ahead > 1), first + ahead
    while beyond - reached > 1:
        middle = (reached + beyond) // 2
        if _again(calendar, last, middle).at <= now:
            reached = middle
        else:
            beyond = middle
    return _again(calendar, last, reached)


def _again(calendar: Calendar, last: datetime, days: int) -> Level:
    after = Duration(Decimal(days), Unit.WORKING_DAY)
    return Level(f"{AGAIN}-{days}", due(calendar, last, after).at)


def _reached_again(limit: TimeLimit) -> int:
    """How many working days after the last level it has rung last."""
    rung = (alarm.level for alarm in limit.alarms if alarm.level.startswith(AGAIN))
    return max((int(level.rpartition("-")[2]) for level in rung), default=0)


def _offset(calendar: Calendar, at: datetime, duration: Duration, direction: str) -> datetime:
    if not duration.amount:
        return at
    if direction == Direction.BEFORE:
        return before(calendar, at, duration).at
    return due(calendar, at, duration).at


def _stored(level: str, offset: Offset) -> dict[str, str]:
    return {
        "level": level,
        "duration": str(offset.duration),
        "direction": str(offset.direction),
        "to_kind": str(offset.to.kind),
        "to_ref": offset.to.id,
    }
