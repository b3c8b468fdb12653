"""Waiting: an operation waits for those it names, five days at most, and for no other (rule 18)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from field.envelopes import Operation
from field.models import FieldOp, FieldWait, Outcome
from field.resuming import resume
from portal.kernel.db.unit import Database

LONGEST = timedelta(days=5)
_AT_ONCE = 50


def in_order(ops: Sequence[Operation]) -> list[Operation]:
    """By number, each after those of this call that it waits for."""
    here = {op.op_id: op for op in ops}
    ordered: dict[str, Operation] = {}
    begun: set[str] = set()

    def put(op: Operation) -> None:
        if op.op_id in begun:
            return
        begun.add(op.op_id)
        for other in op.deps:
            if other in here:
                put(here[other])
        ordered[op.op_id] = op

    for op in sorted(ops, key=lambda op: op.seq):
        put(op)
    return list(ordered.values())


@dataclass(frozen=True, slots=True)
class Present:
    """The operations that are there, of those that others wait for."""

    ids: set[str]

    def lacking(self, op: Operation) -> tuple[str, ...]:
        """What ``op`` has to wait for."""
        return tuple(dict.fromkeys(other for other in op.deps if other not in self.ids))

    def add(self, op_id: str) -> None:
        self.ids.add(op_id)


async def missing(db: AsyncSession, ops: Iterable[Operation]) -> Present:
    """What is in the ledger, and waits for nothing itself, of all that ``ops`` wait for."""
    named = {other for op in ops for other in op.deps}
    if not named:
        return Present(set())
    waits = (FieldOp.outcome == Outcome.PARKED) & (FieldOp.code == "waits")
    query = select(FieldOp.op_id).where(FieldOp.op_id.in_(named), ~waits)
    return Present(set(await db.scalars(query)))


async def release(db: AsyncSession, arrived: Sequence[str], at: datetime, zone: tzinfo) -> None:
    """Apply what waited for nothing but ``arrived``, and what waited for that, and so on."""
    while arrived:
        gone = delete(FieldWait).where(FieldWait.awaited.in_(arrived)).returning(FieldWait.op_id)
        touched = set(await db.scalars(gone))
        if not touched:
            return
        still = select(FieldWait.op_id).where(FieldWait.op_id.in_(touched))
        free = touched - set(await db.scalars(still))
        arrived = await _resume(db, free, at, zone, forced=False)


async def force_overdue(database: Database, at: datetime, zone: tzinfo) -> int:
    """Apply what has waited five days, flagged; how many."""
    total = 0
    while True:
        async with database.writing() as db:
            query = select(FieldOp.op_id).where(
                FieldOp.outcome == Outcome.PARKED,
                FieldOp.code == "waits",
                FieldOp.received_at <= at - LONGEST,
            )
            overdue = set(await db.scalars(query.order_by(FieldOp.op_id).limit(_AT_ONCE)))
            await db.execute(delete(FieldWait).where(FieldWait.op_id.in_(overdue)))
            done = await _resume(db, overdue, at, zone, forced=True)
            await release(db, done, at, zone)
        total += len(done)
        if not done:
            return total


async def _resume(
    db: AsyncSession, op_ids: Iterable[str], at: datetime, zone: tzinfo, *, forced: bool
) -> list[str]:
    """Apply waiting operations, in their own order."""
    waits = (FieldOp.outcome == Outcome.PARKED) & (FieldOp.code == "waits")
    query = select(FieldOp).where(FieldOp.op_id.in_(set(op_ids)), waits).with_for_update()
    rows = await db.scalars(query.order_by(FieldOp.device_id, FieldOp.seq))
    done = []
    for row in rows.all():
        await resume(db, row, at, zone, forced=forced)
        done.append(row.op_id)
    return done
