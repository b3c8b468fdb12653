"""Reading imports and history for pages, always through `access`."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from portal.imports.access import visible_records, visible_runs
from portal.imports.indexing import RECORDS
from portal.imports.models import ImportRejection, ImportRun, PastRecord
from portal.kernel.act import Actor
from portal.kernel.db.keyset import Order, Slice, fetch

SORTS = {"happened": PastRecord.happened_at, "title": PastRecord.title}
# More than these are "and more".
MOST_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of history is asked for; `which` is all, open or flagged."""

    words: str = ""
    which: str = "all"
    source: str = ""
    customer_id: int | None = None
    device_id: int | None = None
    sort: str = "-happened"
    cursor: str = ""


async def list_records(
    db: AsyncSession,
    actor: Actor,
    wanted: Wanted,
    among: ColumnElement[bool] | None = None,
    size: int = 50,
) -> Slice[PastRecord]:
    """The page of history that is wanted, with customers and devices; ``among`` narrows it by
    what rooms above know of records."""
    query = visible_records(actor).options(
        joinedload(PastRecord.customer), joinedload(PastRecord.device)
    )
    for condition in _conditions(db, wanted):
        query = query.where(condition)
    if among is not None:
        query = query.where(among)
    column: Any = SORTS.get(wanted.sort.lstrip("-"), PastRecord.happened_at)
    order = Order(column, PastRecord.id, falls=wanted.sort.startswith("-"))
    return await fetch(db, query, order, wanted.cursor, size)


async def count_records(db: AsyncSession, actor: Actor, words: str) -> int:
    """How many records hold the words; no more than `MOST_COUNTED` are counted."""
    query = visible_records(actor).with_only_columns(PastRecord.id)
    query = query.where(_holds(db, words)).limit(MOST_COUNTED)
    return await db.scalar(select(func.count()).select_from(query.subquery())) or 0


async def count_by_device(
    db: AsyncSession, actor: Actor, devices: Collection[int]
) -> dict[int, int]:
    """How many records each device has; those that have none are left out."""
    query = visible_records(actor).with_only_columns(PastRecord.device_id, func.count())
    query = query.where(PastRecord.device_id.in_(devices)).group_by(PastRecord.device_id)
    return {device: count for device, count in await db.execute(query) if device}


async def sources(db: AsyncSession, actor: Actor) -> list[str]:
    """The sources of all history, by name."""
    query = visible_records(actor).with_only_columns(PastRecord.source).distinct()
    return list(await db.scalars(query.order_by(PastRecord.source)))


async def list_runs(db: AsyncSession, actor: Actor, cursor: str) -> Slice[ImportRun]:
    """Imports, the latest first."""
    query = visible_runs(actor).options(joinedload(ImportRun.by))
    order = Order(ImportRun.made_at, ImportRun.id, falls=True)
    return await fetch(db, query, order, cursor)


async def rejections_of(
    db: AsyncSession, run: ImportRun, most: int | None = None
) -> list[ImportRejection]:
    """The rows of an import that were not taken, in the order of the file."""
    query = select(ImportRejection).where(ImportRejection.run_id == run.id)
    return list(await db.scalars(query.order_by(ImportRejection.line).limit(most)))


def _conditions(db: AsyncSession, wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.which == "open":
        conditions.append(PastRecord.is_open.is_(True))
    elif wanted.which == "flagged":
        conditions.append(PastRecord.flags != "")
    if wanted.source:
        conditions.append(PastRecord.source == wanted.source)
    if wanted.customer_id is not None:
        conditions.append(PastRecord.customer_id == wanted.customer_id)
    if wanted.device_id is not None:
        conditions.append(PastRecord.device_id == wanted.device_id)
    if wanted.words.strip():
        conditions.append(_holds(db, wanted.words))
    return conditions


def _holds(db: AsyncSession, words: str) -> ColumnElement[bool]:
    matching: Any = RECORDS.matching(db.get_bind().dialect.name, words)
    return PastRecord.id.in_(matching)
