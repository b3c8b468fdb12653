"""Leave and deputies: entered, called off, never by somebody else."""

import asyncio
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from portal.kernel.db.unit import Database
from portal.kernel.problems import NOT_FOUND, Problem
from portal.people.employing import depart
from portal.people.going_away import Absence, call_off, deputise, go_away
from portal.people.listing import away_at, deputy_of
from portal.people.models import Deputy, Leave, LeaveWithdrawal
from portal.people.problems import LEAVE_IS_OVER
from tests.conftest import Clock
from tests.people.support import NewBrowser, act_of, person, person_id, words
from tests.support.cast import NOON, system

TRIP = {"from_at": "2026-11-20T09:00", "until_at": "2026-11-22T18:00", "reason": " 培训 "}


async def _leave(database: Database, login: str) -> Leave:
    async with database.reading() as db:
        owner = await person_id(database, login)
        return (await db.scalars(select(Leave).where(Leave.person_id == owner))).one()


async def test_an_absence_is_entered_in_the_companys_time(
    browser: NewBrowser, database: Database
) -> None:
    clerk = await browser("clerk")
    head = await person_id(database, "head")
    answer = await clerk.post("/account/absences", TRIP | {"deputy": str(head)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    leave = await _leave(database, "clerk")
    assert leave.from_at.isoformat() == "2026-11-20T01:00:00+00:00"
    assert (leave.until_at - leave.from_at, leave.reason) == (timedelta(hours=57), "培训")
    desk = await clerk.get("/")
    assert "陈晓燕" in desk.text
    assert "周敏" in desk.text
    account = await clerk.get("/account")
    assert f"/absences/{leave.id}/withdrawal" in account.text


REJECTED: list[tuple[dict[str, str], str, str, str]] = [
    ({"until_at": "2026-11-20T09:00"}, "until_at", "You are back after", "返回"),
    ({"until_at": ""}, "until_at", "This field is required.", "必填"),
    ({"from_at": "yesterday"}, "from_at", "Not a valid datetime value.", "时间"),
    ({"from_at": "0001-01-01T00:00"}, "from_at", "Not a valid datetime value.", "时间"),
    ({"until_at": "9999-12-31T23:59"}, "until_at", "Not a valid datetime value.", "时间"),
    ({"reason": "长" * 201}, "reason", "At most 200 characters.", "最多 200 个字"),
    ({"deputy": "9999"}, "deputy", "Not a valid choice.", "选"),
]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_a_rejected_absence_keeps_what_was_typed(browser: NewBrowser, language: str) -> None:
    clerk = await browser("clerk", language=language)
    for changes, field, english, chinese in REJECTED:
        answer = await clerk.post("/account/absences", TRIP | changes)
        assert answer.status_code == 422, changes
        _, _, after = answer.text.partition(f'id="{field}-error"')
        assert (english if language == "en" else chinese) in after.partition("</p>")[0]
        for name, value in (TRIP | changes).items():
            if name.endswith("_at"):
                assert f'value="{value}"' in answer.text


async def test_nobody_deputises_for_themself(browser: NewBrowser, database: Database) -> None:
    clerk = await browser("clerk")
    own = str(await person_id(database, "clerk"))
    assert (await clerk.post("/account/absences", TRIP | {"deputy": own})).status_code == 422
    assert (await clerk.post("/account/deputy", {"standing_deputy": own})).status_code == 422


async def test_who_has_left_is_nobodys_deputy(browser: NewBrowser, database: Database) -> None:
    clerk = await browser("clerk")
    gone = str(await person_id(database, "gone"))
    assert (await clerk.post("/account/deputy", {"standing_deputy": gone})).status_code == 422


async def test_an_absence_is_called_off_once(browser: NewBrowser, database: Database) -> None:
    clerk = await browser("clerk", language="en")
    await clerk.post("/account/absences", TRIP)
    path = f"/absences/{(await _leave(database, 'clerk')).id}/withdrawal"
    first, second = await clerk.post(path), await clerk.post(path)
    assert (first.status_code, first.headers["location"]) == (303, "/account")
    assert second.status_code == 409
    assert "This absence is over" in second.text
    assert "Everyone is in." in (await clerk.get("/")).text
    assert (await words(database)).count("leave.called_off") == 1
    assert "called off" in (await clerk.get("/account")).text


async def test_an_absence_called_off_five_times_at_once_is_called_off_once(
    browser: NewBrowser, database: Database
) -> None:
    clerk = await browser("clerk")
    await clerk.post("/account/absences", TRIP)
    path = f"/absences/{(await _leave(database, 'clerk')).id}/withdrawal"
    answers = await asyncio.gather(*(clerk.post(path) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [303, 409, 409, 409, 409]
    async with database.reading() as db:
        assert len((await db.scalars(select(LeaveWithdrawal))).all()) == 1


async def test_an_absence_that_has_ended_stays_as_it_is(
    browser: NewBrowser, database: Database, clock: Clock
) -> None:
    clerk = await browser("clerk")
    await clerk.post("/account/absences", TRIP | {"until_at": "2026-11-20T11:00"})
    leave = await _leave(database, "clerk")
    clock.forward(hours=1)
    assert (await clerk.post(f"/absences/{leave.id}/withdrawal")).status_code == 409


async def test_somebody_elses_absence_is_called_off_by_administrators_only(
    browser: NewBrowser, database: Database
) -> None:
    clerk, head, admin = await browser("clerk"), await browser("head"), await browser("admin")
    await clerk.post("/account/absences", TRIP)
    leave = await _leave(database, "clerk")
    path = f"/absences/{leave.id}/withdrawal"
    assert (await head.post(path)).status_code == 403
    assert (await head.post("/absences/999/withdrawal")).status_code == 404
    answer = await admin.post(path)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/people/{leave.person_id}")


async def test_calling_off_what_is_not_there_finds_nothing(database: Database) -> None:
    async with database.writing() as db:
        with pytest.raises(Problem) as raised:
            await call_off(db, await act_of(database, "admin"), 999)
    assert raised.value.kind is NOT_FOUND


async def test_calling_off_at_the_very_end_is_too_late(database: Database) -> None:
    act = await act_of(database, "clerk")
    clerk = await person_id(database, "clerk")
    absence = Absence(NOON - timedelta(hours=1), NOON, "", None)
    async with database.writing() as db:
        leave = await go_away(db, act, clerk, absence)
        with pytest.raises(Problem) as raised:
            await call_off(db, act, leave.id)
    assert raised.value.kind is LEAVE_IS_OVER


async def test_a_deputy_is_named_replaced_and_dismissed(
    browser: NewBrowser, database: Database, clock: Clock
) -> None:
    clerk = await browser("clerk")
    head, quality = await person_id(database, "head"), await person_id(database, "quality")
    for chosen in (head, quality):
        answer = await clerk.post("/account/deputy", {"standing_deputy": str(chosen)})
        assert answer.status_code == 303
    clock.forward(days=3)
    await (await browser("clerk")).post("/account/deputy", {"standing_deputy": ""})
    own = await person_id(database, "clerk")
    async with database.reading() as db:
        rows = (await db.scalars(select(Deputy).where(Deputy.person_id == own))).all()
        today = await deputy_of(db, own, date(2026, 11, 23))
        before = await deputy_of(db, own, date(2026, 11, 22))
    assert [(r.deputy_id, r.from_on, r.until_on) for r in rows] == [
        (quality, date(2026, 11, 20), date(2026, 11, 23))
    ]
    assert today is None
    assert before
    assert before.id == quality


async def test_who_has_left_is_not_listed_as_away(database: Database) -> None:
    clerk = await person_id(database, "clerk")
    absence = Absence(NOON, NOON + timedelta(days=9), "", None)
    async with database.writing() as db:
        await go_away(db, system(), clerk, absence)
        assert [leave.person_id for leave in await away_at(db, NOON)] == [clerk]
        await depart(db, system(), await person(db, "clerk"))
    async with database.reading() as db:
        assert await away_at(db, NOON) == []


async def test_a_deputy_for_somebody_else_is_named_by_administrators_only(
    database: Database,
) -> None:
    clerk, head = await person_id(database, "clerk"), await person_id(database, "head")
    async with database.writing() as db:
        with pytest.raises(Problem, match="forbidden"):
            await deputise(db, await act_of(database, "head"), clerk, head, date(2026, 11, 20))
        await deputise(db, await act_of(database, "admin"), clerk, head, date(2026, 11, 20))
