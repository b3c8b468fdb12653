"""Verifying the chain: names the first bad entry after a change, deletion, swap or truncation."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.kernel.journal.anchors import Anchor
from portal.kernel.journal.chain import START, hash_of
from portal.kernel.journal.models import JournalDay, JournalEntry, JournalHead

_BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found: entries read, and the first bad revision with its reason."""

    entries: int
    bad_rev: int | None = None
    reason: str = ""

    @property
    def is_sound(self) -> bool:
        return self.bad_rev is None


async def verify(
    db: AsyncSession,
    kept: list[Anchor],
    *,
    after: Anchor | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Verdict:
    """Walk the journal in order, up to the first bad entry.

    ``kept`` are the day heads kept outside the database; ``after`` starts at a day head that was
    verified before, instead of at the beginning; ``progress`` is told the entries read so far.
    """
    rev, prev, count = (after.rev, after.hash, 0) if after else (0, START, 0)
    expected = {anchor.rev: anchor.hash for anchor in kept}
    expected |= {day.rev: day.hash for day in await db.scalars(select(JournalDay))}
    query = select(JournalEntry).order_by(JournalEntry.rev).limit(_BATCH)
    while batch := (await db.scalars(query.where(JournalEntry.rev > rev))).all():
        for entry in batch:
            reason = _fault(entry, rev, prev, expected)
            if reason:
                return Verdict(count, rev + 1, reason)
            rev, prev, count = entry.rev, entry.hash, count + 1
        db.expunge_all()
        progress(count)
    return await _check_end(db, rev, prev, count, kept)


def _fault(entry: JournalEntry, rev: int, prev: str, expected: dict[int, str]) -> str:
    if entry.rev != rev + 1:
        return "is missing"
    if entry.prev != prev:
        return "does not follow the entry before it"
    if entry.hash != hash_of(entry, prev):
        return "was changed after it was written"
    if expected.get(entry.rev, entry.hash) != entry.hash:
        return "differs from the day head kept for it"
    return ""


async def _check_end(
    db: AsyncSession, rev: int, prev: str, count: int, kept: list[Anchor]
) -> Verdict:
    head = (await db.execute(select(JournalHead))).scalar_one()
    last = max([head.rev, *(anchor.rev for anchor in kept)])
    if rev < last:
        return Verdict(count, rev + 1, f"the journal ends before entry {last}")
    if (head.rev, head.hash) != (rev, prev):
        return Verdict(count, head.rev + 1, "was added past the head")
    return Verdict(count)
