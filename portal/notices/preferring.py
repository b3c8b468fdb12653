"""Preferring: which notices a person wants mailed, and in which language."""

from sqlalchemy.ext.asyncio import AsyncSession

from portal.kernel.act import Act
from portal.kernel.journal.recording import record
from portal.notices.models import Mailing, NoticePreference
from portal.people.access import me


async def preference_of(db: AsyncSession, act: Act) -> NoticePreference | None:
    """What the person who acts has chosen, if anything."""
    return await db.get(NoticePreference, me(act))


async def prefer(db: AsyncSession, act: Act, mailing: Mailing, language: str) -> None:
    """From now on mail ``mailing`` to the person who acts, in ``language`` (its code)."""
    await db.merge(NoticePreference(person_id=me(act), mailing=mailing, language=language))
    record(db, act, "notice.preferred", f"person:{me(act)}", mailing=mailing, language=language)
