"""Deemed approvals (P04.6): whose silence approved what, since when, and by what proof the notice
had reached them; and how many there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.models import Case, Task
from portal.kernel.journal.models import JournalEntry
from portal.people.models import Person
from portal.procedures.definition import Definition, Label, Step
from portal.procedures.models import ProcedureVersion
from portal.procedures.state import Ending
from portal.procedures.storing import definition_of

Proofs = dict[tuple[int, datetime], tuple[str, str]]
_RECEIVED, _SIGNED = "task.received", "task.signed_for"


@dataclass(frozen=True, slots=True)
class Deemed:
    """One approval by silence. `reached_by` is who opened the task, or signed for it: the owner, or
    who stood in; empty where the journal does not name them."""

    task: Task
    step: Step
    outcome: Label
    since: datetime
    reached_at: datetime
    reached_by: str
    was_signed: bool


async def deemed_approvals(
    db: AsyncSession, definition: Definition, tasks: Sequence[Task]
) -> dict[int, Deemed]:
    """The deemed approvals among ``tasks`` of one case, by task; `owner` must be loaded."""
    if not any(_is_deemed(definition, task) for task in tasks):
        return {}
    return deemed_by(definition, tasks, await proofs_of(db, tasks[0].case_id))


def deemed_by(definition: Definition, tasks: Sequence[Task], proofs: Proofs) -> dict[int, Deemed]:
    """`deemed_approvals` for whoever has the ``proofs``."""
    found = [task for task in tasks if _is_deemed(definition, task)]
    return {task.id: _deemed(definition, task, proofs) for task in found}


async def deemed_tasks(db: AsyncSession) -> Select[Task]:
    """The tasks of all cases that silence approved: each edition says which outcomes approve."""
    editions = await db.scalars(select(ProcedureVersion))
    approve = [
        (edition.id, step.key, outcome.key)
        for edition in editions
        for step in definition_of(edition).steps
        for outcome in step.outcomes
        if outcome.approves
    ]
    query = select(Task).join(Case, Case.id == Task.case_id).where(Task.ending == Ending.DEEMED)
    return query.where(tuple_(Case.version_id, Task.step, Task.outcome).in_(approve))


async def count_deemed(db: AsyncSession, since: datetime) -> int:
    """How many deemed approvals there were from ``since`` on."""
    query = (await deemed_tasks(db)).where(Task.closed_at >= since)
    return await db.scalar(query.with_only_columns(func.count(Task.id))) or 0


def _is_deemed(definition: Definition, task: Task) -> bool:
    outcome = definition.step[task.step].outcome(task.outcome)
    return task.ending == Ending.DEEMED and outcome is not None and outcome.approves


def _deemed(definition: Definition, task: Task, proofs: Proofs) -> Deemed:
    step = definition.step[task.step]
    outcome = step.outcome(task.outcome)
    assert outcome, "a deemed task has an outcome"
    assert task.closed_at, "a deemed task is closed"
    assert task.received_at, "nothing is deemed approved without proof"
    word, who = proofs.get((task.id, task.received_at), ("", ""))
    return Deemed(
        task=task,
        step=step,
        outcome=outcome.label,
        since=task.closed_at,
        reached_at=task.received_at,
        reached_by=who,
        was_signed=word == _SIGNED,
    )


async def proofs_of(db: AsyncSession, case_id: int) -> Proofs:
    """What the journal has of receipts, by task and time: the word, and the name of who it was:
    the owner of then, or who stood in."""
    query = select(JournalEntry.at, JournalEntry.actor, JournalEntry.word, JournalEntry.body)
    query = query.where(JournalEntry.subject == f"case:{case_id}")
    query = query.where(JournalEntry.word.in_((_RECEIVED, _SIGNED))).order_by(JournalEntry.rev)
    rows = list(await db.execute(query))
    ids = {int(actor.removeprefix("staff:")) for _, actor, _, _ in rows if "staff:" in actor}
    people = select(Person.id, Person.name).where(Person.id.in_(ids))
    names = {f"staff:{person}": name for person, name in await db.execute(people)}
    return {
        (msgspec.json.decode(body)["task"], at): (word, names.get(actor, ""))
        for at, actor, word, body in rows
    }
