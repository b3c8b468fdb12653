"""F10: a repair from its registration to its closing, each step with its clause, who and when."""

from datetime import timedelta

from sqlalchemy import select

from portal.cases.models import Case
from portal.cases.sweeping import sweep
from portal.kernel.db.unit import Database
from portal.kernel.i18n import language
from portal.procedures.events import ReceiptProven
from portal.procedures.forms import Value
from portal.records.naming import names_of
from portal.records.reading import load_file
from portal.records.repair_record import repair_record
from portal.records.sheets import Pen
from tests.cases.support import ZONE, happen, matter, shanghai, store
from tests.people.support import NewBrowser
from tests.procedures.samples import outcome, step
from tests.records.support import read_pdf
from tests.records.test_service_report import words
from tests.support.cast import NOON


async def test_the_record_goes_from_registration_to_closing_with_who_and_when(
    database: Database, browser: NewBrowser
) -> None:
    it = await matter(database)
    await it.happy("")
    clerk = await browser("clerk")
    path = f"/cases/{it.id}/records/F10"
    page = words((await clerk.get(path)).text)
    for said in (
        "编号 P06-2026-0001-F10",
        "本案尚未结案",
        "事由 收割机漏油",
        "电话 139****5678",
        "登记报修 P06.1 · 2026-11-20 10:00",
        "故障现象 不制冷",
        "初判属售后范围 是",
        "经办人 陈晓燕",
        "审核与分类 P06.2",
        "问题性质 机械",
        "派单 P06.3",
        "维修工程师 赵磊",
        "经办人 刘志强",
        "预约上门时间 P06.4",
        "上门时段起 2026-11-23 09:00",
        "上门维修 P06.5",
        "告知维修结果 P06.6",
        "使用注意事项 定期清洗",
    ):
        assert said in page, said
    assert "结案结论" not in page
    late = NOON + timedelta(days=6)
    await sweep(database, ZONE, late)
    it.now = late
    called: dict[str, Value] = {"calls": "已致电，客户满意", "evidence": ("1",)}
    await it.answer("clerk", "call_customer", "says_solved", **called)
    await it.answer("head", "close_on_behalf", "close", reason="客户口头确认")
    pdf = read_pdf((await clerk.get(f"{path}.pdf")).content)
    assert pdf.title == "报修记录 P06-2026-0001-F10"
    for said in (
        "客户确认结案P06.6",
        "逾期无人答复，按程序自动转下一步",
        "代客户结案",
        "通话.png",
        "结案结论主管代为结案",
        "结案时间2026-11-2610:00",
        "经办人周敏",
        "案件负责人陈晓燕",
    ):
        assert said in pdf.run, said
    assert "本案尚未结案" not in pdf.run


async def test_what_the_customer_answered_by_the_link_is_shown_as_theirs(
    database: Database, browser: NewBrowser
) -> None:
    it = await matter(database)
    await it.happy(until="visit")
    await it.answer("engineer", "visit", "moved")
    async with database.writing() as db:
        case = await load_file(db, select(Case).where(Case.id == it.id))
        answer = case.done[-1].answer
        assert answer
        answer.by_id = None
    page = words((await (await browser("clerk")).get(f"/cases/{it.id}/records/F10")).text)
    assert "经办人 客户（通过链接）" in page


async def test_a_deemed_answer_and_a_delegates_are_shown_as_what_they_are(
    database: Database,
) -> None:
    lapse = {"outcome": "silent", "at": "2 wd after opened"}
    silent = outcome("silent", "closes done", silent=True)
    await store(database, step("one", outcome("yes", "closes done"), silent, lapse=lapse))
    it = await matter(database, code="T01")
    await happen(database, it.id, ReceiptProven(await it.key("one")), shanghai("2026-11-20 11:00"))
    await sweep(database, ZONE, NOON + timedelta(days=5))
    async with database.reading() as db:
        file = await load_file(db, select(Case).where(Case.id == it.id))
        names = await names_of(db, file)
    assert file.forms() == []
    sheet = repair_record(file, Pen(language("en"), ZONE), names, "x")
    said = [entry.value for section in sheet.sections for entry in section.entries]
    assert said.count("Deemed: receipt was proven, and silence counts as this answer") == 2


async def test_a_case_of_another_procedure_has_no_repair_record(
    database: Database, browser: NewBrowser
) -> None:
    await store(database, step("one", outcome("yes", "closes done")))
    it = await matter(database, code="T01")
    clerk = await browser("clerk", "en")
    index = await clerk.get(f"/cases/{it.id}/records")
    assert "asks for none that is printed here" in index.text
    assert (await clerk.get(f"/cases/{it.id}/records/F10")).status_code == 404
    assert (await clerk.get(f"/cases/{it.id}/records/F10.pdf")).status_code == 404
