"""The sweep: each level once, at its true time, to the right people; nothing stops it (R8)."""

import asyncio
from datetime import UTC, date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select
from structlog.testing import capture_logs

from portal.calendar.days import Kind
from portal.cases import sweeping
from portal.cases.loading import Loaded
from portal.cases.models import Case, Task, TimeLimit
from portal.cases.sweeping import sweep
from portal.company.keeping import Listed, set_day
from portal.kernel.db.unit import Database
from portal.people.going_away import Absence, go_away
from portal.people.models import Headship, RoleGrant
from portal.procedures.events import PauseBegun, PauseEnded, ReceiptProven
from tests.cases.support import (
    ZONE,
    alarms,
    counts,
    happen,
    holds_true,
    journal,
    matter,
    opened,
    shanghai,
    store,
    told,
)
from tests.people.support import person_id
from tests.procedures.samples import outcome, step
from tests.support.cast import NOON, system

MONDAY = shanghai("2026-11-23 09:00")


async def send_away(database: Database, login: str, deputy: str = "") -> None:
    """Away for the whole of these tests."""
    other = await person_id(database, deputy) if deputy else None
    who = await person_id(database, login)
    absence = Absence(NOON - timedelta(days=1), NOON + timedelta(days=30), "", other)
    async with database.writing() as db:
        await go_away(db, system(), who, absence)


async def test_each_level_is_reached_once_at_its_true_time_earliest_first(
    company: Database,
) -> None:
    it = await matter(company)  # due on Friday at 15:30, reminded half an hour before
    assert await sweep(company, ZONE, shanghai("2026-11-20 14:59")) == 0
    reminded = shanghai("2026-11-20 15:00")
    assert await sweep(company, ZONE, reminded) == 1
    assert await told(company, "task.reminded") == [("clerk", "task.reminded")]
    late = shanghai("2026-11-20 15:31")
    assert await sweep(company, ZONE, late) == 2
    due = shanghai("2026-11-20 15:30")
    assert await alarms(company) == [
        ("reminder-1", reminded.astimezone(UTC), reminded.astimezone(UTC)),
        ("passed", due.astimezone(UTC), late.astimezone(UTC)),
        ("rung-1", due.astimezone(UTC), late.astimezone(UTC)),
    ]
    before = await counts(company)
    assert await sweep(company, ZONE, late) == 0
    assert await counts(company) == before
    assert (await journal(company)).count("limit.breached") == 1
    await holds_true(company, it.id)


async def test_what_stays_overdue_rings_every_working_day_until_it_is_done_r8(
    company: Database,
) -> None:
    it = await matter(company)  # due on Friday at 15:30
    await sweep(company, ZONE, shanghai("2026-11-20 15:31"))
    assert await sweep(company, ZONE, shanghai("2026-11-22 18:00")) == 0  # nobody works
    assert await sweep(company, ZONE, shanghai("2026-11-23 15:30")) == 1
    rung = [("clerk", "task.rings"), ("manager", "task.rings")]
    assert await told(company, "task.rings") == rung
    # The portal stood still for days: of the mornings missed the last one rings.
    assert await sweep(company, ZONE, shanghai("2026-11-26 16:00")) == 1
    assert await told(company, "task.rings") == rung * 2
    last = shanghai("2026-11-26 15:30").astimezone(UTC)
    assert (await alarms(company))[-1][:2] == ("again-4", last)
    await holds_true(company, it.id)
    it.now = shanghai("2026-11-26 16:05")
    await it.again()
    open_now = await it.limit("register")
    assert (open_now.stopped_at, open_now.next_alarm_at) == (it.now.astimezone(UTC), None)


@pytest.mark.parametrize("days", [1, 2, 3, 7, 30, 365])
async def test_after_a_standstill_however_long_one_morning_rings(
    company: Database, days: int
) -> None:
    it = await matter(company)
    await sweep(company, ZONE, shanghai("2026-11-20 15:31"))
    now = shanghai("2026-11-23 16:00") + timedelta(days=days)
    assert await sweep(company, ZONE, now) == 1
    limit = await it.limit("register")
    assert limit.next_alarm_at
    assert limit.next_alarm_at > now
    assert limit.next_alarm_at - now < timedelta(days=11)  # the longest holidays lie between
    [before] = [at for level, at, _ in await alarms(company) if level.startswith("again")]
    assert before <= now
    await holds_true(company, it.id)


async def test_five_sweeps_at_once_take_up_each_level_once(company: Database) -> None:
    for _ in range(6):
        await opened(company)
    taken = await asyncio.gather(*(sweep(company, ZONE, MONDAY) for _ in range(5)))
    assert sum(taken) == 18
    assert sorted({level for level, _, _ in await alarms(company)}) == [
        "passed",
        "reminder-1",
        "rung-1",
    ]
    assert len(await alarms(company)) == 18
    assert len(await told(company, "task.overdue")) == 6


async def test_a_reminder_that_is_taken_up_after_the_lapse_is_not_sent(company: Database) -> None:
    await matter(company)
    await sweep(company, ZONE, MONDAY)
    assert await told(company, "task.reminded") == []
    assert [level for level, _, _ in await alarms(company)] == ["reminder-1", "passed", "rung-1"]
    assert await told(company, "task.overdue") == [("clerk", "task.overdue")]
    assert await told(company, "task.escalated") == [("head", "task.escalated")]


async def test_no_reminder_comes_before_the_clock_started(company: Database) -> None:
    await store(
        company,
        step(
            "one",
            outcome("done", "closes done"),
            due="2 wh after opened",
            remind=["1 wd before due"],
        ),
    )
    await matter(company, code="T01")
    assert await sweep(company, ZONE, MONDAY) == 1
    assert [level for level, _, _ in await alarms(company)] == ["passed"]


LADDER = step(
    "one",
    outcome("done", "closes done"),
    who="role intake_clerk",
    due="2 wh after opened",
    lapse="escalate",
    escalate=[
        {"at": "at due", "to": "role department_head"},
        {"at": "4 wh after due", "to": "role deputy_leader"},
    ],
)


async def escalated(company: Database) -> list[str]:
    await store(company, LADDER)
    await matter(company, code="T01")
    await sweep(company, ZONE, NOON + timedelta(days=10))
    return [login for login, _ in await told(company, "task.escalated")]


async def test_the_ladder_tells_the_holders_of_the_roles(company: Database) -> None:
    assert await escalated(company) == ["head", "leader"]


async def test_the_ladder_tells_the_deputy_of_who_is_away(company: Database) -> None:
    await send_away(company, "head", deputy="quality")
    assert await escalated(company) == ["quality", "leader"]


async def test_the_ladder_tells_who_stands_above_a_vacant_role(company: Database) -> None:
    async with company.writing() as db:
        for grant in await db.scalars(select(RoleGrant).where(RoleGrant.role == "deputy_leader")):
            await db.delete(grant)
    assert await escalated(company) == ["head", "manager"]


DEEMED = step(
    "one",
    outcome("yes", "closes done"),
    outcome("silent", "closes done", silent=True),
    who="role department_head",
    due="1 wd after opened",
    lapse={
        "outcome": "silent",
        "at": "2 wd after opened",
        "barred_when": ["case.severity = major"],
    },
)


@pytest.mark.parametrize("heads", [True, False])
async def test_an_escalation_never_ends_at_the_one_who_is_late(
    company: Database, heads: bool
) -> None:
    """A silence that decides nothing goes to the head above: for a head that is not the head."""
    if heads:
        async with company.writing() as db:
            clerk = await person_id(company, "clerk")
            db.add(Headship(department_id=1, person_id=clerk, at=NOON))
    await store(company, DEEMED | {"who": "case owner"})
    await matter(company, code="T01")
    await sweep(company, ZONE, NOON + timedelta(days=10))
    assert await told(company, "task.escalated") == [("manager", "task.escalated")]


@pytest.mark.parametrize(
    ("received", "severity", "verdict"),
    [
        ("2026-11-24 09:59", "general", "done"),
        ("2026-11-24 10:01", "general", ""),
        ("", "general", ""),
        ("2026-11-24 09:59", "major", ""),
    ],
)
async def test_silence_decides_only_with_proof_before_the_limit_p04_6(
    company: Database, received: str, severity: str, verdict: str
) -> None:
    await store(company, DEEMED)
    it = await matter(company, code="T01", severity=severity)
    if received:
        await happen(company, it.id, ReceiptProven(await it.key("one")), shanghai(received))
    await sweep(company, ZONE, shanghai("2026-11-24 10:02"))
    assert (await it.case()).verdict == verdict
    raised = await told(company, "task.escalated")
    assert raised == ([] if verdict else [("manager", "task.escalated")])
    row = (await it.loaded()).rows
    assert [r.ending for r in row.values()] == (["deemed"] if verdict else [None])
    await holds_true(company, it.id)


async def test_the_customers_silence_hands_the_case_to_an_agent_p06_6(company: Database) -> None:
    it = await matter(company)
    await it.happy("")
    await sweep(company, ZONE, NOON + timedelta(days=6))
    assert await it.open_steps() == ["call_customer"]


async def test_a_paused_case_raises_no_alarm_and_none_is_lost(company: Database) -> None:
    it = await matter(company)
    await happen(company, it.id, PauseBegun("等配件"), shanghai("2026-11-20 14:30"))
    assert await sweep(company, ZONE, NOON + timedelta(days=30)) == 0
    await happen(company, it.id, PauseEnded(), MONDAY)
    assert await it.due("register") == "2026-11-23 10:00"
    assert await sweep(company, ZONE, shanghai("2026-11-23 10:00")) == 3


async def test_a_case_that_fails_does_not_stop_the_others(
    company: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = await opened(company)
    for _ in range(3):
        await opened(company)
    original = sweeping._take_up

    async def fail(db: Any, act: Any, loaded: Loaded, *more: Any) -> int:
        if loaded.case.id == bad:
            raise RuntimeError("broken")
        return await original(db, act, loaded, *more)

    monkeypatch.setattr(sweeping, "_take_up", fail)
    with capture_logs() as logs:
        assert await sweep(company, ZONE, MONDAY) == 9
    assert [(line["event"], line["case"]) for line in logs] == [("sweep.failed", bad)]
    monkeypatch.undo()
    assert await sweep(company, ZONE, MONDAY) == 3
    # The failed units left nothing behind, in the journal neither.
    assert (await journal(company)).count("limit.breached") == 4


async def test_an_answer_that_comes_between_wins(company: Database) -> None:
    """What was due when the sweep looked is looked at again under the case's lock."""
    it = await matter(company)
    found = await sweeping._due(company, MONDAY, set())
    await it.happy("review")
    assert await sweeping._take_up_all(company, found, ZONE, MONDAY) == 0
    assert await alarms(company) == []


async def test_a_calendar_that_moved_the_limit_is_seen_before_the_alarm(company: Database) -> None:
    it = await matter(company)
    async with company.writing() as db:
        line = Listed(date(2026, 11, 20), Kind.DAY_OFF, "停电")
        await set_day(db, system(), line, date(2026, 11, 20))
    assert await sweep(company, ZONE, shanghai("2026-11-20 16:00")) == 0
    assert await it.due("register") == "2026-11-23 14:00"


async def test_many_due_limits_are_all_taken_up_in_one_sweep(company: Database) -> None:
    """Each once, however many; docs/decisions/0005 says how long 5,000 took."""
    first = await opened(company)
    await _copy(company, first, 249)
    assert await sweep(company, ZONE, shanghai("2026-11-20 15:00")) == 250
    assert await sweep(company, ZONE, shanghai("2026-11-20 15:30")) == 500
    assert await sweep(company, ZONE, shanghai("2026-11-20 15:30")) == 0


async def _copy(database: Database, case_id: int, times: int) -> None:
    """The same case many times over, as rows."""
    async with database.writing() as db:
        for model, key, own in (
            (Case, "id", case_id),
            (Task, "case_id", case_id),
            (TimeLimit, "task_id", 1),
        ):
            row = (
                (
                    await db.execute(
                        select(*model.__table__.columns).where(model.__table__.c[key] == own)
                    )
                )
                .mappings()
                .one()
            )
            rows = []
            for n in range(2, times + 2):
                copy = dict(row) | {"id": n}
                if model is Case:
                    copy["number"] = f"P06-2026-{n:04}"
                else:
                    copy[key] = n
                rows.append(copy)
            await db.execute(insert(model), rows)
