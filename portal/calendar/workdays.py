"""Working days as stretches of instants, and stretches with pauses taken out."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple

from portal.calendar.days import Calendar, Spans
from portal.calendar.instants import HOUR, midnight, on_wall

HORIZON_DAYS = 36_525  # a century: a limit beyond it is a mistake, and every search must end
FOREVER = HORIZON_DAYS * 24 * HOUR

Stretch = tuple[int, int]  # from the first instant up to, without, the second


class TooFarError(ValueError):
    """What is counted does not end within a century."""

    def __init__(self) -> None:
        super().__init__("the calendar has not so much working time within a hundred years")


class Workday(NamedTuple):
    """A date with working time; ``length`` is that time in microseconds, whatever is cut later."""

    on: date
    stretches: tuple[Stretch, ...]
    length: int

    def mirrored(self) -> "Workday":
        """The day with time running backwards, for counting towards the past."""
        turned = tuple((-closes, -opens) for opens, closes in reversed(self.stretches))
        return Workday(self.on, turned, self.length)


def workdays(calendar: Calendar, on: date, step: int = 1) -> Iterator[Workday]:
    """Working days from ``on`` into the future, or with ``step`` -1 into the past.

    Raises ``TooFarError`` to who still asks after a century.
    """
    for _ in range(HORIZON_DAYS):
        stretches = _stretches(calendar.spans_on(on), on, calendar.zone)
        if stretches:
            yield Workday(on, stretches, sum(closes - opens for opens, closes in stretches))
        on += timedelta(days=step)
    raise TooFarError


@lru_cache(maxsize=4096)  # a sweep asks for the same few days thousands of times
def _stretches(spans: Spans, on: date, zone: tzinfo) -> tuple[Stretch, ...]:
    edges = (
        [on_wall(midnight(on) + timedelta(minutes=minute), zone) for minute in span.minutes]
        for span in spans
    )
    # A span that the clocks skip when put forward is no working time.
    return tuple((opens, closes) for opens, closes in edges if opens < closes)


def without(stretches: Iterable[Stretch], gaps: Sequence[Stretch]) -> Iterator[Stretch]:
    """What is left of ``stretches`` outside ``gaps``, which are sorted and may overlap."""
    for opens, closes in stretches:
        at = opens
        for gap, resumed in gaps:
            if gap >= closes:
                break
            if gap > at:
                yield at, gap
            at = max(at, resumed)
        if at < closes:
            yield at, closes
