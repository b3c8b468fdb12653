"""Improving: a low rating opens a case of its own by P13, linked with the one that was rated, with
owner, next step and limit like any other (R1)."""

from datetime import tzinfo

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.gating import CHILD
from portal.cases.models import Answer, Case, CaseLink, Task
from portal.cases.opening import Matter, open_from
from portal.cases.owning import owner_of
from portal.kernel.act import Act
from portal.people.roles import Role
from portal.people.standing_in import presence_at
from portal.procedures.state import Owner, OwnerKind

PROCEDURE = "P13"
IMPROVEMENT = "improvement"
# The steps of repair and complaint in which the work itself is done.
_WORK = ("visit", "help_remotely", "execute")


async def open_improvement(db: AsyncSession, act: Act, case: Case, zone: tzinfo) -> int:
    """Open the improvement after a low rating of ``case``; its id. It is the service manager's,
    or theirs who stand above: never whose work was rated."""
    presence = await presence_at(db, act.at, zone)
    worker = await worker_of(db, case)
    barred = frozenset({worker} if worker is not None else ())
    head = Owner(OwnerKind.ROLE, Role.DEPARTMENT_HEAD)
    facts = {"urgency": case.urgency, "severity": case.severity, "channel": "survey"}
    if worker is not None:
        facts["engineer"] = str(worker)
    owner_id = await owner_of(db, presence, case, head, barred)
    matter = Matter(PROCEDURE, IMPROVEMENT, owner_id, facts)
    return (await open_from(db, act, case, matter, zone)).id


async def worker_of(db: AsyncSession, case: Case) -> int | None:
    """Who did the work last, in the case or in one that was opened for it: the answerer of the last
    step in which it is done."""
    children = select(CaseLink.other_id).where(CaseLink.case_id == case.id, CaseLink.kind == CHILD)
    ids = select(Case.id).where(or_(Case.id == case.id, Case.id.in_(children)))
    done = select(Answer.by_id).join(Task, Task.id == Answer.task_id)
    done = done.where(Task.case_id.in_(ids), Task.step.in_(_WORK), Answer.by_id.is_not(None))
    found: int | None = await db.scalar(done.order_by(Task.id.desc()).limit(1))
    return found
