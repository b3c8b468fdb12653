"""The customer closes by the link, or says that it is not solved, also afterwards (P06.6, R1)."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.cases.answering import answer_for_customer
from portal.cases.models import Case, CasePause, Document, Message, Reopening
from portal.cases.pausing import pause
from portal.cases.problems import NOT_REOPENABLE, NOT_YOURS, REASON_MISSING
from portal.cases.reopening import REOPEN_WITHIN, reopen
from portal.cases.sweeping import sweep
from portal.kernel import tokens
from portal.kernel.db.unit import Database
from portal.kernel.journal.models import JournalEntry
from portal.kernel.problems import FORBIDDEN, Kind, Problem
from portal.people.employing import depart
from portal.repairs.models import SignedSummary
from tests.cases.support import ZONE, Matter, holds_true, journal, matter, told
from tests.conftest import Clock
from tests.openings.support import link_to, photo, rows, send
from tests.people.support import NewBrowser, act_of, person
from tests.support.cast import NOON, system

SUMMARY = "割台左侧液压管更换\n试机 10 分钟不漏\n收费 0 元"


async def done(database: Database, **given: Any) -> Matter:
    """A repair that the customer is asked to confirm."""
    case = await matter(database, **given)
    await case.happy(until="")
    return case


@pytest.fixture
async def case(database: Database) -> Matter:
    return await done(database)


async def signed(case: Matter, text: str = SUMMARY, **more: Any) -> None:
    """What the customer signed on site."""
    async with case.database.writing() as db:
        row = await case.row(db, "visit")
        kept = SignedSummary(
            op_id=tokens.mint()[:36],
            case_id=case.id,
            task_id=row.id,
            name="孙大爷",
            text=text,
            sha256="0" * 64,
            signed_at=NOON,
            **more,
        )
        db.add(kept)


async def verdict(case: Matter) -> str:
    return (await case.case()).verdict


async def reopening(case: Matter, login: str, reason: str) -> Kind | None:
    """Why ``login`` may not reopen it; None where they did."""
    act = await act_of(case.database, login)
    try:
        async with case.database.writing() as db:
            await reopen(db, act, await db.get_one(Case, case.id), reason, ZONE)
    except Problem as problem:
        return problem.kind
    return None


async def said(database: Database) -> list[tuple[str, str]]:
    async with database.reading() as db:
        found = await db.scalars(select(Message).order_by(Message.id))
        return [(row.kind, row.text) for row in found]


async def test_the_customer_closes_by_a_button_p06_6(
    database: Database, browser: NewBrowser, case: Matter
) -> None:
    path, nobody = await link_to(database, case.id), await browser()
    page = (await nobody.get(path)).text
    assert f'action="{path}/closure"' in page
    assert f'action="{path}/objection"' in page
    sent = await nobody.post(f"{path}/closure")
    assert (sent.status_code, sent.headers["location"]) == (303, path)
    assert await verdict(case) == "solved"
    page = (await nobody.get(path)).text
    assert "客户确认已解决" in page
    assert f'action="{path}/closure"' not in page
    async with database.reading() as db:
        closed = await db.scalars(select(JournalEntry).where(JournalEntry.word == "case.closed"))
        entry = closed.one()
    assert (entry.actor.partition(":")[0], entry.via) == ("link", "link")
    assert ("clerk", "case.closed") in await told(database)


async def test_a_look_never_decides_whoever_looks_and_however_often(
    database: Database, browser: NewBrowser, case: Matter
) -> None:
    """django-helpdesk closed by a GET: a mail scanner opens links within seconds."""
    path, scanner = await link_to(database, case.id), await browser()
    before = await rows(database)
    for tail in ("", "?verdict=solved", "?outcome=solved&_csrf=x"):
        assert (await scanner.get(f"{path}{tail}")).status_code == 200
    for tail in ("closure", "objection", "survey"):
        assert (await scanner.get(f"{path}/{tail}")).status_code in (404, 405)
        assert (await scanner.client.head(f"{path}/{tail}")).status_code in (404, 405)
    assert await rows(database) == before
    assert (await case.case()).is_open
    bare = await scanner.client.post(f"{path}/closure", headers={"origin": "http://evil.example"})
    assert bare.status_code == 403
    assert (await case.case()).is_open


async def test_closing_twice_shows_the_result(
    database: Database, browser: NewBrowser, case: Matter
) -> None:
    path, nobody = await link_to(database, case.id), await browser()
    for _ in range(2):
        assert (await nobody.post(f"{path}/closure")).status_code == 303
    assert (await journal(database)).count("case.closed") == 1
    assert "客户确认已解决" in (await nobody.get(path)).text


async def test_fifty_who_press_at_once_are_one(
    database: Database, browser: NewBrowser, case: Matter
) -> None:
    path, nobody = await link_to(database, case.id), await browser()
    presses = (nobody.post(f"{path}/closure", {"_once": tokens.mint()}) for _ in range(50))
    answers = await asyncio.gather(*presses)
    assert {(one.status_code, one.headers["location"]) for one in answers} == {(303, path)}
    words = await journal(database)
    assert (words.count("case.closed"), words.count("survey.invited")) == (1, 1)
    assert await verdict(case) == "solved"


async def test_fifty_objections_at_once_are_one(
    database: Database, browser: NewBrowser, case: Matter
) -> None:
    path, nobody = await link_to(database, case.id), await browser()
    form = {"text": "还在漏"}
    answers = await asyncio.gather(*(nobody.post(f"{path}/objection", form) for _ in range(50)))
    assert {one.status_code for one in answers} == {303}
    assert await said(database) == [("objection", "还在漏")]
    assert await case.open_steps() == ["next_visit"]


async def test_not_solved_needs_words_and_goes_on_in_a_new_round_with_a_new_clock(
    database: Database, browser: NewBrowser, case: Matter, clock: Clock
) -> None:
    path, nobody = await link_to(database, case.id), await browser()
    clock.forward(hours=3)
    for empty in ("", "  ", "长" * 2001):
        refused = await nobody.post(f"{path}/objection", {"text": empty})
        assert refused.status_code == 422
        assert 'id="objection-text-error"' in refused.text
    assert await case.open_steps() == ["confirm"]
    sent = await send(
        nobody, f"{path}/objection", {"text": "停机后又漏"}, ("漏油.PNG", photo(kind="PNG"))
    )
    assert sent.status_code == 303
    assert await case.open_steps() == ["next_visit"]
    # NOON + 3 h is 13:00, within the break: four working hours after 13:30.
    assert await case.due("next_visit") == "2026-11-20 17:30"
    await holds_true(database, case.id)
    assert await said(database) == [("objection", "停机后又漏")]
    async with database.reading() as db:
        assert list(await db.scalars(select(Document.name))) == ["漏油.jpg"]
    assert {login for login, _ in await told(database, "message.objection")} == {
        "clerk",
        "dispatcher",
    }
    inside = (await (await browser("clerk")).get(f"/cases/{case.id}")).text
    assert "停机后又漏" in inside


async def test_the_same_words_again_are_kept_once_but_a_photo_with_them_is_never_lost_p06_6(
    database: Database, browser: NewBrowser, case: Matter
) -> None:
    path, nobody = await link_to(database, case.id), await browser()
    await nobody.post(f"{path}/objection", {"text": "还是漏水"})
    sent = await send(nobody, f"{path}/objection", {"text": "还是漏水"}, ("漏.jpg", photo()))
    assert sent.status_code == 303
    assert await said(database) == [("objection", "还是漏水")]
    async with database.reading() as db:
        assert list(await db.scalars(select(Document.name))) == ["漏.jpg"]


async def test_what_is_not_taken_loses_no_words(
    database: Database, browser: NewBrowser, case: Matter
) -> None:
    path, nobody = await link_to(database, case.id), await browser()
    sent = await send(nobody, f"{path}/objection", {"text": "看照片"}, ("a.html", b"<b>hi</b>"))
    assert sent.status_code == 422
    assert "看照片" in sent.text
    assert await case.open_steps() == ["confirm"]


async def test_a_button_pressed_after_the_case_has_moved_on_says_so_and_changes_nothing(
    database: Database, browser: NewBrowser, case: Matter
) -> None:
    path, nobody = await link_to(database, case.id), await browser(language="en")
    await nobody.post(f"{path}/objection", {"text": "还在漏"})
    sent = await nobody.post(f"{path}/closure")
    assert sent.status_code == 303
    assert "moved on in the meantime" in (await nobody.get(path)).text
    assert await case.open_steps() == ["next_visit"]


async def test_the_summary_is_shown_word_for_word_as_it_was_signed_rule_22(
    database: Database, browser: NewBrowser, case: Matter
) -> None:
    await signed(case, "作废的", voided_at=NOON)
    await signed(case)
    path, nobody = await link_to(database, case.id), await browser(language="en")
    page = (await nobody.get(path)).text
    assert SUMMARY in page
    assert "作废的" not in page
    assert "Signed by 孙大爷 on 20 Nov 2026, 10:00" in page
    assert "Amended after signing" not in page
    assert "已修好" in page
    await signed(case, "<b>第二份</b>", amended_at=NOON + timedelta(hours=1))
    page = (await nobody.get(path)).text
    assert "&lt;b&gt;第二份&lt;/b&gt;" in page
    assert "Amended after signing, on 20 Nov 2026, 11:00" in page


async def test_what_was_signed_is_not_told_a_second_time_and_nothing_is_cancelled_then_rule_22(
    database: Database, browser: NewBrowser, case: Matter
) -> None:
    await signed(case, "维修结果：已修好")
    path, nobody = await link_to(database, case.id), await browser()
    page = (await nobody.get(path)).text
    assert page.count("已修好") == 1
    assert "定期清洗" in page
    assert f'action="{path}/withdrawal"' not in page


async def test_the_past_says_what_the_customer_said_and_both_ends_of_a_closing_p06_6(
    database: Database, browser: NewBrowser, case: Matter, clock: Clock
) -> None:
    path, nobody = await link_to(database, case.id), await browser(language="en")
    await nobody.post(f"{path}/closure")
    clock.forward(hours=1)
    await nobody.post(f"{path}/objection", {"text": "又漏"})
    page = (await nobody.get(path)).text
    past = re.findall(r"<li><strong>(.+?)</strong>", page.partition('class="opening-past"')[2])
    assert past[:3] == ["Reopened", "Closed", "Solved – close"]
    assert "Customer confirmation" not in past


async def test_without_a_signature_the_result_and_advice_are_shown(
    database: Database, browser: NewBrowser, case: Matter
) -> None:
    path, nobody = await link_to(database, case.id), await browser()
    page = (await nobody.get(path)).text
    for text in ("缺氟", "已修好", "定期清洗"):
        assert text in page
    assert "压力表" not in page, "which tools were used is the company's own"


async def test_help_from_afar_is_shown_and_closed_alike(
    database: Database, browser: NewBrowser
) -> None:
    case = await matter(database)
    await case.again()
    reviewed: dict[str, Any] = {
        "verified": ("contact",),
        "nature": "use",
        "urgency": "low",
    }
    await case.answer("clerk", "review", "remote", **reviewed)
    await case.answer("clerk", "help_remotely", "solved", advice="先放气再启动")
    path, nobody = await link_to(database, case.id), await browser()
    assert "先放气再启动" in (await nobody.get(path)).text
    await nobody.post(f"{path}/closure")
    assert await verdict(case) == "solved"


async def test_the_customer_takes_a_closed_case_up_again_r1(
    database: Database, browser: NewBrowser, case: Matter, clock: Clock
) -> None:
    path, nobody = await link_to(database, case.id), await browser()
    await nobody.post(f"{path}/closure")
    clock.forward(days=3, hours=2)
    assert f'action="{path}/objection"' in (await nobody.get(path)).text
    assert (await nobody.post(f"{path}/objection", {"text": " "})).status_code == 422
    assert not (await case.case()).is_open
    for _ in range(2):
        sent = await send(nobody, f"{path}/objection", {"text": "又漏了"}, ("a.jpg", photo()))
        assert sent.status_code == 303
    assert await case.open_steps() == ["next_visit"]
    assert await case.due("next_visit") == "2026-11-23 17:30"
    await holds_true(database, case.id)
    row = await case.case()
    assert (row.closed_at, row.verdict) == (None, "")
    async with database.reading() as db:
        [kept] = await db.scalars(select(Reopening))
    assert (kept.by_id, kept.verdict, kept.closed_at) == (None, "solved", NOON)
    assert await said(database) == [("objection", "又漏了")]
    # Who thought it done, whose work it was, and the service manager.
    logins = {login for login, _ in await told(database, "case.reopened")}
    assert logins == {"clerk", "engineer", "head"}
    assert ("dispatcher", "task.opened") in await told(database, "task.opened")
    inside = (await (await browser("clerk", language="en")).get(f"/cases/{case.id}")).text
    assert "Case reopened" in inside
    assert "又漏了" in inside


async def test_thirty_days_after_closing_words_are_due_instead(
    database: Database, browser: NewBrowser, case: Matter, clock: Clock
) -> None:
    path, nobody = await link_to(database, case.id), await browser(language="en")
    await nobody.post(f"{path}/closure")
    clock.now = NOON + REOPEN_WITHIN
    assert f'action="{path}/objection"' in (await nobody.get(path)).text
    clock.forward(seconds=1)
    assert f'action="{path}/objection"' not in (await nobody.get(path)).text
    late = await nobody.post(f"{path}/objection", {"text": "半年后又漏"})
    assert late.status_code == 409
    assert "It is too late to reopen this here" in late.text
    assert "半年后又漏" in late.text, "what was typed stands in the form for words"
    assert not (await case.case()).is_open
    assert (await nobody.post(f"{path}/messages", {"text": "半年后又漏"})).status_code == 303


@pytest.mark.parametrize("way", ["withdrawn", "out_of_scope"])
async def test_what_was_withdrawn_or_is_out_of_scope_is_talked_over_instead(
    database: Database, browser: NewBrowser, way: str
) -> None:
    case = await matter(database)
    path, nobody = await link_to(database, case.id), await browser()
    if way == "withdrawn":
        await nobody.post(f"{path}/withdrawal", {"reason": "自己修好了"})
        await case.answer("clerk", "confirm_withdrawal", "withdrawn", reason="已核实")
    else:
        await case.again()
        given: dict[str, Any] = {"verified": ("contact",), "nature": "use", "urgency": "low"}
        await case.answer("clerk", "review", "out_of_scope", reason="过保", **given)
        await case.answer("clerk", "answer_out_of_scope", "told", answer="已说明")
    page = (await nobody.get(path)).text
    assert f'action="{path}/objection"' not in page
    assert f'action="{path}/survey"' not in page
    sent = await nobody.post(f"{path}/objection", {"text": "我不同意"})
    assert sent.status_code == 409
    assert "我不同意" in sent.text
    assert await verdict(case) == way
    assert await reopening(case, "head", "客户不同意") is NOT_REOPENABLE
    assert (await nobody.post(f"{path}/messages", {"text": "我不同意"})).status_code == 303


async def test_the_office_reopens_with_a_reason(
    database: Database, browser: NewBrowser, case: Matter
) -> None:
    path, nobody = await link_to(database, case.id), await browser()
    await nobody.post(f"{path}/closure")
    clerk = await browser("clerk")
    own = f"/cases/{case.id}"
    assert f'action="{own}/reopening"' in (await clerk.get(own)).text
    refused = await clerk.post(f"{own}/reopening", {"reason": " "})
    assert refused.status_code == 422
    assert not (await case.case()).is_open
    sent = await clerk.post(f"{own}/reopening", {"reason": "客户来电说又漏"})
    assert sent.status_code == 303
    assert await case.open_steps() == ["next_visit"]
    assert "客户来电说又漏" in (await clerk.get(own)).text
    assert "客户来电说又漏" not in (await nobody.get(path)).text
    assert (await journal(database)).count("case.reopened") == 1
    # Twice is once: what is open is not reopened.
    assert (await clerk.post(f"{own}/reopening", {"reason": "又"})).status_code == 409
    for login in ("engineer", "leader", "admin"):
        assert await reopening(case, login, "为什么") is FORBIDDEN
    assert await reopening(case, "head", " ") is REASON_MISSING


async def test_a_case_whose_owner_has_left_is_given_on_as_it_is_reopened_r1(
    database: Database, browser: NewBrowser, case: Matter, clock: Clock
) -> None:
    path, nobody = await link_to(database, case.id), await browser()
    await nobody.post(f"{path}/closure")
    async with database.writing() as db:
        clerk = await person(db, "clerk")
        await depart(db, system(), clerk)
    clock.forward(days=1)
    assert (await nobody.post(f"{path}/objection", {"text": "又漏"})).status_code == 303
    assert (await case.case()).owner_id != clerk.id
    await holds_true(database, case.id)


async def test_a_customer_answers_while_the_clock_stands_still_and_it_runs_again(
    database: Database, browser: NewBrowser, case: Matter, clock: Clock
) -> None:
    act = await act_of(database, "clerk")
    async with database.writing() as db:
        row = await db.get_one(Case, case.id)
        await pause(db, act, row, "客户出差", NOON + timedelta(days=5), ZONE)
    clock.forward(days=4)
    # Nothing falls due, and nobody is reminded, while it stands still.
    assert await sweep(database, ZONE, clock.now) == 0
    assert await case.open_steps() == ["confirm"]
    path, nobody = await link_to(database, case.id), await browser()
    await nobody.post(f"{path}/objection", {"text": "回来一看还在漏"})
    assert await case.open_steps() == ["next_visit"]
    assert await case.due("next_visit") is not None
    await holds_true(database, case.id)


async def test_a_pause_survives_closing_and_reopening(
    database: Database, browser: NewBrowser, case: Matter, clock: Clock
) -> None:
    """GLPI #10594, Zammad #188: the pause stays on record as long as it lasted, the reopened case
    is not paused, and what runs then is counted right."""
    act = await act_of(database, "clerk")
    async with database.writing() as db:
        row = await db.get_one(Case, case.id)
        await pause(db, act, row, "客户出差", NOON + timedelta(days=5), ZONE)
    clock.forward(days=2)
    path, nobody = await link_to(database, case.id), await browser()
    await nobody.post(f"{path}/closure")
    clock.forward(days=1)
    await nobody.post(f"{path}/objection", {"text": "又漏"})
    async with database.reading() as db:
        [kept] = await db.scalars(select(CasePause))
    assert (kept.from_at, kept.until_at) == (NOON, NOON + timedelta(days=2))
    loaded = await case.loaded()
    assert not loaded.state.paused
    await holds_true(database, case.id)
    assert await case.due("next_visit") == "2026-11-23 15:30"


async def test_silence_closes_nothing_and_leads_to_a_call_p06_6(
    database: Database, browser: NewBrowser, case: Matter, clock: Clock
) -> None:
    clock.forward(days=6)
    await sweep(database, ZONE, clock.now)
    assert await case.open_steps() == ["call_customer"]
    # The customer who looks then finds where it stands; what is pressed on an old page says so.
    path, nobody = await link_to(database, case.id), await browser()
    assert f'action="{path}/closure"' not in (await nobody.get(path)).text
    await nobody.post(f"{path}/closure")
    assert await case.open_steps() == ["call_customer"]


async def test_only_outcomes_that_the_procedure_gives_to_customers_are_theirs(
    database: Database, case: Matter
) -> None:
    """Rights hold in the verb, not on the page."""
    act = await act_of(database, "clerk")
    async with database.writing() as db:
        with pytest.raises(Problem) as refused:
            await answer_for_customer(db, act, case.id, "confirm", "solved", {}, ZONE)
    assert refused.value.kind is NOT_YOURS
    assert await case.open_steps() == ["confirm"]


async def test_another_case_is_not_closed_by_this_link(
    database: Database, browser: NewBrowser, case: Matter
) -> None:
    other = await done(database)
    path, nobody = await link_to(database, case.id), await browser()
    await nobody.post(f"{path}/closure", {"case_id": str(other.id)})
    assert (await case.case()).verdict == "solved"
    assert (await other.case()).is_open


async def test_a_link_that_is_over_closes_nothing(
    database: Database, browser: NewBrowser, case: Matter, clock: Clock
) -> None:
    path, nobody = await link_to(database, case.id), await browser()
    clock.forward(days=181)
    for tail in ("closure", "objection", "survey"):
        assert (await nobody.post(f"{path}/{tail}", {"text": "漏"})).status_code == 404
    assert (await case.case()).is_open


async def test_whoever_is_asked_whether_it_is_solved_cannot_withdraw_past_the_page_p06(
    database: Database, browser: NewBrowser, case: Matter
) -> None:
    path, nobody = await link_to(database, case.id), await browser(language="en")
    before = await rows(database)
    refused = await nobody.post(f"{path}/withdrawal", {"reason": "不要了"})
    assert refused.status_code == 409
    assert "There is nothing left to cancel" in refused.text
    assert await rows(database) == before
    assert (await nobody.post(f"{path}/closure", {})).status_code == 303
    assert await verdict(case) == "solved"
