"""Completing: the phone proposes an outcome, the procedure decides (rule 19, P06.5)."""

from datetime import tzinfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from field.folding import Line, answer_of, fold
from field.kinds import Complete
from field.models import FieldAttachment, FieldEntry, FieldOp
from portal.cases.answering import answer
from portal.cases.models import Case, Task
from portal.kernel.act import Act
from portal.procedures.storing import definition_of


async def complete(
    db: AsyncSession, act: Act, task_id: int, proposed: Complete, zone: tzinfo
) -> None:
    """Answer the task as proposed, with the fields that its log fills. Raises what answering
    refuses. Photos still to come are announced in the log; they become documents when they do."""
    task = await db.get_one(Task, task_id, populate_existing=True)
    lines = await lines_of(db, task_id)
    record = fold(lines, act.happened_at)
    query = select(Case).options(joinedload(Case.version)).where(Case.id == task.case_id)
    case = (await db.scalars(query)).one()
    step = definition_of(case.version).step[task.step]
    arrived = select(FieldAttachment.att_id, FieldAttachment.document_id).where(
        FieldAttachment.att_id.in_(record.files), FieldAttachment.document_id.is_not(None)
    )
    by_file = {att_id: document_id for att_id, document_id in await db.execute(arrived)}  # noqa: C416
    documents = [kept for att_id in record.files if (kept := by_file.get(att_id))]
    fields = answer_of(record, step, proposed.remaining, documents)
    await answer(db, act, task, proposed.outcome, fields, zone)


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


def line_of(entry: FieldEntry) -> Line:
    """An entry as folding sees it."""
    voided = entry.voided_by is not None
    return Line(entry.op_id, entry.person_id, entry.kind, entry.body, entry.at, voided)
