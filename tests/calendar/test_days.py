"""What a date is to a company, and what the State Council made of it."""

from datetime import UTC, date, time
from typing import Any

import pytest
from chinese_calendar.constants import holidays

from portal.calendar.days import Calendar, Kind, Span, SpecialDay
from portal.calendar.official import official_days

MORNING = Span(time(8, 30), time(12))
AFTERNOON = Span(time(13, 30), time(17, 30))
WEEK = ((MORNING, AFTERNOON),) * 4 + ((MORNING,),) + ((),) * 2  # Friday ends at noon
KNOWN = {2026}


def test_a_date_follows_its_weekday_unless_it_is_an_exception() -> None:
    night = Span(time(20), time(0))
    exceptions = {
        date(2026, 11, 23): SpecialDay(Kind.DAY_OFF, "厂庆"),
        date(2026, 11, 28): SpecialDay(Kind.WORKING, "调休", like=4),
        date(2026, 11, 29): SpecialDay(Kind.WORKING, "盘点", spans=(night,)),
    }
    calendar = Calendar(week=WEEK, confirmed_years=KNOWN, exceptions=exceptions)
    assert [calendar.spans_on(date(2026, 11, day)) for day in (22, 23, 24, 28, 29)] == [
        (),
        (),
        (MORNING, AFTERNOON),
        (MORNING,),
        (night,),
    ]


def test_a_calendar_does_not_change_with_the_mapping_it_was_made_of() -> None:
    exceptions = {date(2026, 11, 23): SpecialDay(Kind.DAY_OFF, "厂庆")}
    calendar = Calendar(week=WEEK, confirmed_years=KNOWN, exceptions=exceptions)
    exceptions.clear()
    assert calendar.spans_on(date(2026, 11, 23)) == ()


@pytest.mark.parametrize(
    ("week", "why"),
    [
        (WEEK[:6], "seven days, not 6"),
        (((),) * 7, "without working time"),
        (((Span(time(12), time(12)),),) * 7, "open before they close"),
        (((AFTERNOON, MORNING),) * 7, "come in order"),
        (((MORNING, Span(time(11, 59), time(13))),) * 7, "do not overlap"),
        (((Span(time(0), time(0)), MORNING),) * 7, "do not overlap"),
        (((Span(time(8, 30, 1), time(12)),),) * 7, "whole minutes"),
        (((Span(time(8), time(12, tzinfo=UTC)),),) * 7, "without a zone"),
    ],
)
def test_a_week_that_cannot_be_worked_is_refused(week: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Calendar(week=week, confirmed_years=KNOWN)


def test_spans_may_touch_and_close_at_midnight() -> None:
    shifts = (Span(time(0), time(8)), Span(time(8), time(0)))
    calendar = Calendar(week=(shifts,) * 7, confirmed_years=KNOWN)
    assert calendar.spans_on(date(2026, 12, 31)) == shifts


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ({"kind": Kind.HOLIDAY, "like": 0}, "others none"),
        ({"kind": Kind.DAY_OFF, "spans": (MORNING,)}, "others none"),
        ({"kind": Kind.WORKING}, "a weekday's hours or its own"),
        ({"kind": Kind.WORKING, "like": 0, "spans": (MORNING,)}, "or its own"),
        ({"kind": Kind.WORKING, "like": 7}, "0 .Monday. to 6"),
        ({"kind": Kind.WORKING, "like": -1}, "0 .Monday. to 6"),
        ({"kind": Kind.WORKING, "spans": (AFTERNOON, MORNING)}, "come in order"),
    ],
)
def test_an_exception_that_contradicts_itself_is_refused(day: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        SpecialDay(name="调休", **day)


@pytest.mark.parametrize(
    ("one", "other", "is_confirmed"),
    [
        (date(2026, 1, 1), date(2026, 12, 31), True),
        (date(2026, 12, 31), date(2027, 1, 1), False),
        (date(2028, 1, 1), date(2028, 1, 1), True),
        # the year between them is not known, whichever is the earlier
        (date(2026, 12, 31), date(2028, 1, 1), False),
        (date(2028, 1, 1), date(2026, 12, 31), False),
        (date(2025, 12, 31), date(2026, 1, 1), False),
    ],
)
def test_dates_are_confirmed_when_every_year_from_one_to_the_other_is(
    one: date, other: date, is_confirmed: bool
) -> None:
    calendar = Calendar(week=WEEK, confirmed_years={2028, 2026})
    assert calendar.is_confirmed(one, other) is is_confirmed


def test_the_official_days_of_2026_have_their_chinese_names() -> None:
    days = official_days(2026)
    assert days[date(2026, 2, 17)] == SpecialDay(Kind.HOLIDAY, "春节")
    assert days[date(2026, 10, 7)] == SpecialDay(Kind.HOLIDAY, "国庆节")
    assert {day for day, special in days.items() if special.kind is Kind.WORKING} == {
        date(2026, 1, 4),
        date(2026, 2, 14),
        date(2026, 2, 28),
        date(2026, 5, 9),
        date(2026, 9, 20),
        date(2026, 10, 10),
    }
    assert sum(special.kind is Kind.HOLIDAY for special in days.values()) == 33
    assert {day.year for day in days} == {2026}


def test_a_make_up_saturday_has_fridays_hours_and_a_sunday_mondays() -> None:
    days = official_days(2026)
    assert days[date(2026, 10, 10)] == SpecialDay(Kind.WORKING, "国庆节调休", like=4)
    assert days[date(2026, 9, 20)] == SpecialDay(Kind.WORKING, "国庆节调休", like=0)


@pytest.mark.parametrize("year", [2003, 2027])
def test_a_year_without_announced_holidays_fails_loudly(year: int) -> None:
    with pytest.raises(ValueError, match=f"public holidays of {year} are not known"):
        official_days(year)


def test_a_year_is_not_known_by_the_first_days_that_the_notice_before_it_brought(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(holidays, date(2027, 1, 1), "New Year's Day")
    with pytest.raises(ValueError, match="2027 are not known"):
        official_days(2027)
