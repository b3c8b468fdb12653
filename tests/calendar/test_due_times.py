"""Due times as tables: a start, a duration, and the time at which the limit runs out (R5)."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from portal.calendar.counting import before, due
from portal.calendar.days import SHANGHAI, Calendar, Kind, Span, SpecialDay
from portal.calendar.durations import Duration, Unit, parse_duration
from portal.calendar.official import official_days

OFFICE = (Span(time(8, 30), time(12)), Span(time(13, 30), time(17, 30)))  # 7.5 hours
NOON_ONLY = (Span(time(8, 30), time(12)),)
ROUND_THE_CLOCK = (Span(time(0), time(0)),)
COMPANY = Calendar(
    week=(OFFICE,) * 5 + ((),) * 2,
    confirmed_years={2025, 2026},
    exceptions=official_days(2025) | official_days(2026),
)
SATURDAYS_TOO = Calendar(week=(OFFICE,) * 5 + (NOON_ONLY, ()), confirmed_years={2026})


def on(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def shown(at: datetime, zone: ZoneInfo = SHANGHAI) -> str:
    assert at.tzinfo is UTC
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        # the same working clock time, n working days on
        ("2026-11-23 10:00", "1 wd", "2026-11-24 10:00"),
        ("2026-11-23 08:30", "1 wd", "2026-11-24 08:30"),
        ("2026-11-23 17:29", "1 wd", "2026-11-24 17:29"),
        ("2026-11-27 16:00", "1 wd", "2026-11-30 16:00"),
        ("2026-11-27 16:00", "7 wd", "2026-12-08 16:00"),
        # outside working time: from the next working minute
        ("2026-11-23 07:10", "1 wd", "2026-11-24 08:30"),
        ("2026-11-23 12:40", "1 wd", "2026-11-24 13:30"),
        ("2026-11-23 12:00", "1 wd", "2026-11-24 13:30"),
        ("2026-11-23 17:30", "1 wd", "2026-11-25 08:30"),
        ("2026-11-23 21:00", "1 wd", "2026-11-25 08:30"),
        ("2026-11-28 11:00", "1 wd", "2026-12-01 08:30"),
        # half days: 3 h 45 of that day's 7 h 30
        ("2026-11-23 08:30", "0.5 wd", "2026-11-23 13:45"),
        ("2026-11-23 12:00", "0.5 wd", "2026-11-23 17:15"),
        ("2026-11-23 12:40", "0.5 wd", "2026-11-23 17:15"),
        ("2026-11-23 13:45", "0.5 wd", "2026-11-23 17:30"),
        ("2026-11-23 16:30", "0.5 wd", "2026-11-24 11:15"),
        ("2026-11-27 16:30", "0.5 wd", "2026-11-30 11:15"),
        ("2026-11-23 20:00", "0.5 wd", "2026-11-24 13:45"),
        ("2026-11-23 10:00", "1.5 wd", "2026-11-24 15:15"),
        ("2026-11-23 16:30", "2.5 wd", "2026-11-26 11:15"),
        # working hours end where the work was done, not where it goes on
        ("2026-11-23 16:30", "2 wh", "2026-11-24 09:30"),
        ("2026-11-23 08:30", "3.5 wh", "2026-11-23 12:00"),
        ("2026-11-23 08:30", "7.5 wh", "2026-11-23 17:30"),
        ("2026-11-27 16:30", "1.25 wh", "2026-11-30 08:45"),
        # the clock on the wall
        ("2026-11-27 16:00", "24 h", "2026-11-28 16:00"),
        ("2026-11-27 16:00", "0.5 h", "2026-11-27 16:30"),
        # at once
        ("2026-11-23 10:00", "0 wd", "2026-11-23 10:00"),
        ("2026-11-23 12:00", "0 wd", "2026-11-23 13:30"),
        ("2026-11-23 18:00", "0 wh", "2026-11-24 08:30"),
        ("2026-11-28 18:00", "0 h", "2026-11-28 18:00"),
        # holidays and make-up days (调休)
        ("2026-09-30 16:00", "3 wd", "2026-10-10 16:00"),
        ("2026-10-09 16:30", "0.5 wd", "2026-10-10 11:15"),
        ("2026-10-10 10:00", "1 wd", "2026-10-12 10:00"),
        ("2026-10-03 11:00", "3 wd", "2026-10-12 08:30"),
        ("2026-09-24 10:00", "7 wd", "2026-10-12 10:00"),
        ("2026-02-13 16:00", "2 wd", "2026-02-24 16:00"),
        ("2026-02-14 17:00", "2 wh", "2026-02-24 10:00"),
        # calendar months: clipped, rolled, at the close of business
        ("2026-03-10 10:00", "1 month", "2026-04-10 17:30"),
        ("2026-03-10 23:59", "1 month", "2026-04-10 17:30"),
        ("2026-01-31 10:00", "1 month", "2026-02-28 17:30"),  # a make-up Saturday
        ("2025-11-30 10:00", "3 months", "2026-02-28 17:30"),
        ("2026-09-01 10:00", "1 month", "2026-10-08 17:30"),
        ("2025-12-15 10:00", "12 months", "2026-12-15 17:30"),
        ("2026-11-23 18:00", "0 months", "2026-11-24 17:30"),
        ("2026-11-23 17:30", "0 months", "2026-11-23 17:30"),
    ],
)
def test_r5_a_limit_runs_out_on_the_companys_calendar(start: str, duration: str, end: str) -> None:
    found = due(COMPANY, on(start), parse_duration(duration))
    assert shown(found.at) == end
    assert not found.provisional


@pytest.mark.parametrize(
    ("clause", "duration", "end"),
    [
        ("P04.2 report to the deputy leader", "0.5 wd", "2026-09-30 17:15"),
        ("P04.4 contact or visit", "1 wd", "2026-10-08 13:30"),
        ("P04.6 silence counts as approved", "2 wd", "2026-10-09 13:30"),
        ("P04.5 sheet back", "3 wd", "2026-10-10 13:30"),
    ],
)
def test_p04_limits_of_a_complaint_at_lunch_before_national_day(
    clause: str, duration: str, end: str
) -> None:
    assert shown(due(COMPANY, on("2026-09-30 12:15"), parse_duration(duration)).at) == end, clause


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        ("2026-11-30 10:00", "3 months", "2027-03-01 17:30"),  # 28 February 2027 is a Sunday
        ("2026-12-31 16:00", "1 wd", "2027-01-01 16:00"),  # nobody has told us of the holiday yet
        ("2026-12-31 17:30", "0 wd", "2027-01-01 08:30"),
    ],
)
def test_r5_a_limit_beyond_the_confirmed_year_is_provisional(
    start: str, duration: str, end: str
) -> None:
    found = due(COMPANY, on(start), parse_duration(duration))
    assert (shown(found.at), found.provisional) == (end, True)


@pytest.mark.parametrize(
    ("known", "start", "duration", "provisional"),
    [
        # an older year that is known does not stand in for the one counted through
        ({2028}, "2027-11-23 10:00", "1 wd", True),
        ({2025, 2028}, "2026-12-30 10:00", "280 wd", True),  # into 2028, through 2026 and 2027
        ({2026, 2028}, "2026-12-30 10:00", "280 wd", True),  # through 2027
        ({2026, 2027, 2028}, "2026-12-30 10:00", "280 wd", False),
        ({2028}, "2028-02-01 10:00", "1 wd", False),
        # begun in a year that nobody knows
        ({2026}, "2025-12-31 10:00", "3 wd", True),
        ({2026}, "2025-12-31 10:00", "10 wh", True),
        # months go by the calendar and count from their last day on
        ({2026}, "2025-11-30 10:00", "3 months", False),
        ({2026, 2028}, "2026-11-30 10:00", "15 months", False),
        ({2025}, "2025-11-30 10:00", "3 months", True),
        (set(), "2026-12-31 16:00", "24 h", False),
    ],
)
def test_r5_a_limit_is_provisional_when_a_year_it_goes_through_is_not_known(
    known: set[int], start: str, duration: str, provisional: bool
) -> None:
    calendar = Calendar(week=COMPANY.week, confirmed_years=known)
    assert due(calendar, on(start), parse_duration(duration)).provisional is provisional


@pytest.mark.parametrize(
    ("known", "anchor", "duration", "provisional"),
    [
        ({2027}, date(2027, 1, 4), "5 wd", True),  # back into 2026
        ({2026, 2027}, date(2027, 1, 4), "5 wd", False),
        ({2026}, date(2027, 1, 4), "5 wd", True),
        ({2026}, date(2027, 1, 31), "1 month", False),
        ({2026, 2028}, date(2028, 1, 10), "300 wd", True),
    ],
)
def test_r5_so_is_a_limit_ahead_of_a_date(
    known: set[int], anchor: date, duration: str, provisional: bool
) -> None:
    calendar = Calendar(week=COMPANY.week, confirmed_years=known)
    assert before(calendar, anchor, parse_duration(duration)).provisional is provisional


def test_p01_6_three_months_from_30_november_end_in_a_leap_year_on_the_29th() -> None:
    plain = Calendar(week=COMPANY.week, confirmed_years={2026})
    assert shown(due(plain, on("2023-11-30 10:00"), parse_duration("3 months")).at) == (
        "2024-02-29 17:30"
    )


def test_clock_hours_are_never_provisional() -> None:
    found = due(COMPANY, on("2026-12-31 16:00"), parse_duration("24 h"))
    assert (shown(found.at), found.provisional) == ("2027-01-01 16:00", False)


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        # a Saturday of 3 h 30 is a working day, and half of it is half a day
        ("2026-11-28 08:30", "0.5 wd", "2026-11-28 10:15"),
        ("2026-11-28 10:15", "0.5 wd", "2026-11-28 12:00"),
        ("2026-11-27 13:45", "1 wd", "2026-11-28 10:15"),
        ("2026-11-28 10:15", "1 wd", "2026-11-30 13:45"),
        ("2026-11-27 08:30", "1 wd", "2026-11-28 08:30"),
        ("2026-11-27 15:00", "2 wd", "2026-11-30 15:00"),
        # 4/5 of Friday are over at 16:00: 3/10 of Saturday's 3 h 30 fill the half
        ("2026-11-27 16:00", "0.5 wd", "2026-11-28 09:33"),
    ],
)
def test_between_days_of_unequal_hours_the_same_share_of_the_day_counts(
    start: str, duration: str, end: str
) -> None:
    assert shown(due(SATURDAYS_TOO, on(start), parse_duration(duration)).at) == end


def test_a_start_keeps_its_seconds_and_may_come_in_any_zone() -> None:
    start = datetime(2026, 11, 23, 2, 0, 30, 250, tzinfo=UTC)  # 10:00:30 in Shanghai
    found = due(COMPANY, start, parse_duration("1 wd"))
    assert found.at == datetime(2026, 11, 24, 2, 0, 30, 250, tzinfo=UTC)


@pytest.mark.parametrize(
    ("anchor", "duration", "limit", "provisional"),
    [
        (date(2026, 12, 31), "1 month", "2026-11-30 17:30", False),
        (date(2026, 12, 29), "1 month", "2026-11-27 17:30", False),  # 29 November is a Sunday
        (date(2026, 3, 31), "1 month", "2026-02-28 17:30", False),
        (date(2026, 11, 7), "1 month", "2026-09-30 17:30", False),
        (on("2026-12-30 10:00"), "1 month", "2026-11-30 10:00", False),
        (on("2026-12-30 12:30"), "1 month", "2026-11-30 12:00", False),
        (on("2026-12-30 07:00"), "1 month", "2026-11-27 17:30", False),
        (date(2027, 1, 31), "1 month", "2026-12-31 17:30", False),
        (date(2027, 2, 2), "1 month", "2027-01-01 17:30", True),
        (date(2026, 11, 26), "1 wd", "2026-11-25 17:30", False),
        (date(2026, 11, 29), "1 wd", "2026-11-26 17:30", False),  # Friday is left whole
        (date(2026, 12, 31), "1 wd", "2026-12-30 17:30", False),
        (date(2027, 1, 2), "1 wd", "2026-12-31 17:30", True),
        (on("2026-10-10 16:00"), "3 wd", "2026-09-30 16:00", False),
        (on("2026-11-24 08:30"), "1 wd", "2026-11-20 17:30", False),
        (on("2026-11-24 11:15"), "0.5 wd", "2026-11-23 16:30", False),
        (on("2026-11-24 09:30"), "2 wh", "2026-11-23 16:30", False),
        (on("2026-11-30 16:00"), "72 h", "2026-11-27 16:00", False),
        (date(2027, 1, 1), "24 h", "2027-01-01 00:00", False),
    ],
)
def test_p10_a_limit_ahead_of_a_date_is_never_too_late(
    anchor: date, duration: str, limit: str, provisional: bool
) -> None:
    found = before(COMPANY, anchor, parse_duration(duration))
    assert (shown(found.at), found.provisional) == (limit, provisional)


BERLIN = ZoneInfo("Europe/Berlin")


def in_berlin(*spans: Span) -> Calendar:
    return Calendar(week=(spans,) * 7, confirmed_years={2026}, zone=BERLIN)


@pytest.mark.parametrize(
    ("spans", "start", "duration", "end"),
    [
        (OFFICE, "2026-03-28 16:00", "1 wd", "2026-03-29 16:00"),
        (OFFICE, "2026-10-24 16:00", "1 wd", "2026-10-25 16:00"),
        (ROUND_THE_CLOCK, "2026-03-29 01:00", "2 wh", "2026-03-29 04:00"),
        (ROUND_THE_CLOCK, "2026-10-25 01:00", "2 wh", "2026-10-25 02:00"),
        (ROUND_THE_CLOCK, "2026-03-28 00:00", "1 wd", "2026-03-29 00:00"),
        # skipped by the clocks: begins when they go on, and is no working time when skipped whole
        ((Span(time(2, 30), time(4)),), "2026-03-29 00:00", "0.5 wh", "2026-03-29 03:30"),
        ((Span(time(2), time(2, 30)),), "2026-03-29 00:00", "0.5 wh", "2026-03-30 02:30"),
        ((Span(time(2), time(2, 30)),), "2026-01-29 00:00", "2 months", "2026-03-30 02:30"),
        # shown twice: the first
        ((Span(time(2, 30), time(4)),), "2026-10-25 00:00", "2 wh", "2026-10-25 03:30"),
    ],
)
def test_a_branch_that_changes_its_clocks_counts_hours_as_they_pass(
    spans: tuple[Span, ...], start: str, duration: str, end: str
) -> None:
    local = datetime.fromisoformat(start).replace(tzinfo=BERLIN)
    found = due(in_berlin(*spans), local, parse_duration(duration))
    assert shown(found.at, BERLIN) == end


def test_a_month_limit_that_closes_at_midnight_stays_on_its_day() -> None:
    calendar = Calendar(week=(ROUND_THE_CLOCK,) * 7, confirmed_years={2026})
    found = due(calendar, on("2026-11-30 10:00"), parse_duration("1 month"))
    assert shown(found.at) == "2026-12-31 00:00"
    found = due(calendar, on("2026-11-30 10:00"), Duration(Decimal(31), Unit.WORKING_DAY))
    assert (shown(found.at), found.provisional) == ("2026-12-31 10:00", False)


@pytest.mark.parametrize("duration", ["1 wd", "1 wh", "1 h", "1 month"])
def test_a_naive_time_is_refused(duration: str) -> None:
    naive = datetime(2026, 11, 23, 10)  # noqa: DTZ001
    with pytest.raises(ValueError, match="without its zone"):
        due(COMPANY, naive, parse_duration(duration))
    with pytest.raises(ValueError, match="without its zone"):
        before(COMPANY, naive, parse_duration(duration))


@pytest.mark.parametrize("duration", ["99999 wd", "999999 h", "1201 months"])
def test_a_limit_more_than_a_century_away_is_refused(duration: str) -> None:
    with pytest.raises(ValueError, match="within a hundred years"):
        due(COMPANY, on("2026-11-23 10:00"), parse_duration(duration))


def test_a_calendar_that_never_works_again_is_no_endless_search() -> None:
    exceptions = {
        date.fromordinal(day): SpecialDay(Kind.DAY_OFF, "停业")
        for day in range(date(2026, 1, 1).toordinal(), date(2130, 1, 1).toordinal())
    }
    closed = Calendar(week=COMPANY.week, confirmed_years={2026}, exceptions=exceptions)
    for duration in ("1 wd", "1 wh", "1 month"):
        with pytest.raises(ValueError, match="within a hundred years"):
            due(closed, on("2026-11-23 10:00"), parse_duration(duration))


@pytest.mark.parametrize("anchor", [date.max, date.min, date(9000, 1, 1), date(1899, 12, 31)])
def test_a_year_mistyped_is_refused_and_does_not_overflow(anchor: date) -> None:
    for duration in ("1 wd", "1 h", "0 months"):
        with pytest.raises(ValueError, match="years that can be counted"):
            before(COMPANY, anchor, parse_duration(duration))
    with pytest.raises(ValueError, match="years that can be counted"):
        due(COMPANY, datetime.combine(anchor, time(12), UTC), parse_duration("1 wd"))
