"""F02, F03 and F04: the papers of a complaint, as the case has filled them in (P04)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.cases.models import Case
from portal.cases.reassigning import reassign
from portal.cases.sweeping import sweep
from portal.kernel.db.unit import Database
from portal.people.models import RoleGrant
from portal.procedures.events import ReceiptProven, Reopened
from portal.procedures.forms import Value
from tests.cases.complaints import ON_SITE, REPAIR, by_link, complaint, in_repair
from tests.cases.support import ZONE, Matter, happen, matter, shanghai
from tests.openings.support import send
from tests.people.support import NewBrowser, act_of, person_id
from tests.records.support import read_pdf
from tests.records.test_service_report import words
from tests.support.cast import NOON


async def registered(database: Database, **given: str) -> Matter:
    """A complaint that the clerk has registered."""
    it = await matter(
        database, code="P04", subject="阳台渗水", details="雨后渗水，墙面发霉", **given
    )
    await it.answer(
        "clerk",
        "register",
        "registered",
        channel="phone",
        symptom="雨后阳台渗水，墙面发霉",
        demand="尽快维修并赔偿墙面",
        category="product",
    )
    return it


@pytest.mark.parametrize(
    ("language", "asked"), [("zh-CN", "客户要求：退款"), ("en", "What the customer asks for: 退款")]
)
async def test_a_complaint_by_the_public_form_speaks_to_nobody_on_the_companys_papers(
    database: Database, browser: NewBrowser, language: str, asked: str
) -> None:
    sent = {"name": "周岚", "phone": "13812345678", "symptom": "阳台渗水", "consent": "1"}
    customer = await browser(language=language)
    answer = await send(customer, "/service/complaint", sent | {"demand": "退款"})
    assert answer.status_code == 303
    async with database.reading() as db:
        case = (await db.scalars(select(Case))).one()
    it = Matter(database, case.id)
    given: dict[str, Value] = {"channel": "site", "category": "product", "symptom": case.details}
    await it.answer("clerk", "register", "registered", **given)
    for number in ("F02", "F03", "F04"):
        said = await form(browser, it, number)
        assert asked in said, number
        assert "您" not in said
        assert "you ask" not in said


async def planned(it: Matter) -> None:
    """The responsible person has signed for the sheet and written the measures on it."""
    await it.answer(
        "clerk", "preliminary", "sent", findings="外墙窗框密封老化", responsible="responsible"
    )
    await it.sign("responsible", "contact")
    await it.answer(
        "responsible",
        "contact",
        "investigated",
        contacted_at="2026-11-20T10:00:00+08:00",
        facts="现场淋水试验渗漏",
    )
    await it.answer(
        "responsible", "measures", "written", cause="密封胶老化", measures="重打密封胶并粉刷墙面"
    )


async def form(browser: NewBrowser, it: Matter, number: str, language: str = "zh-CN") -> str:
    page = await (await browser("clerk", language)).get(f"/cases/{it.id}/records/{number}")
    assert page.status_code == 200, page.text
    return words(page.text)


async def test_registration_gives_all_three_forms_at_once_p04_1(
    database: Database, browser: NewBrowser
) -> None:
    it = await matter(database, code="P04", subject="阳台渗水")
    clerk = await browser("clerk")
    before = words((await clerk.get(f"/cases/{it.id}/records")).text)
    assert "F02 投诉登记表" in before
    assert "F03" not in before
    assert (await clerk.get(f"/cases/{it.id}/records/F03")).status_code == 404
    await it.answer(
        "clerk", "register", "registered", channel="phone", symptom="渗水", category="product"
    )
    after = words((await clerk.get(f"/cases/{it.id}/records")).text)
    for said in ("F02 投诉登记表", "F03 投诉信息汇报表", "F04 投诉处理单"):
        assert said in after
    assert "F10" not in after


async def test_the_register_shows_who_signed_for_what_and_when_p04_3(
    database: Database, browser: NewBrowser
) -> None:
    """4.4.2: 直接责任人接收《投诉处理单》时须在《投诉登记表》上签收."""
    it = await registered(database)
    await planned(it)
    said = await form(browser, it, "F02")
    assert "编号 P04-2026-0001-F02" in said
    assert "客户要求 尽快维修并赔偿墙面" in said
    assert "签收记录 事项 送交 发出 送达 已签收" in said
    row = "签收处理单，联系客户或到现场 吴刚 2026-11-20 10:00 2026-11-20 10:00 2026-11-20 10:00"
    assert row in said
    assert "现场淋水试验渗漏" not in said


async def test_the_register_names_who_signed_also_when_somebody_else_has_it_now_p04_3(
    database: Database, browser: NewBrowser
) -> None:
    it = await complaint(database, "contact")
    await it.sign("responsible", "contact")
    engineer = await person_id(database, "engineer")
    act = await act_of(database, "manager", it.now)
    async with database.writing() as db:
        db.add(RoleGrant(person_id=engineer, role="responsible_person", at=NOON, by_id=None))
        await db.flush()
        await reassign(db, act, await it.row(db, "contact"), engineer, "出差", ZONE)
    row = (
        "签收处理单，联系客户或到现场 赵磊 2026-11-20 10:00 2026-11-20 10:00 吴刚 2026-11-20 10:00"
    )
    assert row in await form(browser, it, "F02")


async def test_the_report_leaves_room_for_the_leaders_instruction_p04_2(
    database: Database, browser: NewBrowser
) -> None:
    it = await registered(database)
    before = await form(browser, it, "F03")
    assert "阅知《投诉信息汇报表》 P04.2" in before
    assert "批示" not in before.split("阅知《投诉信息汇报表》 P04.2")[1]
    await it.answer("leader", "inform_leader", "passed_directly", instruction="先行临时止水")
    assert "批示 先行临时止水 结果 有批示，已直接传递 经办人 王淑芬" in await form(
        browser, it, "F03"
    )


async def test_the_sheet_goes_from_hand_to_hand_p04_3_to_6(
    database: Database, browser: NewBrowser
) -> None:
    it = await registered(database)
    assert "本阶段不得向客户作任何承诺" in await form(browser, it, "F04")
    await planned(it)
    await it.answer("clerk", "forward", "forwarded")
    await it.answer("leader", "decide", "approve_with", requirements="三日内完成")
    said = await form(browser, it, "F04")
    places = [
        said.index(one)
        for one in (
            "初步调查，确定直接责任人 P04.3",
            "直接责任人 吴刚",
            "现场淋水试验渗漏",
            "签收 2026-11-20 10:00",
            "处理措施 重打密封胶并粉刷墙面",
            "转呈分管领导审批 P04.6",
            "另有的明确要求 三日内完成",
            "实施处理措施 P04.9",
        )
    ]
    assert places == sorted(places)
    assert "不得向客户作任何承诺" not in said


@pytest.mark.parametrize("number", ["F02", "F03", "F04"])
async def test_an_urgent_complaint_says_so_on_every_form_p04_7(
    database: Database, browser: NewBrowser, number: str
) -> None:
    it = await registered(database, urgency="high")
    assert "紧急或重大" in await form(browser, it, number)


async def test_an_approval_by_silence_shows_its_proof_on_paper_p04_6(
    database: Database, browser: NewBrowser
) -> None:
    it = await registered(database)
    await planned(it)
    await it.answer("clerk", "forward", "forwarded")
    leader = await it.key("decide")
    await happen(database, it.id, ReceiptProven(leader), shanghai("2026-11-20 10:30"))
    assert "逾期视为批准" not in await form(browser, it, "F04")
    await sweep(database, ZONE, NOON + timedelta(days=7))
    clerk = await browser("clerk")
    pdf = read_pdf((await clerk.get(f"/cases/{it.id}/records/F04.pdf")).content)
    assert pdf.title == "投诉处理单 P04-2026-0001-F04"
    for said in ("逾期视为批准", "送达依据王淑芬于2026-11-2010:30", "与客户协商处理措施"):
        assert said in pdf.run, said
    assert "Approved by silence" in await form(browser, it, "F04", "en")


async def test_the_sheet_tells_a_repair_that_was_waited_for_twice_p04_9(
    database: Database, browser: NewBrowser
) -> None:
    it, repair = await in_repair(database)
    number = (await repair.case()).number
    await repair.happy("")
    await by_link(repair, "solved")
    assert f"经办人 案件 {number} 结案" in await form(browser, it, "F04")
    await happen(database, repair.id, Reopened("又漏了"))
    await it.answer("clerk", "verify_on_site", "failed", **ON_SITE)
    await it.answer("responsible", "execute", "repair", **REPAIR)
    assert "经办人 为其开立的案件结案" in await form(browser, it, "F04")
