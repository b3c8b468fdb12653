"""What a date is to a company: its working spans on the wall clock of its place."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, time, tzinfo
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Span(NamedTuple):
    """Wall-clock working time on one date up to, without, ``closes``; 00:00 closes at midnight."""

    opens: time
    closes: time

    @property
    def minutes(self) -> tuple[int, int]:
        """Begin and end in minutes since midnight; midnight as an end is 1440."""
        opens, closes = (edge.hour * 60 + edge.minute for edge in self)
        return opens, closes or 24 * 60


Spans = tuple[Span, ...]


class Kind(StrEnum):
    """Why a date departs from the weekly pattern."""

    HOLIDAY = "holiday"
    DAY_OFF = "day_off"
    WORKING = "working"  # make-up day 调休, or a day with hours of its own


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A date that departs from the weekly pattern, with the name people know it by.

    A working one has the hours of a weekday (``like``, 0 = Monday) or its own ``spans``; the other
    kinds have neither. ``ValueError`` otherwise.
    """

    kind: Kind
    name: str
    like: int | None = None
    spans: Spans = ()

    def __post_init__(self) -> None:
        hours_given = (self.like is not None) + bool(self.spans)
        if hours_given != (self.kind is Kind.WORKING):
            raise ValueError(f"a working day has a weekday's hours or its own, others none: {self}")
        if self.like is not None and not 0 <= self.like <= 6:
            raise ValueError(f"a weekday is 0 (Monday) to 6 (Sunday): {self}")
        _check_order(self.spans)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working time of a company or branch.

    ``week``: the spans of Monday to Sunday. ``confirmed_years``: the years whose holidays are
    known; what is counted through any other is provisional. ``ValueError`` when the week has not
    seven days or no working time, or when the spans of a day are out of order.
    """

    week: tuple[Spans, ...]
    confirmed_years: AbstractSet[int]
    exceptions: Mapping[date, SpecialDay] = field(default_factory=dict)
    zone: tzinfo = SHANGHAI

    def __post_init__(self) -> None:
        if len(self.week) != 7:
            raise ValueError(f"a week has seven days, not {len(self.week)}")
        if not any(self.week):
            raise ValueError("a calendar without working time never comes to an end of counting")
        for spans in self.week:
            _check_order(spans)
        object.__setattr__(self, "confirmed_years", frozenset(self.confirmed_years))
        object.__setattr__(self, "exceptions", MappingProxyType(dict(self.exceptions)))

    def is_confirmed(self, one: date, other: date) -> bool:
        """Whether every year that has a day between two dates, or one of them, is known."""
        first, last = sorted((one.year, other.year))
        return all(year in self.confirmed_years for year in range(first, last + 1))

    def spans_on(self, day: date) -> Spans:
        """The working spans of ``day``, none when nobody works."""
        special = self.exceptions.get(day)
        if special is None:
            return self.week[day.weekday()]
        return special.spans if special.like is None else self.week[special.like]


def _check_order(spans: Spans) -> None:
    for span in spans:
        if any(edge != time(edge.hour, edge.minute) for edge in span):
            raise ValueError(f"a span begins and ends at whole minutes without a zone: {span}")
    edges = [minute for span in spans for minute in span.minutes]
    if any(span.minutes[0] == span.minutes[1] for span in spans) or edges != sorted(edges):
        raise ValueError(f"spans open before they close, come in order and do not overlap: {spans}")
