"""What the tests of complaints share (P04): a complaint that the cast works on by its verbs."""

from typing import Any

from sqlalchemy import select

from portal.cases.answering import answer_for_customer
from portal.cases.models import CaseLink
from portal.cases.sweeping import sweep
from portal.kernel.act import Act, LinkHolder, Via
from portal.kernel.db.unit import Database
from portal.procedures.forms import Value
from tests.cases.support import ZONE, Matter, holds_true, opened, shanghai
from tests.support.cast import NOON

# The leader gets the sheet on Friday at 10:00; two working days later is Tuesday at 10:00.
LAPSED = shanghai("2026-11-24 10:00")
# Telephoned only where it is urgent or major; an ordinary complaint may say so, too.
SENT: dict[str, Value] = {
    "findings": "三楼西户",
    "responsible": "responsible",
    "leader_told_at": "2026-11-20T10:00:00+08:00",
    "responsible_told_at": "2026-11-20T10:00:00+08:00",
}
# Who answers what on the way to the customer; the sheet is signed for on the way.
WAY: list[tuple[str, str, str, dict[str, Value]]] = [
    (
        "clerk",
        "register",
        "registered",
        {"channel": "phone", "symptom": "外墙渗水", "category": "product"},
    ),
    ("leader", "inform_leader", "read", {}),
    ("clerk", "preliminary", "sent", SENT),
    (
        "responsible",
        "contact",
        "investigated",
        {"contacted_at": "2026-11-20T10:00:00+08:00", "facts": "窗边渗水"},
    ),
    ("responsible", "measures", "written", {"cause": "密封胶老化", "measures": "重新打胶"}),
    ("clerk", "forward", "forwarded", {}),
    ("leader", "decide", "approve", {}),
    (
        "responsible",
        "execute",
        "done",
        {
            "presented": "电话说明",
            "agreed_for": "2026-11-24T09:00:00+08:00",
            "invited": True,
            "done": "已重新打胶",
        },
    ),
    ("clerk", "verify", "verified", {"way": "on_site", "finding": "淋水无渗漏"}),
    ("clerk", "report", "told", {"result": "已修好"}),
]

# What the responsible person says where the measures are a repair.
REPAIR: dict[str, Value] = {
    "presented": "电话",
    "agreed_for": "2026-11-24T09:00:00+08:00",
    "invited": True,
}
# What is said of the site after it.
ON_SITE: dict[str, Value] = {
    "invited_for": "2026-11-25T09:00:00+08:00",
    "protected": "铺膜",
    "customer_came": True,
    "finding": "见附件",
}


async def complaint(database: Database, until: str = "", **given: Any) -> Matter:
    """A new complaint, gone along the usual way up to the task called ``until``."""
    case_id = await opened(database, code="P04", subject="外墙渗水", **given)
    it = Matter(database, case_id, given.get("at", NOON))
    await go(it, until)
    return it


async def go(it: Matter, until: str) -> None:
    """The usual way, from the first step that is open, up to ``until``."""
    for login, step, outcome, fields in WAY:
        if step == until:
            break
        if step in await it.open_steps():
            await it.pass_by(login, step, outcome, **dict(fields))
    await holds_true(it.database, it.id)


async def in_repair(company: Database, **given: str) -> tuple[Matter, Matter]:
    """A complaint that waits for its repair, and the repair."""
    it = await complaint(company, "execute", **given)
    await it.answer("responsible", "execute", "repair", **REPAIR)
    return it, Matter(company, await child_of(it), it.now)


async def child_of(it: Matter) -> int:
    """The case that the complaint opened last."""
    async with it.database.reading() as db:
        query = select(CaseLink.other_id).where(CaseLink.case_id == it.id, CaseLink.kind == "child")
        return (await db.scalars(query.order_by(CaseLink.id.desc()).limit(1))).one()


async def approved_by_silence(database: Database) -> Matter:
    """A complaint whose leader had the measures before them and was silent for two working days."""
    it = await complaint(database, "decide")
    await it.open_it("leader", "decide")
    await sweep(database, ZONE, LAPSED)
    return it


async def by_link(it: Matter, outcome: str, **fields: str) -> None:
    """What the customer says by the link."""
    act = Act.now(LinkHolder(1, "case"), it.now, Via.LINK)
    async with it.database.writing() as db:
        await answer_for_customer(db, act, it.id, "confirm", outcome, fields, ZONE)
    await holds_true(it.database, it.id)
