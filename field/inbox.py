"""The office's inbox: what was parked or flagged, and the three ways out: take it over, move it to
another job, discard it with a reason (rule 16). What was sent stays in the ledger either way."""

from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload
from sqlalchemy.sql.base import ExecutableOption

from field.access import RULERS, open_operations, visible_operations
from field.attaching import make_document
from field.devices import known
from field.entering import subject_of
from field.feeding import is_offline
from field.models import FieldAttachment, FieldDevice, FieldOp, FieldRuling, Outcome
from field.problems import JOB_UNKNOWN, RULED_ALREADY, UNFIT
from field.resuming import resume
from field.revising import keep_revision
from portal.cases.access import visible_cases
from portal.cases.models import Case, Task
from portal.kernel.act import Act, Via
from portal.kernel.journal.recording import record
from portal.kernel.problems import NOT_FOUND, Problem
from portal.people.access import me, require

_MOST = 200


@dataclass(frozen=True, slots=True)
class Setting:
    """Where an office act happens: the company's zone, the home of its files."""

    zone: tzinfo
    home: Path


async def list_open(db: AsyncSession, act: Act) -> list[FieldOp]:
    """What waits for the office, the longest first."""
    query = open_operations(act.actor).options(*_shown())
    return list(await db.scalars(query.order_by(FieldOp.received_at, FieldOp.op_id).limit(_MOST)))


async def find_operation(db: AsyncSession, act: Act, op_id: str) -> FieldOp:
    """An operation that the office was, or is, asked about; raises ``not-found``."""
    query = visible_operations(act.actor).options(*_shown(), joinedload(FieldOp.ruling))
    op = await db.scalar(query.where(FieldOp.op_id == op_id))
    if op is None or (op.ruling is None and op.outcome not in (Outcome.PARKED, Outcome.FLAGGED)):
        raise Problem(NOT_FOUND)
    return op


async def find_job(db: AsyncSession, act: Act, number: str) -> Task | None:
    """The latest job on site of the case with ``number``, of those that the actor sees."""
    cases = visible_cases(act.actor).where(Case.number == number.strip().upper())
    case = await db.scalar(cases)
    if case is None:
        return None
    query = select(Task).where(Task.case_id == case.id).order_by(Task.id.desc())
    query = query.options(joinedload(Task.case).joinedload(Case.version))
    return next((task for task in await db.scalars(query) if is_offline(task)), None)


async def accept(db: AsyncSession, act: Act, op_id: str, where: Setting) -> None:
    """Take over what was parked, into the job that it names, or let stand what was flagged.

    The proposal to complete a job goes on record; whoever holds the job answers it. Raises
    ``operation-ruled``, ``job-unknown`` and ``operation-unfit``.
    """
    op = await _take_up(db, act, op_id)
    if op.outcome == Outcome.PARKED:
        if op.task_id is None:
            raise Problem(JOB_UNKNOWN)
        await _resume(db, act, op, where, "accepted", op.task_id)
    await _rule(db, act, op, "accepted")


async def move(db: AsyncSession, act: Act, op_id: str, task: Task, where: Setting) -> None:
    """Take over what was parked, into ``task``. Raises ``operation-ruled``, ``operation-unfit``."""
    op = await _take_up(db, act, op_id)
    if op.outcome != Outcome.PARKED:
        raise Problem(RULED_ALREADY)
    await _resume(db, act, op, where, "moved", task.id)
    await _rule(db, act, op, "moved")


async def discard(db: AsyncSession, act: Act, op_id: str, reason: str) -> None:
    """Leave out what was parked, for ``reason``. Raises ``operation-ruled``."""
    op = await _take_up(db, act, op_id)
    if op.outcome != Outcome.PARKED:
        raise Problem(RULED_ALREADY)
    op.code = "discarded"
    await _rule(db, act, op, "discarded", reason)


async def _take_up(db: AsyncSession, act: Act, op_id: str) -> FieldOp:
    """The operation, locked after its device, as the ledger does."""
    require(act.actor, *RULERS)
    device = select(FieldDevice.id).join(FieldOp, FieldOp.device_id == FieldDevice.id)
    await db.scalars(device.where(FieldOp.op_id == op_id).with_for_update(of=FieldDevice))
    op = await find_operation(db, act, op_id)
    if op.ruling is not None or op.code == "waits":
        raise Problem(RULED_ALREADY)
    return op


async def _resume(
    db: AsyncSession, act: Act, op: FieldOp, where: Setting, flag: str, task_id: int
) -> None:
    decision = await resume(db, op, act.at, where.zone, by_office=flag, task_id=task_id, act=act)
    if decision.outcome is not Outcome.FLAGGED:
        raise Problem(UNFIT)
    query = select(FieldAttachment).where(FieldAttachment.op_id == op.op_id)
    query = query.options(joinedload(FieldAttachment.op))
    device = await known(db, await db.get_one(FieldDevice, op.device_id))
    for attachment in await db.scalars(query):
        await make_document(db, Act.now(device.staff, act.at, Via.FIELD), where.home, attachment)


async def _rule(db: AsyncSession, act: Act, op: FieldOp, verdict: str, reason: str = "") -> None:
    ruling = FieldRuling(op_id=op.op_id, at=act.at, by_id=me(act), verdict=verdict, reason=reason)
    db.add(ruling)
    entry = record(
        db,
        act,
        f"operation.{verdict}",
        subject_of(op.case_id, op.device_id),
        op=op.op_id,
        task=op.task_id,
    )
    await db.flush()
    if verdict == "discarded":
        keep_revision(db, op.op_id, entry)


def _shown() -> list[ExecutableOption]:
    return [
        joinedload(FieldOp.device).joinedload(FieldDevice.person),
        joinedload(FieldOp.case),
    ]
