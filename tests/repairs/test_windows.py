"""The windows in which an engineer can come, and the way each adds to the day (P06.3, P06.4)."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.repairs.travel import ASSUMED_KM, Leg, Position, Source, leg
from portal.repairs.windows import (
    Booked,
    Engineer,
    EngineerDay,
    Job,
    Window,
    insertion,
    offers,
    windows,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 30, tzinfo=SHANGHAI)
BASE = Position(31.20, 121.40, Source.TYPED)
NORTH = Position(31.25, 121.40, Source.TYPED)  # 7.8 km of road, 16 minutes
FAR_NORTH = Position(31.30, 121.40, Source.TYPED)


def at(clock: str, day: int = 0) -> datetime:
    hour, minute = clock.split(":")
    return MONDAY + timedelta(days=day, hours=int(hour), minutes=int(minute))


def span(text: str, day: int = 0) -> Window:
    return Window(*(at(edge, day) for edge in text.split("-")))


def shown(found: list[Window]) -> list[str]:
    return [f"{window.from_at:%H:%M}-{window.until_at:%H:%M}" for window in found]


def visit(text: str, position: Position | None = BASE) -> Booked:
    return Booked(*span(text), position)


def engineer(*booked: Booked, shifts: str = "08:30-12:00 13:30-17:30") -> Engineer:
    working = tuple(span(text) for text in shifts.split())
    return Engineer(1, "林工", base=BASE, days=(EngineerDay(MONDAY.date(), working, booked),))


JOB = Job(BASE, None, None, MONDAY.date(), at("00:00"), at("00:00", 3))


def test_windows_lie_on_the_hours_of_a_shift_and_never_across_its_end() -> None:
    assert shown(windows(engineer(), JOB)) == [
        "08:30-10:30",
        "09:30-11:30",
        "13:30-15:30",
        "14:30-16:30",
        "15:30-17:30",
    ]


def test_a_shift_that_begins_at_an_odd_minute_offers_the_next_quarter() -> None:
    assert shown(windows(engineer(shifts="08:20-12:00"), JOB)) == ["08:30-10:30", "09:30-11:30"]
    assert shown(windows(engineer(shifts="10:01-12:15"), JOB)) == ["10:15-12:15"]
    assert windows(engineer(shifts="10:16-12:15"), JOB) == []


def test_no_window_begins_before_the_horizon_or_ends_after_it() -> None:
    job = replace(JOB, earliest=at("09:00"), latest=at("15:30"))
    assert shown(windows(engineer(), job)) == ["09:30-11:30", "13:30-15:30"]


def test_a_booked_visit_takes_its_time_and_touching_is_allowed() -> None:
    assert shown(windows(engineer(visit("09:30-10:30")), replace(JOB, minutes=60))) == [
        "08:30-09:30",
        "10:30-11:30",
        "13:30-14:30",
        "14:30-15:30",
        "15:30-16:30",
        "16:30-17:30",
    ]


def test_there_is_time_to_drive_from_the_visit_before_and_to_the_one_after() -> None:
    day = engineer(visit("08:30-09:30", NORTH), visit("15:45-16:45", NORTH))
    assert leg(NORTH, BASE).minutes == 16
    assert shown(windows(day, replace(JOB, minutes=60))) == ["10:30-11:30", "13:30-14:30"]
    here = replace(JOB, minutes=60, position=NORTH)
    assert "09:30-10:30" in shown(windows(day, here))


def test_a_visit_at_an_unknown_place_keeps_the_assumed_way_free() -> None:
    day = engineer(visit("08:30-09:45", None))
    assert shown(windows(day, replace(JOB, minutes=60)))[0] == "10:30-11:30"
    assert shown(windows(engineer(visit("08:30-10:15", None)), replace(JOB, minutes=60)))[0] == (
        "13:30-14:30"
    )


def test_a_second_visit_never_opens_a_window_that_the_first_one_bars() -> None:
    far = visit("08:30-09:30", Position(31.20, 122.40, Source.TYPED))
    between = visit("09:30-09:35")
    job = replace(JOB, minutes=60)
    assert set(windows(engineer(far, between), job)) <= set(windows(engineer(far), job))


def test_the_first_visit_of_a_day_costs_the_way_there_and_back() -> None:
    job = replace(JOB, position=NORTH)
    extra = insertion(engineer(), engineer().days[0], job, span("08:30-10:30"))
    assert (extra.minutes, extra.assumed) == (32, False)
    assert extra.km == pytest.approx(2 * leg(BASE, NORTH).km)


def test_what_lies_on_the_way_to_another_visit_costs_nothing() -> None:
    day = engineer(visit("14:30-16:30", FAR_NORTH))
    job = replace(JOB, position=NORTH)
    extra = insertion(day, day.days[0], job, span("08:30-10:30"))
    assert extra.minutes <= 1  # each way is counted in begun minutes
    assert extra.km == pytest.approx(0, abs=0.01)
    behind = insertion(day, day.days[0], replace(JOB, position=BASE), span("08:30-10:30"))
    assert behind == Leg(0, 0)


def test_a_job_between_two_visits_costs_the_detour_between_them() -> None:
    day = engineer(visit("08:30-09:30"), visit("16:30-17:30"))
    extra = insertion(day, day.days[0], replace(JOB, position=NORTH), span("13:30-14:30"))
    assert extra.minutes == 32


def test_a_job_at_an_unknown_place_costs_the_assumed_way_there_and_back_and_says_so() -> None:
    job = replace(JOB, position=None)
    for day in (engineer(), engineer(visit("14:30-16:30", FAR_NORTH))):
        extra = insertion(day, day.days[0], job, span("08:30-10:30"))
        assert extra == Leg(2 * ASSUMED_KM, 40, assumed=True)


def test_an_engineer_without_a_known_base_costs_the_assumed_way_too() -> None:
    nowhere = replace(engineer(), base=None)
    extra = insertion(nowhere, nowhere.days[0], JOB, span("08:30-10:30"))
    assert extra == Leg(2 * ASSUMED_KM, 40, assumed=True)


def test_offers_come_by_time_with_their_date_and_their_way() -> None:
    two_days = (
        *engineer().days,
        EngineerDay(at("00:00", 1).date(), (span("08:30-10:30", 1),), ()),
    )
    found = list(offers(replace(engineer(), days=two_days), replace(JOB, position=NORTH)))
    assert [offer.window for offer in found] == sorted(offer.window for offer in found)
    assert [offer.on.day for offer in found] == [30] * 5 + [1]
    assert {offer.extra.minutes for offer in found} == {32}
