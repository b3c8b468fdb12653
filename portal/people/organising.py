"""Organising: departments with their heads; the lists of skills and regions."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

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
    if not is_new:
        # A new head alone is another row: the department's version has to count it too, or an
        # older form would bring the former head back unseen.
        flag_modified(department, "name")
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
    if own is None or parent is None:
        return
    # Locked, because two departments put below each other at the same moment are a circle too.
    query = select(Department.id, Department.parent_id).order_by(Department.id)
    rows = await db.execute(query.with_for_update())
    above = {department: its_parent for department, its_parent in rows}  # noqa: C416
    while parent is not None:
        if parent == own:
            raise Problem(CIRCLE)
        parent = above.get(parent)
