"""Pauses: what they add to a limit, and what they leave alone."""

from datetime import datetime, time, timedelta

import pytest

from portal.calendar.counting import due_with_pauses
from portal.calendar.days import SHANGHAI, Calendar, Span
from portal.calendar.durations import parse_duration
from portal.calendar.elapsed import working_time
from portal.calendar.official import official_days
from portal.calendar.pauses import Pause

OFFICE = (Span(time(8, 30), time(12)), Span(time(13, 30), time(17, 30)))
COMPANY = Calendar(
    week=(OFFICE,) * 5 + ((),) * 2,
    confirmed_years={2026},
    exceptions=official_days(2026),
)
SATURDAYS_TOO = Calendar(week=(OFFICE,) * 5 + (OFFICE[:1], ()), confirmed_years={2026})


def on(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI)


def pause(text: str) -> Pause:
    """Read ``"11-23 10:00/11-23 12:00"``, or ``"11-23 10:00/"`` for a pause that lasts."""
    begin, end = text.split("/")
    return Pause(on(begin), on(end) if end else None)


def run_out(start: str, duration: str, *pauses: str, calendar: Calendar = COMPANY) -> str | None:
    found = due_with_pauses(
        calendar, on(start), parse_duration(duration), [pause(text) for text in pauses]
    )
    return f"{found.at.astimezone(SHANGHAI):%m-%d %H:%M}" if found else None


WEEKEND = "11-27 17:30/11-30 08:30"


@pytest.mark.parametrize(
    ("start", "duration", "pauses", "end"),
    [
        ("11-27 16:00", "1 wd", [WEEKEND], "11-30 16:00"),
        ("11-27 16:00", "0.5 wd", [WEEKEND], "11-30 10:45"),
        ("11-27 16:00", "2 wh", [WEEKEND], "11-30 09:00"),
        ("11-27 16:00", "24 h", [WEEKEND], "12-01 07:00"),
        ("10-31 16:00", "1 month", ["11-28 10:00/11-28 11:00"], "12-01 17:30"),
        # two hours within working time, and pauses that overlap, touch or repeat
        ("11-23 16:00", "1 wd", ["11-24 09:00/11-24 11:00"], "11-25 09:00"),
        (
            "11-23 08:30",
            "4 wh",
            ["11-23 09:00/11-23 10:00", "11-23 09:30/11-23 11:00"],
            "11-23 16:00",
        ),
        (
            "11-23 08:30",
            "4 wh",
            ["11-23 10:00/11-23 11:00", "11-23 09:00/11-23 10:00"],
            "11-23 16:00",
        ),
        (
            "11-23 08:30",
            "4 wh",
            ["11-23 09:00/11-23 11:00", "11-23 09:30/11-23 10:00"],
            "11-23 16:00",
        ),
        ("11-23 08:30", "4 wh", ["11-23 09:00/11-23 11:00"] * 2, "11-23 16:00"),
        # before the anchor, at the anchor, after the end
        ("11-23 10:00", "2 wh", ["11-20 10:00/11-20 12:00"], "11-23 12:00"),
        ("11-23 10:00", "2 wh", ["11-20 10:00/11-23 11:00"], "11-23 14:30"),
        ("11-23 10:00", "2 wh", ["11-23 12:00/11-23 15:00"], "11-23 12:00"),
        ("11-23 10:00", "2 h", ["11-23 12:00/11-23 15:00"], "11-23 12:00"),
        ("11-23 10:00", "1 wd", ["11-24 10:00/11-24 15:00"], "11-24 15:00"),
        # a day on which the clock stood still cannot be a month's last day
        ("10-30 16:00", "1 month", ["11-30 08:00/11-30 18:00"], "12-01 17:30"),
        ("10-29 16:00", "1 month", ["11-30 08:00/11-30 18:00"], "12-01 17:30"),
        ("10-30 16:00", "1 month", ["11-30 17:30/11-30 18:00"], "11-30 17:30"),
    ],
)
def test_a_pause_adds_the_time_it_took_from_the_limit(
    start: str, duration: str, pauses: list[str], end: str
) -> None:
    assert run_out(start, duration, *pauses) == end


def test_a_pause_takes_its_share_of_the_day_it_lies_in() -> None:
    half_saturday = "11-28 08:30/11-28 10:15"
    assert run_out("11-27 08:30", "2 wd", half_saturday, calendar=SATURDAYS_TOO) == "11-30 13:45"


@pytest.mark.parametrize(
    ("duration", "pauses", "end"),
    [
        ("1 wd", ["11-23 20:00/"], None),
        ("1 wd", ["11-24 09:59/"], None),
        ("1 wd", ["11-24 10:00/"], None),
        ("1 wd", ["11-24 10:01/"], "11-24 10:00"),
        ("2 wh", ["11-23 11:59/"], None),
        ("2 wh", ["11-23 12:00/"], "11-23 12:00"),
        ("2 h", ["11-23 11:00/"], None),
        ("2 h", ["11-20 11:00/"], None),
        ("1 month", ["11-25 11:00/"], None),
        ("1 month", ["12-23 17:30/"], "12-23 17:30"),
        ("2 wh", ["11-23 11:00/11-23 11:30", "11-23 15:00/"], "11-23 14:00"),
        ("2 wh", ["11-23 15:00/", "11-23 11:00/"], None),
    ],
)
def test_an_open_pause_holds_a_limit_that_had_not_run_out(
    duration: str, pauses: list[str], end: str | None
) -> None:
    assert run_out("11-23 10:00", duration, *pauses) == end


def test_a_pause_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="ends after it begins"):
        run_out("11-23 10:00", "1 wd", "11-24 10:00/11-24 09:59")


@pytest.mark.parametrize("naive", [(0, None), (0, 1), (1, 0)])
def test_a_pause_without_a_zone_is_refused(naive: tuple[int, int | None]) -> None:
    edges = {0: on("11-24 10:00").replace(tzinfo=None), 1: on("11-24 11:00"), None: None}
    begin, end = edges[naive[0]], edges[naive[1]]
    assert begin is not None
    with pytest.raises(ValueError, match="without its zone"):
        due_with_pauses(COMPANY, on("11-23 10:00"), parse_duration("1 wd"), [Pause(begin, end)])


def test_a_pause_may_last_until_the_horizon_and_no_longer() -> None:
    ages = Pause(on("11-23 11:00"), datetime(2200, 1, 1, tzinfo=SHANGHAI))
    with pytest.raises(ValueError, match="within a hundred years"):
        due_with_pauses(COMPANY, on("11-23 10:00"), parse_duration("2 wh"), [ages])


@pytest.mark.parametrize(
    ("since", "until", "pauses", "minutes"),
    [
        ("11-23 10:00", "11-23 10:00", [], 0),
        ("11-23 10:00", "11-23 11:00", [], 60),
        ("11-23 08:00", "11-23 18:00", [], 450),
        ("11-23 11:30", "11-23 14:00", [], 60),
        ("11-27 17:00", "11-30 09:00", [], 60),
        ("09-30 17:00", "10-10 09:00", [], 30 + 2 * 450 + 30),
        ("11-30 09:00", "11-27 17:00", [], -60),
        ("11-23 08:00", "11-23 18:00", ["11-23 11:00/11-23 14:30"], 330),
        ("11-23 08:00", "11-24 18:00", ["11-23 11:00/"], 150),
        ("11-23 08:00", "11-24 18:00", ["11-24 18:00/", "11-20 08:00/11-23 09:00"], 870),
        ("11-24 18:00", "11-23 08:00", ["11-23 11:00/"], -150),
        ("11-23 08:00", "11-23 18:00", ["11-25 11:00/11-25 12:00"], 450),
    ],
)
def test_the_working_time_between_two_instants_leaves_out_nights_and_pauses(
    since: str, until: str, pauses: list[str], minutes: int
) -> None:
    worked = working_time(COMPANY, on(since), on(until), [pause(text) for text in pauses])
    assert worked == timedelta(minutes=minutes)


def test_working_time_of_more_than_a_century_is_refused_rather_than_cut() -> None:
    with pytest.raises(ValueError, match="within a hundred years"):
        working_time(COMPANY, on("11-23 10:00"), datetime(2200, 1, 1, tzinfo=SHANGHAI))
