"""Recounting: when the calendar has changed, every open limit is counted anew (R5).

The page that changes the calendar does not wait for it: this follows the journal, in small units,
and begins again where it stopped.
"""

from datetime import datetime, tzinfo

import structlog
from sqlalchemy import func, select

from portal.cases.advancing import recount
from portal.cases.loading import load_all
from portal.cases.models import Case, FollowedJournal
from portal.company.keeping import company_calendar
from portal.kernel.act import Act, System, Via
from portal.kernel.db.unit import Database
from portal.kernel.journal.models import JournalEntry
from portal.kernel.journal.recording import record

log = structlog.get_logger()
_NAME = "calendar"
_BATCH = 50


async def follow_calendar(database: Database, zone: tzinfo, now: datetime) -> int:
    """Count open limits anew if the calendar has changed since the last time; how many moved."""
    async with database.reading() as db:
        calendar_words = JournalEntry.word.startswith("calendar.")
        last = await db.scalar(select(func.max(JournalEntry.rev)).where(calendar_words)) or 0
        followed = await db.get(FollowedJournal, _NAME)
        if followed and followed.rev >= last:
            return 0
        open_cases = select(Case.id).where(Case.closed_at.is_(None)).order_by(Case.id)
        ids = list(await db.scalars(open_cases))
    moved, failed = 0, False
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        try:
            moved += await _recount(database, batch, zone, now)
        except Exception:
            # One case that cannot be counted must not keep the others from it.
            for case_id in batch:
                try:
                    moved += await _recount(database, [case_id], zone, now)
                except Exception as error:
                    failed = True
                    log.error("recount.failed", case=case_id, exc_info=error)
    # Where one failed, all are counted again the next time: those that stand right do not move.
    if not failed:
        async with database.writing() as db:
            await db.merge(FollowedJournal(name=_NAME, rev=last))
    return moved


async def _recount(database: Database, case_ids: list[int], zone: tzinfo, now: datetime) -> int:
    act = Act.now(System("R5"), now, Via.JOB)
    count = 0
    async with database.writing() as db:
        calendar = await company_calendar(db, zone)
        for loaded in (await load_all(db, case_ids)).values():
            moved = recount(calendar, loaded)
            for limit, before in moved:
                record(
                    db,
                    act,
                    "limit.moved",
                    f"case:{loaded.case.id}",
                    task=limit.task_id,
                    limit=limit.name,
                    from_at=before.isoformat() if before else None,
                    to_at=limit.due_at.isoformat() if limit.due_at else None,
                )
            count += len(moved)
    return count
