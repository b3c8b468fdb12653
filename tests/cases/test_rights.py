"""Who sees which case, who may do what: the same by every way, and nothing by GET."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.cases.access import visible_cases
from portal.cases.handing_over import hand_over
from portal.cases.models import Case, Mention, Task
from portal.cases.noting import named
from portal.cases.pausing import pause, resume
from portal.cases.problems import NOT_YOURS, ROLE_MISSING
from portal.cases.reassigning import reassign
from portal.cases.reprioritising import reprioritise
from portal.kernel.act import Anonymous, LinkHolder, System
from portal.kernel.db.unit import Database
from portal.kernel.journal.models import JournalEntry
from portal.kernel.problems import FORBIDDEN, NOT_FOUND, Problem
from portal.people.going_away import Absence, go_away
from portal.people.models import Person
from portal.procedures.events import TaskAnswered
from portal.procedures.state import TaskKey
from tests.cases.support import HAPPY, ZONE, Matter, counts, happen, journal, matter, told
from tests.people.support import NewBrowser, act_of, person_id
from tests.support.browser import Browser
from tests.support.cast import NOON, system

ALL = {"clerk", "dispatcher", "head", "quality", "leader", "manager"}
REST = {"responsible", "engineer", "admin", "plain"}


async def sees(company: Database, login: str, it: Matter) -> bool:
    act = await act_of(company, login)
    async with company.reading() as db:
        return it.id in {case.id for case in await db.scalars(visible_cases(act.actor))}


async def test_those_whose_work_is_the_cases_see_all_the_rest_their_own(company: Database) -> None:
    it = await matter(company)
    assert {login for login in ALL | REST if await sees(company, login, it)} == ALL
    await it.happy("visit")
    assert {login for login in ALL | REST if await sees(company, login, it)} == {*ALL, "engineer"}


@pytest.mark.parametrize("actor", [Anonymous(), LinkHolder(1, "close")])
async def test_nobody_outside_sees_a_case(company: Database, actor: Any) -> None:
    await matter(company)
    async with company.reading() as db:
        assert list(await db.scalars(visible_cases(actor))) == []
        assert len(list(await db.scalars(visible_cases(System("R8"))))) == 1


def routes(it: Matter, task: int, document: int) -> list[tuple[str, str, dict[str, Any]]]:
    own = f"/cases/{it.id}"
    return [
        ("GET", own, {}),
        ("GET", f"{own}/documents/{document}", {}),
        ("POST", f"{own}/tasks/{task}/answer", {"outcome": "registered", "symptom": "x"}),
        ("POST", f"{own}/tasks/{task}/signature", {}),
        ("POST", f"{own}/tasks/{task}/assignment", {"person": "1", "reason": "x"}),
        ("POST", f"{own}/pause", {"reason": "x", "look_again_at": "2026-11-25T09:00"}),
        ("POST", f"{own}/owner", {"person": "1", "reason": "x"}),
        ("POST", f"{own}/resumption", {}),
        ("POST", f"{own}/priority", {"urgency": "high", "severity": "major", "reason": "x"}),
        ("POST", f"{own}/notes", {"text": "x"}),
        ("POST", f"{own}/calls", {"text": "x"}),
        ("POST", f"{own}/documents", {}),
    ]


async def ask(browser: Browser, method: str, path: str, form: dict[str, Any]) -> int:
    answer = await (browser.get(path) if method == "GET" else browser.post(path, form))
    return answer.status_code


@pytest.mark.parametrize("login", sorted(REST))
async def test_another_persons_case_is_not_found_by_any_route(
    company: Database, browser: NewBrowser, login: str
) -> None:
    it = await matter(company)
    page = await browser(login)
    before = await counts(company)
    async with company.reading() as db:
        task = await db.scalar(select(Task.id)) or 0
    for method, path, form in routes(it, task, 1):
        assert await ask(page, method, path, form) == 404, path
    assert await counts(company) == before


async def test_who_may_see_a_case_may_not_do_the_tasks_of_others(
    company: Database, browser: NewBrowser
) -> None:
    it = await matter(company)
    await it.happy("visit")
    async with company.reading() as db:
        task = await db.scalar(select(func.max(Task.id))) or 0
    before = await counts(company)
    for login in sorted(ALL):
        page = await browser(login)
        for path in ("answer", "signature"):
            # Whatever the form holds: whose task it is goes before what is typed.
            status = await ask(
                page, "POST", f"/cases/{it.id}/tasks/{task}/{path}", {"outcome": "repaired"}
            )
            assert status == 403, (login, path)
    assert await counts(company) == before


async def test_an_engineer_takes_part_and_oversees_nothing(
    company: Database, browser: NewBrowser
) -> None:
    it = await matter(company)
    await it.happy("visit")
    async with company.reading() as db:
        task = await db.scalar(select(func.max(Task.id))) or 0
    page = await browser("engineer")
    assert (await page.get(f"/cases/{it.id}")).status_code == 200
    for method, path, form in routes(it, task, 1):
        if path.endswith(("/pause", "/resumption", "/priority", "/assignment", "/owner")):
            assert await ask(page, method, path, form) == 403, path


async def test_a_task_of_another_case_is_not_found_through_ones_own(
    company: Database, browser: NewBrowser
) -> None:
    one, two = await matter(company), await matter(company)
    async with company.reading() as db:
        other = await db.scalar(select(Task.id).where(Task.case_id == two.id))
    page = await browser("clerk")
    answer = await page.post(f"/cases/{one.id}/tasks/{other}/answer", {"outcome": "registered"})
    assert answer.status_code == 404


async def test_the_customers_task_is_answered_by_no_member_of_staff_p06_6(
    company: Database,
) -> None:
    it = await matter(company)
    await it.happy("")
    for login in ("clerk", "manager", "head"):
        with pytest.raises(Problem) as refused:
            await it.answer(login, "confirm", "solved")
        assert refused.value.kind is NOT_YOURS
    assert await it.open_steps() == ["confirm"]


async def away(company: Database, login: str, deputy: str) -> None:
    who, other = await person_id(company, login), await person_id(company, deputy)
    async with company.writing() as db:
        absence = Absence(NOON - timedelta(hours=1), NOON + timedelta(days=3), "", other)
        await go_away(db, system(), who, absence)


async def test_who_stands_in_finds_sees_and_answers_and_it_says_so(
    company: Database, browser: NewBrowser
) -> None:
    """The deputy of an engineer oversees nothing: what is theirs now must still be found."""
    it = await matter(company)
    await it.happy("visit")
    await away(company, "engineer", "responsible")
    page = await browser("responsible")
    assert (await it.case()).number in (await page.get("/")).text
    assert (await it.case()).number in (await page.get("/cases")).text
    shown = await page.get(f"/cases/{it.id}")
    assert shown.status_code == 200
    async with company.reading() as db:
        task = await db.scalar(select(func.max(Task.id)))
    own = f"/cases/{it.id}/tasks/{task}"
    assert (await page.post(f"{own}/signature")).status_code == 303
    form = {"outcome": "not_solved", "fault": "a", "minutes": "1", "remaining": "b"}
    assert (await page.post(f"{own}/answer", form)).status_code == 303
    loaded = await it.loaded()
    row = loaded.rows[TaskKey("visit")]
    assert row.answer is not None
    assert (row.answer.by_id, row.answer.on_behalf) == (
        await person_id(company, "responsible"),
        True,
    )


async def test_the_owner_who_is_away_may_still_answer_and_others_may_not(
    company: Database,
) -> None:
    it = await matter(company)
    await away(company, "clerk", "quality")
    with pytest.raises(Problem) as refused:
        await it.answer("head", *HAPPY[0][1:3])
    assert refused.value.kind is NOT_YOURS
    await it.again()
    # The next task opens while the clerk is away: it goes to the deputy at once.
    [review] = [row for row in (await it.loaded()).rows.values() if row.is_open]
    assert review.owner_id == await person_id(company, "quality")


async def _reassign(db: Any, act: Any, case: Case, to: str = "manager") -> None:
    task = (await db.scalars(select(Task).where(Task.case_id == case.id))).first()
    person = await db.scalar(select(Person.id).where(Person.login == to))
    await reassign(db, act, task, person, "病了", ZONE)


VERBS: dict[str, Callable[..., Awaitable[None]]] = {
    "pause": lambda db, act, it: pause(db, act, it, "x", act.at + timedelta(days=1), ZONE),
    "resume": lambda db, act, it: resume(db, act, it, ZONE),
    "hand_over": lambda db, act, it: hand_over(db, act, it, 2, "x", ZONE),
    "reprioritise": lambda db, act, it: reprioritise(db, act, it, "high", "major", "x", ZONE),
    "reassign": _reassign,
}


@pytest.mark.parametrize("verb", VERBS)
async def test_the_verb_and_not_the_page_asks_for_the_role_and_journals(
    company: Database, verb: str
) -> None:
    it = await matter(company)
    if verb == "resume":
        async with company.writing() as db:
            await VERBS["pause"](db, await act_of(company, "head"), await it.case())
    for login in ("engineer", "admin", "plain", "responsible"):
        act = await act_of(company, login)
        with pytest.raises(Problem) as refused:
            async with company.writing() as db:
                await VERBS[verb](db, act, await it.case())
        assert refused.value.kind is FORBIDDEN
    before = len(await journal(company))
    async with company.writing() as db:
        await VERBS[verb](db, await act_of(company, "dispatcher"), await it.case())
    async with company.reading() as db:
        entries = list(await db.scalars(select(JournalEntry).where(JournalEntry.rev > before)))
    dispatcher = await person_id(company, "dispatcher")
    assert {entry.actor for entry in entries} == {f"staff:{dispatcher}"}
    assert {entry.subject for entry in entries} == {f"case:{it.id}"}


async def test_a_task_changes_hands_its_clock_does_not_notice(company: Database) -> None:
    it = await matter(company)
    due = await it.due("register")
    async with company.writing() as db:
        await _reassign(db, await act_of(company, "head"), await it.case())
    assert await it.due("register") == due
    assert await told(company, "task.reassigned") == [("manager", "task.reassigned")]
    with pytest.raises(Problem) as refused:
        await it.again()
    assert refused.value.kind is NOT_YOURS


async def test_handing_over_takes_no_task_from_the_role_that_the_clause_gives_it_to(
    company: Database,
) -> None:
    """R3: an overseer cannot hand a decision to somebody without the role, not even to himself."""
    it = await matter(company)
    for to in ("dispatcher", "engineer", "plain"):
        with pytest.raises(Problem) as refused:
            async with company.writing() as db:
                await _reassign(db, await act_of(company, "dispatcher"), await it.case(), to=to)
        assert refused.value.kind is ROLE_MISSING


async def test_an_address_in_a_note_names_nobody(company: Database, browser: NewBrowser) -> None:
    it = await matter(company)
    clerk = await browser("clerk")
    await clerk.post(f"/cases/{it.id}/notes", {"text": "邮箱 wang@plain.example,@engineers"})
    assert await told(company, "note.mentioned") == []


async def test_a_task_goes_to_nobody_who_has_left(company: Database) -> None:
    it = await matter(company)
    with pytest.raises(Problem) as refused:
        async with company.writing() as db:
            await _reassign(db, await act_of(company, "head"), await it.case(), to="gone")
    assert refused.value.kind is NOT_FOUND


async def test_a_mention_gives_sight_from_then_on_and_news(
    company: Database, browser: NewBrowser
) -> None:
    it = await matter(company)
    page = await browser("engineer")
    assert (await page.get(f"/cases/{it.id}")).status_code == 404
    clerk = await browser("clerk")
    await clerk.post(f"/cases/{it.id}/notes", {"text": "@赵磊请看一下;@nobody @路 不算"})
    assert (await page.get(f"/cases/{it.id}")).status_code == 200
    assert await told(company, "note.mentioned") == [("engineer", "note.mentioned")]
    async with company.reading() as db:
        assert await db.scalar(select(func.count()).select_from(Mention)) == 1


def test_of_names_that_begin_alike_the_longest_is_meant() -> None:
    people = [
        Person(name=n, login=g) for n, g in [("李建", "li"), ("李建国", "lijg"), ("王", "wang")]
    ]
    assert [p.name for p in named("请@李建国和 @wang，看", people)] == ["李建国", "王"]
    assert [p.name for p in named("@李建 @李建国", people)] == ["李建", "李建国"]
    assert named("李建国 a@b", people) == []


@pytest.mark.parametrize(
    "path", ["/", "/cases", "/cases/1", "/cases/new", "/cases?q=漏油&state=all"]
)
async def test_get_changes_nothing(company: Database, browser: NewBrowser, path: str) -> None:
    await matter(company)
    page = await browser("clerk")
    before = await counts(company)
    assert (await page.get(path)).status_code == 200
    assert await counts(company) == before


async def test_a_get_of_what_is_done_by_post_does_nothing(
    company: Database, browser: NewBrowser
) -> None:
    it = await matter(company)
    page = await browser("clerk")
    for method, path, _ in routes(it, 1, 1):
        if method == "POST":
            assert (await page.get(path)).status_code == 405
    assert await it.open_steps() == ["register"]


async def test_answering_a_closed_case_is_told_so(company: Database, browser: NewBrowser) -> None:
    it = await matter(company)
    await it.happy("")
    await happen(company, it.id, TaskAnswered(TaskKey("confirm"), "solved"))
    page = await browser("clerk")
    async with company.reading() as db:
        task = await db.scalar(select(func.min(Task.id)))
    form = {"outcome": "registered"}
    for path in (f"tasks/{task}/answer", "pause", "priority"):
        sent = form | {
            "look_again_at": "2026-12-25T09:00",
            "reason": "x",
            "urgency": "high",
            "severity": "major",
        }
        assert (await page.post(f"/cases/{it.id}/{path}", sent)).status_code == 409, path


async def test_a_visit_is_handed_to_engineers_only_and_the_page_offers_no_one_else_p06_5(
    company: Database, browser: NewBrowser
) -> None:
    it = await matter(company)
    await it.happy(until="visit")
    async with company.reading() as db:
        row = await it.row(db, "visit")
    act = await act_of(company, "head")
    quality = await person_id(company, "quality")
    async with company.writing() as db:
        task = await db.get_one(Task, row.id)
        with pytest.raises(Problem) as refused:
            await reassign(db, act, task, quality, "帮忙", ZONE)
    assert refused.value.kind is ROLE_MISSING
    page = (await (await browser("head")).get(f"/cases/{it.id}")).text
    offered = page.split(f'id="assign-form-{row.id}"', 1)[1].split("</form>", 1)[0]
    assert f'value="{quality}"' not in offered
