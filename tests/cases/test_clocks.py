"""Clocks: on the company's calendar, from the channel's time, standing still while paused (R5)."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from portal.calendar.days import Calendar, Kind
from portal.cases import advancing, recounting
from portal.cases.loading import Loaded
from portal.cases.models import CasePause, TimeLimit
from portal.cases.pausing import pause, resume
from portal.cases.problems import DONE_ALREADY
from portal.cases.recounting import follow_calendar
from portal.cases.reprioritising import reprioritise
from portal.cases.sweeping import sweep
from portal.company.keeping import Listed, set_day
from portal.kernel.db.unit import Database
from portal.kernel.settings import Settings
from portal.notices.models import Letter
from portal.procedures.events import (
    FactsChanged,
    PauseBegun,
    PauseEnded,
    ReceiptProven,
    Reopened,
    TaskAnswered,
)
from portal.procedures.state import TaskKey
from tests.cases.support import (
    ZONE,
    Matter,
    happen,
    holds_true,
    journal,
    matter,
    shanghai,
    store,
    told,
)
from tests.notices.support import Post, use
from tests.people.support import act_of
from tests.procedures.samples import field, outcome, step
from tests.support.cast import NOON, system

HIGH = FactsChanged({"urgency": "high"}, "客户催得急")


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-11-20 10:00", "2026-11-20 15:30"),
        ("2026-11-20 07:00", "2026-11-20 14:00"),
        ("2026-11-20 12:30", "2026-11-20 17:30"),
        ("2026-11-20 16:00", "2026-11-23 11:00"),
        ("2026-11-21 10:00", "2026-11-23 14:00"),
        ("2026-09-30 16:00", "2026-10-08 11:00"),  # over the National Day holiday
        ("2026-10-10 10:00", "2026-10-10 15:30"),  # a Saturday on which people work (调休)
    ],
)
async def test_a_limit_counts_on_the_companys_calendar_from_the_channels_time(
    company: Database, received: str, due: str
) -> None:
    """Four working hours after receipt, however late it is typed."""
    it = await matter(company, at=shanghai("2026-11-27 10:00"), received_at=shanghai(received))
    assert await it.due("register") == due


async def test_urgency_raised_later_moves_the_limit_and_starts_its_levels_anew_r6(
    company: Database,
) -> None:
    it = await matter(company)
    await sweep(company, ZONE, shanghai("2026-11-20 15:00"))
    assert await happen(company, it.id, HIGH, shanghai("2026-11-20 15:01")) is None
    limit = await it.limit("register")
    assert (limit.generation, limit.alarms) == (2, [])
    # One working hour from receipt was over at eleven: the breach is on record at its true time.
    assert await it.due("register") == "2026-11-20 11:00"
    assert (await it.case()).urgency == "high"
    await sweep(company, ZONE, shanghai("2026-11-20 15:02"))
    assert await told(company, "task.overdue") == [("clerk", "task.overdue")]
    await holds_true(company, it.id)


async def test_reprioritising_needs_a_reason_and_a_change_and_is_on_record(
    company: Database,
) -> None:
    it = await matter(company)
    act = await act_of(company, "dispatcher")
    async with company.writing() as db:
        await reprioritise(db, act, await it.case(), "high", "major", "全线停产", ZONE)
    case = await it.case()
    assert (case.urgency, case.severity) == ("high", "major")
    assert "case.reprioritised" in await journal(company)
    assert await happen(company, it.id, HIGH) is DONE_ALREADY


async def day_off(database: Database, day: date) -> None:
    async with database.writing() as db:
        await set_day(db, system(), Listed(day, Kind.DAY_OFF, "停电"), day)


async def test_a_change_of_the_calendar_moves_open_limits_and_says_so_r5(
    company: Database,
) -> None:
    done, it = await matter(company), await matter(company)
    await done.happy("")
    await happen(company, done.id, TaskAnswered(TaskKey("confirm"), "solved"))
    old = [limit.due_at for row in (await done.loaded()).rows.values() for limit in row.limits]
    await follow_calendar(company, ZONE, NOON)
    await day_off(company, date(2026, 11, 20))
    assert await follow_calendar(company, ZONE, NOON) == 1
    assert await it.due("register") == "2026-11-23 14:00"
    assert (await journal(company)).count("limit.moved") == 1
    now = [limit.due_at for row in (await done.loaded()).rows.values() for limit in row.limits]
    assert now == old
    assert await follow_calendar(company, ZONE, NOON) == 0
    await holds_true(company, it.id)


async def test_one_case_that_cannot_be_counted_keeps_no_other_from_it(
    company: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = await matter(company), await matter(company)
    original = advancing.recount

    def fail(calendar: Calendar, loaded: Loaded) -> object:
        if loaded.case.id == bad.id:
            raise ValueError("more than a century away")
        return original(calendar, loaded)

    monkeypatch.setattr(recounting, "recount", fail)
    await day_off(company, date(2026, 11, 20))
    assert await follow_calendar(company, ZONE, NOON) == 1
    assert await good.due("register") == "2026-11-23 14:00"


async def hold(it: Matter, begin: str, end: str = "") -> None:
    assert await happen(it.database, it.id, PauseBegun("等配件"), shanghai(begin)) is None
    if end:
        assert await happen(it.database, it.id, PauseEnded(), shanghai(end)) is None


@pytest.mark.parametrize(
    ("begin", "end", "due"),
    [
        ("2026-11-20 11:00", "2026-11-20 11:30", "2026-11-20 16:00"),
        ("2026-11-20 12:00", "2026-11-20 13:30", "2026-11-20 15:30"),  # over lunch: nothing
        ("2026-11-20 15:00", "2026-11-23 09:00", "2026-11-23 09:30"),
        ("2026-11-20 16:00", "2026-11-21 10:00", "2026-11-20 15:30"),  # was over before
    ],
)
async def test_a_pause_adds_the_working_time_it_took(
    company: Database, begin: str, end: str, due: str
) -> None:
    it = await matter(company)
    await hold(it, begin, end)
    assert await it.due("register") == due


async def test_a_pause_over_a_weekend_adds_nothing(company: Database) -> None:
    it = await matter(company, at=shanghai("2026-11-20 16:00"))
    assert await it.due("register") == "2026-11-23 11:00"
    await hold(it, "2026-11-20 17:30", "2026-11-23 08:30")
    assert await it.due("register") == "2026-11-23 11:00"


async def test_while_a_pause_holds_it_nothing_is_due(company: Database) -> None:
    it = await matter(company)
    await hold(it, "2026-11-20 11:00")
    assert await it.due("register") is None
    case, limit = await it.case(), await it.limit("register")
    assert (case.next_due_at, limit.next_alarm_at) == (None, None)
    assert await happen(company, it.id, PauseBegun("又")) is DONE_ALREADY


async def test_a_pause_survives_a_change_of_urgency_of_the_calendar_and_an_answer(
    company: Database,
) -> None:
    """GLPI #6902, #15605: the pause was lost when the policy changed."""
    it = await matter(company)
    await hold(it, "2026-11-20 10:30")
    assert await happen(company, it.id, HIGH, shanghai("2026-11-20 11:00")) is None
    await day_off(company, date(2026, 11, 21))
    await follow_calendar(company, ZONE, NOON)
    assert await it.due("register") is None
    await it.again()
    assert await it.due("review") is None
    await happen(company, it.id, PauseEnded(), shanghai("2026-11-23 09:00"))
    assert await it.due("review") == "2026-11-23 09:30"  # opened at ten, held from half past


async def test_a_case_that_closes_while_paused_reopens_with_a_running_clock(
    company: Database,
) -> None:
    """GLPI #10594, Zammad #188: what was paused stays on record, and holds nothing any more."""
    it = await matter(company)
    await it.happy("confirm")
    await hold(it, "2026-11-20 11:00")
    await happen(
        company, it.id, TaskAnswered(TaskKey("confirm"), "solved"), shanghai("2026-11-20 12:00")
    )
    await happen(company, it.id, Reopened("又漏了"), shanghai("2026-11-24 09:00"))
    assert await it.due("next_visit") == "2026-11-24 14:30"
    async with company.reading() as db:
        [kept] = list(await db.scalars(select(CasePause)))
    assert kept.until_at == shanghai("2026-11-20 12:00")


async def test_a_pause_of_one_task_ends_with_the_task_at_the_latest(company: Database) -> None:
    await store(company, step("one", outcome("again", "one"), outcome("done", "closes done")))
    it = await matter(company, code="T01")
    key = await it.key("one")
    await happen(company, it.id, PauseBegun("等回复", key), shanghai("2026-11-20 11:00"))
    assert (await it.limit("one")).due_at is None
    assert await happen(company, it.id, TaskAnswered(key, "again")) is None
    async with company.reading() as db:
        pauses = list(await db.scalars(select(CasePause)))
    assert [held.until_at is None for held in pauses] == [False]
    assert await it.due("one") == "2026-11-23 10:00"


async def test_a_limit_counted_back_from_a_date_stands_whatever_is_paused(
    company: Database,
) -> None:
    await store(
        company,
        step(
            "plan",
            outcome("done", "act"),
            field=[field("day", "date", required=True)],
        ),
        step(
            "act",
            outcome("done", "closes done"),
            due=["1 month before plan.day", "1 wd after opened"],
        ),
    )
    it = await matter(company, code="T01")
    await happen(company, it.id, TaskAnswered(await it.key("plan"), "done", {"day": "2027-01-15"}))
    due = await it.due("act")
    assert due == "2026-12-15 17:30"
    await hold(it, "2026-11-20 11:00", "2026-11-25 11:00")
    assert await it.due("act") == due


FROM_RECEIPT = (
    step(
        "one",
        outcome("done", "two"),
        due="1 wd after receipt",
        sign_for="0.5 wd after opened",
    ),
    step(
        "two",
        outcome("done", "closes done"),
        due=["3 wd after one.receipt", "9 wd after opened"],
    ),
)


async def test_a_clock_from_receipt_waits_until_it_is_signed_for_p04_3_4(
    company: Database,
) -> None:
    await store(
        company,
        step(
            "one",
            outcome("done", "two"),
            due="1 wd after receipt",
            sign_for="0.5 wd after opened",
        ),
        step(
            "two",
            outcome("done", "closes done"),
            due=["3 wd after one.receipt", "9 wd after opened"],
        ),
    )
    it = await matter(company, code="T01")
    assert [limit.name for limit in _running(await it.loaded())] == ["sign_for"]
    key = await it.key("one")
    at = shanghai("2026-11-20 14:00")
    await happen(company, it.id, ReceiptProven(key, signed=True), at)
    assert [limit.name for limit in _running(await it.loaded())] == ["due"]
    assert await it.due("one") == "2026-11-23 14:00"
    assert await happen(company, it.id, ReceiptProven(key, signed=True)) is DONE_ALREADY
    await happen(company, it.id, TaskAnswered(key, "done"), at + timedelta(hours=1))
    assert await it.due("two") == "2026-11-25 14:00"


async def test_an_answer_proves_receipt_for_clocks_that_start_there(company: Database) -> None:
    await store(
        company,
        step(
            "one",
            outcome("done", "two"),
            due="1 wd after receipt",
            sign_for="0.5 wd after opened",
        ),
        step(
            "two",
            outcome("done", "closes done"),
            due=["3 wd after one.receipt", "9 wd after opened"],
        ),
    )
    it = await matter(company, code="T01")
    await happen(company, it.id, TaskAnswered(await it.key("one"), "done"))
    assert await it.due("two") == "2026-11-25 10:00"


def _running(loaded: Loaded) -> list[TimeLimit]:
    return [
        limit for row in loaded.rows.values() for limit in row.limits if limit.stopped_at is None
    ]


async def test_the_customers_three_days_begin_when_the_task_does_p06_6(company: Database) -> None:
    it = await matter(company)
    await it.happy("")
    assert await it.due("confirm") == "2026-11-25 10:00"


async def test_the_visit_is_due_four_hours_after_the_agreed_window_p06_5(
    company: Database,
) -> None:
    it = await matter(company)
    await it.happy("visit")
    assert await it.due("visit") == "2026-11-23 15:00"
    assert await it.due("visit", "sign_for") == "2026-11-20 12:00"


async def test_what_was_queued_is_withdrawn_by_a_pause(
    company: Database, settings: Settings
) -> None:
    use(company, settings, Post())
    it = await matter(company)
    await it.happy(until="dispatch")
    due = await it.due("dispatch")
    assert await letters(company) == [False]
    act = await act_of(company, "dispatcher")
    async with company.writing() as db:
        await pause(db, act, await it.case(), "等配件", act.at + timedelta(days=1), ZONE)
    assert await letters(company) == [True]
    async with company.writing() as db:
        await resume(db, act, await it.case(), ZONE)
    assert await it.due("dispatch") == due


async def letters(database: Database) -> list[bool]:
    """Of every letter whether it was taken back."""
    async with database.reading() as db:
        rows = await db.scalars(select(Letter).order_by(Letter.id))
        return [letter.withdrawn_at is not None for letter in rows]
