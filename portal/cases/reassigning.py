"""Reassigning: a task changes hands, with a reason; its clock does not notice."""

from datetime import tzinfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases import models
from portal.cases.assigning import Why, give_task
from portal.cases.loading import Loaded, load
from portal.cases.owning import above, first_persons, role_for
from portal.cases.problems import (
    NOT_YOURS,
    REASON_MISSING,
    ROLE_MISSING,
    SECOND_PERSON,
    TASK_NOT_OPEN,
)
from portal.kernel.act import Act
from portal.kernel.problems import Problem
from portal.people.access import require
from portal.people.listing import find_colleague
from portal.people.models import RoleGrant
from portal.people.roles import OVERSEERS
from portal.people.standing_in import Presence, presence_at
from portal.procedures.state import OwnerKind


async def reassign(
    db: AsyncSession, act: Act, task: models.Task, person_id: int, reason: str, zone: tzinfo
) -> None:
    """Give an open task to somebody who works here; raises ``not-found`` for anybody else.

    A task of a role, and one whose person was named by their role, goes to a holder of the role,
    or up to whoever stands above its owner: handing over must not take a decision from those to
    whom the clause gives it (``role-missing``), nor past the second person (``second-person``). A
    customer's task is nobody's to give.
    """
    require(act.actor, *OVERSEERS)
    if not reason.strip():
        raise Problem(REASON_MISSING)
    await find_colleague(db, act.actor, person_id)
    loaded = await load(db, task.case_id)
    row = next(row for row in loaded.rows.values() if row.id == task.id)
    if not row.is_open:
        raise Problem(TASK_NOT_OPEN)
    if row.owner_id == person_id:
        return
    presence = await presence_at(db, act.at, zone)
    await _refuse_unfit(db, loaded, row, person_id, presence)
    await give_task(db, act, loaded, row, person_id, Why(reason), presence)


async def _refuse_unfit(
    db: AsyncSession, loaded: Loaded, row: models.Task, person_id: int, presence: Presence
) -> None:
    if row.owner_kind == OwnerKind.COMPLAINANT:
        raise Problem(NOT_YOURS)
    if person_id in first_persons(loaded, row.step):
        raise Problem(SECOND_PERSON)
    role = role_for(loaded.definition, row.step)
    if not role:
        return
    grants = select(RoleGrant.id).where(RoleGrant.person_id == person_id)
    holds = await db.scalar(grants.where(RoleGrant.role == role))
    if not holds and person_id != above(row.owner_id, presence):
        raise Problem(ROLE_MISSING)
