"""A case as the engine sees it, read from its rows under the case's lock."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, select, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from portal.calendar.pauses import Pause
from portal.cases import models
from portal.kernel.problems import NOT_FOUND, Problem
from portal.procedures.definition import Definition, FieldType
from portal.procedures.forms import Value
from portal.procedures.state import Ending, Owner, OwnerKind, State, Task, TaskKey, Vote
from portal.procedures.storing import definition_of

_AFRESH = {"populate_existing": True}


@dataclass(slots=True)
class Loaded:
    """A locked case with its definition, its rows by key, and the engine's state of them."""

    case: models.Case
    definition: Definition
    rows: dict[TaskKey, models.Task]
    pauses: list[models.CasePause]
    state: State

    def answered(self, step: str, field: str) -> Any:
        """What was answered last to ``field`` of ``step``, as stored; None while nothing was."""
        answers = [
            row.answer.fields for row in self.rows.values() if row.step == step and row.answer
        ]
        given = [fields[field] for fields in answers if field in fields]
        return given[-1] if given else None

    def pauses_of(self, row: models.Task) -> list[Pause]:
        """What holds a task's clock: pauses of the case, and its own."""
        return [
            Pause(pause.from_at, pause.until_at)
            for pause in self.pauses
            if pause.task_id in (None, row.id)
        ]


async def load(db: AsyncSession, case_id: int) -> Loaded:
    """Lock a case and read it whole; raises ``not-found``."""
    found = await load_all(db, [case_id])
    if not found:
        raise Problem(NOT_FOUND)
    return found[case_id]


def _with_parents(case_ids: Collection[int]) -> ColumnElement[bool]:
    """That a case is one of these, or waits for one of them."""
    link = models.CaseLink
    themselves = select(models.Case.id).where(models.Case.id.in_(case_ids))
    parents = select(link.case_id).where(link.other_id.in_(case_ids), link.task_id.is_not(None))
    return models.Case.id.in_(union(themselves, parents))


async def lock_case(db: AsyncSession, case_id: int) -> None:
    """Lock a case as `load` does, for whoever has it already."""
    lock = select(models.Case.id).where(_with_parents([case_id])).order_by(models.Case.id)
    await db.execute(lock.with_for_update(of=models.Case))


async def load_all(db: AsyncSession, case_ids: Collection[int]) -> dict[int, Loaded]:
    """Lock cases and read them whole, in as many statements as one; those that are there, by id.

    They are locked in the order of ids, and with them the cases that wait for them: two who lock
    several never wait in a circle. What this unit had read of them before is read again, since it
    may be older than the lock.
    """
    lock = select(models.Case).where(_with_parents(case_ids)).order_by(models.Case.id)
    # The case alone: with the version's row, all cases of a procedure would wait for each other.
    lock = lock.with_for_update(of=models.Case)
    lock = lock.options(joinedload(models.Case.version, innerjoin=True))
    found = await db.scalars(lock, execution_options=_AFRESH)
    cases = [case for case in found if case.id in case_ids]
    query = select(models.Task).where(models.Task.case_id.in_(case_ids)).order_by(models.Task.id)
    query = query.options(
        joinedload(models.Task.answer),
        joinedload(models.Task.owner),
        selectinload(models.Task.limits).selectinload(models.TimeLimit.alarms),
    )
    rows: dict[int, list[models.Task]] = {case.id: [] for case in cases}
    for row in await db.scalars(query, execution_options=_AFRESH):
        rows[row.case_id].append(row)
    pauses = select(models.CasePause).where(models.CasePause.case_id.in_(case_ids))
    held: dict[int, list[models.CasePause]] = {case.id: [] for case in cases}
    for pause in await db.scalars(pauses.order_by(models.CasePause.id), execution_options=_AFRESH):
        held[pause.case_id].append(pause)
    return {case.id: _loaded(case, rows[case.id], held[case.id]) for case in cases}


def _loaded(case: models.Case, rows: list[models.Task], held: list[models.CasePause]) -> Loaded:
    definition = definition_of(case.version)
    return Loaded(
        case=case,
        definition=definition,
        rows={key_of(row): row for row in rows},
        pauses=held,
        state=_state(definition, case, rows, held),
    )


def key_of(row: models.Task) -> TaskKey:
    """What makes a row unique within its case."""
    return TaskKey(row.step, row.fork_path, row.round, row.for_key)


def stored_value(value: Value) -> Any:
    """A form's value as JSON keeps it: numbers exactly, as text; lists of keys as lists."""
    if isinstance(value, Decimal):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def read_value(kind: FieldType, value: Any) -> Value:
    """The form's value that `stored_value` kept."""
    if isinstance(value, list):
        return tuple(value)
    if kind in (FieldType.NUMBER, FieldType.MONEY) and isinstance(value, str):
        return Decimal(value)
    kept: Value = value
    return kept


def _state(
    definition: Definition,
    case: models.Case,
    rows: list[models.Task],
    pauses: list[models.CasePause],
) -> State:
    open_pauses = {pause.task_id for pause in pauses if pause.until_at is None}
    return State(
        facts=case.facts,
        tasks=tuple(_task(definition, row, paused=row.id in open_pauses) for row in rows),
        verdict=case.verdict,
        paused=None in open_pauses,
    )


def _task(definition: Definition, row: models.Task, *, paused: bool) -> Task:
    kinds = {field.key: field.type for field in definition.step[row.step].fields}
    answered = row.answer.fields if row.answer else {}
    return Task(
        key=key_of(row),
        owner=Owner(OwnerKind(row.owner_kind), row.owner_ref),
        ending=Ending(row.ending) if row.ending else None,
        outcome=row.outcome,
        fields={key: read_value(kinds[key], value) for key, value in answered.items()},
        votes=tuple(Vote(path, accepted) for path, accepted in row.votes),
        on_behalf=row.answer.on_behalf if row.answer else False,
        received=row.received_at is not None,
        signed=row.signed_at is not None,
        paused=paused,
        lapsed=tuple(limit.name for limit in row.running if limit.lapsed_at),
    )
