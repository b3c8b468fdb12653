"""Sealing: pending entries get their revision and hash under the head's lock, taken last."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.kernel.journal.chain import hash_of
from portal.kernel.journal.models import JournalEntry, JournalHead
from portal.kernel.journal.recording import PENDING, SEALED


async def seal(db: AsyncSession) -> None:
    """Chain what this unit recorded. All else is flushed first, so the lock is held shortly."""
    pending: list[JournalEntry] = db.info.pop(PENDING, [])
    if not pending:
        return
    await db.flush()
    # Read anew under the lock, whatever this unit has seen of the head before.
    locked = select(JournalHead).with_for_update().execution_options(populate_existing=True)
    head = (await db.execute(locked)).scalar_one()
    for entry in pending:
        entry.rev = head.rev + 1
        entry.prev = head.hash
        entry.hash = hash_of(entry, head.hash)
        head.rev, head.hash = entry.rev, entry.hash
    db.add_all(pending)
    await db.flush()
    for write in db.info.pop(SEALED, []):
        await write()
