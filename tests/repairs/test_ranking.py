"""Who is proposed, with each figure, and why somebody is not (P06.3)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from portal.repairs.ranking import Cost, Why, rank
from portal.repairs.travel import Position, Source
from portal.repairs.windows import Booked, Engineer, EngineerDay, Job, Window

START = datetime(2026, 11, 30, 0, 30, tzinfo=UTC)
PLACE = Position(31.20, 121.40, Source.TYPED)
NORTH = Position(31.25, 121.40, Source.TYPED)  # 16 minutes away
WIRING, PIPES = 7, 8
EAST, WEST = 1, 2


def hours(begin: float, end: float) -> Window:
    return Window(START + timedelta(hours=begin), START + timedelta(hours=end))


def day(number: int, *booked: Booked) -> EngineerDay:
    start = 24 * number
    shifts = (hours(start, start + 3.5), hours(start + 5, start + 9))
    return EngineerDay((START + timedelta(days=number)).date(), shifts, booked)


def full(number: int) -> EngineerDay:
    start = 24 * number
    return day(number, *(Booked(*hours(start + at, start + at + 2), PLACE) for at in (0, 2, 5, 7)))


ONE = Engineer(1, "林工", {WIRING: 2}, frozenset({EAST}), NORTH, (day(0), day(1)))
JOB = Job(PLACE, EAST, WIRING, START.date(), START, START + timedelta(days=10))


def order(job: Job, *engineers: Engineer) -> list[int]:
    return [candidate.engineer.id for candidate in rank(job, engineers).candidates]


def test_each_figure_of_a_candidate_is_there_and_they_add_up() -> None:
    busy = replace(ONE, days=(full(0), day(1, Booked(*hours(24, 25), NORTH))))
    (found,) = rank(JOB, [busy]).candidates
    assert (found.level, found.serves, found.guided) == (2, True, False)
    assert (found.visits, found.booked_minutes) == (5, 9 * 60)
    assert found.offer.window == hours(26, 28) or found.offer.window.from_at >= hours(25, 26)[0]
    assert found.cost == Cost(travel=32, region=0, load=9, waiting=60)
    assert found.cost.total == 101


def test_a_job_on_the_way_goes_before_whoever_lives_nearer() -> None:
    """Insertion into the day decides, and not "nearest and free"."""
    neighbour = replace(ONE, id=2, base=Position(31.21, 121.40, Source.TYPED))
    passing = replace(ONE, base=NORTH, days=(day(0, Booked(*hours(5, 7), PLACE)), day(1)))
    assert order(JOB, neighbour, passing) == [1, 2]


def test_who_does_not_serve_the_region_is_ranked_behind_by_half_an_hour_and_labelled() -> None:
    stranger = replace(ONE, id=2, regions=frozenset({WEST}))
    first, second = rank(JOB, [stranger, ONE]).candidates
    assert (first.engineer.id, first.serves, second.serves) == (1, True, False)
    assert (second.cost.region, second.cost.total - first.cost.total) == (30, 30)
    unknown = replace(JOB, region_id=None)
    assert {one.serves for one in rank(unknown, [stranger, ONE]).candidates} == {None}
    assert order(unknown, stranger, ONE) == [1, 2]


def test_level_one_ranks_behind_all_who_work_alone_whatever_the_figures() -> None:
    learner = replace(ONE, skills={WIRING: 1}, base=PLACE)
    expert = replace(ONE, id=2, skills={WIRING: 3}, regions=frozenset(), days=(full(0), day(1)))
    first, second = rank(JOB, [learner, expert]).candidates
    assert (first.engineer.id, second.engineer.id, second.guided) == (2, 1, True)
    assert second.cost.total < first.cost.total


def test_a_job_that_asks_for_no_skill_shows_none() -> None:
    (found,) = rank(replace(JOB, skill_id=None), [replace(ONE, skills={WIRING: 1})]).candidates
    assert (found.level, found.guided) == (None, False)


def test_the_less_booked_of_two_alike_goes_first() -> None:
    earlier = Booked(*hours(5, 7), NORTH)
    booked = replace(ONE, days=(day(0), day(1, replace_on(earlier, 1))))
    free = replace(ONE, id=2)
    assert order(JOB, booked, free) == [2, 1]


def replace_on(visit: Booked, days: int) -> Booked:
    later = timedelta(days=days)
    return Booked(visit.from_at + later, visit.until_at + later, visit.position)


def test_waiting_counts_by_urgency() -> None:
    """R6: the more urgent a case, the further somebody may drive to be there sooner."""
    later = replace(ONE, base=PLACE, days=(full(0), day(1)))
    sooner = replace(ONE, id=2, base=Position(31.40, 121.40, Source.TYPED))
    assert order(replace(JOB, urgency="low"), later, sooner) == [1, 2]
    assert order(replace(JOB, urgency="high"), later, sooner) == [2, 1]
    waits = [
        rank(replace(JOB, urgency=urgency), [later]).candidates[0].cost.waiting
        for urgency in ("low", "medium", "high")
    ]
    assert waits == [20, 60, 240]


def test_an_unknown_place_is_ranked_and_labelled_and_not_free() -> None:
    (found,) = rank(replace(JOB, position=None), [ONE]).candidates
    assert (found.offer.extra.assumed, found.offer.extra.minutes) == (True, 40)


def test_everybody_who_is_not_proposed_has_a_reason() -> None:
    plumber = replace(ONE, id=2, skills={PIPES: 3})
    gone = replace(ONE, id=3, days=())
    only_later = replace(ONE, id=4, days=(day(20),))
    booked_up = replace(ONE, id=5, days=(full(0), full(1)))
    nights = replace(ONE, id=6, days=(EngineerDay(START.date(), (hours(12, 13),), ()),))
    ranking = rank(JOB, [nights, booked_up, only_later, gone, plumber])
    assert ranking.candidates == ()
    assert [(one.engineer.id, one.why) for one in ranking.excluded] == [
        (2, Why.LACKS_SKILL),
        (3, Why.AWAY),
        (4, Why.AWAY),
        (5, Why.NO_WINDOW),
        (6, Why.NO_WINDOW),
    ]


def test_equals_stand_by_id_in_whatever_order_they_come() -> None:
    twins = [replace(ONE, id=number) for number in (3, 1, 2)]
    assert order(JOB, *twins) == order(JOB, *reversed(twins)) == [1, 2, 3]


def test_a_visit_over_midnight_counts_once() -> None:
    over = Booked(*hours(14, 17), NORTH)
    (found,) = rank(JOB, [replace(ONE, days=(day(0, over), day(1, over)))]).candidates
    assert (found.visits, found.booked_minutes) == (1, 180)
