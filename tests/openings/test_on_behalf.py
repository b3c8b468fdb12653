"""Closing in the customer's place: a separate act, on evidence, by a second person; and the
customer may still object (P06.6)."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from portal.cases.models import Document
from portal.cases.problems import NOT_ANSWERABLE, SECOND_PERSON
from portal.cases.reassigning import reassign
from portal.cases.sweeping import sweep
from portal.kernel.db.unit import Database
from portal.kernel.problems import Problem
from tests.cases.support import ZONE, Matter, journal, matter
from tests.conftest import Clock
from tests.openings.support import link_to
from tests.people.support import NewBrowser, act_of, person_id
from tests.support.browser import Browser
from tests.surveys.support import surveys


@pytest.fixture
async def silent(database: Database, clock: Clock) -> Matter:
    """A repair whose customer has not replied; a clerk is to call."""
    case = await matter(database)
    await case.happy(until="")
    clock.forward(days=6)
    await sweep(database, ZONE, clock.now)
    case.now = clock.now
    return case


async def answer(who: Browser, case: Matter, step: str, outcome: str, **form: Any) -> Any:
    """Answer the open task of ``step`` on the page of the case."""
    async with case.database.reading() as db:
        task = await case.row(db, step)
    path = f"/cases/{case.id}/tasks/{task.id}/answer"
    return await who.post(path, {"outcome": outcome, **form})


async def evidence(who: Browser, case: Matter) -> str:
    """A file that is put on the case by its page, as the form names it."""
    sent = await who.upload(f"/cases/{case.id}/documents", {}, b"%PDF-1.7")
    assert sent.status_code == 303
    async with case.database.reading() as db:
        query = select(Document.id).where(Document.case_id == case.id)
        return str(await db.scalar(query.order_by(Document.id.desc())))


async def test_closing_on_behalf_by_pages_as_people_do_it(
    database: Database, browser: NewBrowser, silent: Matter
) -> None:
    clerk, head = await browser("clerk"), await browser("head")
    bare = await answer(clerk, silent, "call_customer", "unreachable", calls="打了三次，无人接听")
    assert bare.status_code == 422, "without evidence nothing is closed"
    assert "打了三次" in bare.text
    file = await evidence(clerk, silent)
    called = await answer(
        clerk, silent, "call_customer", "unreachable", calls="打了三次，无人接听", evidence=file
    )
    assert called.status_code == 303
    assert await silent.open_steps() == ["close_on_behalf"]
    # Whoever called finds no form, and is refused all the same.
    page = (await clerk.get(f"/cases/{silent.id}")).text
    assert 'name="outcome" value="close"' not in page
    denied = await answer(clerk, silent, "close_on_behalf", "close", reason="没接")
    assert denied.status_code == 403
    empty = await answer(head, silent, "close_on_behalf", "close", reason=" ")
    assert empty.status_code == 422
    closed = await answer(head, silent, "close_on_behalf", "close", reason="三次未接，已发短信")
    assert closed.status_code == 303
    assert (await silent.case()).verdict == "closed_on_behalf"
    page = (await head.get(f"/cases/{silent.id}")).text
    told = re.search(r"<dt>依据</dt><dd[^>]*>([^<]+)</dd>", page)
    assert told, "what it was decided on stands beside the decision"
    assert told[1] == "电话回访 · 陈晓燕 · file.csv"
    assert "三次未接，已发短信" in page
    assert len(await surveys(database)) == 1


async def test_the_customer_sees_that_it_was_closed_for_them_and_objects(
    database: Database, browser: NewBrowser, silent: Matter, clock: Clock
) -> None:
    called = {"calls": "未接", "evidence": ("1",)}
    await silent.answer("clerk", "call_customer", "unreachable", **called)  # type: ignore[arg-type]
    await silent.answer("head", "close_on_behalf", "close", reason="多次未接")
    path, nobody = await link_to(database, silent.id), await browser(language="en")
    page = (await nobody.get(path)).text
    assert "We closed it without an answer from you." in page
    assert "Closed on the customer&#39;s behalf" in page
    assert "多次未接" not in page, "reasons are for those inside"
    assert f'action="{path}/objection"' in page
    clock.forward(days=2)
    assert (await nobody.post(f"{path}/objection", {"text": "一直没修好"})).status_code == 303
    assert await silent.open_steps() == ["next_visit"]
    assert (await journal(database)).count("case.reopened") == 1


async def test_the_second_person_is_another_one_on_every_path(
    database: Database, silent: Matter
) -> None:
    """The service manager calls in the clerk's place: closing falls to who stands above."""
    act = await act_of(database, "leader", silent.now)
    head, manager = await person_id(database, "head"), await person_id(database, "manager")
    async with database.writing() as db:
        task = await silent.row(db, "call_customer")
        # To the manager by the ladder: nobody else may have a clerk's task.
        await reassign(db, act, task, manager, "陈晓燕请假", ZONE)
    called = {"calls": "未接", "evidence": ("1",)}
    await silent.answer("manager", "call_customer", "unreachable", **called)  # type: ignore[arg-type]
    async with database.writing() as db:
        task = await silent.row(db, "close_on_behalf")
        assert task.owner_id == head
        with pytest.raises(Problem) as refused:
            await reassign(db, act, task, manager, "急", ZONE)
        assert refused.value.kind is SECOND_PERSON
    await silent.answer("head", "close_on_behalf", "close", reason="多次未接")
    assert (await silent.case()).verdict == "closed_on_behalf"


async def test_evidence_of_another_case_is_none(
    database: Database, browser: NewBrowser, silent: Matter
) -> None:
    clerk, other = await browser("clerk"), await matter(database)
    await evidence(clerk, other)
    foreign = await evidence(clerk, other)
    called = {"calls": "未接", "evidence": (foreign,)}
    with pytest.raises(Problem) as refused:
        await silent.answer("clerk", "call_customer", "says_solved", **called)  # type: ignore[arg-type]
    assert refused.value.kind is NOT_ANSWERABLE
    sent = await answer(
        clerk, silent, "call_customer", "says_solved", calls="说好了", evidence=foreign
    )
    assert sent.status_code == 422
    assert await silent.open_steps() == ["call_customer"]
