"""What the journal keeps of imported records (R2): for each part of an import one hash over the
seals of its records, so that a change of any of them shows without an entry for each."""

import hashlib
import json
from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.imports.models import PastRecord
from portal.imports.valuing import Reason
from portal.kernel.i18n import N_
from portal.kernel.journal.chain import canonical, instant
from portal.kernel.journal.models import JournalEntry

CONTINUED = "import.continued"


def seal_of(past: PastRecord) -> str:
    """The hash (hex) of all that was imported of a record. What of it stands in customers' files
    has its own entries, and is not in it."""
    return hashlib.sha256(canonical(_content(past)).encode()).hexdigest()


def seal_of_part(seals: Iterable[str]) -> str:
    """The hash (hex) over the seals of records, in the order of their ids."""
    return hashlib.sha256("\n".join(seals).encode()).hexdigest()


async def first_unsound(db: AsyncSession) -> Reason | None:
    """What is no longer as it was imported: the first record, or the first part from which one is
    missing; None where all is sound."""
    entries = select(JournalEntry.rev, JournalEntry.subject, JournalEntry.body)
    entries = entries.where(JournalEntry.word == CONTINUED).order_by(JournalEntry.rev)
    for rev, subject, body in (await db.execute(entries)).all():
        part = json.loads(body)
        if "seal" not in part:
            continue
        rows = await _part(db, int(subject.partition(":")[2]), part["first"], part["last"])
        changed = next((past.id for past in rows if seal_of(past) != past.seal), None)
        if changed is not None:
            return Reason(N_("record %(number)s"), {"number": changed})
        if seal_of_part(past.seal for past in rows) != part["seal"]:
            return Reason(N_("the records of journal entry %(number)s"), {"number": rev})
        db.expunge_all()
    return None


async def _part(db: AsyncSession, run_id: int, first: int, last: int) -> Sequence[PastRecord]:
    within = select(PastRecord).where(
        PastRecord.run_id == run_id, PastRecord.id.between(first, last)
    )
    return list(await db.scalars(within.order_by(PastRecord.id)))


def _content(past: PastRecord) -> list[object]:
    return [
        past.line,
        past.source,
        past.key,
        past.digest,
        past.title,
        past.details,
        past.answer,
        past.kind,
        past.state,
        past.channel,
        past.is_open,
        instant(past.happened_at),
        past.happened_on.isoformat(),
        past.has_time,
        instant(past.closed_at) if past.closed_at else None,
        past.address,
        past.device_name,
        past.cost,
        past.latitude,
        past.longitude,
        past.flags,
        past.cells,
    ]
