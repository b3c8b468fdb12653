"""The demonstration company: a maker of farm machinery and its service people, in Chengdu."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from itertools import count

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.answering import answer
from portal.cases.models import Case, Task
from portal.cases.opening import Registration, open_case
from portal.customers.keeping import ContactCard, SiteCard, save_contact, save_site
from portal.customers.models import Contact, Site
from portal.customers.registering import Caller
from portal.demonstration_history import bring_history
from portal.kernel.act import Act, Staff
from portal.kernel.db.turns import take_turn
from portal.kernel.db.unit import Database
from portal.kernel.journal.models import JournalEntry
from portal.kernel.journal.recording import record
from portal.people.counting import is_empty
from portal.people.employing import Particulars, register
from portal.people.going_away import Absence, go_away
from portal.people.models import Department, Person, Region, Skill
from portal.people.organising import Charter, save_department, save_listed
from portal.people.passwords import hash_password
from portal.people.qualifying import qualify, set_hours
from portal.people.roles import Role
from portal.procedures.forms import Value
from portal.repairs.cataloguing import PartCard, ToolCard, save_part, save_tool
from portal.repairs.models import Part, Tool
from portal.repairs.stocking import hand_out

PASSWORD = "bihuan-demo-2026"
_MARK = "demonstration.made"
# Who shows which work; the rest of the company is there to be found in lists.
ACCOUNTS = (
    ("chen", Role.INTAKE_CLERK),
    ("liu", Role.DISPATCHER),
    ("zhou", Role.DEPARTMENT_HEAD),
    ("wu", Role.RESPONSIBLE_PERSON),
    ("zheng", Role.QUALITY),
    ("wang", Role.DEPUTY_LEADER),
    ("li", Role.GENERAL_MANAGER),
    ("zhao", Role.ENGINEER),
    ("admin", Role.ADMINISTRATOR),
)
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
class _Member:
    login: str
    name: str
    department: str
    roles: tuple[Role, ...]
    skills: tuple[tuple[str, int], ...] = ()
    regions: tuple[str, ...] = ()


_STAFF = (
    _Member("admin", "何静", "总经理办公室", (Role.ADMINISTRATOR,)),
    _Member("li", "李建国", "总经理办公室", (Role.GENERAL_MANAGER,)),
    _Member("wang", "王淑芬", "总经理办公室", (Role.DEPUTY_LEADER,)),
    _Member("zhou", "周敏", "客户服务部", (Role.DEPARTMENT_HEAD, Role.INTAKE_CLERK)),
    _Member("chen", "陈晓燕", "客户服务部", (Role.INTAKE_CLERK,)),
    _Member("feng", "冯雪", "客户服务部", (Role.INTAKE_CLERK,)),
    _Member("liu", "刘志强", "维修服务站", (Role.DISPATCHER, Role.DEPARTMENT_HEAD)),
    _Member("zheng", "郑海涛", "品质部", (Role.QUALITY, Role.DEPARTMENT_HEAD)),
    _Member("wu", "吴刚", "生产部", (Role.RESPONSIBLE_PERSON, Role.DEPARTMENT_HEAD)),
    _Member("sun", "孙立", "技术部", (Role.RESPONSIBLE_PERSON, Role.DEPARTMENT_HEAD)),
    _Member("qian", "钱勇", "销售部", (Role.RESPONSIBLE_PERSON, Role.DEPARTMENT_HEAD)),
    _Member(
        "zhao",
        "赵磊",
        "维修服务站",
        (Role.ENGINEER,),
        (("发动机", 3), ("液压系统", 2), ("传动与变速", 2)),
        ("龙泉驿区", "锦江区", "简阳市"),
    ),
    _Member(
        "yang",
        "杨帆",
        "维修服务站",
        (Role.ENGINEER,),
        (("液压系统", 3), ("割台与脱粒", 2)),
        ("新都区", "金牛区", "成华区"),
    ),
    _Member(
        "huang",
        "黄伟",
        "维修服务站",
        (Role.ENGINEER,),
        (("电气控制", 3), ("驾驶室与空调", 3)),
        ("双流区", "武侯区", "新津区"),
    ),
    _Member(
        "xu",
        "徐涛",
        "维修服务站",
        (Role.ENGINEER,),
        (("割台与脱粒", 3), ("传动与变速", 2), ("发动机", 1)),
        ("郫都区", "温江区", "青羊区"),
    ),
    _Member(
        "ma",
        "马超",
        "维修服务站",
        (Role.ENGINEER,),
        (("发动机", 2), ("电气控制", 1)),
        ("简阳市", "龙泉驿区"),
    ),
    _Member("hu", "胡杰", "维修服务站", (Role.ENGINEER,), (("液压系统", 1),), ("新津区", "双流区")),
)


@dataclass(frozen=True, slots=True)
class _Report:
    """What a customer reported, so many hours before the demonstration is made."""

    hours_ago: float
    subject: str
    details: str
    customer: str
    phone: str
    address: str
    region: str
    device: tuple[str, str]
    channel: str
    urgency: str
    contact: str = ""


_REPORTS = (
    _Report(
        30,
        "收割机割台液压油管漏油",
        "作业中发现割台升降缓慢，停机后地面有油迹，油管接头处渗漏明显。",
        "张建军",
        "13900010001",
        "成都市新都区斑竹园镇",
        "新都区",
        ("4LZ-6.0 履带式收割机", "SH6-2024-0317"),
        "phone",
        "high",
    ),
    _Report(
        5,
        "拖拉机启动困难，冒黑烟",
        "早晨启动需要多次，启动后排气管冒黑烟，动力明显不足。",
        "李秀兰",
        "13900010002",
        "成都市郫都区安德街道",
        "郫都区",
        ("TD-904 拖拉机", "TD9-2021-1185"),
        "site",
        "medium",
    ),
    _Report(
        2,
        "驾驶室空调不制冷",
        "空调开启后只有自然风，压缩机不工作。",
        "向阳农机合作社",
        "13900010003",
        "成都市双流区黄水镇",
        "双流区",
        ("TD-1204 拖拉机", "TD12-2023-0042"),
        "phone",
        "low",
        "刘会计",
    ),
    _Report(
        0.5,
        "变速箱异响，三挡脱挡",
        "三挡行驶时有金属敲击声，上坡时自动脱挡。",
        "王德福",
        "13900010004",
        "简阳市石桥镇",
        "简阳市",
        ("TD-704 拖拉机", "TD7-2019-0760"),
        "phone",
        "medium",
    ),
)

_PARTS = (
    # number, name, unit, yuan, the skill whose engineers carry it (nobody's: everybody)
    ("JY-6W40", "柴油机油 15W-40", "升", "28", ""),
    ("YY-L46", "抗磨液压油 L-HM46", "升", "22", ""),
    ("LX-JY01", "机油滤清器", "个", "45", ""),
    ("LX-CY02", "柴油滤清器", "个", "58", ""),
    ("DX-RDL20", "插片式保险丝 20A", "个", "2", ""),
    ("LS-M12", "高强度螺栓 M12×40", "个", "3.50", ""),
    ("PY-2205", "喷油器总成", "个", "680", "发动机"),
    ("YRS-1105", "预热塞", "个", "95", "发动机"),
    ("QD-2812", "起动电机", "台", "860", "发动机"),
    ("PD-A1250", "风扇皮带 A1250", "条", "36", "发动机"),
    ("JWQ-85", "节温器 85℃", "个", "72", "发动机"),
    ("YF-3502", "油缸骨架油封 35×52×8", "个", "12", "液压系统"),
    ("YG-DN10", "高压油管 DN10", "米", "65", "液压系统"),
    ("JT-M18", "液压管接头 M18×1.5", "个", "18", "液压系统"),
    ("FZ-4L20", "多路换向阀", "台", "1250", "液压系统"),
    ("CLB-316", "齿轮泵 CBN-316", "台", "420", "液压系统"),
    ("CG-ZS01", "转速传感器", "个", "135", "电气控制"),
    ("JDQ-40A", "继电器 12V 40A", "个", "16", "电气控制"),
    ("XL-2X1.5", "耐油控制电缆 2×1.5", "米", "6.80", "电气控制"),
    ("BC-3D", "三挡拨叉", "个", "210", "传动与变速"),
    ("LH-200", "离合器摩擦片", "片", "320", "传动与变速"),
    ("ZC-6208", "深沟球轴承 6208", "个", "38", "传动与变速"),
    ("DD-16A", "割刀动刀片", "片", "9", "割台与脱粒"),
    ("LT-08B", "输送链条 08B", "米", "48", "割台与脱粒"),
    ("KT-YSJ12", "空调压缩机 12V", "台", "1480", "驾驶室与空调"),
    ("KT-R134", "制冷剂 R134a", "瓶", "32", "驾驶室与空调"),
)
_TOOLS = (
    # number, name, for how many days from now the calibration holds (below 0: it is over)
    ("GJ-001", "数字万用表", 210),
    ("GJ-002", "液压测试压力表 40 MPa", 95),
    ("GJ-003", "绝缘电阻表", -18),
    ("GJ-004", "扭力扳手 40–200 N·m", 160),
    ("GJ-005", "制冷剂压力表组", 300),
    ("GJ-006", "红外测温仪", 45),
    ("GJ-007", "气缸压力表", 120),
    ("GJ-008", "故障诊断仪", None),
    ("GJ-009", "液压油管扣压机", None),
    ("GJ-010", "轴承拉马", None),
)


@dataclass(frozen=True, slots=True)
class _Office:
    """Acts of who takes the calls and who sends the engineers."""

    clerk: Act
    dispatcher: Act


# One that ended the same day: what the files show of the past.
_PAST = _Report(
    26,
    "旋耕机刀片磨损，咨询更换",
    "客户询问旋耕机刀片是否可免费更换，属易损件。",
    "向阳农机合作社",
    "13900010003",
    "成都市双流区黄水镇",
    "双流区",
    ("1GKN-230 旋耕机", "XG-2022-0518"),
    "phone",
    "low",
    "刘会计",
)
_ANSWERED: tuple[tuple[str, dict[str, Value]], ...] = (
    (
        "registered",
        {"channel": "phone", "symptom": _PAST.details, "in_scope": False, "visit_needed": False},
    ),
    (
        "out_of_scope",
        {
            "verified": ("contact", "device"),
            "nature": "use",
            "urgency": "low",
            "reason": "刀片属易损件，不在保修范围。",
        },
    ),
    ("told", {"answer": "已说明刀片属易损件，告知可在经销商处购买，客户表示理解。"}),
)


# What the engineer zhao drives to: the next three windows of his days, from the first one on.
_VISITS = (
    _Report(
        4,
        "收割机行走无力，液压泵异响",
        "田间行走时明显无力，液压泵有尖锐异响，油温偏高。",
        "陈富贵",
        "13900010005",
        "成都市龙泉驿区柏合镇长松村",
        "龙泉驿区",
        ("4LZ-8.0 履带式收割机", "SH8-2025-0129"),
        "phone",
        "medium",
    ),
    _Report(
        3.5,
        "拖拉机离合器打滑，挂挡困难",
        "重载起步时打滑，有焦味，挂一挡需用力。",
        "锦江花木合作社",
        "13900010006",
        "成都市锦江区三圣乡幸福村",
        "锦江区",
        ("TD-904 拖拉机", "TD9-2023-0611"),
        "phone",
        "medium",
        "何会计",
    ),
    _Report(
        3,
        "发动机水温过高报警",
        "连续作业约一小时后水温报警，风扇皮带偏松。",
        "罗明",
        "13900010007",
        "简阳市贾家镇菠萝村",
        "简阳市",
        ("TD-704 拖拉机", "TD7-2020-0334"),
        "phone",
        "low",
    ),
)
_HOURS = (9, 14, 16)


async def make(database: Database, act: Act, zone: tzinfo) -> None:
    """Fill an empty portal: departments, people with one password, skills, regions, hours.

    Where somebody is registered already nothing is done: of two first starts at once, one makes it.
    """
    password_hash = await hash_password(PASSWORD)
    async with database.writing() as db:
        await take_turn(db, "equipping")
        if not await is_empty(db):
            return
        skills = [Skill(name=name) for name in _SKILLS]
        regions = [Region(name=n, latitude=lat, longitude=lon) for n, lat, lon in _REGIONS]
        for skill in skills:
            await save_listed(db, act, skill)
        for region in regions:
            await save_listed(db, act, region)
        departments = await _found_departments(db, act)
        people = {}
        for member in _STAFF:
            people[member.login] = await _employ(db, act, member, departments[member.department])
            people[member.login].password_hash = password_hash
        for name, above, head in _DEPARTMENTS:
            parent = departments[above].id if above else None
            charter = Charter(name, parent, people[head].id)
            await save_department(db, act, departments[name], charter)
        for member in _STAFF:
            if Role.ENGINEER in member.roles:
                await _qualify(db, act, member, people[member.login], skills, regions)
        await _send_on_leave(db, act, people, zone)
        record(db, act, _MARK, "company:1")
        office = _Office(_of(people["chen"], act), _of(people["liu"], act))
        await _stock_up(db, office.dispatcher, people, zone)
        await _turn_to_us(db, office.clerk, regions, zone)
        await _send_out(db, office, people["zhao"].id, regions, zone)
        await bring_history(db, _of(people["admin"], act), zone)


async def _stock_up(db: AsyncSession, act: Act, people: dict[str, Person], zone: tzinfo) -> None:
    """The lists of parts and tools, and what each engineer has in the van: what everybody needs,
    and what goes with their skills."""
    parts: dict[str, Part] = {}
    for number, name, unit, price, _ in _PARTS:
        part = parts[number] = Part()
        await save_part(db, act, part, PartCard(number, name, unit, Decimal(price)))
    today = act.at.astimezone(zone).date()
    for number, name, days in _TOOLS:
        until = None if days is None else today + timedelta(days=days)
        await save_tool(db, act, Tool(), ToolCard(number, name, until))
    for member in _STAFF:
        if Role.ENGINEER not in member.roles:
            continue
        skills = {"", *(skill for skill, _ in member.skills)}
        engineer = people[member.login].id
        for number, _, unit, price, skill in _PARTS:
            if skill in skills:
                few = 1 if Decimal(price) > 400 else 4
                many = Decimal(20 if unit in ("升", "米") else few)
                await hand_out(db, act, engineer, parts[number], many, "首次配车")


async def is_demonstration(db: AsyncSession) -> bool:
    """Whether this portal was filled by `make`: its accounts may then be shown at the door."""
    return bool(await db.scalar(select(exists().where(JournalEntry.word == _MARK))))


async def _found_departments(db: AsyncSession, act: Act) -> dict[str, Department]:
    departments = {}
    for name, _, _ in _DEPARTMENTS:
        department = Department(headship=None)
        await save_department(db, act, department, Charter(name, None, None))
        departments[name] = department
    return departments


async def _employ(db: AsyncSession, act: Act, member: _Member, department: Department) -> Person:
    number = 1000 + _STAFF.index(member)
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
    member: _Member,
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


async def _turn_to_us(db: AsyncSession, act: Act, regions: list[Region], zone: tzinfo) -> None:
    """What a clerk took down: open cases, a customer of several people and places, a past case."""
    region_ids = {region.name: region.id for region in regions}
    cases = [await _register(db, act, one, region_ids, zone) for one in (*_REPORTS, _PAST)]
    cooperative = cases[-1].customer_id
    contact = ContactCard("周社长", "13900010013", "")
    await save_contact(db, act, Contact(customer_id=cooperative), contact)
    site = SiteCard("成都市新津区花源镇农机库", region_ids["新津区"], 30.4412, 103.8267)
    await save_site(db, act, Site(customer_id=cooperative), site)
    for outcome, fields in _ANSWERED:
        query = select(Task).where(Task.case_id == cases[-1].id, Task.closed_at.is_(None))
        await answer(db, act, (await db.scalars(query)).one(), outcome, fields, zone)


async def _send_out(
    db: AsyncSession, office: _Office, engineer_id: int, regions: list[Region], zone: tzinfo
) -> None:
    """Visits that are agreed, of one engineer: what a phone has to show."""
    region_ids = {region.name: region.id for region in regions}
    clerk, dispatcher = office.clerk, office.dispatcher
    engineer = str(engineer_id)
    for report, begin in zip(_VISITS, _windows(clerk.at.astimezone(zone)), strict=False):
        case = await _register(db, clerk, report, region_ids, zone)
        until = begin + timedelta(hours=2)
        agreed: dict[str, Value] = {
            "window_from": begin.isoformat(),
            "window_to": until.isoformat(),
        }
        symptom: dict[str, Value] = {"channel": "phone", "symptom": report.details}
        review: dict[str, Value] = {"verified": ("contact", "device"), "nature": "mechanical"}
        steps: tuple[tuple[Act, str, dict[str, Value]], ...] = (
            (clerk, "registered", {**symptom, "in_scope": True, "visit_needed": True}),
            (clerk, "visit", {**review, "urgency": report.urgency}),
            (dispatcher, "assigned", {"engineer": engineer, "reason": "区域、技能均符合"}),
            (clerk, "agreed", agreed),
        )
        for who, outcome, fields in steps:
            query = select(Task).where(Task.case_id == case.id, Task.closed_at.is_(None))
            await answer(db, who, (await db.scalars(query)).one(), outcome, fields, zone)


def _windows(now: datetime) -> Iterator[datetime]:
    """When the next visits can begin."""
    for days in count():
        for hour in _HOURS:
            begin = (now + timedelta(days=days)).replace(
                hour=hour, minute=0, second=0, microsecond=0
            )
            if begin > now:
                yield begin


async def _register(
    db: AsyncSession, act: Act, report: _Report, regions: dict[str, int], zone: tzinfo
) -> Case:
    given = Registration(
        code="P06",
        subject=report.subject,
        details=report.details,
        caller=Caller(
            report.contact or report.customer,
            report.phone,
            customer=report.customer,
            address=report.address,
            region_id=regions[report.region],
            device_model=report.device[0],
            device_serial=report.device[1],
        ),
        channel=report.channel,
        received_at=act.at - timedelta(hours=report.hours_ago),
        urgency=report.urgency,
    )
    return await open_case(db, act, given, zone)


def _of(clerk: Person, act: Act) -> Act:
    return Act.now(Staff(clerk.id, clerk.name, frozenset(clerk.roles)), act.at, act.via)
