"""Handing over: a case gets another owner, with a reason; and what somebody who has left still
owned is given on by itself, so that nothing is orphaned (R1, P10)."""

from datetime import datetime, tzinfo

import structlog
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.assigning import Why, give_case, give_task
from portal.cases.loading import Loaded, load
from portal.cases.models import Case, Task
from portal.cases.owning import barred_by_facts, case_taker, first_persons, owner_of
from portal.cases.problems import CASE_NOT_OPEN, REASON_MISSING, SECOND_PERSON
from portal.kernel.act import Act, System, Via
from portal.kernel.db.unit import Database
from portal.kernel.problems import Problem
from portal.people.access import require
from portal.people.listing import find_colleague
from portal.people.models import Departure
from portal.people.roles import OVERSEERS
from portal.people.standing_in import Presence, presence_at
from portal.procedures.state import Owner, OwnerKind

log = structlog.get_logger()


async def hand_over(
    db: AsyncSession, act: Act, case: Case, person_id: int, reason: str, zone: tzinfo
) -> None:
    """Give an open case to somebody who works here; raises ``not-found`` for anybody else,
    ``reason-missing``, ``case-not-open``, and ``second-person`` for whose own work it is about.
    Its tasks stay with their owners."""
    require(act.actor, *OVERSEERS)
    if not reason.strip():
        raise Problem(REASON_MISSING)
    await find_colleague(db, act.actor, person_id)
    loaded = await load(db, case.id)
    if not loaded.case.is_open:
        raise Problem(CASE_NOT_OPEN)
    if any(person_id in barred_by_facts(loaded, step) for step in loaded.definition.step):
        raise Problem(SECOND_PERSON)
    if loaded.case.owner_id != person_id:
        presence = await presence_at(db, act.at, zone)
        await give_case(db, act, loaded, person_id, Why(reason), presence)


async def give_on(database: Database, zone: tzinfo, now: datetime) -> int:
    """Give on every open case and task of people who have left; how many cases it touched.

    A case goes to who stands in for the leaver (`case_taker`), a task to whom its rule names now.
    Where nobody is left to take it (no deputy, no head, no general manager) it stays, and is
    tried again.
    """
    gone = select(Departure.person_id)
    orphaned = select(Task.case_id).where(Task.closed_at.is_(None), Task.owner_id.in_(gone))
    query = select(Case.id).where(
        Case.closed_at.is_(None), or_(Case.owner_id.in_(gone), Case.id.in_(orphaned))
    )
    async with database.reading() as db:
        ids = list(await db.scalars(query.order_by(Case.id)))
    given = 0
    for case_id in ids:
        try:
            async with database.writing() as db:
                given += await _give_on_case(db, case_id, zone, now)
        except Exception as error:
            log.error("handing_over.failed", case=case_id, exc_info=error)
    return given


async def _give_on_case(db: AsyncSession, case_id: int, zone: tzinfo, now: datetime) -> bool:
    act = Act.now(System("R1"), now, Via.JOB)
    presence = await presence_at(db, now, zone)
    gone = set(await db.scalars(select(Departure.person_id)))
    loaded = await load(db, case_id)
    why = Why(leaving=True)
    touched = False
    owner = loaded.case.owner_id
    if owner in gone and (to := case_taker(loaded, presence)) != owner:
        await give_case(db, act, loaded, to, why, presence)
        touched = True
    for row in list(loaded.rows.values()):
        if row.is_open and row.owner_id in gone:
            to = await _taker(db, loaded, row, presence)
            if to != row.owner_id:
                await give_task(db, act, loaded, row, to, why, presence)
                touched = True
    return touched


async def _taker(db: AsyncSession, loaded: Loaded, row: Task, presence: Presence) -> int:
    rule = Owner(OwnerKind(row.owner_kind), row.owner_ref)
    first = first_persons(loaded, row.step)
    return await owner_of(db, presence, loaded.case, rule, first)
