"""By what words a record of the past is found: all of its columns, its customer and its device."""

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from portal.imports.models import PastRecord
from portal.kernel.db.searching import SearchIndex

RECORDS = SearchIndex("past_record")
_BATCH = 500


async def index_record(db: AsyncSession, past: PastRecord, *more: str) -> None:
    """Make a record findable, also by ``more``: names that stand in the files."""
    texts = [past.title, past.device_name, *(text for _, text in past.cells), *more]
    await RECORDS.put(db, past.id, "\n".join(filter(None, texts)))


async def reindex_records(db: AsyncSession) -> int:
    """Build the whole index anew, as after a restore; the number of records."""
    await RECORDS.clear(db)
    query = select(PastRecord).options(
        joinedload(PastRecord.customer), joinedload(PastRecord.device)
    )
    count, last = 0, 0
    while rows := await _after(db, query, last):
        for past in rows:
            await index_record(db, past, *names_of(past))
        count, last = count + len(rows), rows[-1].id
    return count


def names_of(past: PastRecord) -> list[str]:
    """What of a record stands in the files; `customer` and `device` must be loaded."""
    customer = [past.customer.name] if past.customer else []
    device = [past.device.model, past.device.serial] if past.device else []
    return customer + device


async def _after(db: AsyncSession, query: Select[PastRecord], last: int) -> Sequence[PastRecord]:
    ordered = query.where(PastRecord.id > last).order_by(PastRecord.id).limit(_BATCH)
    return list(await db.scalars(ordered))
