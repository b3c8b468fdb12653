"""From a start and a duration to the time at which a limit runs out.

Every working day weighs one, spread evenly over its working minutes, and a limit of x working days
runs out when x has been worked since the start. Between days of equal hours that is the same
working clock time n days on; between unequal ones it is the same share of the day. The reasons are
in docs/decisions/0002-working-time.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from fractions import Fraction

from portal.calendar.days import Calendar
from portal.calendar.durations import Duration, Unit
from portal.calendar.instants import date_of, datetime_of, instant_of, midnight, on_wall
from portal.calendar.pauses import Pause, as_gaps
from portal.calendar.reaching import Reached, first_close, months_from, reach, reach_clock
from portal.calendar.workdays import Stretch, workdays

AT_ONCE = Duration(Decimal(0), Unit.WORKING_DAY)


@dataclass(frozen=True, slots=True)
class Due:
    """When a limit runs out (UTC); provisional when a year not yet confirmed took part."""

    at: datetime
    provisional: bool


def due(calendar: Calendar, start: datetime, duration: Duration) -> Due:
    """When ``duration`` from ``start`` (aware) is over, on the company's calendar (R5).

    Clock hours simply elapse. Working hours and days count working time only, and a start outside
    it counts from the next working minute. Whole working days end where work goes on (a start at
    08:30 is due at 08:30), halves and hours where it was done (at 12:00, not 13:30). Months end at
    the close of business of the same day of the month or of its last day, or of the next working
    day (Civil Code of the PRC, articles 202 and 203). ``ValueError`` for a naive start and for a
    limit more than a century away.
    """
    return _due(calendar, instant_of(start), duration, [])


def due_with_pauses(
    calendar: Calendar, anchor: datetime, duration: Duration, pauses: Iterable[Pause]
) -> Due | None:
    """When ``duration`` from ``anchor`` is over if the clock stands still during ``pauses``.

    None while an open pause holds the limit. Working units lose only the working time of a pause,
    clock hours all of it; months are extended by all of it to the next close of business. Pauses
    come in any order, may overlap, and count only after the anchor. ``ValueError`` as for ``due``
    and for a pause that ends before it begins.
    """
    pauses = list(pauses)
    # An open pause that has lasted a microsecond tells whether the limit ran out before it.
    found = _due(calendar, instant_of(anchor), duration, as_gaps(pauses, lasting=1))
    held = any(pause.until_at is None and pause.from_at < found.at for pause in pauses)
    return None if held else found


def _due(calendar: Calendar, start: int, duration: Duration, pauses: Sequence[Stretch]) -> Due:
    if duration.unit is Unit.MONTH:
        first = months_from(date_of(start, calendar.zone), int(duration.amount))
        at, on = _months_on(calendar, start, first, pauses)
    else:
        first = date_of(start, calendar.zone)
        at, on = reach(workdays(calendar, first), start, duration, pauses)
    return _due_on(calendar, at, duration, first, on)


def _due_on(calendar: Calendar, at: int, duration: Duration, first: date, last: date) -> Due:
    """Due at an instant that days from ``first`` to ``last``, either of them later, led to."""
    by_calendar = duration.unit is not Unit.CLOCK_HOUR
    return Due(datetime_of(at), by_calendar and not calendar.is_confirmed(first, last))


def _months_on(calendar: Calendar, start: int, on: date, pauses: Sequence[Stretch]) -> Reached:
    close, _ = first_close(calendar, on, start)
    # Pauses extend the rolled period: a day on which the clock stood still cannot be the last.
    end, _ = reach_clock(start, Fraction(close - start), pauses)
    return first_close(calendar, on, end)


def before(calendar: Calendar, anchor: date | datetime, duration: Duration) -> Due:
    """The latest time that leaves ``duration`` before ``anchor``, as "1 month before handover".

    The mirror of ``due``: an anchor outside working time counts from the last working minute before
    it, and months roll to the previous working day, so that the limit is never too late. An
    ``anchor`` that is a date stands for the end of that date. ``ValueError`` as for ``due``.
    """
    if duration.unit is Unit.MONTH:
        anchor = _months_back(anchor, int(duration.amount), calendar.zone)
        duration = AT_ONCE
    end = _end_of(anchor, calendar.zone)
    last = date_of(end - 1, calendar.zone)
    days = (day.mirrored() for day in workdays(calendar, last, step=-1))
    at, on = reach(days, -end, duration, [])
    return _due_on(calendar, -at, duration, last, on)


def _months_back(anchor: date | datetime, months: int, zone: tzinfo) -> date | datetime:
    if not isinstance(anchor, datetime):
        return months_from(anchor, -months)
    local = datetime_of(instant_of(anchor)).astimezone(zone)
    on = months_from(local.date(), -months)
    return local.replace(year=on.year, month=on.month, day=on.day)


def _end_of(anchor: date | datetime, zone: tzinfo) -> int:
    if isinstance(anchor, datetime):
        return instant_of(anchor)
    return on_wall(midnight(anchor) + timedelta(days=1), zone)
