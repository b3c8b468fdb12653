"""Organising: departments with their heads; the lists of skills and regions."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.kernel.act import Act
from portal.kernel.journal.recording import record
from portal.kernel.problems import Problem
from portal.people.access import require
from portal.people.models import Department, Headship, Region, Skill
from portal.people.problems import CIRCLE
from portal.people.roles import Role


@dataclass(frozen=True, slots=True)
class Charter:
    """What is kept of a department."""

    name: str
    parent_id: int | None
    head_id: int | None


async def save_department(
    db: AsyncSession, act: Act, department: Department, charter: Charter
) -> Department:
    """Found or change a department; raises ``department-circle``. `headship` must be loaded."""
    require(act.actor, Role.ADMINISTRATOR)
    await _refuse_circle(db, department.id, charter.parent_id)
    is_new = department.id is None
    department.name = charter.name
    department.parent_id = charter.parent_id
    _appoint(act, department, charter.head_id)
    db.add(department)
    await db.flush()
    word = "department.founded" if is_new else "department.amended"
    record(
        db, act, word, f"department:{department.id}", parent=charter.parent_id, head=charter.head_id
    )
    return department


async def save_listed(db: AsyncSession, act: Act, thing: Skill | Region) -> None:
    """Store a skill or a region that was made or changed."""
    require(act.actor, Role.ADMINISTRATOR)
    word = "amended" if thing.id else "added"
    db.add(thing)
    await db.flush()
    kind = thing.__tablename__
    record(db, act, f"{kind}.{word}", f"{kind}:{thing.id}", name=thing.name)


def _appoint(act: Act, department: Department, head_id: int | None) -> None:
    current = department.headship
    if head_id is None:
        department.headship = None
    elif current is None:
        department.headship = Headship(person_id=head_id, at=act.at)
    elif current.person_id != head_id:
        current.person_id, current.at = head_id, act.at


async def _refuse_circle(db: AsyncSession, own: int | None, parent: int | None) -> None:
    rows = await db.execute(select(Department.id, Department.parent_id))
    above = {department: its_parent for department, its_parent in rows}  # noqa: C416
    while own is not None and parent is not None:
        if parent == own:
            raise Problem(CIRCLE)
        parent = above.get(parent)
