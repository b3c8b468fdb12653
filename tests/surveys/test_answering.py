"""Rating after closing: by the link or on the phone, once; a low rating opens an improvement."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from portal.cases.handing_over import hand_over
from portal.cases.models import Case, CaseLink
from portal.cases.opening import open_case
from portal.cases.problems import SECOND_PERSON
from portal.cases.reassigning import reassign
from portal.cases.sweeping import sweep
from portal.kernel import tokens
from portal.kernel.db.unit import Database
from portal.kernel.problems import FORBIDDEN, NOT_FOUND, Problem
from portal.people.models import RoleGrant
from portal.people.roles import Role
from portal.surveys.answering import Opinion, enter
from portal.surveys.models import Rating, Survey
from portal.surveys.problems import ANSWERED, OWN_WORK
from tests.cases.support import (
    ZONE,
    Matter,
    holds_true,
    journal,
    matter,
    registration,
    told,
)
from tests.conftest import Clock
from tests.openings.support import link_to
from tests.people.support import NewBrowser, act_of, person_id
from tests.support.cast import NOON
from tests.surveys.support import closed, form, ratings, surveys


async def improvement(database: Database) -> Matter:
    """The one improvement there is."""
    async with database.reading() as db:
        [case_id] = await db.scalars(select(Case.id).where(Case.code == "P13"))
    return Matter(database, case_id)


async def improvements(database: Database) -> int:
    async with database.reading() as db:
        return len(list(await db.scalars(select(Case.id).where(Case.code == "P13"))))


async def test_a_customer_who_closes_is_asked_and_answers_without_an_account_p06_7(
    database: Database, browser: NewBrowser
) -> None:
    case, path = await closed(database, browser)
    nobody = await browser()
    assert f'action="{path}/survey"' in (await nobody.get(path)).text
    sent = await nobody.post(f"{path}/survey", form(5, "师傅很好", works=4))
    assert (sent.status_code, sent.headers["location"]) == (303, path)
    [survey] = await surveys(database)
    assert (survey.case_id, survey.score, survey.lowest, survey.comment) == (
        case.id,
        9600,
        4,
        "师傅很好",
    )
    assert (survey.via, survey.by_id, survey.improvement_id) == ("link", None, None)
    async with database.reading() as db:
        rows = await db.scalars(select(Rating).where(Rating.survey_id == survey.id))
        assert {row.item: row.value for row in rows} == ratings(5, works=4)
    page = (await nobody.get(path)).text
    assert f'action="{path}/survey"' not in page
    assert "师傅很好" in page
    assert await improvements(database) == 0


async def test_a_survey_is_answered_once_and_shows_what_was_sent(
    database: Database, browser: NewBrowser
) -> None:
    _, path = await closed(database, browser)
    nobody = await browser()
    await nobody.post(f"{path}/survey", form(5))
    again = await nobody.post(f"{path}/survey", form(1, "改主意了"))
    assert again.status_code == 303
    [survey] = await surveys(database)
    assert (survey.score, survey.comment) == (10000, "")
    assert await improvements(database) == 0


async def test_fifty_answers_at_once_are_one(database: Database, browser: NewBrowser) -> None:
    _, path = await closed(database, browser)
    nobody = await browser()
    sends = (nobody.post(f"{path}/survey", {**form(2), "_once": tokens.mint()}) for _ in range(50))
    answers = await asyncio.gather(*sends)
    assert {one.status_code for one in answers} == {303}
    assert (await journal(database)).count("survey.answered") == 1
    assert await improvements(database) == 1


@pytest.mark.parametrize(
    "bad",
    [
        {"item_works": ""},
        {"item_works": "6"},
        {"item_works": "0"},
        {"item_works": "five"},
        {"comment": "长" * 2001},
    ],
    ids=["missing", "six", "nought", "word", "long"],
)
async def test_what_is_incomplete_is_said_at_the_field_and_loses_nothing(
    database: Database, browser: NewBrowser, bad: dict[str, str]
) -> None:
    _, path = await closed(database, browser)
    nobody = await browser()
    sent = await nobody.post(f"{path}/survey", {**form(4, "话"), **bad})
    assert sent.status_code == 422
    assert f"{next(iter(bad))}-error" in sent.text
    assert 'name="item_skill" value="4" aria-label="4 满意" checked' in sent.text
    assert (await surveys(database))[0].answered_at is None


@pytest.mark.parametrize(
    ("given", "opens"),
    [
        (form(5, works=3, manner=4), False),
        (form(5, works=3, prompt=4), True),
        (form(5, manner=3), False),
        (form(5, manner=2), True),
    ],
    ids=["90", "89", "item-3", "item-2"],
)
async def test_below_ninety_or_an_item_of_two_opens_an_improvement_p13_2(
    database: Database, browser: NewBrowser, given: dict[str, str], opens: bool
) -> None:
    """Frappe Helpdesk closed with any rating, even one star, and nobody heard of it."""
    case, path = await closed(database, browser)
    await (await browser()).post(f"{path}/survey", given)
    assert await improvements(database) == opens
    if opens:
        [survey] = await surveys(database)
        it = await improvement(database)
        assert survey.improvement_id == it.id
        async with database.reading() as db:
            [link] = await db.scalars(select(CaseLink))
        assert (link.case_id, link.other_id, link.kind) == (case.id, it.id, "improvement")


async def test_an_improvement_has_one_owner_a_next_step_and_a_limit_r1(
    database: Database, browser: NewBrowser, clock: Clock
) -> None:
    case, path = await closed(database, browser)
    await (await browser()).post(f"{path}/survey", form(2, "两次都没修好"))
    it = await improvement(database)
    row = await it.case()
    head, engineer = await person_id(database, "head"), await person_id(database, "engineer")
    assert (row.owner_id, row.facts["engineer"]) == (head, str(engineer))
    assert row.customer_id == (await case.case()).customer_id
    assert await it.open_steps() == ["find_cause"]
    assert await it.due("find_cause") == "2026-11-24 10:00"
    await holds_true(database, it.id)
    assert ("head", "task.opened") in await told(database, "task.opened")
    desk = (await (await browser("head")).get("/")).text
    inside = (await (await browser("head")).get(f"/cases/{it.id}")).text
    assert "因客户评价偏低立案" in inside
    assert "客户自行提交" not in inside
    assert row.number in desk
    # Overdue it climbs the ladder, and rings on.
    clock.now = NOON + timedelta(days=6)
    await sweep(database, ZONE, clock.now)
    assert {"leader", "manager"} <= {one for one, _ in await told(database, "task.escalated")}
    assert not (await case.case()).is_open, "the rated case stays closed"


async def test_an_improvement_goes_from_its_cause_to_the_answer_and_is_verified_by_another(
    database: Database, browser: NewBrowser
) -> None:
    _, path = await closed(database, browser)
    await (await browser()).post(f"{path}/survey", form(2))
    it = await improvement(database)
    found = {"contacted": "嫌慢", "cause": "配件等了两天", "kind": "delay"}
    await it.answer("head", "find_cause", "found", **found)
    await it.answer("head", "correct", "done", measures="常用油管备库", done_on="2026-11-20")
    await it.answer("clerk", "answer_customer", "accepted", answer="已说明", says="认可")
    with pytest.raises(Problem) as refused:
        await it.answer("head", "verify", "effective", finding="好")
    assert refused.value.kind.key in ("task-not-yours", "second-person")
    await it.answer("quality", "verify", "effective", finding="库存已有")
    assert (await it.case()).verdict == "improved"


async def test_whose_work_was_rated_does_not_own_the_improvement_by_any_path(
    database: Database, browser: NewBrowser
) -> None:
    """The engineer is the only service manager, too: it goes up, and stays away from them."""
    case = await matter(database)
    await case.happy(until="")
    engineer = await person_id(database, "engineer")
    async with database.writing() as db:
        await db.execute(delete(RoleGrant).where(RoleGrant.role == Role.DEPARTMENT_HEAD))
        grant = RoleGrant(person_id=engineer, role=Role.DEPARTMENT_HEAD, at=NOON)
        db.add(grant)
    path = await link_to(database, case.id)
    nobody = await browser()
    await nobody.post(f"{path}/closure")
    assert (await nobody.post(f"{path}/survey", form(1))).status_code == 303
    it = await improvement(database)
    assert (await it.case()).owner_id != engineer
    act = await act_of(database, "clerk")
    async with database.writing() as db:
        task = await it.row(db, "find_cause")
        assert task.owner_id != engineer
        with pytest.raises(Problem) as refused:
            await reassign(db, act, task, engineer, "他来", ZONE)
        assert refused.value.kind is SECOND_PERSON
    async with database.writing() as db:
        with pytest.raises(Problem) as refused:
            await hand_over(db, act, await db.get_one(Case, it.id), engineer, "他来", ZONE)
        assert refused.value.kind is SECOND_PERSON
    found = {"contacted": "嫌慢", "cause": "慢", "kind": "delay"}
    with pytest.raises(Problem):
        await it.answer("engineer", "find_cause", "found", **found)
    assert await it.open_steps() == ["find_cause"]


async def test_who_helped_from_afar_is_who_did_it(database: Database, browser: NewBrowser) -> None:
    case = await matter(database)
    await case.again()
    given: dict[str, Any] = {"verified": ("contact",), "nature": "use", "urgency": "low"}
    await case.answer("clerk", "review", "remote", **given)
    await case.answer("clerk", "help_remotely", "solved", advice="先放气")
    path, nobody = await link_to(database, case.id), await browser()
    await nobody.post(f"{path}/closure")
    [survey] = await surveys(database)
    act = await act_of(database, "clerk")
    async with database.writing() as db:
        with pytest.raises(Problem) as refused:
            await enter(db, act, survey.id, "孙大爷", Opinion(ratings(5)), ZONE)
        assert refused.value.kind is OWN_WORK
    await nobody.post(f"{path}/survey", form(1))
    clerk = await person_id(database, "clerk")
    assert (await (await improvement(database)).case()).facts["engineer"] == str(clerk)


async def test_no_survey_for_what_was_withdrawn(database: Database, browser: NewBrowser) -> None:
    case = await matter(database)
    path, nobody = await link_to(database, case.id), await browser()
    await nobody.post(f"{path}/withdrawal", {"reason": "不修了"})
    await case.answer("clerk", "confirm_withdrawal", "withdrawn", reason="已核实")
    assert await surveys(database) == []
    assert (await nobody.post(f"{path}/survey", form(1))).status_code == 404


async def test_on_the_phone_it_is_taken_down_under_a_name_and_once(
    database: Database, browser: NewBrowser
) -> None:
    case, path = await closed(database, browser)
    clerk = await browser("clerk")
    assert "/surveys/1" in (await clerk.get(f"/cases/{case.id}")).text
    page = (await clerk.get("/surveys/1")).text
    assert 'action="/surveys/1/answer"' in page
    missing = await clerk.post("/surveys/1/answer", form(5))
    assert missing.status_code == 422
    assert "spoken_with-error" in missing.text
    sent = await clerk.post("/surveys/1/answer", {**form(3, "一般"), "spoken_with": "孙大爷"})
    assert sent.status_code == 303
    [survey] = await surveys(database)
    assert (survey.via, survey.spoken_with, survey.score) == ("phone", "孙大爷", 6000)
    assert survey.by_id == await person_id(database, "clerk")
    assert await improvements(database) == 1
    again = await clerk.post("/surveys/1/answer", {**form(5), "spoken_with": "孙大爷"})
    assert again.status_code == ANSWERED.status
    # The customer sees that it was taken down, and cannot answer again.
    theirs = (await (await browser(language="en")).get(path)).text
    assert "We wrote it down on the phone." in theirs
    assert f'action="{path}/survey"' not in theirs
    for login in ("engineer", "dispatcher", "admin", "leader"):
        act = await act_of(database, login)
        async with database.writing() as db:
            with pytest.raises(Problem) as refused:
                await enter(db, act, survey.id, "谁", Opinion(ratings(5)), ZONE)
            assert refused.value.kind is FORBIDDEN


async def test_a_reopened_case_is_not_rated_until_it_is_closed_again(
    database: Database, browser: NewBrowser, clock: Clock
) -> None:
    case, path = await closed(database, browser)
    nobody = await browser()
    await nobody.post(f"{path}/objection", {"text": "又漏"})
    assert f'action="{path}/survey"' not in (await nobody.get(path)).text
    refused = await nobody.post(f"{path}/survey", form(5))
    assert refused.status_code == 409
    assert (await surveys(database))[0].answered_at is None
    clock.forward(hours=1)
    async with database.writing() as db:
        phone = await db.scalar(select(Survey.id))
    assert (await (await browser("clerk")).get(f"/surveys/{phone}")).status_code == 200
    case.now = clock.now
    await case.answer("dispatcher", "next_visit", "other_engineer", preparation="油管")
    await case.answer("dispatcher", "dispatch", "assigned", engineer="engineer", reason="近")
    window = {
        "window_from": "2026-11-24T09:00:00+08:00",
        "window_to": "2026-11-24T11:00:00+08:00",
    }
    await case.answer("clerk", "appoint", "agreed", **window)
    repaired: dict[str, Any] = {"fault": "油管", "tools": "扳手", "parts": "1", "minutes": 20}
    await case.answer("engineer", "visit", "repaired", **repaired)
    await case.answer("engineer", "report", "told", result="换新管", advice="检查")
    await nobody.post(f"{path}/closure")
    assert (await nobody.post(f"{path}/survey", form(5))).status_code == 303
    [survey] = await surveys(database)
    assert (survey.invited_at, survey.score) == (clock.now, 10000)


async def test_nobody_registers_an_improvement(database: Database, browser: NewBrowser) -> None:
    assert 'value="P13"' not in (await (await browser("clerk")).get("/cases/new")).text
    act = await act_of(database, "clerk")
    async with database.writing() as db:
        with pytest.raises(Problem) as refused:
            await open_case(db, act, registration(code="P13"), ZONE)
        assert refused.value.kind is NOT_FOUND


async def test_ratings_are_no_business_of_who_is_rated(
    database: Database, browser: NewBrowser
) -> None:
    case, path = await closed(database, browser)
    await (await browser()).post(f"{path}/survey", form(2, "师傅态度差"))
    engineer = await browser("engineer")
    page = await engineer.get(f"/cases/{case.id}")
    assert page.status_code == 200
    assert "师傅态度差" not in page.text
    it = await improvement(database)
    assert (await it.case()).number not in page.text
    assert (await engineer.get(f"/cases/{it.id}")).status_code == 404
    assert (await engineer.get("/surveys/1")).status_code == 403
    head = await browser("head")
    assert "师傅态度差" in (await head.get(f"/cases/{case.id}")).text
    assert "师傅态度差" in (await head.get(f"/cases/{it.id}")).text


async def test_the_list_and_its_averages_by_hand_p13_3(
    database: Database, browser: NewBrowser, clock: Clock
) -> None:
    for given in (form(5), form(2, "太慢", skill=4)):
        _, path = await closed(database, browser)
        await (await browser()).post(f"{path}/survey", given)
    await closed(database, browser)  # not answered
    head = await browser("head", language="en")
    page = (await head.get("/surveys")).text
    assert "太慢" in page
    # (100 + 46) / 2; two of three; (2 × 5 + 2 × 2) / 4, (3 × 5 + 2 + 4 + 2) / 6, 3.5.
    for figure in (">73.0<", ">66 %<", ">3.50<", ">3.83<"):
        assert figure in page, figure
    assert "2 of 3, wanted 80 %" in page
    low = (await head.get("/surveys?state=low")).text
    assert "太慢" in low
    assert low.count('data-label="Case"') == 1
    waiting = (await head.get("/surveys?state=waiting")).text
    assert waiting.count('data-label="Case"') == 1
    clock.forward(days=91)
    head = await browser("head")
    assert "太慢" not in (await head.get("/surveys")).text
    assert "太慢" in (await head.get("/surveys?period=")).text
