"""What holds of every calendar: order, no gain by days off or pauses; the slow way agrees."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from portal.calendar.counting import Due, before, due, due_with_pauses
from portal.calendar.days import SHANGHAI, Calendar, Kind, Span, Spans, SpecialDay
from portal.calendar.durations import Duration, Unit
from portal.calendar.elapsed import working_time
from portal.calendar.pauses import Pause

MANY = settings(max_examples=100, deadline=None, database=None)

FIRST = date(2026, 3, 20)
NEW_YEAR = date(2026, 12, 24)
BERLIN = ZoneInfo("Europe/Berlin")  # puts its clocks forward on 29 March
SYDNEY = ZoneInfo("Australia/Sydney")  # puts them back on 5 April
MINUTE = timedelta(minutes=1)
ROUND_THE_CLOCK = (Span(time(0), time(0)),)
DAY_OFF = SpecialDay(Kind.DAY_OFF, "停工")
WHOLE_DAYS = st.integers(0, 5).map(lambda n: Duration(Decimal(n), Unit.WORKING_DAY))
WORKING = st.one_of(
    st.integers(0, 12).map(lambda n: Duration(Decimal(n) / 2, Unit.WORKING_DAY)),
    st.integers(0, 120).map(lambda n: Duration(Decimal(n) / 4, Unit.WORKING_HOUR)),
)
CLOCK = st.integers(0, 400).map(lambda n: Duration(Decimal(n) / 4, Unit.CLOCK_HOUR))
MONTHS = st.integers(0, 14).map(lambda n: Duration(Decimal(n), Unit.MONTH))
ANY = st.one_of(WORKING, CLOCK, MONTHS)
DATES = st.integers(0, 30).map(lambda n: FIRST + timedelta(days=n))
STARTS = st.one_of(
    st.integers(0, 17 * 96).map(lambda n: timedelta(minutes=15 * n)),
    st.integers(0, 17 * 86_400 * 1000).map(lambda n: timedelta(milliseconds=n)),
).map(lambda after: datetime.combine(FIRST, time(), UTC) + after)
ON_THE_MINUTE = STARTS.map(lambda at: at.replace(second=0, microsecond=0))
LENGTHS = st.integers(0, 3000).map(lambda n: n * MINUTE)


def at_once(duration: Duration) -> Duration:
    return replace(duration, amount=Decimal(0))


def clock(quarter: int) -> time:
    return time(quarter // 4 % 24, quarter % 4 * 15)


def in_spans(edges: list[int]) -> Spans:
    pairs = zip(edges[::2], edges[1::2], strict=False)
    return tuple(Span(clock(opens), clock(closes)) for opens, closes in pairs)


SPANS = st.lists(st.integers(0, 96), max_size=6, unique=True).map(sorted).map(in_spans)
WEEKS = st.tuples(*[SPANS] * 7).filter(any)
SPECIAL = st.one_of(
    st.just(DAY_OFF),
    st.integers(0, 6).map(lambda like: SpecialDay(Kind.WORKING, "调休", like=like)),
    SPANS.filter(bool).map(lambda spans: SpecialDay(Kind.WORKING, "调休", spans=spans)),
)
CALENDARS = st.builds(
    Calendar,
    week=WEEKS,
    confirmed_years=st.frozensets(st.integers(2025, 2028)),
    exceptions=st.dictionaries(DATES, SPECIAL, max_size=8),
    zone=st.sampled_from([SHANGHAI, BERLIN, SYDNEY]),
)
EVEN_CALENDARS = st.builds(  # every working day has the same hours
    lambda spans, works, off: Calendar(
        week=tuple(spans if day in works else () for day in range(7)),
        confirmed_years={2026},
        exceptions=dict.fromkeys(off, DAY_OFF),
    ),
    SPANS.filter(bool),
    st.sets(st.integers(0, 6), min_size=1),
    st.sets(DATES, max_size=8),
)


@st.composite
def pauses(draw: st.DrawFn) -> list[Pause]:
    begun = draw(st.lists(ON_THE_MINUTE, max_size=4))
    return [Pause(at, at + draw(LENGTHS)) for at in begun]


# --- order -----------------------------------------------------------------------------------


@MANY
@given(CALENDARS, STARTS, STARTS, ANY)
def test_a_later_start_is_never_due_earlier(
    calendar: Calendar, one: datetime, other: datetime, duration: Duration
) -> None:
    earlier, later = sorted([one, other])
    assert due(calendar, earlier, duration).at <= due(calendar, later, duration).at


@MANY
@given(CALENDARS, STARTS, st.one_of(*[st.tuples(unit, unit) for unit in (WORKING, CLOCK, MONTHS)]))
def test_a_longer_duration_is_never_due_earlier(
    calendar: Calendar, start: datetime, durations: tuple[Duration, Duration]
) -> None:
    assume(durations[0].unit is durations[1].unit)
    shorter, longer = sorted(durations, key=lambda duration: duration.amount)
    assert start <= due(calendar, start, shorter).at <= due(calendar, start, longer).at


@MANY
@given(CALENDARS, STARTS, ANY, st.sets(DATES, min_size=1), pauses())
def test_r5_adding_days_off_never_moves_a_due_time_earlier(
    calendar: Calendar, start: datetime, duration: Duration, off: set[date], held: list[Pause]
) -> None:
    closed = replace(calendar, exceptions={**calendar.exceptions, **dict.fromkeys(off, DAY_OFF)})
    assert due(closed, start, duration).at >= due(calendar, start, duration).at
    with_pauses = paused(calendar, start, duration, held).at
    assert paused(closed, start, duration, held).at >= with_pauses


@MANY
@given(CALENDARS, STARTS, ANY)
def test_a_due_time_is_provisional_when_a_year_it_goes_through_is_not_confirmed(
    calendar: Calendar, start: datetime, duration: Duration
) -> None:
    start += NEW_YEAR - FIRST
    found = due(calendar, start, duration)
    first = start.astimezone(calendar.zone).year
    if duration.unit is Unit.MONTH:
        # Months lead to their last day; they go on from there to a working day.
        moved = replace(calendar, exceptions={}, week=(ROUND_THE_CLOCK,) * 7)
        first = (due(moved, start, duration).at - MINUTE).astimezone(calendar.zone).year
    # The last instant of a day that closes at midnight bears the next date.
    lasts = {(found.at - lag).astimezone(calendar.zone).year for lag in (MINUTE / 60, 0 * MINUTE)}
    beyond = {not calendar.confirmed_years >= {*range(first, last + 1)} for last in lasts}
    assert found.provisional in (beyond if duration.unit is not Unit.CLOCK_HOUR else {False})


@MANY
@given(CALENDARS, STARTS, ANY, st.integers(2020, 2030))
def test_knowing_one_more_year_makes_nothing_provisional(
    calendar: Calendar, start: datetime, duration: Duration, year: int
) -> None:
    start += NEW_YEAR - FIRST
    wiser = replace(calendar, confirmed_years={*calendar.confirmed_years, year})
    assert due(calendar, start, duration).provisional >= due(wiser, start, duration).provisional


# --- what the words say ----------------------------------------------------------------------


@MANY
@given(EVEN_CALENDARS, STARTS, WHOLE_DAYS)
def test_whole_working_days_keep_the_working_clock_time(
    calendar: Calendar, start: datetime, days: Duration
) -> None:
    begun = due(calendar, start, at_once(days)).at.astimezone(SHANGHAI)
    found = due(calendar, start, days).at.astimezone(SHANGHAI)
    between = (begun.date() + timedelta(days=n) for n in range((found - begun).days + 2))
    worked = [day for day in between if day <= found.date() and calendar.spans_on(day)]
    assert found.time() == begun.time()
    assert len(worked) == days.amount + 1


@MANY
@given(EVEN_CALENDARS, STARTS, WHOLE_DAYS)
def test_a_day_and_a_half_is_a_day_and_then_half_of_the_days_minutes(
    calendar: Calendar, start: datetime, days: Duration
) -> None:
    begun = due(calendar, start, days).at
    found = due(calendar, start, replace(days, amount=days.amount + Decimal("0.5"))).at
    day = begun.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    length = working_time(calendar, day, day + timedelta(days=1))
    assert working_time(calendar, begun, found) == length / 2


@MANY
@given(CALENDARS, STARTS, st.integers(0, 120), pauses())
def test_working_hours_are_as_long_as_the_working_time_they_take(
    calendar: Calendar, start: datetime, quarters: int, held: list[Pause]
) -> None:
    hours = Duration(Decimal(quarters) / 4, Unit.WORKING_HOUR)
    found = paused(calendar, start, hours, held)
    assert working_time(calendar, start, found.at, held) == quarters * 15 * MINUTE


@MANY
@given(CALENDARS, STARTS, MONTHS.filter(lambda months: months.amount > 0))
def test_months_end_when_the_first_working_day_from_the_same_day_on_closes(
    calendar: Calendar, start: datetime, months: Duration
) -> None:
    calendar = replace(calendar, zone=SHANGHAI)  # where no clock change skips a span
    local = start.astimezone(SHANGHAI).date()
    target = local
    while (target.year - local.year) * 12 + target.month - local.month < months.amount or (
        target.day < local.day and (target + timedelta(days=1)).month == target.month
    ):
        target += timedelta(days=1)
    while not (spans := calendar.spans_on(target)):
        target += timedelta(days=1)
    closes = datetime.combine(target, spans[-1].closes, SHANGHAI)
    closes += timedelta(days=spans[-1].closes == time(0))
    assert due(calendar, start, months).at == closes


# --- backwards -------------------------------------------------------------------------------


@MANY
@given(CALENDARS, STARTS, WORKING)
def test_a_limit_ahead_leaves_the_whole_duration_before_its_anchor(
    calendar: Calendar, anchor: datetime, duration: Duration
) -> None:
    limit = before(calendar, anchor, duration).at
    # A microsecond is the 96th part of one on a day 96 times as long.
    rounding = timedelta(milliseconds=1)
    begun = due(calendar, anchor, at_once(duration)).at
    assert due(calendar, limit, duration).at <= begun + rounding
    if duration.unit is Unit.WORKING_HOUR:
        hours = float(duration.amount)
        assert working_time(calendar, limit, anchor) == timedelta(hours=hours)


@MANY
@given(CALENDARS, STARTS, STARTS, WORKING | CLOCK, st.sets(DATES))
def test_a_limit_ahead_moves_with_its_anchor_and_never_later_by_a_day_off(
    calendar: Calendar, one: datetime, other: datetime, duration: Duration, off: set[date]
) -> None:
    closed = replace(calendar, exceptions={**calendar.exceptions, **dict.fromkeys(off, DAY_OFF)})
    earlier, later = sorted([one, other])
    limit = before(calendar, later, duration).at
    assert before(calendar, earlier, duration).at <= limit <= later
    assert before(closed, later, duration).at <= limit


@MANY
@given(CALENDARS, DATES, MONTHS)
def test_months_ahead_of_a_date_end_on_a_working_day_not_after_the_true_one(
    calendar: Calendar, anchor: date, months: Duration
) -> None:
    limit = before(calendar, anchor, months).at
    on = (limit - MINUTE).astimezone(calendar.zone).date()
    assert calendar.spans_on(on)
    ahead = (anchor.year - on.year) * 12 + anchor.month - on.month
    assert ahead > months.amount or (ahead == months.amount and on.day <= anchor.day)


# --- pauses ----------------------------------------------------------------------------------


def paused(calendar: Calendar, start: datetime, duration: Duration, held: list[Pause]) -> Due:
    found = due_with_pauses(calendar, start, duration, held)
    assert found is not None
    return found


@MANY
@given(CALENDARS, STARTS, ANY)
def test_without_pauses_the_due_time_is_the_plain_one(
    calendar: Calendar, start: datetime, duration: Duration
) -> None:
    assert due_with_pauses(calendar, start, duration, []) == due(calendar, start, duration)


@MANY
@given(CALENDARS, STARTS, ANY, pauses(), ON_THE_MINUTE, LENGTHS, LENGTHS)
def test_one_more_or_a_longer_pause_never_makes_a_limit_due_earlier(
    calendar: Calendar,
    start: datetime,
    duration: Duration,
    held: list[Pause],
    begun: datetime,
    length: timedelta,
    more: timedelta,
) -> None:
    without = paused(calendar, start, duration, held)
    once = paused(calendar, start, duration, [Pause(begun, begun + length), *held])
    longer = paused(calendar, start, duration, [*held, Pause(begun, begun + length + more)])
    assert due(calendar, start, duration).at <= without.at <= once.at <= longer.at
    still_on = due_with_pauses(calendar, start, duration, [*held, Pause(begun)])
    assert still_on is None or still_on == longer


@MANY
@given(CALENDARS, STARTS, WORKING, pauses(), STARTS)
def test_a_pause_outside_working_time_changes_nothing_in_working_units(
    calendar: Calendar, start: datetime, duration: Duration, held: list[Pause], at: datetime
) -> None:
    opens = due(calendar, at, Duration(Decimal(0), Unit.WORKING_DAY)).at
    idle = Pause(before(calendar, opens, Duration(Decimal(0), Unit.WORKING_DAY)).at, opens)
    expected = paused(calendar, start, duration, held)
    assert paused(calendar, start, duration, [*held, idle]) == expected


# --- the slow way ----------------------------------------------------------------------------


def slowly(calendar: Calendar, start: datetime, duration: Duration, held: list[Pause]) -> datetime:
    """Count minute by minute on the wall, each a share of its day or a minute."""
    by_day = duration.unit is Unit.WORKING_DAY
    onward = by_day and duration.amount % 1 == 0
    need = Fraction(duration.amount) * (1 if by_day else 60)
    lengths: dict[date, int] = {}

    def works(minute: datetime) -> bool:
        local = minute.astimezone(calendar.zone)
        return any(
            span.opens <= local.time() and (local.time() < span.closes or span.closes == time(0))
            for span in calendar.spans_on(local.date())
        )

    def length(minute: datetime) -> int:
        day = minute.astimezone(calendar.zone).date()
        if day not in lengths:
            noon = datetime.combine(day, time(12), UTC)
            nearby = (noon + n * MINUTE for n in range(-1600, 1600))
            lengths[day] = sum(
                works(other) for other in nearby if other.astimezone(calendar.zone).date() == day
            )
        return lengths[day]

    minute = start
    while True:
        free = not any(pause.from_at <= minute < (pause.until_at or start) for pause in held)
        if free and (duration.unit is Unit.CLOCK_HOUR or works(minute)):
            share = Fraction(1, length(minute)) if by_day else Fraction(1)
            if need < share or (need == share and not onward):
                return minute + timedelta(microseconds=int(need / share * 60_000_000))
            need -= share
        minute += MINUTE


SHORT = st.one_of(
    st.integers(0, 5).map(lambda n: Duration(Decimal(n) / 2, Unit.WORKING_DAY)),
    st.integers(0, 40).map(lambda n: Duration(Decimal(n) / 4, Unit.WORKING_HOUR)),
    st.integers(0, 80).map(lambda n: Duration(Decimal(n) / 4, Unit.CLOCK_HOUR)),
)


# Where clocks are put back, the wall shows an hour twice and the code works in the first only.
FORWARD = CALENDARS.filter(lambda calendar: calendar.zone is not SYDNEY)


@settings(MANY, max_examples=200)
@given(FORWARD, ON_THE_MINUTE, SHORT, pauses())
def test_counting_minute_by_minute_gives_the_same_due_time(
    calendar: Calendar, start: datetime, duration: Duration, held: list[Pause]
) -> None:
    assume(sum(map(bool, calendar.week)) >= 3)  # or the slow way takes minutes of ours too
    assert paused(calendar, start, duration, held).at == slowly(calendar, start, duration, held)
