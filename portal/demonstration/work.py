"""What customers reported, and the visits of one engineer's day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import count

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.answering import answer
from portal.cases.models import Case, Task
from portal.cases.opening import Registration, open_case
from portal.customers.keeping import ContactCard, SiteCard, save_contact, save_site
from portal.customers.models import Contact, Site
from portal.customers.registering import Caller
from portal.demonstration.company import Company
from portal.kernel.act import Act
from portal.procedures.forms import Value


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


async def take_calls(db: AsyncSession, company: Company, zone: tzinfo) -> None:
    """What a clerk took down: open cases, a customer of several people and places, a past case."""
    act = company.acts["chen"]
    cases = [await _register(db, act, one, company.regions, zone) for one in (*_REPORTS, _PAST)]
    cooperative = cases[-1].customer_id
    contact = ContactCard("周社长", "13900010013", "")
    await save_contact(db, act, Contact(customer_id=cooperative), contact)
    site = SiteCard("成都市新津区花源镇农机库", company.regions["新津区"], 30.4412, 103.8267)
    await save_site(db, act, Site(customer_id=cooperative), site)
    for outcome, fields in _ANSWERED:
        query = select(Task).where(Task.case_id == cases[-1].id, Task.closed_at.is_(None))
        await answer(db, act, (await db.scalars(query)).one(), outcome, fields, zone)


async def send_out(db: AsyncSession, company: Company, zone: tzinfo) -> None:
    """Visits that are agreed, of one engineer: what a phone has to show."""
    clerk, dispatcher = company.acts["chen"], company.acts["liu"]
    engineer = str(company.people["zhao"])
    for report, begin in zip(_VISITS, _windows(clerk.at.astimezone(zone)), strict=False):
        case = await _register(db, clerk, report, company.regions, zone)
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
