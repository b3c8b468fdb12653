"""The people of the company: where they work, what they can, who is away."""

from dataclasses import dataclass
from datetime import timedelta, tzinfo

from sqlalchemy.ext.asyncio import AsyncSession

from portal.kernel.act import Act, Staff
from portal.people.employing import Particulars, register
from portal.people.going_away import Absence, go_away
from portal.people.models import Department, Person, Region, Skill
from portal.people.organising import Charter, save_department, save_listed
from portal.people.qualifying import qualify, set_hours
from portal.people.roles import Role

_DEPARTMENTS = (
    # name, belongs to, head
    ("总经理办公室", "", "li"),
    ("客户服务部", "总经理办公室", "zhou"),
    ("维修服务站", "客户服务部", "liu"),
    ("品质部", "总经理办公室", "zheng"),
    ("生产部", "总经理办公室", "wu"),
    ("技术部", "总经理办公室", "sun"),
    ("销售部", "总经理办公室", "qian"),
)
_SKILLS = ("发动机", "液压系统", "电气控制", "传动与变速", "割台与脱粒", "驾驶室与空调")
_REGIONS = (
    # district of Chengdu, middle in degrees (WGS 84, to about a kilometre)
    ("锦江区", 30.60, 104.12),
    ("青羊区", 30.67, 104.03),
    ("金牛区", 30.71, 104.05),
    ("武侯区", 30.63, 104.03),
    ("成华区", 30.68, 104.14),
    ("龙泉驿区", 30.56, 104.27),
    ("新都区", 30.82, 104.16),
    ("温江区", 30.69, 103.84),
    ("双流区", 30.51, 103.95),
    ("郫都区", 30.81, 103.88),
    ("新津区", 30.41, 103.81),
    ("简阳市", 30.39, 104.55),
)


@dataclass(frozen=True, slots=True)
class Member:
    login: str
    name: str
    department: str
    roles: tuple[Role, ...]
    skills: tuple[tuple[str, int], ...] = ()
    regions: tuple[str, ...] = ()


STAFF = (
    Member("admin", "何静", "总经理办公室", (Role.ADMINISTRATOR,)),
    Member("li", "李建国", "总经理办公室", (Role.GENERAL_MANAGER,)),
    Member("wang", "王淑芬", "总经理办公室", (Role.DEPUTY_LEADER,)),
    Member("zhou", "周敏", "客户服务部", (Role.DEPARTMENT_HEAD,)),
    Member("chen", "陈晓燕", "客户服务部", (Role.INTAKE_CLERK,)),
    Member("feng", "冯雪", "客户服务部", (Role.INTAKE_CLERK,)),
    Member("liu", "刘志强", "维修服务站", (Role.DISPATCHER, Role.DEPARTMENT_HEAD)),
    Member("zheng", "郑海涛", "品质部", (Role.QUALITY, Role.DEPARTMENT_HEAD)),
    Member("wu", "吴刚", "生产部", (Role.RESPONSIBLE_PERSON, Role.DEPARTMENT_HEAD)),
    Member("sun", "孙立", "技术部", (Role.RESPONSIBLE_PERSON, Role.DEPARTMENT_HEAD)),
    Member("qian", "钱勇", "销售部", (Role.RESPONSIBLE_PERSON, Role.DEPARTMENT_HEAD)),
    Member(
        "zhao",
        "赵磊",
        "维修服务站",
        (Role.ENGINEER,),
        (("发动机", 3), ("液压系统", 2), ("传动与变速", 2)),
        ("龙泉驿区", "锦江区", "简阳市"),
    ),
    Member(
        "yang",
        "杨帆",
        "维修服务站",
        (Role.ENGINEER,),
        (("液压系统", 3), ("割台与脱粒", 2)),
        ("新都区", "金牛区", "成华区"),
    ),
    Member(
        "huang",
        "黄伟",
        "维修服务站",
        (Role.ENGINEER,),
        (("电气控制", 3), ("驾驶室与空调", 3)),
        ("双流区", "武侯区", "新津区"),
    ),
    Member(
        "xu",
        "徐涛",
        "维修服务站",
        (Role.ENGINEER,),
        (("割台与脱粒", 3), ("传动与变速", 2), ("发动机", 1)),
        ("郫都区", "温江区", "青羊区"),
    ),
    Member(
        "ma",
        "马超",
        "维修服务站",
        (Role.ENGINEER,),
        (("发动机", 2), ("电气控制", 1)),
        ("简阳市", "龙泉驿区"),
    ),
    Member("hu", "胡杰", "维修服务站", (Role.ENGINEER,), (("液压系统", 1),), ("新津区", "双流区")),
)


@dataclass(frozen=True, slots=True)
class Company:
    """By login, people's ids and how they act; by name, the regions' ids."""

    people: dict[str, int]
    acts: dict[str, Act]
    regions: dict[str, int]


async def found_company(db: AsyncSession, act: Act, password_hash: str, zone: tzinfo) -> Company:
    """Departments, people with one password, skills, regions, hours; one of them is away."""
    skills = [Skill(name=name) for name in _SKILLS]
    regions = [Region(name=n, latitude=lat, longitude=lon) for n, lat, lon in _REGIONS]
    for skill in skills:
        await save_listed(db, act, skill)
    for region in regions:
        await save_listed(db, act, region)
    departments = await _found_departments(db, act)
    people = {}
    for member in STAFF:
        people[member.login] = await _employ(db, act, member, departments[member.department])
        people[member.login].password_hash = password_hash
    for name, above, head in _DEPARTMENTS:
        parent = departments[above].id if above else None
        charter = Charter(name, parent, people[head].id)
        await save_department(db, act, departments[name], charter)
    for member in STAFF:
        if Role.ENGINEER in member.roles:
            await _qualify(db, act, member, people[member.login], skills, regions)
    await _send_on_leave(db, act, people, zone)
    return Company(
        {login: person.id for login, person in people.items()},
        {login: _of(person, act) for login, person in people.items()},
        {region.name: region.id for region in regions},
    )


def _of(person: Person, act: Act) -> Act:
    return Act.now(Staff(person.id, person.name, frozenset(person.roles)), act.at, act.via)


async def _found_departments(db: AsyncSession, act: Act) -> dict[str, Department]:
    departments = {}
    for name, _, _ in _DEPARTMENTS:
        department = Department(headship=None)
        await save_department(db, act, department, Charter(name, None, None))
        departments[name] = department
    return departments


async def _employ(db: AsyncSession, act: Act, member: Member, department: Department) -> Person:
    number = 1000 + STAFF.index(member)
    given = Particulars(
        login=member.login,
        name=member.name,
        phone=f"1380000{number}",
        email=f"{member.login}@example.com",
        department_id=department.id,
        roles=frozenset(member.roles),
    )
    return await register(db, act, given)


async def _qualify(
    db: AsyncSession,
    act: Act,
    member: Member,
    person: Person,
    skills: list[Skill],
    regions: list[Region],
) -> None:
    skill_ids = {skill.name: skill.id for skill in skills}
    await qualify(
        db,
        act,
        person,
        skills={skill_ids[name]: level for name, level in member.skills},
        regions=frozenset(region.id for region in regions if region.name in member.regions),
    )
    await set_hours(db, act, person, dict.fromkeys(range(6), (8 * 60, 18 * 60)))


async def _send_on_leave(
    db: AsyncSession, act: Act, people: dict[str, Person], zone: tzinfo
) -> None:
    today = act.at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    absence = Absence(
        from_at=today,
        until_at=today.replace(hour=18) + timedelta(days=2),
        reason="外出培训",
        deputy_id=people["ma"].id,
    )
    await go_away(db, act, people["hu"].id, absence)
