"""A crew in a town, jobs that come in, and what an optimiser would make of them; all by a seed."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, permutations

from portal.repairs.ranking import rank
from portal.repairs.travel import Position, Source, leg
from portal.repairs.windows import Booked, Engineer, EngineerDay, Job, Offer, Window, offers

MORNING = datetime(2026, 11, 30, 0, 30, tzinfo=UTC)  # half past eight in Shanghai, a Monday
DISTRICTS = [(31.23, 121.47), (31.2, 121.4), (31.27, 121.53), (31.11, 121.38), (31.38, 121.26)]
MOST_A_DAY = 4
ENDLESS = 10**9

Crew = list[Engineer]
Chooser = Callable[[Crew, Job], tuple[int, Offer] | None]


def shifts(day: int) -> tuple[Window, ...]:
    """Half past eight to noon, half past one to half past five."""
    start = MORNING + timedelta(days=day)
    edges = [start + timedelta(minutes=minute) for minute in (0, 210, 300, 540)]
    return Window(edges[0], edges[1]), Window(edges[2], edges[3])


def crew(count: int, days: int) -> Crew:
    return [
        Engineer(
            id=number,
            name=f"engineer {number}",
            skills={1: 2},
            regions=frozenset({number % len(DISTRICTS)}),
            base=Position(*DISTRICTS[number % len(DISTRICTS)], Source.REGION),
            days=tuple(
                EngineerDay((MORNING + timedelta(days=day)).date(), shifts(day))
                for day in range(days)
            ),
        )
        for number in range(count)
    ]


def a_job(dice: random.Random, days: int, minutes: int = 120) -> Job:
    """Somewhere in the town, on any of the days: waiting decides nothing here."""
    region = dice.randrange(len(DISTRICTS))
    latitude, longitude = (edge + dice.gauss(0, 0.02) for edge in DISTRICTS[region])
    return Job(
        position=Position(latitude, longitude, Source.TYPED),
        region_id=region,
        skill_id=1,
        today=(MORNING + timedelta(days=days)).date(),
        earliest=MORNING,
        latest=MORNING + timedelta(days=days),
        minutes=minutes,
        urgency="low",
    )


def proposed(engineers: Crew, job: Job) -> tuple[int, Offer] | None:
    """What the portal proposes."""
    best = rank(job, engineers).candidates[:1]
    return (best[0].engineer.id, best[0].offer) if best else None


def nearest_and_free(engineers: Crew, job: Job) -> tuple[int, Offer] | None:
    """What is done without a portal: whoever lives nearest and is free, as early as possible."""
    for one in sorted(engineers, key=lambda one: leg(one.base, job.position).minutes):
        offer = next(offers(one, job), None)
        if offer is not None:
            return one.id, offer
    return None


def half_booked(dice: random.Random, count: int, days: int, visits: int) -> Crew:
    """A crew with visits all over the town, each agreed with a customer who chose the window."""

    def chosen(engineers: Crew, job: Job) -> tuple[int, Offer] | None:
        one = dice.choice(engineers)
        found = list(offers(one, job))
        return (one.id, dice.choice(found)) if found else None

    engineers = crew(count, days)
    for _ in range(visits):
        engineers = dispatched(engineers, [a_job(dice, days, 90)], chosen) or engineers
    return engineers


def dispatched(engineers: Crew, jobs: list[Job], choose: Chooser) -> Crew | None:
    """The crew after one job after another was given out; none when one found nobody."""
    for job in jobs:
        chosen = choose(engineers, job)
        if chosen is None:
            return None
        number, offer = chosen
        visit = Booked(*offer.window, job.position)
        engineers = [
            with_visit(one, offer.on, visit) if one.id == number else one for one in engineers
        ]
    return engineers


def with_visit(engineer: Engineer, on: date, visit: Booked) -> Engineer:
    return replace(
        engineer,
        days=tuple(
            replace(day, booked=tuple(sorted((*day.booked, visit)))) if day.on == on else day
            for day in engineer.days
        ),
    )


def driven(engineers: Crew) -> int:
    """Minutes driven by the crew, each day from the base and back to it."""
    return sum(
        _tour(one, [visit.position for visit in day.booked])
        for one in engineers
        for day in one.days
    )


def best_anywhere(engineers: Crew, job: Job) -> int:
    """The least that ``job`` can add, at any minute of any day of anybody."""
    return min(
        offer.extra.minutes
        for one in engineers
        for late in range(60)
        for offer in offers(_starting_later(one, late), job)
    )


def best_in_hindsight(engineers: Crew, jobs: list[Job]) -> int | None:
    """The least driving in which the crew does all ``jobs`` on the first day, in any order and by
    anybody; exact, over every set of jobs for each engineer. None when they do not fit."""
    best = {0: 0}
    for engineer in engineers:
        tours = _tours(engineer, jobs)
        after: dict[int, int] = {}
        for done, cost in best.items():
            for more, extra in tours.items():
                if not done & more:
                    after[done | more] = min(cost + extra, after.get(done | more, ENDLESS))
        best = after
    return best.get((1 << len(jobs)) - 1)


def _tours(engineer: Engineer, jobs: list[Job]) -> dict[int, int]:
    """The shortest tour for each set of jobs that fits the engineer's first day."""
    tours = {0: 0}
    for size in range(1, MOST_A_DAY + 1):
        for order in permutations(range(len(jobs)), size):
            mask = sum(1 << number for number in order)
            cost = _tour(engineer, [jobs[number].position for number in order])
            if cost < tours.get(mask, ENDLESS) and _fits(engineer, [jobs[n] for n in order]):
                tours[mask] = cost
    return tours


def _fits(engineer: Engineer, order: list[Job]) -> bool:
    day = engineer.days[0]
    for job in order:
        ends = day.booked[-1].until_at if day.booked else job.earliest
        found = offers(replace(engineer, days=(day,)), job)
        window = next((offer.window for offer in found if offer.window.from_at >= ends), None)
        if window is None:
            return False
        day = replace(day, booked=(*day.booked, Booked(*window, job.position)))
    return True


def _tour(engineer: Engineer, places: list[Position | None]) -> int:
    stops = [engineer.base, *places, engineer.base] if places else []
    return sum(leg(*pair).minutes for pair in pairwise(stops))


def _starting_later(engineer: Engineer, minutes: int) -> Engineer:
    later = timedelta(minutes=minutes)
    return replace(
        engineer,
        days=tuple(
            replace(day, shifts=tuple(Window(s.from_at + later, s.until_at) for s in day.shifts))
            for day in engineer.days
        ),
    )
