"""How much working time lies between two instants."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import takewhile

from portal.calendar.days import Calendar
from portal.calendar.instants import MICROSECOND, date_of, instant_of
from portal.calendar.pauses import Pause, as_gaps
from portal.calendar.workdays import FOREVER, without, workdays


def working_time(
    calendar: Calendar, since: datetime, until: datetime, pauses: Iterable[Pause] = ()
) -> timedelta:
    """Working time from ``since`` to ``until`` (aware) outside ``pauses``; negative when reversed.

    For figures, and for what is left of a limit or how long it is overdue:
    ``working_time(calendar, now, due.at)``. An open pause reaches beyond ``until``. ``ValueError``
    for naive times and for more than a century.
    """
    begin, end = instant_of(since), instant_of(until)
    if end < begin:
        return -working_time(calendar, until, since, pauses)
    outside = [(begin - FOREVER, begin), (end, end + FOREVER)]
    gaps = sorted([*outside, *as_gaps(pauses, lasting=FOREVER)])
    last = date_of(end, calendar.zone)
    days = takewhile(lambda day: day.on <= last, workdays(calendar, date_of(begin, calendar.zone)))
    worked = (without(day.stretches, gaps) for day in days)
    return sum(closes - opens for day in worked for opens, closes in day) * MICROSECOND
