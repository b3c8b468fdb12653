"""Resuming: an operation that stands in the ledger is applied later, because what it waited for has
come or because the office says so. Its outcome changes by this alone, and the journal says so."""

from datetime import datetime, tzinfo

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from field.applying import Applying, Decision
from field.devices import known
from field.entering import DISK, enter, subject_of, word_of
from field.envelopes import read_operation
from field.following import Brought
from field.models import FieldAttachment, FieldDevice, FieldOp, Outcome
from field.revising import keep_revision
from field.timing import Times
from portal.kernel.act import Act, System, Via
from portal.kernel.journal.recording import attempt, record

log = structlog.get_logger()


async def resume(
    db: AsyncSession,
    row: FieldOp,
    at: datetime,
    zone: tzinfo,
    *,
    forced: bool = False,
    by_office: str = "",
    task_id: int | None = None,
    act: Act | None = None,
) -> Decision:
    """Apply ``row`` as it would have been on arrival, at the time it had then; what was decided.

    ``act`` is whose doing it is, the portal's own unless given. `by_office` and ``task_id`` are
    those of `Applying.decide`.
    """
    op = read_operation(row.envelope)
    device = await known(db, await db.get_one(FieldDevice, row.device_id))
    applying = Applying(db, device, at, zone)
    times = Times(row.claimed_at or row.at, row.corrected_at or row.at, row.at, (*row.time_flags,))
    announced = select(FieldAttachment.att_id).where(FieldAttachment.op_id == row.op_id)
    had_file = await db.scalar(announced) is not None
    # From now on it stands after all that is there, as its new revision will say.
    row.rev = None
    await db.flush()
    try:
        async with attempt(db):
            await applying.prepare([op], task_id)
            job = applying.jobs.get(task_id or op.task_id or 0)
            decision = await applying.decide(
                op, times, task_id=task_id, by_office=by_office, forced=forced
            )
            brought = decision.without_file() if had_file else decision
            task, case = (job.task_id, job.case_id) if job else (None, None)
            one = Brought(op, brought, task, case, times.at)
            await enter(db, applying.act(times), [one], zone)
    except DISK:
        raise
    except Exception as error:
        log.error("field.not_resumed", op=row.op_id, exc_info=error)
        decision, job = Decision.park("fault"), None
    if job:
        row.task_id, row.case_id = job.task_id, job.case_id
    if by_office and decision.outcome is not Outcome.FLAGGED:
        return decision  # the office is told; nothing has changed
    row.outcome, row.code, row.message = str(decision.outcome), decision.code, decision.message
    act = act or Act.now(System("rule 18", device.staff.person_id), at, Via.JOB)
    entry = record(
        db,
        act,
        word_of(decision.outcome),
        subject_of(row.case_id, row.device_id),
        op=row.op_id,
        kind=row.kind,
        task=row.task_id,
        code=row.code,
    )
    await db.flush()
    keep_revision(db, row.op_id, entry)
    return decision
