"""Complaints of the demonstration company in several states (P04): one that has just come in and
is major, one before the leader, and one that the leader's silence has approved."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.calendar.counting import before, due
from portal.calendar.durations import parse_duration
from portal.cases.advancing import advance
from portal.cases.answering import answer, receive, sign_for
from portal.cases.loading import key_of
from portal.cases.models import Case, Task
from portal.cases.opening import Registration, open_case
from portal.company.keeping import company_calendar
from portal.customers.registering import Caller
from portal.demonstration.company import Company
from portal.kernel.act import Act, System, Via
from portal.procedures.events import LimitLapsed
from portal.procedures.forms import Value


@dataclass(frozen=True, slots=True)
class _Complaint:
    subject: str
    details: str
    caller: Caller
    category: str
    responsible: str
    findings: str = ""
    facts: str = ""
    cause: str = ""
    measures: str = ""
    severity: str = "general"
    urgency: str = "medium"


_NEW = _Complaint(
    "新收割机交付三天两次停机，要求换机",
    "客户称新机作业时发动机两次熄火，正值抢收，已影响合作社四户，要求当日答复并换机。",
    Caller("赵永强", "13900010031", customer="金穗农机合作社", address="成都市新津区花源镇"),
    "product",
    "wu",
    severity="major",
    urgency="high",
)
_BEFORE_LEADER = _Complaint(
    "维修收费与报价不一致",
    "客户称上门前报价380元，维修后收费560元，事先没有说明，要求退还差额。",
    Caller("何丽", "13900010032", address="成都市温江区永宁镇"),
    "contract",
    "qian",
    "查服务单：增换油管一根，未请客户确认新的费用。",
    "已电话联系客户，客户认可油管确需更换，不满的是事先没有说明。",
    "增加费用时没有按规定重新报价并请客户签字。",
    "向客户致歉，退还未经确认的差额180元；对当事工程师进行报价流程培训。",
)
_SILENT = _Complaint(
    "配件等候两周，误了农时",
    "客户订购割台刀片，承诺五天到货，两周未到，多次询问没有明确答复，要求赔偿误工损失。",
    Caller("唐志国", "13900010033", address="简阳市三星镇"),
    "delivery",
    "qian",
    "配件订单漏转仓库，客户三次来电均未升级处理。",
    "已到客户处，核对误工两天，配件当日由仓库加急发出。",
    "订单转仓库没有回执，漏单无人发现。",
    "当日送达配件并免工时安装；误工损失按两天协商补偿；订单转仓库改为系统回执。",
)


async def take_complaints(db: AsyncSession, company: Company, zone: tzinfo) -> None:
    """Register them and bring each to its state; the older ones at times that are past."""
    now = company.acts["feng"].at
    calendar = await company_calendar(db, zone)
    days = {n: before(calendar, now, parse_duration(f"{n} wd")).at for n in (1, 3, 4)}
    await _Handling(db, company, zone, days[4]).up_to_the_leader(_SILENT, opened_at=days[3])
    silent = await _decision(db)
    lapsed_at = due(calendar, days[3], parse_duration("2 wd")).at
    lapsed = LimitLapsed(key_of(silent), "lapse", proven=True)
    await advance(db, Act.now(System("P04.6"), lapsed_at, Via.JOB), silent.case_id, lapsed, zone)
    await _Handling(db, company, zone, days[1]).up_to_the_leader(_BEFORE_LEADER)
    await _Handling(db, company, zone, now - timedelta(minutes=50)).register(_NEW)


async def _decision(db: AsyncSession) -> Task:
    query = select(Task).where(Task.step == "decide", Task.closed_at.is_(None))
    return (await db.scalars(query)).one()


class _Handling:
    """A complaint that came in ``at`` a time, and was worked on a little later."""

    def __init__(self, db: AsyncSession, company: Company, zone: tzinfo, at: datetime) -> None:
        self.db = db
        self.company = company
        self.zone = zone
        self.at = at
        self.case: Case

    async def register(self, given: _Complaint) -> None:
        clerk = self._act("feng")
        registration = Registration(
            code="P04",
            subject=given.subject,
            details=given.details,
            caller=given.caller,
            channel="phone",
            received_at=self.at,
            urgency=given.urgency,
            severity=given.severity,
        )
        self.case = await open_case(self.db, clerk, registration, self.zone)
        fields: Mapping[str, Value] = {
            "channel": "phone",
            "symptom": given.details,
            "category": given.category,
        }
        await self._answer("feng", "register", "registered", fields)

    async def up_to_the_leader(self, given: _Complaint, opened_at: datetime | None = None) -> None:
        """All that goes before the leader's decision; ``opened_at`` when the leader opened it."""
        await self.register(given)
        responsible = str(self.company.people[given.responsible])
        await self._answer("wang", "inform_leader", "read", {})
        sheet: Mapping[str, Value] = {"findings": given.findings, "responsible": responsible}
        await self._answer("feng", "preliminary", "sent", sheet)
        seen = {"contacted_at": self.at.isoformat(), "facts": given.facts}
        await sign_for(
            self.db, self._act(given.responsible), await self._task("contact"), self.zone
        )
        await self._answer(given.responsible, "contact", "investigated", seen)
        plan = {"cause": given.cause, "measures": given.measures}
        await self._answer(given.responsible, "measures", "written", plan)
        await self._answer("feng", "forward", "forwarded", {})
        if opened_at:
            self.at = opened_at
            await receive(self.db, self._act("wang"), await self._task("decide"), self.zone)

    async def _answer(
        self, login: str, step: str, outcome: str, fields: Mapping[str, Value]
    ) -> None:
        task = await self._task(step)
        await answer(self.db, self._act(login), task, outcome, fields, self.zone)
        self.at += timedelta(minutes=3)

    async def _task(self, step: str) -> Task:
        query = select(Task).where(Task.case_id == self.case.id, Task.closed_at.is_(None))
        return (await self.db.scalars(query.where(Task.step == step))).one()

    def _act(self, login: str) -> Act:
        return replace(self.company.acts[login], at=self.at, happened_at=self.at)
