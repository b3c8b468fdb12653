"""What holds of every crew and every job: windows keep the day's visits, and nobody is lost."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.repairs.ranking import rank
from portal.repairs.travel import Position, Source, leg
from portal.repairs.windows import Booked, Engineer, EngineerDay, Job, Window, offers, windows

MANY = settings(max_examples=150, deadline=None, database=None)

FIRST = date(2026, 11, 30)
MIDNIGHT = datetime(2026, 11, 29, 16, tzinfo=UTC)  # in Shanghai
PLACES = st.one_of(
    st.none(),
    st.builds(
        Position,
        st.integers(0, 40).map(lambda n: 31.0 + n / 100),
        st.integers(0, 60).map(lambda n: 121.2 + n / 100),
        st.sampled_from(Source),
    ),
)


def on_day(day: int, edges: list[int]) -> list[Window]:
    """Spans between neighbouring pairs of minutes of a day."""
    times = [MIDNIGHT + timedelta(days=day, minutes=minute) for minute in sorted(edges)]
    return [Window(*pair) for pair in zip(times[::2], times[1::2], strict=False)]


MINUTES = st.lists(st.integers(0, 288).map(lambda n: 5 * n), max_size=8, unique=True)


@st.composite
def days(draw: st.DrawFn, number: int) -> EngineerDay:
    spans = on_day(number, draw(MINUTES))
    booked = tuple(Booked(*span, draw(PLACES)) for span in on_day(number, draw(MINUTES)))
    return EngineerDay(FIRST + timedelta(days=number), tuple(spans), booked)


@st.composite
def engineers(draw: st.DrawFn, number: int = 1) -> Engineer:
    return Engineer(
        number,
        f"engineer {number}",
        draw(st.dictionaries(st.integers(1, 3), st.integers(1, 3), max_size=2)),
        draw(st.frozensets(st.integers(1, 3), max_size=2)),
        draw(PLACES),
        (draw(days(0)), draw(days(1))),
    )


CREWS = st.integers(0, 5).flatmap(
    lambda count: st.tuples(*(engineers(number) for number in range(1, count + 1)))
)


@st.composite
def jobs(draw: st.DrawFn) -> Job:
    begin, length = draw(st.integers(0, 1500)), draw(st.integers(0, 3000))
    earliest = MIDNIGHT + timedelta(minutes=begin)
    return Job(
        draw(PLACES),
        draw(st.none() | st.integers(1, 3)),
        draw(st.none() | st.integers(1, 3)),
        FIRST,
        earliest,
        earliest + timedelta(minutes=length),
        draw(st.sampled_from([15, 60, 120, 240])),
        draw(st.sampled_from(["low", "medium", "high"])),
    )


@MANY
@given(engineers(), jobs())
def test_no_offered_window_leaves_a_shift_or_the_horizon_or_breaks_a_visit(
    engineer: Engineer, job: Job
) -> None:
    for offer in offers(engineer, job):
        window = offer.window
        assert window.until_at - window.from_at == timedelta(minutes=job.minutes)
        assert job.earliest <= window.from_at
        assert window.until_at <= job.latest
        (day,) = (day for day in engineer.days if day.on == offer.on)
        assert any(
            shift.from_at <= window.from_at and window.until_at <= shift.until_at
            for shift in day.shifts
        )
        for visit in day.booked:
            drive = timedelta(minutes=leg(visit.position, job.position).minutes)
            assert window.until_at + drive <= visit.from_at or (
                visit.until_at + drive <= window.from_at
            )
        assert offer.extra.minutes >= 0
        assert offer.extra.km >= 0
        if job.position is None:
            assert offer.extra.assumed
            assert offer.extra.minutes > 0


@MANY
@given(engineers(), jobs(), MINUTES, PLACES)
def test_one_more_visit_never_adds_a_window(
    engineer: Engineer, job: Job, more: list[int], place: Position | None
) -> None:
    day = engineer.days[0]
    for span in on_day(0, more):
        if all(span.until_at <= one.from_at or one.until_at <= span.from_at for one in day.booked):
            booked = tuple(sorted((*day.booked, Booked(*span, place)), key=lambda one: one[:2]))
            fuller = replace(engineer, days=(replace(day, booked=booked), engineer.days[1]))
            assert set(windows(fuller, job)) <= set(windows(engineer, job))


@MANY
@given(CREWS, jobs())
def test_everybody_is_ranked_or_excluded_once_and_in_the_same_order_every_time(
    crew: tuple[Engineer, ...], job: Job
) -> None:
    ranking = rank(job, crew)
    named = [one.engineer.id for one in ranking.candidates]
    named += [one.engineer.id for one in ranking.excluded]
    assert sorted(named) == [one.id for one in crew]
    assert rank(job, reversed(crew)) == ranking
    keys = [(one.guided, one.cost.total, one.engineer.id) for one in ranking.candidates]
    assert keys == sorted(keys)
    for candidate in ranking.candidates:
        assert candidate.offer in list(offers(candidate.engineer, job))
