"""Gathering: what operations name and may collide with, read before they are applied, in a bounded
number of statements whatever their number."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from field.envelopes import Operation
from field.kinds import SCHEMA, SINGLE, BadBody, read_body
from field.models import FieldAttachment, FieldEntry, FieldOp
from portal.cases.models import Assignment, Task
from portal.people.standing_in import presence_at, stand_in
from portal.repairs.cataloguing import normal_number
from portal.repairs.models import Tool

TIMERS = frozenset({"timer_start", "timer_stop"})
_LONGEST_WORK = timedelta(days=2)


@dataclass(slots=True)
class Job:
    """A task that operations name, as it stood when it was read or changed here last, and whether
    the person has, or once had, it. Plain values: rows expire where a part of a unit fails."""

    task_id: int
    case_id: int
    site_id: int | None
    is_open: bool
    is_signed: bool
    is_mine: bool
    was_mine: bool


@dataclass(frozen=True, slots=True)
class Single:
    """A single value that stands in the log of a job: who set it, by which device, when."""

    person_id: int
    device_id: int
    rev: int


async def jobs_of(
    db: AsyncSession, me: int, ids: Collection[int], at: datetime, zone: tzinfo
) -> dict[int, Job]:
    """The jobs ``ids`` as the person ``me`` stands to them."""
    if not ids:
        return {}
    query = select(Task).options(joinedload(Task.case)).where(Task.id.in_(ids))
    tasks = list(await db.scalars(query, execution_options={"populate_existing": True}))
    held = set(
        await db.scalars(
            select(Assignment.task_id).where(
                Assignment.task_id.in_(ids), Assignment.person_id == me
            )
        )
    )
    strange = [task for task in tasks if task.owner_id != me and task.id not in held]
    standing = set()
    if strange:
        presence = await presence_at(db, at, zone)
        standing = {task.id for task in strange if stand_in(task.owner_id, presence) == me}
    jobs = {}
    for task in tasks:
        mine = task.owner_id == me or task.id in standing
        was = mine or task.id in held
        case = task.case
        signed = task.signed_at is not None
        jobs[task.id] = Job(task.id, case.id, case.site_id, task.is_open, signed, mine, was)
    return jobs


async def files_known(db: AsyncSession, att_ids: Collection[str]) -> dict[str, str]:
    """By file, the operation that announced it, of those that are known already."""
    query = select(FieldAttachment.att_id, FieldAttachment.op_id)
    rows = await db.execute(query.where(FieldAttachment.att_id.in_(att_ids)))
    return {att_id: op_id for att_id, op_id in rows}  # noqa: C416


async def tools_named(db: AsyncSession, ops: Sequence[Operation]) -> dict[str, Tool]:
    """The company's tools that ``ops`` name, by number."""
    numbers = set()
    for op in ops:
        if op.kind == "tool" and op.schema <= SCHEMA:
            with suppress(BadBody):
                numbers.add(normal_number(getattr(read_body(op), "number", "")))
    tools = await db.scalars(select(Tool).where(Tool.number.in_(numbers)))
    return {tool.number: tool for tool in tools}


async def singles_since(
    db: AsyncSession, ids: Collection[int], since: int
) -> dict[tuple[int, str], list[Single]]:
    """By job and kind, the single values that came after the revision ``since`` and count."""
    query = (
        select(
            FieldEntry.task_id,
            FieldEntry.kind,
            FieldEntry.person_id,
            FieldOp.device_id,
            FieldOp.rev,
        )
        .join(FieldOp, FieldOp.op_id == FieldEntry.op_id)
        .where(FieldEntry.task_id.in_(ids), FieldEntry.kind.in_(SINGLE))
        .where(FieldEntry.voided_by.is_(None), FieldOp.rev > since)
    )
    found: dict[tuple[int, str], list[Single]] = {}
    for task_id, kind, person_id, device_id, rev in await db.execute(query):
        one = Single(person_id, device_id, rev or 0)
        found.setdefault((task_id, kind), []).append(one)
    return found


async def timers_running(db: AsyncSession, me: int, at: datetime) -> set[str]:
    """The timers that the person ``me`` has started and not stopped, on whatever job."""
    query = select(FieldEntry).where(
        FieldEntry.person_id == me,
        FieldEntry.kind.in_(TIMERS),
        FieldEntry.voided_by.is_(None),
        FieldEntry.at > at - _LONGEST_WORK,
    )
    running: set[str] = set()
    for entry in await db.scalars(query.order_by(FieldEntry.at, FieldEntry.op_id)):
        timer = str(entry.body.get("timer", ""))
        if entry.kind == "timer_start":
            running.add(timer)
        else:
            running.discard(timer)
    return running
