"""Recording: every verb leaves an entry, sealed into the chain when its unit commits."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from portal.kernel.act import Act
from portal.kernel.journal.chain import canonical
from portal.kernel.journal.models import JournalEntry

PENDING = "journal_pending"
SEALED = "journal_sealed"


def record(db: AsyncSession, act: Act, word: str, subject: str, **body: Any) -> JournalEntry:
    """Note that ``act`` did ``word`` (``noun.past_participle``) to ``subject`` (``person:12``).

    ``body`` holds JSON values. Personal data is referenced by id, never copied: an erasure must
    not break the chain. The entry has no `rev` before the unit commits.
    """
    entry = JournalEntry(
        at=act.at,
        happened_at=act.happened_at,
        actor=str(act.actor),
        on_behalf_of=act.on_behalf_of,
        via=str(act.via),
        request_id=act.request_id,
        word=word,
        subject=subject,
        body=canonical(body),
    )
    db.info.setdefault(PENDING, []).append(entry)
    return entry


def when_sealed(db: AsyncSession, write: Callable[[], Awaitable[None]]) -> None:
    """Run ``write`` in this unit when its entries have their `rev`: for rows that keep it. The
    journal's head is locked meanwhile: one statement, not more."""
    db.info.setdefault(SEALED, []).append(write)


@asynccontextmanager
async def attempt(db: AsyncSession) -> AsyncIterator[None]:
    """A part of a unit that may fail alone: what raises takes back its rows and its entries."""
    before = len(db.info.get(PENDING, []))
    later = len(db.info.get(SEALED, []))
    try:
        async with db.begin_nested():
            yield
    except BaseException:
        del db.info.get(PENDING, [])[before:]
        del db.info.get(SEALED, [])[later:]
        raise
