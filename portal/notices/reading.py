"""Reading: how many notices wait for somebody, and that they have been read."""

from collections.abc import Collection

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from portal.kernel.act import Act
from portal.kernel.journal.recording import record
from portal.kernel.problems import NOT_FOUND, Problem
from portal.notices.access import visible_notices
from portal.notices.models import Notice
from portal.people.access import me


async def unread_of(db: AsyncSession, person_ids: Collection[int]) -> dict[int, int]:
    """The number of unread notices of each of these people."""
    counted = (
        select(Notice.person_id, func.count())
        .where(Notice.person_id.in_(person_ids), Notice.read_at.is_(None))
        .group_by(Notice.person_id)
    )
    found = dict((await db.execute(counted)).all())
    return {person_id: found.get(person_id, 0) for person_id in person_ids}


async def read(db: AsyncSession, act: Act, notice_id: int) -> Notice:
    """The reader has this very notice before them; raises ``not-found`` for another person's.

    Recorded the first time only: it is the proof that the notice reached them.
    """
    notice = await db.scalar(visible_notices(act.actor).where(Notice.id == notice_id))
    if notice is None:
        raise Problem(NOT_FOUND)
    first = await db.scalar(
        update(Notice)
        .where(Notice.id == notice.id, or_(Notice.seen_at.is_(None), Notice.read_at.is_(None)))
        .values(
            seen_at=func.coalesce(Notice.seen_at, act.at),
            read_at=func.coalesce(Notice.read_at, act.at),
        )
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    )
    if first:
        record(db, act, "notice.seen", f"notice:{notice.id}", kind=notice.word)
    return notice


async def read_all(db: AsyncSession, act: Act, up_to: int) -> int:
    """Nothing up to the notice ``up_to`` is unread any more; what came later still is."""
    cleared = await db.scalars(
        update(Notice)
        .where(Notice.person_id == me(act), Notice.read_at.is_(None), Notice.id <= up_to)
        .values(read_at=act.at)
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    )
    count = len(cleared.all())
    if count:
        record(db, act, "notice.all_read", f"person:{me(act)}", notices=count)
    return count
