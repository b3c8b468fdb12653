"""Counting an amount of time along days until it is used up."""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction

from portal.calendar.days import Calendar
from portal.calendar.durations import Duration, Unit
from portal.calendar.instants import HOUR
from portal.calendar.workdays import (
    FOREVER,
    Stretch,
    TooFarError,
    Workday,
    without,
    workdays,
)

Reached = tuple[int, date]  # the instant, and the working day in which it lies


def reach(
    days: Iterable[Workday], start: int, duration: Duration, pauses: Sequence[Stretch]
) -> Reached:
    """Where ``duration``, not of months, from ``start`` is used up along ``days``.

    ``pauses`` are sorted. The date is ``date.min`` for clock hours, which no calendar moves.
    """
    # What lies before the start is a gap like any other.
    gaps = [(start - FOREVER, start), *pauses]
    if duration.unit is Unit.WORKING_DAY:
        whole = duration.amount % 1 == 0
        return _use_up(days, Fraction(duration.amount), gaps, by_day=True, onward=whole)
    need = Fraction(int(duration.amount * HOUR))
    if duration.unit is Unit.CLOCK_HOUR:
        return reach_clock(start, need, pauses)
    return _use_up(days, need, gaps, by_day=False, onward=False)


def reach_clock(start: int, need: Fraction, pauses: Sequence[Stretch]) -> Reached:
    """Where ``need`` microseconds by the clock on the wall are used up."""
    ever = Workday(date.min, ((start, start + FOREVER),), FOREVER)
    return _use_up([ever], need, pauses, by_day=False, onward=False)


def _use_up(
    days: Iterable[Workday],
    need: Fraction,
    gaps: Sequence[Stretch],
    *,
    by_day: bool,
    onward: bool,
) -> Reached:
    """Take ``need`` (working days ``by_day``, else microseconds) off, stretch by stretch.

    A need that ends together with a stretch is reached at its end, or ``onward`` at the next one's
    begin. Fractions, because a rounded third of a day would reach the wrong side of that edge.
    """
    for day in days:
        weight = day.length if by_day else 1
        for opens, closes in without(day.stretches, gaps):
            share = Fraction(closes - opens, weight)
            if need < share or (need == share and not onward):
                return opens + int(need * weight), day.on
            need -= share
    raise TooFarError


def first_close(calendar: Calendar, on: date, at: int) -> Reached:
    """The first close of business on or after both the date ``on`` and the instant ``at``."""
    closes = ((day.stretches[-1][1], day.on) for day in workdays(calendar, on))
    return next(reached for reached in closes if reached[0] >= at)


def months_from(day: date, months: int) -> date:
    """The same day ``months`` later (earlier if negative), or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
