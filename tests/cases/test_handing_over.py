"""Cases and tasks change hands and are never orphaned: by will, and when somebody leaves
(R1, P10)."""

import asyncio
from datetime import UTC, timedelta

import pytest
from sqlalchemy import func, select

from portal.cases.answering import withdraw
from portal.cases.handing_over import give_on, hand_over
from portal.cases.indexing import CASES
from portal.cases.models import Assignment, Case, Note
from portal.cases.noting import add_note
from portal.cases.owning import receiver_of
from portal.cases.pausing import pause, ring_pauses
from portal.cases.problems import CASE_NOT_OPEN, LOOK_AGAIN_LATER, REASON_MISSING
from portal.cases.reading import awaited_tasks, desk_tasks
from portal.kernel.act import Act, LinkHolder, Via
from portal.kernel.db.unit import Database
from portal.kernel.problems import NOT_FOUND, Problem
from portal.people.employing import depart
from portal.people.listing import load_person
from portal.people.standing_in import presence_at
from portal.procedures.events import TaskAnswered
from portal.procedures.state import TaskKey
from tests.cases.support import ZONE, Matter, happen, holds_true, journal, matter, shanghai, told
from tests.cases.test_sweeping import send_away
from tests.people.support import act_of, person_id
from tests.support.cast import NOON, system


async def leave(database: Database, login: str) -> None:
    async with database.writing() as db:
        who = await person_id(database, login)
        await depart(db, system(), await load_person(db, system().actor, who))


async def hand(database: Database, it: Matter, login: str, to: str, reason: str = "休假") -> None:
    act = await act_of(database, login)
    taker = await person_id(database, to)
    async with database.writing() as db:
        await hand_over(db, act, await it.case(), taker, reason, ZONE)


async def test_a_case_gets_another_owner_with_a_reason_who_is_told_r1(company: Database) -> None:
    it = await matter(company)
    await hand(company, it, "head", "quality")
    assert (await it.case()).owner_id == await person_id(company, "quality")
    assert await told(company, "case.given") == [("quality", "case.given")]
    assert "case.handed_over" in await journal(company)
    await hand(company, it, "head", "quality")  # theirs already: nothing changes
    assert (await journal(company)).count("case.handed_over") == 1
    await holds_true(company, it.id)


async def test_a_case_is_not_given_to_who_has_left_without_a_reason_or_when_closed(
    company: Database,
) -> None:
    it = await matter(company)
    for to, reason, kind in (("gone", "x", NOT_FOUND), ("quality", " ", REASON_MISSING)):
        with pytest.raises(Problem) as refused:
            await hand(company, it, "head", to, reason)
        assert refused.value.kind is kind
    await it.happy("")
    await happen(company, it.id, TaskAnswered(TaskKey("confirm"), "solved"))
    with pytest.raises(Problem) as refused:
        await hand(company, it, "head", "quality")
    assert refused.value.kind is CASE_NOT_OPEN


async def test_what_the_customer_has_to_answer_is_watched_by_the_new_owner(
    company: Database,
) -> None:
    it = await matter(company)
    await it.happy("")  # waits for the customer now
    await hand(company, it, "head", "quality")
    async with company.reading() as db:
        assert await awaited_tasks(db, [await person_id(company, "clerk")]) == []
        [watched] = await awaited_tasks(db, [await person_id(company, "quality")])
    assert watched.task.step == "confirm"
    await holds_true(company, it.id)


async def test_what_a_leaver_had_is_given_on_with_its_clocks_r1(company: Database) -> None:
    it = await matter(company)
    await it.happy("dispatch")
    due = await it.due("dispatch")
    await leave(company, "dispatcher")
    await leave(company, "clerk")
    assert await give_on(company, ZONE, NOON) == 1
    # No head and no other holder of the role: the general manager.
    manager = await person_id(company, "manager")
    assert (await it.case()).owner_id == manager
    assert (await it.limit("dispatch")).task_id is not None
    async with company.reading() as db:
        [task] = await desk_tasks(db, [manager])
        given = (await db.scalars(select(Assignment).where(Assignment.leaving))).all()
    assert task.task.step == "dispatch"
    assert {(one.task_id is None, one.person_id) for one in given} == {
        (True, manager),
        (False, manager),
    }
    assert await it.due("dispatch") == due
    assert await told(company, "task.reassigned") == [("manager", "task.reassigned")]
    await holds_true(company, it.id)
    assert await give_on(company, ZONE, NOON) == 0


async def test_a_leavers_deputy_goes_before_who_stands_above(company: Database) -> None:
    it = await matter(company)
    await send_away(company, "clerk", deputy="quality")
    await leave(company, "clerk")
    await give_on(company, ZONE, NOON)
    assert (await it.case()).owner_id == await person_id(company, "quality")


async def test_where_nobody_is_left_it_stays_and_is_tried_again(company: Database) -> None:
    it = await matter(company)
    await leave(company, "manager")
    await leave(company, "clerk")
    assert await give_on(company, ZONE, NOON) == 0
    assert (await it.case()).owner_id == await person_id(company, "clerk")


async def test_who_stands_in_is_told_of_new_tasks_and_of_those_overdue(company: Database) -> None:
    it = await matter(company)
    await it.happy("dispatch")
    await send_away(company, "dispatcher", deputy="quality")
    await it.answer("quality", "dispatch", "assigned", engineer="engineer", reason="最近")
    await it.answer("clerk", "appoint", "engineer_cannot", note="没空")
    assert ("quality", "task.opened") in await told(company, "task.opened")


async def test_a_pause_rings_from_the_time_it_was_meant_to_end_every_working_day_r1(
    company: Database,
) -> None:
    it = await matter(company)
    again = shanghai("2026-11-24 09:00")
    act = await act_of(company, "head")
    async with company.writing() as db:
        await pause(db, act, await it.case(), "等配件", again, ZONE)
    assert await ring_pauses(company, ZONE, again - timedelta(minutes=1)) == 0
    assert await ring_pauses(company, ZONE, again) == 1
    rung = [("clerk", "pause.look_again"), ("manager", "pause.look_again")]
    assert sorted(await told(company, "pause.look_again")) == rung
    assert await ring_pauses(company, ZONE, again + timedelta(hours=3)) == 0
    assert await ring_pauses(company, ZONE, again + timedelta(days=1)) == 1
    held = (await it.loaded()).pauses[0]
    assert held.next_alarm_at == shanghai("2026-11-26 09:00").astimezone(UTC)
    await holds_true(company, it.id)


async def test_a_pause_must_be_looked_at_in_the_future_and_rings_no_more_when_it_is_over(
    company: Database,
) -> None:
    it = await matter(company)
    act = await act_of(company, "head")
    with pytest.raises(Problem) as refused:
        async with company.writing() as db:
            await pause(db, act, await it.case(), "等配件", NOON, ZONE)
    assert refused.value.kind is LOOK_AGAIN_LATER
    assert not (await it.loaded()).pauses


async def test_whoever_has_left_holds_no_role_and_receives_nothing_r1(company: Database) -> None:
    """A grant stays on record after leaving; a case that comes in must not go there."""
    await leave(company, "clerk")
    async with company.reading() as db:
        presence = await presence_at(db, NOON, ZONE)
        assert "intake_clerk" not in presence.holders
        assert await receiver_of(db, presence, "intake_clerk") == await person_id(
            company, "manager"
        )


async def test_the_deputy_of_any_holder_goes_before_who_stands_above(company: Database) -> None:
    await send_away(company, "clerk", deputy="quality")
    async with company.reading() as db:
        presence = await presence_at(db, NOON, ZONE)
        assert await receiver_of(db, presence, "intake_clerk") == await person_id(
            company, "quality"
        )


async def test_what_a_customer_does_ends_a_pause_so_that_the_next_step_has_a_limit_r1(
    company: Database,
) -> None:
    it = await matter(company)
    act = await act_of(company, "head")
    async with company.writing() as db:
        await pause(db, act, await it.case(), "等配件", NOON + timedelta(days=2), ZONE)
    link = Act.now(LinkHolder(1, "case"), NOON + timedelta(hours=1), Via.LINK)
    async with company.writing() as db:
        await withdraw(db, link, it.id, "不修了", ZONE)
    assert await it.open_steps() == ["confirm_withdrawal"]
    assert await it.due("confirm_withdrawal") is not None
    assert (await it.loaded()).pauses[0].next_alarm_at is None
    await holds_true(company, it.id)


async def test_notes_and_calls_of_one_case_at_once_all_stand_and_are_found(
    company: Database,
) -> None:
    """Each refers to the case and then has it indexed: in PostgreSQL they waited in a circle."""
    it = await matter(company)
    act = await act_of(company, "clerk")

    async def write(number: int) -> None:
        async with company.writing() as db:
            await add_note(db, act, await db.get_one(Case, it.id), f"备注{number}号")

    await asyncio.gather(*(write(number) for number in range(10)))
    async with company.reading() as db:
        assert await db.scalar(select(func.count()).select_from(Note)) == 10
        for number in range(10):
            matching = CASES.matching(db.get_bind().dialect.name, f"备注{number}号")
            assert list(await db.scalars(matching)) == [it.id]
