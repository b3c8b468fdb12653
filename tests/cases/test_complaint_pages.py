"""A complaint on its pages (P04): intake, banner, receipt, the mark of a deemed approval."""

import re

import pytest

from portal.cases.models import Answer, Case, Document
from portal.cases.reprioritising import reprioritise
from portal.cases.sweeping import sweep
from portal.kernel.db.unit import Database
from portal.procedures.loading import load, shipped
from tests.cases.complaints import approved_by_silence, complaint, in_repair
from tests.cases.support import ZONE, Matter, journal, shanghai
from tests.cases.test_intake import PNG, number_of, only, send_files
from tests.cases.test_pages import task_of
from tests.cases.test_walk import Worker
from tests.people.support import NewBrowser, act_of, person_id

P04 = load(dict(shipped())["P04"])
BANNER = "本阶段不得向客户作任何承诺"
FORM = {
    "code": "P04",
    "received_at": "2026-11-20T09:30",
    "channel": "phone",
    "customer_name": "孙大爷",
    "customer_phone": "139 1234 5678",
    "subject": "外墙渗水",
    "details": "三楼西户窗边渗水",
    "category": "product",
    "urgency": "medium",
    "severity": "general",
    "then": "answer",
}


async def test_the_clerk_chooses_the_procedure_and_gets_its_form_and_channels_p04_1(
    company: Database, browser: NewBrowser
) -> None:
    page = await browser("clerk")
    usual = (await page.get("/cases/new")).text
    assert '<option value="P04">P04 投诉处理工作规程</option>' in usual
    assert 'name="visit_needed"' in usual  # what most calls are about
    assert 'value="letter"' not in usual
    part = await page.get("/cases/new/step?code=P04&channel=letter&received_at=2026-11-20T08:00")
    for name in ("details", "demand", "category", "special", "forwarded_by", "received_at"):
        assert f'name="{name}"' in part.text, name
    assert re.search(r'<option[^>]*value="letter"[^>]*selected', part.text) or re.search(
        r'<option selected value="letter"', part.text
    )
    assert "以下情形须上传文件：投诉方式属于来信、传真" in part.text


async def test_a_registered_complaint_issues_its_forms_at_once_p04_1(
    company: Database, browser: NewBrowser
) -> None:
    """4.2."""
    page = await browser("clerk")
    assert (await page.post("/cases", FORM)).status_code == 303
    case = await only(company, Case)
    assert (case.code, case.number) == ("P04", "P04-2026-0001")
    fields = (await only(company, Answer)).fields
    assert fields == {"channel": "phone", "symptom": "三楼西户窗边渗水", "category": "product"}
    assert (await journal(company)).count("form.issued") == 3
    assert await Matter(company, case.id).open_steps() == ["inform_leader", "preliminary"]


@pytest.mark.parametrize("channel", ["letter", "fax"])
async def test_a_letter_or_fax_without_its_scan_comes_back_and_loses_nothing_p04_1(
    company: Database, browser: NewBrowser, channel: str
) -> None:
    page = await browser("clerk")
    refused = await page.post("/cases", FORM | {"channel": channel})
    assert refused.status_code == 422
    assert 'href="#photos"' in refused.text
    assert "三楼西户窗边渗水" in refused.text
    assert await number_of(company, Case) == 0
    sent = await send_files(page, FORM | {"channel": channel}, ("来信.png", PNG))
    assert sent.status_code == 303
    document = await only(company, Document)
    assert (await only(company, Answer)).fields["scans"] == [str(document.id)]
    assert (await only(company, Case)).channel == channel


async def test_who_forwards_is_named_p04_1(company: Database, browser: NewBrowser) -> None:
    page = await browser("clerk")
    refused = await page.post("/cases", FORM | {"channel": "forwarded"})
    assert refused.status_code == 422
    assert 'href="#forwarded_by"' in refused.text
    sent = await page.post("/cases", FORM | {"channel": "forwarded", "forwarded_by": "市消协"})
    assert sent.status_code == 303


async def test_a_channel_of_another_procedure_is_refused_p06_1(
    company: Database, browser: NewBrowser
) -> None:
    page = await browser("clerk")
    form = FORM | {"code": "P06", "channel": "letter", "then": "later"}
    assert (await page.post("/cases", form)).status_code == 422


@pytest.mark.parametrize(("step", "login"), [("preliminary", "clerk"), ("contact", "responsible")])
async def test_the_banner_forbids_promises_during_investigation_p04_4(
    company: Database, browser: NewBrowser, step: str, login: str
) -> None:
    """4.5.1."""
    it = await complaint(company, step)
    page = (await (await browser(login)).get(f"/cases/{it.id}")).text
    assert BANNER in _panel(page, await task_of(it))


async def test_there_is_no_banner_once_it_is_decided_p04_4(
    company: Database, browser: NewBrowser
) -> None:
    it = await complaint(company, "execute")
    assert BANNER not in (await (await browser("responsible")).get(f"/cases/{it.id}")).text


def _panel(page: str, task: int) -> str:
    """The part of a page that shows a task."""
    return page.split(f'id="task-{task}"')[1].split("</section>", maxsplit=1)[0]


async def test_the_page_notes_receipt_for_whoever_has_the_task_and_a_look_does_not_p04_4(
    company: Database, browser: NewBrowser
) -> None:
    it = await complaint(company, "decide")
    own = f"/cases/{it.id}/tasks/{await task_of(it)}/receipt"
    leader, clerk = await browser("leader"), await browser("clerk")
    assert f'hx-post="{own}" hx-trigger="load"' in (await leader.get(f"/cases/{it.id}")).text
    assert own not in (await clerk.get(f"/cases/{it.id}")).text
    assert "task.received" not in await journal(company)
    assert (await clerk.post(own)).status_code == 403
    assert (await leader.post(own)).status_code == 204
    assert (await leader.post(own)).status_code == 204
    assert (await journal(company)).count("task.received") == 1
    assert own not in (await leader.get(f"/cases/{it.id}")).text


async def test_a_deemed_approval_is_marked_with_clause_time_and_proof_p04_6(
    company: Database, browser: NewBrowser
) -> None:
    """4.5.6."""
    it = await complaint(company, "decide")
    await it.open_it("leader", "decide")
    page = await browser("responsible")
    assert "视为批准" not in (await page.get(f"/cases/{it.id}")).text
    await sweep(company, ZONE, shanghai("2026-11-24 10:00"))
    text = (await page.get(f"/cases/{it.id}")).text
    mark = re.search(r'<p class="deemed".*?</p>', text, re.DOTALL)
    assert mark
    plain = re.sub(r"<[^>]+>|\s+", " ", mark[0])
    assert "视为批准" in plain
    assert "P04.6" in plain
    assert "王淑芬逾期未批示，自2026年11月24日 10:00起视为批准" in plain
    assert "送达证明：王淑芬于2026年11月20日 10:00打开阅看" in plain
    assert "逾期未批示，视为已批准由直接责任人全权处理" in text  # in what happened


async def test_the_leader_sees_what_is_decided_on_and_when_silence_counts_p04_6(
    company: Database, browser: NewBrowser
) -> None:
    """4.5.6; from when it reached them, and never for a major complaint."""
    it = await complaint(company, "decide")
    leader = await browser("leader", "en")

    async def said() -> str:
        page = (await leader.get(f"/cases/{it.id}")).text
        found = re.search(r"Without an answer by [^<]+", page)
        return found[0] if found else ""

    page = (await leader.get(f"/cases/{it.id}")).text
    beside = page[page.index('class="last-answer"') :]
    assert "重新打胶" in beside[: beside.index("</details>")]
    assert await said() == ""  # whom nothing has reached is not silent
    it.now = shanghai("2026-11-20 11:00")
    await it.open_it("leader", "decide")
    by = "Without an answer by 24 Nov 2026, 11:00: Silence counts as approval"
    assert (await said()).startswith(by)
    act = await act_of(company, "head")
    async with company.writing() as db:
        case = await db.get_one(Case, it.id)
        await reprioritise(db, act, case, "medium", "major", "伤人", ZONE)
    assert await said() == ""


async def test_a_limit_to_sign_for_a_step_is_called_one_p04_4(
    company: Database, browser: NewBrowser
) -> None:
    it = await complaint(company, "contact")
    page = await browser("responsible", "en")
    assert "to sign for it" in (await page.get("/")).text
    assert "sign for it by" in (await page.get(f"/cases/{it.id}")).text
    await page.post(f"/cases/{it.id}/tasks/{await task_of(it)}/signature")
    assert "to sign for it" not in (await page.get("/")).text
    assert "sign for it by" not in (await page.get(f"/cases/{it.id}")).text


async def test_a_time_long_before_the_case_came_in_is_a_slip_of_the_pen_p04_4(
    company: Database, browser: NewBrowser
) -> None:
    it = await complaint(company, "contact")
    page = await browser("responsible")
    task = await task_of(it)
    await page.post(f"/cases/{it.id}/tasks/{task}/signature")
    form = {"outcome": "investigated", "facts": "窗边渗水", "contacted_at": "2020-11-20T09:59"}
    early = await page.post(f"/cases/{it.id}/tasks/{task}/answer", form)
    assert early.status_code == 422
    assert "远早于本案的来件时间" in early.text
    form["contacted_at"] = "2026-11-20T09:10"  # called before it was registered
    assert (await page.post(f"/cases/{it.id}/tasks/{task}/answer", form)).status_code == 303


async def test_a_deemed_approval_is_counted_on_the_desk_and_listed_p04_6(
    company: Database, browser: NewBrowser
) -> None:
    it = await approved_by_silence(company)
    page = await browser("head")
    figure = re.search(r'href="/cases\?state=deemed"><strong>(\d+)', (await page.get("/")).text)
    assert figure
    assert figure[1] == "1"
    assert f'href="/cases/{it.id}"' in (await page.get("/cases?state=deemed")).text
    assert "state=deemed" not in (await (await browser("responsible")).get("/")).text


async def test_a_step_that_waits_for_a_case_leads_there_and_takes_no_answer_p04_9(
    company: Database, browser: NewBrowser
) -> None:
    """4.8.3 b."""
    it, repair = await in_repair(company)
    page = await browser("clerk")
    panel = _panel((await page.get(f"/cases/{it.id}")).text, await task_of(it))
    assert f"案件 {(await repair.case()).number} 结案后，本步骤自动完成" in panel
    assert f'href="/cases/{repair.id}"' in panel
    assert 'name="outcome"' not in panel
    assert "本案为其开立" in (await page.get(f"/cases/{repair.id}")).text
    # Whoever works on the complaint sees what becomes of its repair.
    theirs = await browser("responsible")
    assert f'href="/cases/{repair.id}"' in (await theirs.get(f"/cases/{it.id}")).text
    assert (await theirs.get(f"/cases/{repair.id}")).status_code == 200
    assert (await (await browser("plain")).get(f"/cases/{repair.id}")).status_code == 404


async def test_a_report_read_in_silence_is_no_approval_p04_2(
    company: Database, browser: NewBrowser
) -> None:
    it = await complaint(company, "inform_leader")
    await it.open_it("leader", "inform_leader")
    await sweep(company, ZONE, shanghai("2026-11-20 15:15"))
    text = (await (await browser("clerk")).get(f"/cases/{it.id}")).text
    assert "半个工作日内未批示" in text
    assert "视为批准" not in text


async def test_what_is_urgent_says_to_call_as_well_p04_7(
    company: Database, browser: NewBrowser
) -> None:
    it = await complaint(company, "contact", urgency="high")
    page = await browser("clerk")
    assert "另须电话通报、催办吴刚" in (await page.get(f"/cases/{it.id}")).text
    ordinary = await complaint(company, "contact")
    assert "另须电话通报" not in (await page.get(f"/cases/{ordinary.id}")).text


async def test_a_complaint_runs_through_the_pages_to_the_customers_turn_p04_1_to_10(
    company: Database, browser: NewBrowser
) -> None:
    clerk, leader, responsible = [
        Worker(await browser(login)) for login in ("clerk", "leader", "responsible")
    ]
    assert (await clerk.browser.post("/cases", FORM)).status_code == 303
    it = Matter(company, (await only(company, Case)).id)
    await leader.answer("read")
    chosen = str(await person_id(company, "responsible"))
    await clerk.answer("sent", findings="三楼西户", responsible=chosen)
    await responsible.answer("investigated", contacted_at="2026-11-20T09:55", facts="窗边渗水")
    await responsible.answer("written", cause="老化", measures="打胶")
    await clerk.answer("forwarded")
    await leader.answer("approve_with", requirements="请业主到场")
    done = {"presented": "电话", "agreed_for": "2026-11-24T09:00", "invited": "yes", "done": "打胶"}
    page = await responsible.answer("done", **done)
    assert "请业主到场" in page
    await clerk.answer("verified", way="on_site", finding="无渗漏")
    await clerk.answer("told", result="已修好")
    assert await it.open_steps() == ["confirm"]


async def test_the_document_shows_every_step_in_its_lane_p04(
    company: Database, browser: NewBrowser
) -> None:
    page = await browser("plain")
    for language, title in (("zh", "投诉处理工作规程"), ("en", "Complaint handling")):
        text = (await page.get("/procedures/P04", **{"accept-language": language})).text
        assert f"P04 {title}" in text
        for step in P04.steps:
            assert f'id="step-{step.key}"' in text
        assert text.count('id="step-handling"') == 1
