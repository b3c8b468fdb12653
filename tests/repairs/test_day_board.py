"""The day board: rows of equal length on one axis; who sees what (P06.3)."""

import re
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.calendar.days import Calendar, Span
from portal.kernel.db.unit import Database
from portal.people.employing import depart
from portal.people.going_away import Absence, go_away
from portal.repairs.booking import release
from portal.repairs.day_board import CELLS_AN_HOUR, Board, Going, lay_out
from portal.repairs.models import Visit
from portal.repairs.planning import Plans
from portal.repairs.windows import Engineer, EngineerDay, Window
from tests.cases.support import ZONE
from tests.conftest import Clock
from tests.people.support import NewBrowser, person
from tests.repairs.support import HOUR, NINE, at_step, employed, only_region, place, task_of
from tests.support.cast import system

MONDAY = date(2026, 11, 23)
MIDNIGHT = NINE - 9 * HOUR
WORKDAY = (Span(time(8, 30), time(17, 30)),)
CALENDAR = Calendar((WORKDAY,) * 7, {2026}, zone=ZONE)
SHIFT = Window(NINE - HOUR / 2, NINE + 8.5 * HOUR)


def visit(begin: datetime, end: datetime, number: int = 1) -> Visit:
    return Visit(id=number, engineer_id=1, case_id=1, from_at=begin, until_at=end)


def board(*visits: Visit, leaves: tuple[Window, ...] = (), shift: Window = SHIFT) -> Board:
    engineer = Engineer(1, "赵磊", days=(EngineerDay(MONDAY, (shift,)),))
    plans = Plans((engineer,), {1: leaves})
    return lay_out(CALENDAR, MONDAY, plans, [Going(one, None) for one in visits])


def stripes(shown: Board) -> list[tuple[str, int]]:
    (row,) = shown.rows
    return [(stripe.kind, stripe.cells) for stripe in row.stripes]


def test_a_day_shows_what_is_free_booked_and_off_duty_on_one_axis() -> None:
    shown = board(visit(NINE, NINE + 2 * HOUR))
    assert shown.hours == range(8, 18)
    assert stripes(shown) == [
        ("off", 6),
        ("free", 6),
        ("visit", 24),
        ("free", 78),
        ("off", 6),
    ]


def test_leave_is_painted_over_the_shift_and_a_visit_over_the_leave() -> None:
    away = Window(NINE, MIDNIGHT + 30 * HOUR)
    assert stripes(board(visit(NINE, NINE + HOUR), leaves=(away,))) == [
        ("off", 6),
        ("free", 6),
        ("visit", 12),
        ("leave", 96),
    ]


def test_the_axis_grows_to_hold_early_and_late_visits() -> None:
    assert board(visit(MIDNIGHT + 6.5 * HOUR, NINE)).hours == range(6, 18)
    assert board(visit(NINE, MIDNIGHT + 20.25 * HOUR)).hours == range(8, 21)
    assert board(visit(MIDNIGHT + 23 * HOUR, MIDNIGHT + 25 * HOUR)).hours == range(8, 24)
    assert board(visit(MIDNIGHT - HOUR, MIDNIGHT + HOUR)).hours == range(18)


def test_two_visits_that_touch_are_two_stripes_and_a_short_one_is_seen() -> None:
    first, second = visit(NINE, NINE + HOUR), visit(NINE + HOUR, NINE + 2 * HOUR, 2)
    assert stripes(board(first, second))[2:4] == [("visit", 12), ("visit", 12)]
    assert ("visit", 1) in stripes(board(visit(NINE, NINE + timedelta(minutes=2))))


def test_what_was_cut_short_ends_where_it_was_released() -> None:
    short = visit(NINE, NINE + 2 * HOUR)
    short.released_at = NINE + HOUR
    assert ("visit", 12) in stripes(board(short))


@settings(max_examples=100, deadline=None, database=None)
@given(st.lists(st.tuples(st.integers(-300, 1700), st.integers(1, 600)), max_size=5))
def test_every_row_is_as_long_as_the_axis(times: list[tuple[int, int]]) -> None:
    minute = timedelta(minutes=1)
    visits = [
        visit(MIDNIGHT + begin * minute, MIDNIGHT + (begin + length) * minute, number)
        for number, (begin, length) in enumerate(times)
        if begin < 1440 and begin + length > 0
    ]
    shown = board(*visits)
    (row,) = shown.rows
    assert sum(stripe.cells for stripe in row.stripes) == len(shown.hours) * CELLS_AN_HOUR
    assert all(stripe.cells > 0 for stripe in row.stripes)


def test_two_engineers_keep_their_own_visits() -> None:
    engineers = tuple(
        Engineer(number, "工程师", days=(EngineerDay(MONDAY, (SHIFT,)),)) for number in (1, 2)
    )
    goings = [Going(visit(NINE, NINE + HOUR), None)]
    shown = lay_out(CALENDAR, MONDAY, Plans(engineers, {}), goings)
    assert [len(row.visits) for row in shown.rows] == [1, 0]


BOARD = "/dispatch?day=2026-11-23"


async def test_a_dispatcher_sees_the_visits_and_what_waits_for_an_engineer(
    database: Database, browser: NewBrowser
) -> None:
    booked, waiting = await at_step(database, "visit"), await at_step(database, "dispatch")
    region = await only_region(database)
    await place(database, waiting, region_id=region.id)
    page = (await (await browser("dispatcher")).get(BOARD)).text
    assert "09:00–11:00" in page
    assert f'href="/cases/{booked.id}"' in page
    task = await task_of(waiting)
    assert f'href="/cases/{waiting.id}/tasks/{task}/dispatch"' in page
    assert region.name in page
    assert 'href="/dispatch?day=2026-11-22"' in page
    assert 'href="/dispatch?day=2026-11-24"' in page


async def test_the_manager_is_led_to_the_case_and_not_to_the_dispatchers_page(
    database: Database, browser: NewBrowser
) -> None:
    waiting = await at_step(database, "dispatch")
    page = (await (await browser("manager")).get(BOARD)).text
    assert f'href="/cases/{waiting.id}#task-{await task_of(waiting)}"' in page


async def test_what_is_overdue_stands_first(
    database: Database, browser: NewBrowser, clock: Clock
) -> None:
    later = await at_step(database, "dispatch")
    earlier = await at_step(database, "dispatch", at=NINE - 72 * HOUR)
    clock.now = NINE
    page = (await (await browser("dispatcher")).get(BOARD)).text
    cases = re.findall(r'href="/cases/(\d+)/tasks', page)
    assert cases == [str(earlier.id), str(later.id)]


async def test_an_engineer_sees_the_own_row_only(database: Database, browser: NewBrowser) -> None:
    await employed(database, "second")
    await at_step(database, "visit")
    await at_step(database, "dispatch")
    own = (await (await browser("engineer")).get(BOARD)).text
    assert "赵磊" in own
    assert "09:00–11:00" in own
    assert "工程师second" not in own
    assert "/tasks/" not in own
    other = (await (await browser("second")).get(BOARD)).text
    assert "09:00–11:00" not in other


async def test_an_administrator_sees_that_a_time_is_booked_and_not_for_whom(
    database: Database, browser: NewBrowser
) -> None:
    it = await at_step(database, "visit")
    page = (await (await browser("admin")).get(BOARD)).text
    assert "09:00–11:00" in page
    assert f"/cases/{it.id}" not in page
    assert "收割机漏油" not in page


@pytest.mark.parametrize("login", ["clerk", "responsible", "quality", "plain"])
async def test_nobody_else_reads_the_plans(browser: NewBrowser, login: str) -> None:
    assert (await (await browser(login)).get("/dispatch")).status_code == 403


async def test_leave_is_said_and_a_visit_of_somebody_gone_is_not_lost(
    database: Database, browser: NewBrowser
) -> None:
    await at_step(database, "visit")
    second = await employed(database, "second")
    async with database.writing() as db:
        await go_away(db, system(), second, Absence(NINE, NINE + 9 * HOUR, "秘密", None))
        await depart(db, system(), await person(db, "engineer"))
    page = (await (await browser("dispatcher")).get(BOARD)).text
    assert "stripe-leave" in page
    assert "秘密" not in page
    assert "赵磊" in page


async def test_what_never_took_place_is_not_shown_and_what_was_cut_short_is(
    database: Database, browser: NewBrowser
) -> None:
    it = await at_step(database, "visit")
    async with database.writing() as db:
        await release(db, system(), it.id)
    dispatcher = await browser("dispatcher")
    assert "visit-time" not in (await dispatcher.get(BOARD)).text
    again = await at_step(database, "visit")
    async with database.writing() as db:
        await release(db, system(NINE + HOUR), again.id)
    assert "09:00–10:00" in (await dispatcher.get(BOARD)).text


@pytest.mark.parametrize("day", ["", "x", "2026-13-01", "0001-01-01", "9999-12-31", "2026-11-20"])
async def test_what_is_no_day_is_today(browser: NewBrowser, day: str) -> None:
    answer = await (await browser("dispatcher")).get(f"/dispatch?day={day}")
    assert answer.status_code == 200
    assert "2026年11月20日" in answer.text


async def test_a_portal_without_engineers_says_so(database: Database, browser: NewBrowser) -> None:
    async with database.writing() as db:
        await depart(db, system(), await person(db, "engineer"))
    page = (await (await browser("dispatcher", "en")).get(BOARD)).text
    assert "No engineers yet" in page
