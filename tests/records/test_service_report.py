"""F11 on the screen: filled in from the log of the visit, or from the answer (P06.5)."""

import re
from datetime import date, timedelta
from html import unescape

from sqlalchemy import func, select

from portal.kernel.db.unit import Database
from portal.kernel.journal.models import JournalEntry
from portal.kernel.settings import Settings
from portal.procedures.forms import Value
from portal.repairs.models import SignedSummary
from tests.cases.support import matter
from tests.conftest import Clock
from tests.field.test_stock import tool
from tests.openings.support import link_to, rows
from tests.openings.test_appointing import offered
from tests.people.support import NewBrowser
from tests.records.support import NOTE, SUMMARY, drawing, job, read_pdf, repaired
from tests.repairs.support import task_of


def words(page: str) -> str:
    """What a page says, tags and spaces folded."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


async def test_a_report_fills_itself_from_the_log_p06_5(
    database: Database, browser: NewBrowser, settings: Settings
) -> None:
    made = await repaired(database, settings.home)
    await made.device(model="4LZ-6.0 收割机", serial="SH6-0317")
    page = words((await (await browser("engineer")).get(made.path)).text)
    for said in (
        "现场服务报告",
        "编号 P06-2026-0001-F11-1",
        "表单 F11",
        "版次 A/0",
        "保存 3 年",
        "依据 P06《报修办理程序》版次 A/2，条款 P06.5",
        "客户 孙大爷",
        "电话 139****5678",
        "设备型号 4LZ-6.0 收割机",
        "序列号 SH6-0317",
        "故障现象 不制冷",
        "工程师 赵磊",
        "约定时段 2026-11-23 09:00 – 11:00",
        "到达 2026-11-20 10:01",
        "维修耗时（分钟） 40",
        "结果 已修好",
        "故障判断 油管接头密封圈老化",
        "预计费用 ¥260.00",
        "报价 ¥280.50，客户同意：含工时",
        "扭力扳手 GJ-002 2026-11-20 10:16",
        "油管 YG-1024 1 根 使用",
        "密封圈 MF-18 4 使用",
        "密封圈 MF-18 2 退回",
        "系统压力 16.0 MPa 2026-11-20 10:39",
        "处理结果 试机无渗漏",
        "使用建议 每 200 小时检查接头",
        "照片 共 1 张，此处 1 张",
        f"签字确认的内容 {SUMMARY}",
        "签字人 孙大爷",
        "打印 赵磊 2026-11-20 10:00",
    ):
        assert said in page, said
    assert "13912345678" not in page
    assert "未电子签字" not in page


async def test_the_paper_that_may_be_handed_to_the_customer_has_no_note_for_the_office(
    database: Database, browser: NewBrowser, settings: Settings
) -> None:
    """Whoever of the staff prints it: the note is for the office, and the phone says so."""
    made = await repaired(database, settings.home)
    for login in ("engineer", "clerk"):
        staff = await browser(login)
        assert NOTE not in (await staff.get(made.path)).text, login
        assert NOTE not in (await staff.get(f"/cases/{made.it.id}/records/F10")).text, login
        assert NOTE not in read_pdf((await staff.get(f"{made.path}.pdf")).content).run, login


async def test_what_was_signed_is_named_by_its_digest_and_as_electronic(
    database: Database, browser: NewBrowser, settings: Settings
) -> None:
    made = await job(database, settings.home)
    made.log("arrive")
    await made.send()
    await made.sign("第一次", picture=drawing(), voided_at=made.at)
    await made.sign(picture=drawing())
    async with database.reading() as db:
        signed = (await db.scalars(select(SignedSummary).order_by(SignedSummary.id))).all()[-1]
    page = (await (await browser("engineer")).get(made.path)).text
    assert f"前段为 {signed.sha256[:16]}" in words(page)
    assert signed.sha256 not in page
    assert "第一次" not in page
    assert page.count("data:image/jpeg;base64,") == 1


async def test_a_signature_whose_picture_is_still_to_come_says_so(
    database: Database, browser: NewBrowser, settings: Settings
) -> None:
    made = await job(database, settings.home)
    made.log("arrive")
    await made.send()
    await made.sign()
    page = (await (await browser("engineer")).get(made.path)).text
    assert "签字图片尚未传到" in page
    assert "sheet-room" not in page


async def test_what_came_after_the_signature_is_marked(
    database: Database, browser: NewBrowser, settings: Settings
) -> None:
    made = await repaired(database, settings.home)
    engineer = await browser("engineer")
    assert "不在签字确认范围内" not in (await engineer.get(made.path)).text
    async with database.writing() as db:
        (await db.scalars(select(SignedSummary))).one().amended_at = made.at
    assert "不在签字确认范围内" in (await engineer.get(made.path)).text


async def test_what_was_voided_stands_nowhere(
    database: Database, browser: NewBrowser, settings: Settings
) -> None:
    made = await job(database, settings.home)
    wrong = made.log("part", {"name": "错件", "quantity": "9"})
    made.log("part", {"name": "对件", "quantity": "1"})
    made.log("void", {"op": wrong["op_id"], "reason": "拿错"})
    await made.send()
    page = (await (await browser("engineer")).get(made.path)).text
    assert "对件" in page
    assert "错件" not in page
    assert "本次上门尚未完成" in page


async def test_without_a_log_the_answer_fills_the_report(
    database: Database, browser: NewBrowser
) -> None:
    it = await matter(database)
    await it.happy(until="visit")
    task_id = await task_of(it)
    clerk = await browser("clerk")
    path = f"/cases/{it.id}/records/F11/{task_id}"
    assert (await clerk.get(path)).status_code == 404
    await it.answer(
        "engineer",
        "visit",
        "repaired",
        fault="缺氟",
        tools="压力表",
        parts="氟利昂 2 瓶",
        minutes=45,
    )
    page = words((await clerk.get(path)).text)
    for said in ("故障判断 缺氟", "使用工具 压力表", "更换配件 氟利昂 2 瓶", "（分钟） 45"):
        assert said in page, said
    assert "未电子签字，可在下方手签" in page
    await it.answer("engineer", "report", "told", result="已制冷", advice="定期清洗")
    page = words((await clerk.get(path)).text)
    assert "处理结果 已制冷" in page
    assert "使用建议 定期清洗" in page


async def test_each_visit_has_a_report_of_its_own_and_one_that_was_moved_has_none(
    database: Database, browser: NewBrowser, clock: Clock
) -> None:
    it = await matter(database)
    await it.happy(until="visit")
    moved = await task_of(it)
    await it.answer("engineer", "visit", "moved")
    reports = []
    for day in (24, 25):
        it.now += timedelta(hours=1)
        window = {
            "window_from": f"2026-11-{day}T09:00:00+08:00",
            "window_to": f"2026-11-{day}T11:00:00+08:00",
        }
        await it.answer("clerk", "appoint", "agreed", **window)
        reports.append(await task_of(it))
        found: dict[str, Value] = {"fault": f"第{day}日所见", "minutes": 20, "remaining": "等配件"}
        await it.answer("engineer", "visit", "not_solved", **found)
        if day == 24:
            again = {"preparation": "带配件"}
            await it.answer("dispatcher", "next_visit", "same_engineer", **again)
    clerk = await browser("clerk")
    index = (await clerk.get(f"/cases/{it.id}/records")).text
    for number, (task_id, day) in enumerate(zip(reports, (24, 25), strict=True), start=2):
        path = f"/cases/{it.id}/records/F11/{task_id}"
        assert f'href="{path}"' in index
        page = words((await clerk.get(path)).text)
        assert f"F11-{number}" in page
        assert f"第{day}日所见" in page
        assert f"约定时段 2026-11-{day} 09:00" in page
        assert "等配件" in page
    assert f"F11/{moved}" not in index
    assert (await clerk.get(f"/cases/{it.id}/records/F11/{moved}")).status_code == 404


async def test_a_visit_that_the_customer_moved_keeps_the_window_that_it_had(
    database: Database, browser: NewBrowser, settings: Settings
) -> None:
    """The next one is agreed at the same moment."""
    made = await job(database, settings.home)
    made.log("reading", {"name": "系统压力", "value": "16"})
    await made.send()
    customer, own = await browser(), await link_to(database, made.it.id)
    window = offered((await customer.get(own)).text)[-1]
    assert (await customer.post(f"{own}/appointment", {"window": window})).status_code == 303
    page = words((await (await browser("clerk")).get(made.path)).text)
    assert "约定时段 2026-11-23 09:00 – 11:00" in page
    assert "客户改约" in page


async def test_who_may_not_see_the_case_sees_no_form_of_it(
    database: Database, browser: NewBrowser, settings: Settings
) -> None:
    made = await repaired(database, settings.home)
    other = await matter(database)
    stranger, clerk = await browser("responsible"), await browser("clerk")
    index = f"/cases/{made.it.id}/records"
    for path in (index, f"{index}/F10", f"{index}/F10.pdf", made.path, f"{made.path}.pdf"):
        assert (await stranger.get(path)).status_code == 404, path
        assert (await clerk.get(path)).status_code == 200, path
    elsewhere = made.path.replace(f"/cases/{made.it.id}/", f"/cases/{other.id}/")
    for path in (
        elsewhere,
        f"{index}/F99",
        f"{index}/F11",
        f"{index}/F10/{made.task_id}",
        f"{index}/F11/x",
        f"{index}/F11/{10**30}",
        f"{index}/F11/-1",
        f"{index}/F11/٣",
    ):
        assert (await clerk.get(path)).status_code == 404, path


async def test_looking_and_printing_change_nothing(
    database: Database, browser: NewBrowser, settings: Settings
) -> None:
    made = await repaired(database, settings.home)
    clerk = await browser("clerk")
    before = await rows(database)
    for path in (made.path, f"{made.path}.pdf", f"/cases/{made.it.id}/records"):
        assert (await clerk.get(path)).status_code == 200
    assert await rows(database) == before
    async with database.reading() as db:
        assert await db.scalar(select(func.count()).select_from(JournalEntry)) == before["journal"]


async def test_an_english_reader_has_english_labels_and_the_chinese_ones_for_paper(
    database: Database, browser: NewBrowser, settings: Settings
) -> None:
    made = await repaired(database, settings.home)
    page = (await (await browser("engineer", "en")).get(made.path)).text
    assert 'data-zh="故障判断">Fault found</span>' in page
    assert "On-site service report" in words(page)
    assert "¥280.50, accepted: 含工时" in words(page)


async def test_a_tool_past_its_calibration_is_marked_and_no_parts_are_said_in_ones_language_p06_5(
    database: Database, browser: NewBrowser, settings: Settings
) -> None:
    made = await job(database, settings.home)
    await tool(database, "T-01", date(2026, 11, 19))
    made.log("timer_start", {"timer": "work"})
    made.log("fault", {"text": "缺氟"})
    made.log("result", {"text": "已加氟"})
    made.log("tool", {"name": "压力表", "number": "T-01"})
    made.log("timer_stop", {"timer": "work"})
    made.log("complete", {"outcome": "repaired"})
    await made.send()
    page = words((await (await browser("engineer", "en")).get(made.path)).text)
    assert "压力表 T-01 (calibration expired)" in page
    assert "Parts replaced None" in page
    assert "Timer started work" not in page


async def test_a_case_page_shows_its_forms_by_asking_for_them(
    database: Database, browser: NewBrowser, settings: Settings
) -> None:
    made = await repaired(database, settings.home)
    clerk = await browser("clerk")
    own = f"/cases/{made.it.id}"
    assert f'hx-get="{own}/records"' in (await clerk.get(own)).text
    part = (await clerk.get(f"{own}/records", **{"hx-request": "true"})).text
    assert 'id="records"' in part
    for path in (f"{own}/records/F10", made.path):
        assert f'href="{path}"' in part
        assert f'href="{path}.pdf"' in part


async def test_a_damaged_photo_is_counted_and_left_out(
    database: Database, browser: NewBrowser, settings: Settings
) -> None:
    made = await job(database, settings.home)
    await made.photo(drawing("green"))
    await made.photo(b"\xff\xd8\xff no picture")
    page = (await (await browser("engineer")).get(made.path)).text
    assert "共 2 张，此处 1 张" in page
