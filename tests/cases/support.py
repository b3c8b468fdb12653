"""What the tests of this room share: a company at work, procedures of their own, and a case that
is driven by events and compared with the pure engine after each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.advancing import advance
from portal.cases.answering import answer, receive, sign_for
from portal.cases.loading import Loaded, load
from portal.cases.models import VISIT, Alarm, Assignment, Case, Document, Task, TimeLimit
from portal.cases.opening import Registration, open_case
from portal.cases.problems import kind_of
from portal.cases.timing import count, schedule
from portal.company.keeping import company_calendar
from portal.customers.registering import Caller
from portal.kernel.act import Act
from portal.kernel.db.unit import Database
from portal.kernel.journal.models import JournalEntry
from portal.kernel.problems import Kind, Problem
from portal.notices.models import Notice
from portal.people.models import Person
from portal.procedures import engine
from portal.procedures.definition import Definition
from portal.procedures.events import Event, Refusal
from portal.procedures.forms import Value
from portal.procedures.loading import digest
from portal.procedures.models import ProcedureVersion
from portal.procedures.plan import apply
from portal.procedures.standing import breaches_of_r1
from portal.procedures.state import State, TaskKey
from tests.people.support import act_of
from tests.procedures.samples import Content, content, definition_of
from tests.support.cast import NOON, system

ZONE = ZoneInfo("Asia/Shanghai")
ROLES = {
    role: {"zh": role, "en": role}
    for role in ("intake_clerk", "dispatcher", "department_head", "deputy_leader", "clerk")
}
# What P06 asks at each step on the way to the customer.
HAPPY: list[tuple[str, str, str, dict[str, Value]]] = [
    (
        "clerk",
        "register",
        "registered",
        {"channel": "phone", "symptom": "不制冷", "in_scope": True, "visit_needed": True},
    ),
    (
        "clerk",
        "review",
        "visit",
        {"verified": ("contact",), "nature": "mechanical", "urgency": "medium"},
    ),
    ("dispatcher", "dispatch", "assigned", {"engineer": "engineer", "reason": "最近"}),
    (
        "clerk",
        "appoint",
        "agreed",
        {
            "window_from": "2026-11-23T09:00:00+08:00",
            "window_to": "2026-11-23T11:00:00+08:00",
        },
    ),
    (
        "engineer",
        "visit",
        "repaired",
        {"fault": "缺氟", "tools": "压力表", "parts": "无", "minutes": 45},
    ),
    ("engineer", "report", "told", {"result": "已修好", "advice": "定期清洗"}),
]


def shanghai(text: str) -> datetime:
    """``"2026-11-20 16:00"`` in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


async def store(database: Database, *parts: Content, **more: Any) -> Definition:
    """Store a procedure of a test's own, T01 unless told otherwise."""
    whole = content(*parts, **{"roles": ROLES, **more})
    return await store_content(database, whole)


async def store_content(database: Database, whole: Content) -> Definition:
    definition = definition_of(whole)
    async with database.writing() as db:
        version = ProcedureVersion(
            code=definition.code,
            edition=definition.edition,
            effective_on=date(2026, 1, 1),
            digest=digest(definition),
            body=msgspec.json.encode(definition, order="deterministic").decode(),
            stored_at=NOON,
        )
        db.add(version)
    return definition


def registration(**given: Any) -> Registration:
    """What the clerk hears; T01's cases begin when they are opened."""
    usual: dict[str, Any] = {
        "code": "P06",
        "subject": "收割机漏油",
        "details": "左侧液压管接头漏油",
        "caller": Caller("孙大爷", "13912345678"),
        "channel": "phone",
        "received_at": NOON,
    }
    return Registration(**{**usual, **given})


async def opened(
    database: Database, login: str = "clerk", at: datetime = NOON, **given: Any
) -> int:
    """Open a case as ``login``, received at ``at`` unless told otherwise; its id."""
    act = await act_of(database, login, at)
    given.setdefault("received_at", at)
    async with database.writing() as db:
        return (await open_case(db, act, registration(**given), ZONE)).id


async def happen(
    database: Database, case_id: int, event: Event, at: datetime = NOON, act: Act | None = None
) -> Kind | None:
    """Let ``event`` happen; the refusal, if it is refused.

    What the rows say afterwards must be what the pure engine says, or what they said before.
    """
    before = await state_of(database, case_id)
    async with database.reading() as db:
        definition = (await load(db, case_id)).definition
    plan = engine.advance(definition, before, event)
    if isinstance(plan, Refusal):
        with pytest.raises(Problem) as refused:
            await _let(database, case_id, event, act or system(at))
        assert refused.value.kind is kind_of(plan)
        assert comparable(await state_of(database, case_id)) == comparable(before)
        return refused.value.kind
    await _let(database, case_id, event, act or system(at))
    after = await state_of(database, case_id)
    now, wanted = comparable(after), comparable(apply(before, plan))
    assert now == wanted, (now, wanted)
    assert breaches_of_r1(definition, after) == ()
    await holds_true(database, case_id)
    return None


async def _let(database: Database, case_id: int, event: Event, act: Act) -> None:
    async with database.writing() as db:
        await advance(db, act, case_id, event, ZONE)


async def state_of(database: Database, case_id: int) -> State:
    async with database.reading() as db:
        return (await load(db, case_id)).state


def comparable(state: State) -> object:
    """A state whatever the order of its rows and of its lapses."""
    rows = {task.key: msgspec.structs.replace(task, lapsed=()) for task in state.tasks}
    lapses = {task.key: sorted(task.lapsed) for task in state.tasks if task.is_open}
    # The window agreed is an effect's, the engine knows nothing of it.
    facts = {key: value for key, value in state.facts.items() if key != VISIT}
    return rows, lapses, facts, state.verdict, state.paused


async def holds_true(database: Database, case_id: int) -> None:
    """The times of a case's rows are what they would be if counted anew, by the plainest way."""
    async with database.reading() as db:
        loaded = await load(db, case_id)
        calendar = await company_calendar(db, ZONE)
        assignments = await db.execute(
            select(Assignment.task_id, func.max(Assignment.id)).group_by(Assignment.task_id)
        )
        last = {task: assignment for task, assignment in assignments}  # noqa: C416
        holders = {a.id: a.person_id for a in await db.scalars(select(Assignment))}
    dues = []
    for row in loaded.rows.values():
        assert holders[last[row.id]] == row.owner_id, "an assignment for every owner"
        for limit in row.limits:
            if limit.stopped_at or row.closed_at or loaded.case.closed_at:
                assert limit.stopped_at, "a limit of a closed task is stopped"
                assert limit.next_alarm_at is None
                continue
            pauses = loaded.pauses_of(row)
            found = count(calendar, limit, pauses)
            assert limit.due_at == (found.at if found else None)
            reached = {alarm.level for alarm in limit.alarms}
            ahead = [one.at for one in schedule(calendar, limit) if one.name not in reached]
            held = any(pause.until_at is None for pause in pauses)
            assert limit.next_alarm_at == (None if held else min(ahead, default=None))
            dues += [limit.due_at] if limit.due_at else []
    assert loaded.case.next_due_at == min(dues, default=None)
    assert bool(loaded.case.closed_at) is bool(loaded.case.verdict)


@dataclass
class Matter:
    """A case that the cast works on; `now` moves with what happens."""

    database: Database
    id: int
    now: datetime = NOON

    async def key(self, step: str) -> TaskKey:
        """The open task of a step."""
        state = await state_of(self.database, self.id)
        [key] = [task.key for task in state.open_tasks if task.key.step == step]
        return key

    async def answer(self, login: str, step: str, outcome: str, **fields: Value) -> None:
        """Answer as a member of the cast, through the verb; people may be named by login."""
        await self.pass_by(login, step, outcome, **fields)
        await holds_true(self.database, self.id)

    async def pass_by(self, login: str, step: str, outcome: str, **fields: Value) -> None:
        """`answer` on the way to what a test is about: its times are looked at there."""
        act = await act_of(self.database, login, self.now)
        for key in fields.keys() & {"engineer", "responsible", "delegate"}:
            named = await act_of(self.database, str(fields[key]))
            fields[key] = str(named.actor.person_id)  # type: ignore[union-attr]
        async with self.database.writing() as db:
            if fields.get("evidence") == ("1",):
                fields["evidence"] = (await self.document(db),)
            task = await self.row(db, step)
            await answer(db, act, task, outcome, fields, ZONE)

    async def document(self, db: AsyncSession) -> str:
        """The id of a file of the case, as answers name it."""
        query = select(Document.id).where(Document.case_id == self.id).limit(1)
        found = await db.scalar(query)
        if found is None:
            kept = {"sha256": "0" * 64, "size": 1, "mime": "image/png", "name": "通话.png"}
            document = Document(case_id=self.id, at=self.now, by_id=None, **kept)
            db.add(document)
            await db.flush()
            found = document.id
        return str(found)

    async def again(self) -> None:
        """Answer the first step, for the first or for another time."""
        login, step, outcome, fields = HAPPY[0]
        await self.answer(login, step, outcome, **fields)

    async def sign(self, login: str, step: str) -> None:
        act = await act_of(self.database, login, self.now)
        async with self.database.writing() as db:
            await sign_for(db, act, await self.row(db, step), ZONE)
        await holds_true(self.database, self.id)

    async def open_it(self, login: str, step: str) -> None:
        """Have a task before oneself, as its page notes."""
        act = await act_of(self.database, login, self.now)
        async with self.database.writing() as db:
            await receive(db, act, await self.row(db, step), ZONE)
        await holds_true(self.database, self.id)

    async def row(self, db: AsyncSession, step: str) -> Task:
        """The latest task of a step, in the unit given."""
        query = select(Task).where(Task.case_id == self.id, Task.step == step)
        return (await db.scalars(query.order_by(Task.id.desc()).limit(1))).one()

    async def happy(self, until: str) -> None:
        """Go the happy path up to the task called ``until``."""
        for login, step, outcome, fields in HAPPY:
            if step == until:
                break
            await self.pass_by(login, step, outcome, **fields)
        await holds_true(self.database, self.id)

    async def open_steps(self) -> list[str]:
        state = await state_of(self.database, self.id)
        return sorted(task.key.step for task in state.open_tasks)

    async def limit(self, step: str, name: str = "due") -> TimeLimit:
        """The latest limit of the latest task of a step, with its alarms."""
        async with self.database.reading() as db:
            loaded = await load(db, self.id)
        row = max((row for row in loaded.rows.values() if row.step == step), key=lambda row: row.id)
        return [limit for limit in row.limits if limit.name == name][-1]

    async def due(self, step: str, name: str = "due") -> str | None:
        """When a limit is due, on the clock in Shanghai."""
        at = (await self.limit(step, name)).due_at
        return at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M") if at else None

    async def case(self) -> Case:
        async with self.database.reading() as db:
            return (await db.scalars(select(Case).where(Case.id == self.id))).one()

    async def loaded(self) -> Loaded:
        async with self.database.reading() as db:
            return await load(db, self.id)


async def matter(database: Database, **given: Any) -> Matter:
    """A new case, as `opened`."""
    return Matter(database, await opened(database, **given), given.get("at", NOON))


async def told(database: Database, word: str = "") -> list[tuple[str, str]]:
    """Who was told what, in order: login and kind of news."""
    query = select(Person.login, Notice.word).join(Notice, Notice.person_id == Person.id)
    if word:
        query = query.where(Notice.word == word)
    async with database.reading() as db:
        rows = await db.execute(query.order_by(Notice.id))
        return [(login, kind) for login, kind in rows]


async def alarms(database: Database) -> list[tuple[str, datetime, datetime]]:
    """Every level that was reached: its name, when it became due, when it was taken up."""
    async with database.reading() as db:
        rows = await db.scalars(select(Alarm).order_by(Alarm.id))
        return [(alarm.level, alarm.became_due_at, alarm.at) for alarm in rows]


async def journal(database: Database) -> list[str]:
    async with database.reading() as db:
        return list(await db.scalars(select(JournalEntry.word).order_by(JournalEntry.rev)))


async def counts(database: Database) -> Mapping[str, int]:
    """How many rows the tables hold that only advancing writes."""
    async with database.reading() as db:
        return {
            model.__tablename__: await db.scalar(select(func.count()).select_from(model)) or 0
            for model in (Case, Task, TimeLimit, Assignment, Alarm, JournalEntry, Notice)
        }
