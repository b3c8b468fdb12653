"""Verifying the chain: names the first bad entry after a change, deletion, swap or truncation."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.kernel.i18n import N_
from portal.kernel.journal.anchors import Anchor
from portal.kernel.journal.chain import START, hash_of
from portal.kernel.journal.models import JournalDay, JournalEntry, JournalHead

_BATCH = 2_000
_CUT_OFF = N_("is missing: the journal once reached %(last)s")
# The hashes that day heads, here and outside, give for a revision.
Expected = dict[int, set[str]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found: entries read, from which revision on, and the first bad
    revision and why (a msgid, with the revision once reached as `last`). It says nothing of
    entries before `first`."""

    entries: int
    bad_rev: int | None = None
    why: str = ""
    first: int = 1
    last: int = 0

    @property
    def reason(self) -> str:
        """Why, in English."""
        return self.why % {"last": self.last}

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

    ``db`` is a reading unit: the journal may grow meanwhile, and the walk and the head must be
    of one moment. ``kept`` are the day heads kept outside the database. They, and only they,
    show a chain that was written anew from some entry on, or cut off together with its head.

    ``after`` begins at a day head that was verified before, with the very entry that it heads,
    instead of at the beginning. What was changed before that entry is then not noticed: the
    verdict's `first` says so, and a whole verification finds it. ``progress`` is told the
    entries read so far.
    """
    expected: Expected = defaultdict(set)
    for head in [*kept, *await db.scalars(select(JournalDay))]:
        expected[head.rev].add(head.hash)
    if after:
        expected[after.rev].add(after.hash)
    first = after.rev if after else 1
    # An entry must not hide before the beginning either.
    query = select(JournalEntry).order_by(JournalEntry.rev)
    query = query.where(JournalEntry.rev >= first) if after else query
    rev, prev, count = first - 1, None if after else START, 0
    while batch := await _read(db, query.where(JournalEntry.rev > rev) if count else query):
        for entry in batch:
            reason = _fault(entry, rev, prev, expected) if entry else N_("cannot be read")
            if reason or entry is None:
                bad = min(rev + 1, entry.rev) if entry else rev + 1
                return Verdict(count, bad, reason, first)
            rev, prev, count = entry.rev, entry.hash, count + 1
        db.expunge_all()
        progress(count)
    return await _check_end(db, rev, prev, expected, Verdict(count, first=first))


async def _read(
    db: AsyncSession, query: Select[JournalEntry]
) -> Sequence[JournalEntry] | Sequence[None]:
    """The next entries; nothing in the place of one that holds no journal values at all."""
    for size in (_BATCH, 50, 1):
        try:
            return (await db.scalars(query.limit(size))).all()
        except (ValueError, TypeError):
            continue
    return [None]


def _fault(entry: JournalEntry, rev: int, prev: str | None, expected: Expected) -> str:
    if entry.rev <= rev:
        return N_("has another before it that is not of the chain")
    if entry.rev != rev + 1:
        return N_("is missing")
    if prev is not None and entry.prev != prev:
        return N_("does not follow the entry before it")
    if entry.hash != _hash(entry):
        return N_("was changed after it was written")
    if expected.get(entry.rev, {entry.hash}) != {entry.hash}:
        return N_("differs from the day head kept for it")
    return ""


def _hash(entry: JournalEntry) -> str | None:
    try:
        return hash_of(entry, entry.prev)
    except TypeError:  # a value of a type that no entry has: SQLite would keep it
        return None


async def _check_end(
    db: AsyncSession, rev: int, prev: str | None, expected: Expected, sound: Verdict
) -> Verdict:
    count, first = sound.entries, sound.first
    head = await db.get(JournalHead, 1)
    last = max([head.rev if head else 0, *expected])
    if rev < last:
        return Verdict(count, rev + 1, _CUT_OFF, first, last)
    if head is None or (head.rev == rev and head.hash != prev):
        return Verdict(count, rev, N_("is the last, but the journal's head says otherwise"), first)
    if head.rev < rev:
        return Verdict(count, head.rev + 1, N_("was added past the head"), first)
    return sound
