"""Pages of cases: bad input keeps what was typed, in both languages; nothing is ever a fault."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select

from portal.cases.models import Call, Case, Note, Task
from portal.cases.sweeping import sweep
from portal.customers.registering import Caller
from portal.kernel import tokens
from portal.kernel.db.unit import Database
from portal.people.going_away import Absence, go_away
from portal.procedures.events import PauseBegun
from tests.cases.support import ZONE, Matter, counts, happen, matter, opened, shanghai, store
from tests.people.support import NewBrowser, person_id
from tests.procedures.samples import field, outcome, step
from tests.support.browser import Browser
from tests.support.cast import NOON, system

NEW = {
    "code": "P06",
    "received_at": "2026-11-20T09:30",
    "channel": "phone",
    "customer_name": "孙大爷",
    "customer_phone": "139 1234 5678",
    "subject": "收割机漏油",
    "urgency": "medium",
    "severity": "general",
}
REGISTER = {
    "outcome": "registered",
    "channel": "phone",
    "symptom": "不制冷",
    "in_scope": "yes",
    "visit_needed": "yes",
}
NONSENSE = [
    "长" * 5000,
    "a\x00b",
    "'\"><script>alert(1)</script>",
    "-1",
    "9" * 40,
    "1e400",
    "NaN",
    "0001-01-01T00:00",
    "9999-12-31T23:59",
    "0001-01-01",
    "٣",
    "%(x)s %s",
    "{sort}",
]


async def task_of(it: Matter) -> int:
    async with it.database.reading() as db:
        newest = await db.scalar(select(func.max(Task.id)).where(Task.case_id == it.id))
    assert newest
    return newest


@pytest.mark.every_value
@pytest.mark.parametrize("nonsense", NONSENSE)
async def test_nonsense_in_any_field_is_refused_next_to_it_or_taken_as_text(
    company: Database, browser: NewBrowser, nonsense: str
) -> None:
    it = await matter(company)
    page = await browser("clerk")
    own = f"/cases/{it.id}"
    task = f"{own}/tasks/{await task_of(it)}"
    forms: list[tuple[str, dict[str, str]]] = [
        ("/cases", NEW),
        (f"{task}/answer", REGISTER | {"happened": "2026-11-20T08:00"}),
        (f"{task}/assignment", {"person": "1", "reason": "x"}),
        (f"{own}/pause", {"reason": "x", "look_again_at": "2026-11-25T09:00"}),
        (f"{own}/priority", {"urgency": "high", "severity": "major", "reason": "x"}),
        (f"{own}/notes", {"text": "x"}),
        (
            f"{own}/calls",
            {
                "called_at": "2026-11-20T09:00",
                "direction": "in",
                "reached": "yes",
                "with_whom": "x",
                "text": "x",
            },
        ),
    ]
    for path, form in forms:
        for name in form:
            answer = await page.post(path, form | {name: nonsense})
            assert answer.status_code in (303, 403, 409, 422), (path, name, answer.status_code)
            assert "<script>alert(1)" not in answer.text
            if answer.status_code == 422 and name != "outcome":
                assert 'class="field-error"' in answer.text, (path, name)


@pytest.mark.parametrize("name", ["q", "state", "code", "urgency", "mine", "sort", "cursor"])
async def test_nonsense_in_the_address_is_ignored(
    company: Database, browser: NewBrowser, name: str
) -> None:
    await matter(company)
    page = await browser("clerk")
    for nonsense in (*NONSENSE, "", "-", "--due", "due", "-due"):
        answer = await page.client.get("/cases", params={name: nonsense})
        assert answer.status_code == 200, nonsense


async def test_ids_that_cannot_be_lead_nowhere(company: Database, browser: NewBrowser) -> None:
    it = await matter(company)
    page = await browser("clerk")
    for key in ("0", "-1", "9" * 18, "9" * 19, "9" * 40, "1e3", "%00", "x"):
        for path in (f"/cases/{key}", f"/cases/{it.id}/documents/{key}"):
            assert (await page.get(path)).status_code in (404, 422), path
        for path in (f"/cases/{it.id}/tasks/{key}/answer", f"/cases/{key}/notes"):
            assert (await page.post(path, {"text": "x"})).status_code in (404, 422), path


MISTAKES: list[tuple[str, dict[str, Any], str, dict[str, str]]] = [
    # path, what is sent, the field with the error, what is said
    ("/cases", NEW | {"subject": " "}, "subject", {"en": "This field is required."}),
    (
        "/cases",
        NEW | {"received_at": "2026-11-20T10:01"},
        "received_at",
        {"en": "This time is still to come.", "zh-CN": "此时间尚未到来"},
    ),
    ("/cases", NEW | {"customer_phone": "abc"}, "customer_phone", {"zh-CN": "电话号码"}),
    ("/cases", NEW | {"received_at": "0001-01-01T00:00"}, "received_at", {}),
    ("{own}/calls", {"called_at": "2026-11-20T10:30", "text": "会议"}, "called_at", {}),
    ("{task}/answer", REGISTER | {"symptom": ""}, "task-{id}-symptom", {}),
    ("{own}/pause", {"reason": ""}, "pause-reason", {}),
    ("{own}/pause", {"reason": "x", "look_again_at": "2026-11-01T09:00"}, "pause-look-again", {}),
    ("{own}/owner", {"person": "", "reason": "x"}, "owner-person", {}),
    ("{own}/owner", {"person": "1", "reason": " "}, "owner-reason", {}),
    ("{own}/priority", {"urgency": "high", "severity": "major"}, "priority-reason", {}),
    ("{task}/assignment", {"person": "1", "reason": ""}, "assign-{id}-reason", {}),
]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize(("path", "sent", "place", "said"), MISTAKES)
async def test_a_refused_form_keeps_what_was_typed_with_the_error_next_to_its_field(
    company: Database,
    browser: NewBrowser,
    path: str,
    sent: dict[str, str],
    place: str,
    said: dict[str, str],
    language: str,
) -> None:
    it = await matter(company)
    number = await task_of(it)
    before = await counts(company)
    page = await browser("clerk", language)
    own = f"/cases/{it.id}"
    answer = await page.post(path.format(own=own, task=f"{own}/tasks/{number}"), sent)
    assert answer.status_code == 422
    text = answer.text
    place = place.format(id=number)
    error = re.search(rf'id="{place}-error".*?<span>(.*?)</span>', text, re.DOTALL)
    assert error, "the error stands next to its field"
    assert said.get(language, "") in error[1]
    dialogs = re.findall(r"<dialog.*?</dialog>", text, re.DOTALL)
    assert not any(f'id="{place}-error"' in dialog for dialog in dialogs), "and can be seen"
    for name in ("subject", "symptom", "text", "customer_name"):
        if sent.get(name, "").strip():
            assert sent[name] in text, "nothing typed is lost"
    assert await counts(company) == before


async def test_no_two_fields_of_a_page_have_one_id(company: Database, browser: NewBrowser) -> None:
    it = await matter(company)
    await it.happy("dispatch")
    page = await browser("dispatcher")
    text = (await page.get(f"/cases/{it.id}")).text
    ids = re.findall(r' id="([^"]+)"', text)
    assert sorted({one for one in ids if ids.count(one) > 1}) == []


async def test_a_procedure_may_call_its_fields_as_it_likes_p06_1(
    company: Database, browser: NewBrowser
) -> None:
    """P06's answer to an out-of-scope repair has a field called ``answer``, as forms have."""
    fields = [field(key, required=True) for key in ("answer", "data", "errors", "outcome", "step")]
    await store(
        company,
        step("one", outcome("done", "closes done"), who="role intake_clerk", field=fields),
    )
    it = await matter(company, code="T01")
    page = await browser("clerk")
    text = (await page.get(f"/cases/{it.id}")).text
    names = re.findall(r'id="task-\d+-\w+"[^>]* name="(\w+)"', text)
    assert len(names) == 5
    own = f"/cases/{it.id}/tasks/{await task_of(it)}/answer"
    sent = {name: f"话 {name}" for name in names} | {"outcome": "done"}
    assert (await page.post(own, sent)).status_code == 303
    [row] = (await it.loaded()).rows.values()
    assert row.answer
    assert sorted(row.answer.fields) == ["answer", "data", "errors", "outcome", "step"]


async def test_an_unknown_outcome_is_refused(company: Database, browser: NewBrowser) -> None:
    it = await matter(company)
    page = await browser("clerk")
    own = f"/cases/{it.id}/tasks/{await task_of(it)}/answer"
    for key in ("", "no_such", "no_reply"):
        assert (await page.post(own, REGISTER | {"outcome": key})).status_code == 422
    assert await it.open_steps() == ["register"]


async def test_a_call_is_logged_when_it_was(company: Database, browser: NewBrowser) -> None:
    it = await matter(company)
    page = await browser("clerk")
    form = {"called_at": "2026-11-20T09:00", "direction": "in", "reached": "no"}
    sent = form | {"with_whom": "孙大爷", "text": "未接"}
    assert (await page.post(f"/cases/{it.id}/calls", sent)).status_code == 303
    async with company.reading() as db:
        [call] = list(await db.scalars(select(Call)))
    assert (call.called_at, call.reached) == (shanghai("2026-11-20 09:00"), False)


async def test_another_address_of_a_known_customer_is_not_dropped(
    company: Database, browser: NewBrowser
) -> None:
    page = await browser("clerk")
    for number, address in enumerate(("", "简阳市石桥镇", "简阳市石桥镇", "龙泉驿区")):
        earlier = ",".join(str(one) for one in range(number, 0, -1))
        sent = NEW | {"customer_address": address, "another_matter": earlier}
        assert (await page.post("/cases", sent)).status_code == 303
    async with company.reading() as db:
        cases = await db.execute(select(Case.customer_id, Case.site_id).order_by(Case.id))
        assert cases.all() == [(1, None), (1, 1), (1, 1), (1, 2)]


def count_statements(company: Database) -> list[str]:
    statements: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        statements.append(statement)

    event.listen(company.engine.sync_engine, "before_cursor_execute", note)
    return statements


@pytest.mark.parametrize(
    ("path", "login", "most"),
    [
        ("/cases", "clerk", 15),
        ("/cases?q=漏油&sort=due&mine=1&code=P06", "clerk", 15),
        ("/cases", "engineer", 16),  # seven of them: who is present
        ("/cases/1", "clerk", 30),  # three of them only begin a unit of work
        ("/cases/1", "engineer", 30),
        ("/", "clerk", 16),
        ("/", "manager", 16),
    ],
)
async def test_the_number_of_statements_of_a_page_does_not_grow(
    company: Database, browser: NewBrowser, path: str, login: str, most: int
) -> None:
    first = await matter(company)
    await first.happy("report")
    page = await browser(login)
    statements = count_statements(company)
    assert (await page.get(path)).status_code == 200
    few = len(statements)
    for _ in range(3):
        await (await matter(company)).happy("report")
    for text in ("一", "二", "三"):
        await (await browser("clerk")).post("/cases/1/notes", {"text": text})
    statements.clear()
    assert (await page.get(path)).status_code == 200
    assert len(statements) == few
    assert few <= most, "\n".join(statements)


WORDS = [
    "漏",
    "漏油",
    "液压管",
    "左侧液压",
    "收割机",
    "孙大爷",
    "13912345678",
    "5678",
    "P06-2026-0001",
]


@pytest.mark.parametrize("words", WORDS)
async def test_words_of_one_to_four_characters_names_and_numbers_are_found(
    company: Database, browser: NewBrowser, words: str
) -> None:
    it = await matter(company)
    await matter(company, subject="冰箱异响", details="", caller=Caller("周"))
    page = await browser("clerk")
    found = await page.client.get("/cases", params={"q": words})
    assert re.findall(r"P06-2026-\d+(?=</a>)", found.text) == [(await it.case()).number]


async def test_a_note_written_later_is_found_and_a_stranger_finds_nothing(
    company: Database, browser: NewBrowser
) -> None:
    it = await matter(company)
    page = await browser("clerk")
    address = "/cases?q=密封圈"
    assert (await it.case()).number not in (await page.get(address)).text
    await page.post(f"/cases/{it.id}/notes", {"text": "已订密封圈"})
    assert (await it.case()).number in (await page.get(address)).text
    stranger = await browser("plain")
    assert (await it.case()).number not in (await stranger.get(address)).text


async def numbers(page: Browser, address: str) -> list[str]:
    """Every number of a list, page after page."""
    found: list[str] = []
    while address:
        text = (await page.get(address)).text
        found += re.findall(r">(P06-2026-\d+)</a>", text)
        older = re.search(r'href="([^"]+)"[^>]*rel="next"|rel="next"[^>]*href="([^"]+)"', text)
        address = (older[1] or older[2]).replace("&amp;", "&") if older else ""
    return found


@pytest.mark.parametrize("sort", ["received", "-received", "number", "-number", "due", "-due"])
async def test_sorting_and_paging_neither_repeat_nor_hide_a_case(
    company: Database, browser: NewBrowser, sort: str
) -> None:
    for number in range(55):
        await opened(company, received_at=NOON - timedelta(minutes=number // 3))
    held = await matter(company)
    await happen(company, held.id, PauseBegun("等配件"))
    page = await browser("clerk")
    found = await numbers(page, f"/cases?sort={sort}")
    assert len(found) == len(set(found)) == 56
    expected = [f"P06-2026-{number:04}" for number in range(1, 57)]
    if sort.endswith("number"):
        assert found == (expected if sort == "number" else expected[::-1])
    if sort == "due":
        assert found[-1] == "P06-2026-0056", "what is paused is due after all the others"


async def test_the_desk_begins_with_what_is_overdue_and_shows_whom_one_stands_in_for(
    company: Database, browser: NewBrowser
) -> None:
    await matter(company, subject="今天的")
    await matter(company, subject="昨天的", received_at=NOON - timedelta(days=1))
    held = await matter(company, subject="停着的")
    await happen(company, held.id, PauseBegun("等配件"))
    who, deputy = await person_id(company, "clerk"), await person_id(company, "plain")
    page = await browser("clerk")
    text = (await page.get("/")).text
    assert sorted(("昨天的", "今天的", "停着的"), key=text.index) == ["昨天的", "今天的", "停着的"]
    stranger = await browser("plain")
    assert "昨天的" not in (await stranger.get("/")).text
    async with company.writing() as db:
        absence = Absence(NOON, NOON + timedelta(days=1), "", deputy)
        await go_away(db, system(), who, absence)
    assert "昨天的" in (await stranger.get("/")).text


async def test_what_is_overdue_anywhere_stands_on_the_leaders_desk_r8(
    company: Database, browser: NewBrowser
) -> None:
    it = await matter(company, received_at=NOON - timedelta(days=1))
    await sweep(company, ZONE, NOON)
    assert (await it.case()).number in (await (await browser("leader")).get("/")).text
    assert (await it.case()).number not in (await (await browser("engineer")).get("/")).text


@pytest.mark.parametrize("what", ["notes", "calls"])
async def test_a_form_that_is_sent_twice_at_once_is_carried_out_once(
    company: Database, browser: NewBrowser, what: str
) -> None:
    it = await matter(company)
    page = await browser("clerk")
    said = {"called_at": "2026-11-20T09:00", "direction": "out", "reached": "no", "with_whom": "孙"}
    form = said | {"text": "三次未接", "_once": tokens.mint()}
    answers = await asyncio.gather(*(page.post(f"/cases/{it.id}/{what}", form) for _ in range(10)))
    assert {(one.status_code, one.headers["location"]) for one in answers} == {
        (303, f"/cases/{it.id}")
    }
    async with company.reading() as db:
        model = Note if what == "notes" else Call
        assert await db.scalar(select(func.count()).select_from(model)) == 1
    await page.post(f"/cases/{it.id}/{what}", form | {"_once": tokens.mint()})
    async with company.reading() as db:
        assert await db.scalar(select(func.count()).select_from(model)) == 2


@pytest.mark.parametrize(("reader", "said", "unsaid"), [("en", "None", "无"), ("zh", "无", "None")])
async def test_nothing_used_is_said_in_the_readers_language(
    company: Database, browser: NewBrowser, reader: str, said: str, unsaid: str
) -> None:
    it = await matter(company)
    await it.happy(until="report")
    page = (await (await browser("clerk", language=reader)).get(f"/cases/{it.id}")).text
    answers = page.split('class="answers"', 1)[1]
    assert f'<dd class="as-typed">{said}</dd>' in answers
    assert f'<dd class="as-typed">{unsaid}</dd>' not in answers


async def test_a_step_with_a_page_of_its_own_offers_that_first_and_loses_no_refused_answer_p06_3(
    company: Database, browser: NewBrowser
) -> None:
    it = await matter(company)
    await it.happy(until="dispatch")
    task, page = await task_of(it), await browser("dispatcher")
    shown = (await page.get(f"/cases/{it.id}")).text
    assert shown.index(f'/tasks/{task}/dispatch"') < shown.index('<details class="other-answers">')
    given = {"outcome": "assigned", "reason": "最近"}
    refused = await page.post(f"/cases/{it.id}/tasks/{task}/answer", given)
    assert '<details class="other-answers" open>' in refused.text
