"""What the tests of this room share: cases at the step that they need."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from portal.cases.models import Case, Task
from portal.customers.models import Site
from portal.kernel.db.unit import Database
from portal.people.employing import Particulars, register
from portal.people.models import Person, Region, Skill
from portal.people.qualifying import qualify
from portal.people.roles import Role
from portal.repairs.models import Visit
from tests.cases.support import ZONE, Matter, matter
from tests.people.support import person
from tests.support.cast import system

NINE = datetime(2026, 11, 23, 9, tzinfo=ZONE)  # the Monday after the day of the cast
HOUR = timedelta(hours=1)


def window(begin: datetime = NINE, hours: float = 2) -> dict[str, str]:
    """A window as the answer of `appoint` has it."""
    return {
        "window_from": begin.isoformat(),
        "window_to": (begin + hours * HOUR).isoformat(),
    }


async def at_step(database: Database, step: str, **given: Any) -> Matter:
    """A case that has come to ``step`` on the way to the customer."""
    it = await matter(database, **given)
    await it.happy(step)
    return it


async def visits(database: Database) -> list[Visit]:
    async with database.reading() as db:
        return list(await db.scalars(select(Visit).order_by(Visit.id)))


async def task_of(it: Matter) -> int:
    """The open task of a case."""
    async with it.database.reading() as db:
        query = select(Task.id).where(Task.case_id == it.id, Task.closed_at.is_(None))
        return (await db.scalars(query)).one()


async def place(database: Database, it: Matter, **given: Any) -> None:
    """Say where the site of a case is: ``region_id``, ``latitude``, ``longitude``,
    ``position_source``."""
    async with database.writing() as db:
        case = await db.get_one(Case, it.id)
        site = Site(customer_id=case.customer_id, address="锦江区东大路 1 号", **given)
        db.add(site)
        await db.flush()
        case.site_id = site.id


async def only_skill(database: Database) -> Skill:
    async with database.reading() as db:
        return (await db.scalars(select(Skill).order_by(Skill.id).limit(1))).one()


async def only_region(database: Database) -> Region:
    async with database.reading() as db:
        return (await db.scalars(select(Region))).one()


async def employed(database: Database, login: str, *roles: Role) -> int:
    """Somebody new, an engineer unless told otherwise; their id."""
    given = Particulars(login, f"工程师{login}", "", "", None, frozenset(roles or {Role.ENGINEER}))
    async with database.writing() as db:
        return (await register(db, system(), given)).id


async def qualified(database: Database, login: str = "engineer", level: int = 2) -> Person:
    """A member of the cast with the skill, serving the region."""
    skill, region = await only_skill(database), await only_region(database)
    async with database.writing() as db:
        found = await person(db, login)
        regions = frozenset({region.id})
        await qualify(db, system(), found, skills={skill.id: level}, regions=regions)
    return found
