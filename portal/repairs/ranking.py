"""Who is the best to send, with each figure that says so (P06.3). Pure: the page loads and shows.

All is put into one currency: a minute of driving.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from portal.repairs.windows import Engineer, Job, Offer, offers

# An engineer of another district costs half an hour: they do not know its houses, and are missed
# at home; but whoever passes by may still go before.
OTHER_REGION = 30
# What every booked hour in the horizon counts: enough to decide between two of the same way.
PER_BOOKED_HOUR = 1
# What a day of waiting counts, by urgency (R6): an urgent case goes to who comes first.
PER_DAY_OF_WAITING = {"high": 240, "medium": 60, "low": 20}
# Level 1 works under guidance only: behind all who may work alone, whatever the figures.
ALONE = 2


class Why(StrEnum):
    """Why an engineer is not proposed."""

    LACKS_SKILL = "lacks_skill"
    AWAY = "away"
    NO_WINDOW = "no_window"


@dataclass(frozen=True, slots=True)
class Cost:
    """What sending somebody costs, in minutes of driving, and of which parts."""

    travel: int
    region: int
    load: int
    waiting: int

    @property
    def total(self) -> int:
        return self.travel + self.region + self.load + self.waiting


@dataclass(frozen=True, slots=True)
class Candidate:
    """An engineer who can be sent. ``level`` and ``serves`` are empty where the job asks for no
    skill, or lies in no known region."""

    engineer: Engineer
    offer: Offer
    level: int | None
    serves: bool | None
    visits: int
    booked_minutes: int
    cost: Cost

    @property
    def guided(self) -> bool:
        """Whether they may do this only under guidance."""
        return self.level is not None and self.level < ALONE


@dataclass(frozen=True, slots=True)
class Excluded:
    """An engineer who cannot be sent, and why; what is known of them all the same."""

    engineer: Engineer
    why: Why
    level: int | None
    visits: int
    booked_minutes: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """Every engineer, once: the candidates, best first, and the excluded, by id."""

    candidates: tuple[Candidate, ...]
    excluded: tuple[Excluded, ...]


def rank(job: Job, engineers: Iterable[Engineer]) -> Ranking:
    """The engineers ranked for ``job``; equals stand by id, so that the order never wavers."""
    found = [_judged(job, engineer) for engineer in engineers]
    candidates = [one for one in found if isinstance(one, Candidate)]
    excluded = [one for one in found if isinstance(one, Excluded)]
    candidates.sort(key=lambda one: (one.guided, one.cost.total, one.engineer.id))
    excluded.sort(key=lambda one: one.engineer.id)
    return Ranking(tuple(candidates), tuple(excluded))


def _judged(job: Job, engineer: Engineer) -> Candidate | Excluded:
    level = None if job.skill_id is None else engineer.skills.get(job.skill_id)
    visits, minutes = _load(job, engineer)
    if job.skill_id is not None and level is None:
        return Excluded(engineer, Why.LACKS_SKILL, level, visits, minutes)
    if not _works(job, engineer):
        return Excluded(engineer, Why.AWAY, level, visits, minutes)
    best = min(offers(engineer, job), key=lambda offer: _order(job, offer), default=None)
    if best is None:
        return Excluded(engineer, Why.NO_WINDOW, level, visits, minutes)
    serves = None if job.region_id is None else job.region_id in engineer.regions
    cost = Cost(
        travel=best.extra.minutes,
        region=OTHER_REGION if serves is False else 0,
        load=minutes // 60 * PER_BOOKED_HOUR,
        waiting=_waiting(job, best),
    )
    return Candidate(engineer, best, level, serves, visits, minutes, cost)


def _order(job: Job, offer: Offer) -> tuple[int, object]:
    return offer.extra.minutes + _waiting(job, offer), offer.window


def _waiting(job: Job, offer: Offer) -> int:
    return max((offer.on - job.today).days, 0) * PER_DAY_OF_WAITING[job.urgency]


def _works(job: Job, engineer: Engineer) -> bool:
    return any(
        shift.from_at < job.latest and job.earliest < shift.until_at
        for day in engineer.days
        for shift in day.shifts
    )


def _load(job: Job, engineer: Engineer) -> tuple[int, int]:
    """How many visits are booked in the job's horizon, and how many minutes of it they take."""
    ahead = {
        visit
        for day in engineer.days
        for visit in day.booked
        if visit.from_at < job.latest and job.earliest < visit.until_at
    }
    minutes = sum((visit.until_at - visit.from_at).total_seconds() / 60 for visit in ahead)
    return len(ahead), round(minutes)
