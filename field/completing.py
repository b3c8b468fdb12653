"""Completing: the phone proposes an outcome, the procedure decides (rule 19, P06.5)."""

from collections.abc import Mapping
from datetime import date, tzinfo

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, joinedload

from field.folding import Line, Record, answer_of, fold, values_of
from field.kinds import SINGLE, Complete
from field.models import FieldAttachment, FieldEntry, FieldOp
from portal.cases.answering import answer
from portal.cases.models import Case, Task
from portal.customers.models import Device
from portal.kernel.act import Act
from portal.kernel.journal.recording import attempt
from portal.kernel.problems import Problem
from portal.people.access import me
from portal.procedures.definition import Definition, Flag, Step
from portal.procedures.forms import missing_fields
from portal.procedures.storing import definition_of

log = structlog.get_logger()
# Outcomes of P06: the repair is done; the customer accepts to pay for it.
_REPAIRED, _PAYS = "repaired", "accepts_charge"


async def complete(
    db: AsyncSession, act: Act, task_id: int, proposed: Complete, zone: tzinfo
) -> None:
    """Answer the task as proposed, with the fields that its log fills. Raises what answering
    refuses. Photos still to come are announced in the log; they become documents when they do.

    Where the case then comes back to the same engineer for what the log says already, that is
    answered, too: nobody is told again what they have just read and signed (P06.6).
    """
    task = await db.get_one(Task, task_id, populate_existing=True)
    before = (await values_before(db, [task_id])).get(task_id)
    record = fold(await lines_of(db, task_id), act.happened_at, before)
    query = select(Case).options(joinedload(Case.version)).where(Case.id == task.case_id)
    definition = definition_of((await db.scalars(query)).one().version)
    documents = await _documents(db, record)
    fields = answer_of(record, definition.step[task.step], proposed.remaining, documents)
    await answer(db, act, task, proposed.outcome, fields, zone)
    await _complete_next(db, act, task, record, definition, zone)


async def _complete_next(
    db: AsyncSession, act: Act, task: Task, record: Record, definition: Definition, zone: tzinfo
) -> None:
    """Answer what came of the answer, if it falls to the same person and the log fills it."""
    query = select(Task).where(Task.case_id == task.case_id, Task.id > task.id)
    query = query.where(Task.closed_at.is_(None), Task.owner_id == me(act))
    follower = await db.scalar(query.order_by(Task.id).limit(1))
    step = definition.step[follower.step] if follower else None
    outcome = told_by(step, record) if step else None
    if not follower or not step or not outcome:
        return
    fields = answer_of(record, step, "", [])
    try:
        async with attempt(db):
            await answer(db, act, follower, outcome, fields, zone)
    except Problem as problem:  # it needs a second person, or its form more: it stays a job
        log.info("field.not_told", step=step.key, problem=problem.kind.key)


def told_by(step: Step, record: Record) -> str | None:
    """The outcome with which ``record`` of the job before answers ``step``: the first, where the
    step is done on site and asks for nothing but single values, and all of them are there."""
    outcome = step.outcomes[0]
    needed = {one.key for one in step.fields if one.required or outcome.key in one.required_for}
    if Flag.OFFLINE not in step.flags or not needed or not needed <= SINGLE or outcome.silent:
        return None
    return None if missing_fields(step, outcome, record.values) else outcome.key


async def lacks_quotation(db: AsyncSession, task_id: int, proposed: Complete, on: date) -> bool:
    """Whether a repair is at the customer's charge, the warranty being over on that day or the
    customer having accepted to pay, and no quotation in the case's log was accepted."""
    if proposed.outcome != _REPAIRED:
        return False
    task = await db.get_one(Task, task_id)
    own = select(Task.id).where(Task.case_id == task.case_id)
    until = await db.scalar(
        select(Device.warranty_until)
        .join(Case, Case.device_id == Device.id)
        .where(Case.id == task.case_id)
    )
    is_over = until is not None and until < on
    if not is_over and await db.scalar(own.where(Task.outcome == _PAYS)) is None:
        return False
    quotations = await db.scalars(
        select(FieldEntry.body).where(
            FieldEntry.task_id.in_(own),
            FieldEntry.kind == "quotation",
            FieldEntry.voided_by.is_(None),
        )
    )
    return not any(body["accepted"] for body in quotations)


async def _documents(db: AsyncSession, record: Record) -> list[int]:
    """The photos of ``record`` that have arrived."""
    arrived = select(FieldAttachment.att_id, FieldAttachment.document_id).where(
        FieldAttachment.att_id.in_(record.files), FieldAttachment.document_id.is_not(None)
    )
    by_file = {att_id: document_id for att_id, document_id in await db.execute(arrived)}  # noqa: C416
    return [kept for att_id in record.files if (kept := by_file.get(att_id))]


async def lines_of(db: AsyncSession, task_id: int) -> list[Line]:
    """The log of a job, in the server's order; what this unit has just taken in stands last."""
    query = (
        select(FieldEntry, FieldOp.rev, FieldOp.seq)
        .join(FieldOp, FieldOp.op_id == FieldEntry.op_id)
        .where(FieldEntry.task_id == task_id)
    )
    rows = (await db.execute(query)).all()
    rows = sorted(rows, key=lambda row: (row[1] is None, row[1] or 0, row[2] or 0, row[0].op_id))
    return [line_of(entry) for entry, _, _ in rows]


async def values_before(db: AsyncSession, task_ids: list[int]) -> Mapping[int, Mapping[str, str]]:
    """The single values of the job that led to each of ``task_ids``: the one before it in its
    case, where that was done on site. What the engineer said there need not be said again."""
    earlier = aliased(Task)
    last = (
        select(Task.id.label("task_id"), func.max(earlier.id).label("before"))
        .join(earlier, (earlier.case_id == Task.case_id) & (earlier.id < Task.id))
        .where(Task.id.in_(task_ids))
        .group_by(Task.id)
        .subquery()
    )
    query = (
        select(last.c.task_id, FieldEntry)
        .join(FieldEntry, FieldEntry.task_id == last.c.before)
        .join(FieldOp, FieldOp.op_id == FieldEntry.op_id)
        .where(FieldEntry.kind.in_(SINGLE))
        .order_by(FieldOp.rev.is_(None), FieldOp.rev, FieldOp.seq)
    )
    lines: dict[int, list[Line]] = {}
    for task_id, entry in await db.execute(query):
        lines.setdefault(task_id, []).append(line_of(entry))
    return {task_id: values_of(found) for task_id, found in lines.items()}


def line_of(entry: FieldEntry) -> Line:
    """An entry as folding sees it."""
    voided = entry.voided_by is not None
    return Line(entry.op_id, entry.person_id, entry.kind, entry.body, entry.at, voided)
