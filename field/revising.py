"""The revision of what stands in the ledger: that of its entry in the journal, the only order."""

from functools import partial
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.ext.asyncio import AsyncSession

from field.models import FieldAside, FieldOp
from portal.kernel.journal.models import JournalEntry
from portal.kernel.journal.recording import when_sealed

_KEEP = "field_revisions"
_OPS = (
    update(FieldOp.__table__)  # type: ignore[arg-type]
    .where(FieldOp.__table__.c.op_id == bindparam("of"))
    .values(rev=bindparam("to"))
)
_ASIDES = (
    update(FieldAside.__table__)  # type: ignore[arg-type]
    .where(FieldAside.__table__.c.digest == bindparam("of"))
    .values(rev=bindparam("to"))
)


def keep_revision(db: AsyncSession, of: str, entry: JournalEntry, *, aside: bool = False) -> None:
    """Write the revision of ``entry``, once it has one, to the row of that id (or digest)."""
    kept: list[tuple[bool, str, JournalEntry]] = db.info.setdefault(_KEEP, [])
    if not kept:
        when_sealed(db, partial(_write, db))
    kept.append((aside, of, entry))


async def _write(db: AsyncSession) -> None:
    kept: list[tuple[bool, str, JournalEntry]] = db.info.pop(_KEEP)
    connection = await db.connection()
    for statement, aside in ((_OPS, False), (_ASIDES, True)):
        rows: list[dict[str, Any]] = [
            {"of": of, "to": entry.rev} for is_aside, of, entry in kept if is_aside is aside
        ]
        if rows:
            await connection.execute(statement, rows)
