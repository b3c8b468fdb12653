"""Advancing: a case always has an owner, a next step and a limit, until it is closed (R1)."""

import ast
import asyncio
import re
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

import portal
from portal.cases import advancing
from portal.cases.advancing import advance
from portal.cases.models import Answer, Assignment, Case, CasePause, Task, TimeLimit
from portal.cases.problems import SECOND_PERSON, TASK_NOT_OPEN
from portal.kernel.db.unit import Database
from portal.kernel.problems import Problem
from portal.procedures import engine
from portal.procedures.definition import Definition
from portal.procedures.events import (
    Event,
    FactsChanged,
    PauseBegun,
    PauseEnded,
    Reopened,
    TaskAnswered,
)
from portal.procedures.forms import Value
from portal.procedures.plan import Plan
from portal.procedures.state import State, TaskKey
from tests.cases.support import HAPPY, ZONE, counts, happen, journal, matter, opened, told
from tests.people.support import act_of, person_id
from tests.support.cast import NOON, system


async def test_opening_a_case_gives_number_owner_first_task_and_limit_r1(company: Database) -> None:
    it = await matter(company)
    case = await it.case()
    assert case.number == "P06-2026-0001"
    assert case.owner_id == await person_id(company, "clerk")
    assert await it.open_steps() == ["register"]
    # Received on Friday at 10:00: four working hours are 12:00 and then 15:30.
    assert await it.due("register") == "2026-11-20 15:30"
    assert case.next_due_at == (await it.limit("register")).due_at
    # The clerk who registers it has the task on the desk, and need not be told.
    assert await told(company) == []
    assert [word for word in await journal(company) if not word.startswith("calendar")][-2:] == [
        "case.opened",
        "task.opened",
    ]


async def test_twenty_cases_at_once_are_numbered_without_gap_or_double(company: Database) -> None:
    ids = await asyncio.gather(*(opened(company) for _ in range(20)))
    assert len(set(ids)) == 20
    async with company.reading() as db:
        numbers = list(await db.scalars(select(Case.number)))
    assert sorted(numbers) == [f"P06-2026-{n:04}" for n in range(1, 21)]


async def test_the_happy_path_leads_step_by_step_to_the_customer_p06_1_to_6(
    company: Database,
) -> None:
    it = await matter(company)
    for login, step, outcome, fields in HAPPY:
        assert await it.open_steps() == [step]
        await it.answer(login, step, outcome, **fields)
    assert await it.open_steps() == ["confirm"]
    [confirm] = [row for row in (await it.loaded()).rows.values() if row.is_open]
    assert (confirm.owner_kind, confirm.owner_id) == (
        "complainant",
        await person_id(company, "clerk"),
    )
    assert await happen(company, it.id, TaskAnswered(TaskKey("confirm"), "solved")) is None
    case = await it.case()
    assert (case.verdict, case.closed_at, case.next_due_at) == ("solved", NOON, None)
    assert ("clerk", "case.closed") in await told(company)


SIDES: list[tuple[str, list[tuple[str, str]], str]] = [
    # up to which step, then answers, and what is open then
    ("review", [("review", "remote")], "help_remotely"),
    ("review", [("review", "remote"), ("help_remotely", "solved")], "confirm"),
    ("review", [("review", "remote"), ("help_remotely", "visit")], "dispatch"),
    ("review", [("review", "out_of_scope")], "answer_out_of_scope"),
    ("review", [("review", "out_of_scope"), ("answer_out_of_scope", "told")], ""),
    (
        "review",
        [("review", "out_of_scope"), ("answer_out_of_scope", "accepts_charge")],
        "dispatch",
    ),
    (
        "review",
        [
            ("review", "out_of_scope"),
            ("answer_out_of_scope", "disputed"),
            ("rule_on_scope", "in_scope"),
        ],
        "dispatch",
    ),
    ("dispatch", [("dispatch", "no_engineer")], "free_engineer"),
    ("dispatch", [("dispatch", "no_engineer"), ("free_engineer", "arranged")], "dispatch"),
    ("appoint", [("appoint", "engineer_cannot")], "dispatch"),
    ("appoint", [("appoint", "not_reached")], "call_customer"),
    ("visit", [("visit", "not_solved"), ("next_visit", "same_engineer")], "appoint"),
    ("visit", [("visit", "nobody_home")], "appoint"),
    ("report", [("report", "not_solved")], "next_visit"),
    ("confirm", [("confirm", "not_solved")], "next_visit"),
    (
        "appoint",
        [
            ("appoint", "not_reached"),
            ("call_customer", "unreachable"),
            ("close_on_behalf", "close"),
        ],
        "",
    ),
    (
        "appoint",
        [
            ("appoint", "not_reached"),
            ("call_customer", "unreachable"),
            ("close_on_behalf", "call_again"),
        ],
        "call_customer",
    ),
]
EVERYTHING: dict[str, Value] = {
    "verified": ("contact",),
    "nature": "use",
    "urgency": "low",
    "evidence": ("1",),
    "minutes": 5,
}


@pytest.mark.every_value
@pytest.mark.parametrize(("until", "answers", "ends"), SIDES)
async def test_each_side_path_leads_where_p06_says(
    company: Database, until: str, answers: list[tuple[str, str]], ends: str
) -> None:
    it = await matter(company)
    await it.happy(until)
    for step, outcome in answers:
        definition = (await it.loaded()).definition
        wanted: dict[str, Value] = {
            field.key: EVERYTHING.get(field.key, "话")
            for field in definition.step[step].fields
            if field.required or outcome in field.required_for
        }
        event = TaskAnswered(await it.key(step), outcome, wanted)
        assert await happen(company, it.id, event) is None
    assert await it.open_steps() == ([ends] if ends else [])


async def test_a_second_press_is_told_so_and_changes_nothing(company: Database) -> None:
    it = await matter(company)
    await it.happy("review")
    before = await counts(company)
    with pytest.raises(Problem) as refused:
        await it.again()
    assert refused.value.kind is TASK_NOT_OPEN
    assert await counts(company) == before


async def test_two_presses_at_the_same_moment_are_one_answer(company: Database) -> None:
    it = await matter(company)
    _, step, outcome, fields = HAPPY[0]
    presses = (it.answer("clerk", step, outcome, **fields) for _ in range(6))
    ends = await asyncio.gather(*presses, return_exceptions=True)
    problems = [end for end in ends if isinstance(end, Problem)]
    assert [problem.kind for problem in problems] == [TASK_NOT_OPEN] * 5
    assert sorted(map(type, ends), key=str).count(type(None)) == 1
    assert await it.open_steps() == ["review"]


async def test_a_late_answer_of_an_old_round_satisfies_nothing(company: Database) -> None:
    it = await matter(company)
    await it.happy("appoint")
    await it.answer("clerk", "appoint", "engineer_cannot", note="没空")
    assert (await it.key("dispatch")).round == 2
    late = TaskAnswered(TaskKey("dispatch"), "assigned", {"engineer": "1", "reason": "近"})
    assert await happen(company, it.id, late) is TASK_NOT_OPEN
    assert await it.open_steps() == ["dispatch"]


async def test_a_closed_case_reopens_in_a_new_round_and_is_due_again(company: Database) -> None:
    it = await matter(company)
    await it.happy("")
    await happen(company, it.id, TaskAnswered(TaskKey("confirm"), "solved"))
    assert await happen(company, it.id, Reopened("又漏了")) is None
    case = await it.case()
    assert (case.verdict, case.closed_at) == ("", None)
    assert await it.open_steps() == ["next_visit"]
    assert case.next_due_at is not None
    assert "case.reopened" in await journal(company)


async def test_a_case_without_a_next_step_is_never_written_r1(
    company: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = await matter(company)
    before = await counts(company)
    original = engine.advance

    def lose_the_way(definition: Definition, state: State, event: Event) -> Plan:
        plan = original(definition, state, event)
        assert isinstance(plan, Plan)
        return Plan(closes=plan.closes)

    monkeypatch.setattr(engine, "advance", lose_the_way)
    with pytest.raises(AssertionError, match="R1"):
        await it.again()
    monkeypatch.undo()
    assert await counts(company) == before
    assert await it.open_steps() == ["register"]


@pytest.mark.parametrize("sabotage", [delete(TimeLimit), update(TimeLimit).values(stopped_at=NOON)])
async def test_a_task_without_a_running_limit_is_never_written_r1(
    company: Database, monkeypatch: pytest.MonkeyPatch, sabotage: object
) -> None:
    it = await matter(company)
    before = await counts(company)
    hold = advancing._hold_r1

    async def look_late(db: AsyncSession, case: Case) -> None:
        await db.flush()
        await db.execute(sabotage)  # type: ignore[call-overload]
        await hold(db, case)

    monkeypatch.setattr(advancing, "_hold_r1", look_late)
    with pytest.raises(AssertionError, match="R1"):
        await it.again()
    assert await counts(company) == before


def _is_table(file: Path, name: str) -> bool:
    """Whether ``name`` is the row in a file, and not the engine's value of the same name."""
    if "procedures" in file.parts:
        return False
    text = file.read_text(encoding="utf-8")
    return not re.search(rf"from portal.procedures.state import .*\b{name}\b", text)


def test_only_advancing_and_assigning_write_tasks_and_limits() -> None:
    columns = {column.key for column in (*Task.__table__.columns, *TimeLimit.__table__.columns)}
    # A draft is what was typed and nobody decided.
    columns -= {"id", "case_id", "name", "at", "draft"}
    found = set()
    for file in Path(portal.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func).rpartition(".")[2]
                whole = ast.unparse(node.func)
                if called in ("Task", "TimeLimit") and (
                    whole.startswith("models.") or _is_table(file, called)
                ):
                    found.add((file.name, called))
                makes = called in ("insert", "update", "delete") and node.args
                if makes and ast.unparse(node.args[0]).rpartition(".")[2] in ("Task", "TimeLimit"):
                    found.add((file.name, called))
            if isinstance(node, ast.Assign | ast.AugAssign) and "cases" in file.parts:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    if isinstance(target, ast.Attribute) and target.attr in columns:
                        found.add((file.name, target.attr))
    known = {
        ("assigning.py", "owner_id"),
        # What reached one owner proves nothing of the next (P04.6).
        ("assigning.py", "received_at"),
        # A pause has its own alarm.
        ("pausing.py", "next_alarm_at"),
    }
    strangers = {one for one in found if one[0] != "advancing.py"} - known
    assert ("advancing.py", "Task") in found
    assert strangers == set()


async def test_an_answer_is_written_once_with_who_gave_it_r2(company: Database) -> None:
    it = await matter(company)
    await it.happy("review")
    async with company.reading() as db:
        [given] = list(await db.scalars(select(Answer)))
    assert given.by_id == await person_id(company, "clerk")
    assert (given.at, given.on_behalf) == (NOON, False)
    assert given.fields["symptom"] == "不制冷"


# SQLite has one writer: within its unit nothing can change, and nobody else writes.
ON_POSTGRES = pytest.mark.parametrize(
    "database_kind", [pytest.param("postgres", marks=pytest.mark.postgresql)], indirect=True
)


@ON_POSTGRES
async def test_a_pause_set_by_another_since_the_page_was_read_is_seen(company: Database) -> None:
    """What this unit read before it had the case's lock may be old."""
    it = await matter(company)
    assert await happen(company, it.id, PauseBegun("等配件")) is None
    async with company.writing() as db:
        pauses = await db.scalars(select(CasePause))
        assert [pause.until_at for pause in pauses] == [None]
        async with company.writing() as other:
            await advance(other, system(), it.id, PauseEnded(), ZONE)
        loaded = await advance(db, system(), it.id, FactsChanged({"urgency": "high"}, "急"), ZONE)
        assert not loaded.state.paused
        assert (await it.case()).id == it.id
    assert await it.due("register") == "2026-11-20 11:00"


@ON_POSTGRES
async def test_cases_of_one_procedure_do_not_wait_for_each_other(company: Database) -> None:
    one, two = await matter(company), await matter(company)
    async with company.writing() as db, asyncio.timeout(5):
        await advance(db, system(), one.id, FactsChanged({"urgency": "high"}, "急"), ZONE)
        await happen(company, two.id, FactsChanged({"urgency": "high"}, "急"))


async def test_who_called_the_customer_does_not_close_on_their_behalf_p06_6(
    company: Database,
) -> None:
    """``another_than``: closing on behalf takes a second person, whoever holds both roles."""
    it = await matter(company)
    await it.happy("appoint")
    await it.answer("clerk", "appoint", "not_reached", note="三次未接")
    async with company.writing() as db:
        task = await it.row(db, "call_customer")
        task.owner_id = await person_id(company, "head")
        db.add(Assignment(case_id=it.id, task_id=task.id, person_id=task.owner_id, at=NOON))
    await it.answer("head", "call_customer", "unreachable", calls="三次", evidence=("1",))
    [closing] = [row for row in (await it.loaded()).rows.values() if row.is_open]
    head = await act_of(company, "head")
    assert closing.owner_id != head.actor.person_id  # type: ignore[union-attr]
    async with company.writing() as db:
        task = await it.row(db, "close_on_behalf")
        task.owner_id = head.actor.person_id  # type: ignore[union-attr]
        db.add(Assignment(case_id=it.id, task_id=task.id, person_id=task.owner_id, at=NOON))
    with pytest.raises(Problem) as refused:
        await it.answer("head", "close_on_behalf", "close", reason="联系不上")
    assert refused.value.kind is SECOND_PERSON
