"""The cast: one person for each role, one who left, and one with no role at all."""

from datetime import UTC, datetime

from portal.calendar.days import SHANGHAI
from portal.equipping import equip
from portal.kernel.act import Act, Staff, System, Via
from portal.kernel.db.unit import Database
from portal.people.employing import Particulars, depart, register
from portal.people.models import Department, Person, Region, Skill
from portal.people.organising import Charter, save_department, save_listed
from portal.people.roles import Role

# A Friday, inside working hours in Shanghai (10:00).
NOON = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)

# Whoever tests speak of: login, name, role.
CAST = {
    "clerk": ("陈晓燕", Role.INTAKE_CLERK),
    "dispatcher": ("刘志强", Role.DISPATCHER),
    "head": ("周敏", Role.DEPARTMENT_HEAD),
    "responsible": ("吴刚", Role.RESPONSIBLE_PERSON),
    "quality": ("郑海涛", Role.QUALITY),
    "leader": ("王淑芬", Role.DEPUTY_LEADER),
    "manager": ("李建国", Role.GENERAL_MANAGER),
    "engineer": ("赵磊", Role.ENGINEER),
    "admin": ("何静", Role.ADMINISTRATOR),
    "plain": ("路人", None),
    "gone": ("老张", Role.INTAKE_CLERK),
}


def system(at: datetime = NOON) -> Act:
    """An act of the portal itself."""
    return Act.now(System("test"), at, Via.JOB)


def acting(person: Person, at: datetime = NOON) -> Act:
    """An act of ``person`` through a page; `grants` must be loaded."""
    staff = Staff(person.id, person.name, frozenset(person.roles))
    return Act.now(staff, at, Via.PAGE)


async def make_cast(database: Database) -> None:
    """Fill the template: the cast in one department, a skill, a region."""
    async with database.writing() as db:
        await equip(db, system(), SHANGHAI)
        department = Department(headship=None)
        await save_department(db, system(), department, Charter("客户服务部", None, None))
        await save_listed(db, system(), Skill(name="液压系统"))
        await save_listed(db, system(), Region(name="锦江区", latitude=30.6, longitude=104.12))
        people = {}
        for number, (login, (name, role)) in enumerate(CAST.items()):
            given = Particulars(
                login=login,
                name=name,
                phone=f"138{number:08}",
                email=f"{login}@example.com",
                department_id=department.id,
                roles=frozenset({role} if role else ()),
            )
            people[login] = await register(db, system(), given)
        await depart(db, system(), people["gone"])
