"""The windows in which an engineer can come, and what each costs on the road (P06.3, P06.4)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from portal.repairs.travel import ASSUMED_KM, Leg, Position, driving_minutes, leg

WINDOW_MINUTES = 120
# Windows begin this far apart within a shift, and on a quarter of an hour: they are told by phone.
GRID = timedelta(minutes=60)
QUARTER = timedelta(minutes=15)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Window(NamedTuple):
    """From one time up to, without, another: a shift, or a time promised to a customer."""

    from_at: datetime
    until_at: datetime


class Booked(NamedTuple):
    """A visit that stands in an engineer's day, and where."""

    from_at: datetime
    until_at: datetime
    position: Position | None


@dataclass(frozen=True, slots=True)
class EngineerDay:
    """A date of an engineer: when they work (leave already taken out), and what is booked, by time.

    A visit over midnight stands on both dates.
    """

    on: date
    shifts: tuple[Window, ...]
    booked: tuple[Booked, ...] = ()


@dataclass(frozen=True, slots=True)
class Engineer:
    """An engineer as the proposal sees one: levels by skill, regions served, the days ahead.

    ``base`` is where days begin and end: the middle of the regions served.
    """

    id: int
    name: str
    skills: Mapping[int, int] = field(default_factory=dict)
    regions: frozenset[int] = frozenset()
    base: Position | None = None
    days: tuple[EngineerDay, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """What somebody is wanted for: where, with which skill, ``minutes`` long, and in which horizon.

    ``today`` is the date from which waiting counts; ``urgency`` is that of the case (R6).
    """

    position: Position | None
    region_id: int | None
    skill_id: int | None
    today: date
    earliest: datetime
    latest: datetime
    minutes: int = WINDOW_MINUTES
    urgency: str = "medium"


class Offer(NamedTuple):
    """A window that is possible, and the way it adds to that day."""

    on: date
    window: Window
    extra: Leg


def offers(engineer: Engineer, job: Job) -> Iterator[Offer]:
    """Every window in which ``engineer`` can take ``job``, by time.

    It lies within a shift and within the job's horizon, and leaves every visit booked on that day
    the time to drive from it or to it.
    """
    for day in engineer.days:
        barred = [_barred_by(visit, job) for visit in day.booked]
        for window in _grid(day, job):
            if not any(
                bar.from_at < window.until_at and window.from_at < bar.until_at for bar in barred
            ):
                yield Offer(day.on, window, insertion(engineer, day, job, window))


def windows(engineer: Engineer, job: Job) -> list[Window]:
    """The windows of `offers`."""
    return [offer.window for offer in offers(engineer, job)]


def insertion(engineer: Engineer, day: EngineerDay, job: Job, window: Window) -> Leg:
    """The way that ``job`` at ``window`` adds to ``day``: to it and on from it, less the way
    between the visits on either side, or the base where there is none.

    A job at an unknown place adds the assumed way there and back, wherever the others are.
    """
    if job.position is None:
        return Leg(2 * ASSUMED_KM, 2 * driving_minutes(ASSUMED_KM), assumed=True)
    before = [visit for visit in day.booked if visit.until_at <= window.from_at]
    after = [visit for visit in day.booked if visit.from_at >= window.until_at]
    start = before[-1].position if before else engineer.base
    end = after[0].position if after else engineer.base
    there, on = leg(start, job.position), leg(job.position, end)
    km, minutes = there.km + on.km, there.minutes + on.minutes
    if before or after:  # a day without visits is not driven at all
        spared = leg(start, end)
        km, minutes = km - spared.km, minutes - spared.minutes
    return Leg(max(km, 0.0), max(minutes, 0), there.assumed or on.assumed)


def _barred_by(visit: Booked, job: Job) -> Window:
    # All visits of the day bar, not only the two beside the window: then one more visit can never
    # open a window.
    drive = timedelta(minutes=leg(visit.position, job.position).minutes)
    return Window(visit.from_at - drive, visit.until_at + drive)


def _grid(day: EngineerDay, job: Job) -> Iterator[Window]:
    length = timedelta(minutes=job.minutes)
    for shift in day.shifts:
        start = shift.from_at + (_EPOCH - shift.from_at) % QUARTER
        while start + length <= min(shift.until_at, job.latest):
            if start >= job.earliest:
                yield Window(start, start + length)
            start += GRID
