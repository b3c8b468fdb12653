"""Leasing: which letters a run may send, so that nobody else sends them and none overtakes another
on its way to the same recipient."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, joinedload

from portal.kernel.i18n import DEFAULT, Language, language
from portal.kernel.settings import Settings
from portal.notices.models import Letter, NoticePreference
from portal.notices.transport import Message
from portal.notices.wording import wording
from portal.people.models import Departure

# Much longer than a run takes: a run never sends what somebody else may have leased anew.
LEASE = timedelta(minutes=5)
_BATCH = 100
# The key of PostgreSQL's advisory lock: any number that nobody else uses.
_LEASING = 8_243_618


@dataclass(frozen=True, slots=True)
class Leased:
    """A letter with its notice and its recipient, who reads in `language`."""

    letter: Letter
    language: Language

    def message(self, settings: Settings) -> Message:
        """What it says. Fails for a title whose places and values do not fit."""
        letter, notice = self.letter, self.letter.notice
        return Message(
            dedupe=letter.dedupe,
            name=letter.recipient.name,
            email=letter.recipient.email,
            language=self.language,
            at=notice.at,
            title=wording(self.language, settings.zone)(notice.title, notice.values),
            link=settings.origin + notice.href,
            urgent=notice.urgent,
        )


async def lease(
    db: AsyncSession, at: datetime, holder: str, channels: Collection[str]
) -> list[Leased]:
    """Lease to ``holder`` the oldest letters that are due at ``at`` on ``channels``, in order."""
    if db.get_bind().dialect.name == "postgresql":
        # One at a time: rows that another run is just leasing look free, and skipping them alone
        # would let the next letters to the same people overtake them.
        await db.execute(select(func.pg_advisory_xact_lock(_LEASING)))
    await _forget_departed(db, at)
    earlier = aliased(Letter)
    held_up = exists().where(
        earlier.recipient_id == Letter.recipient_id,
        earlier.channel == Letter.channel,
        earlier.next_try_at > at,
        earlier.id < Letter.id,
    )
    # The sum keeps the planner from walking through all letters there ever were by their key.
    oldest = (Letter.id + 0).asc()
    due = (
        select(Letter.id)
        .where(Letter.next_try_at <= at, Letter.channel.in_(channels), ~held_up)
        .order_by(oldest)
        .limit(_BATCH)
        .with_for_update(skip_locked=True)
    )
    leased = await db.scalars(
        update(Letter)
        .where(Letter.id.in_(due.scalar_subquery()))
        .values(lease_by=holder, next_try_at=at + LEASE)
        .returning(Letter.id)
        .execution_options(synchronize_session=False)
    )
    ids = leased.all()
    return await _load(db, ids) if ids else []


async def _forget_departed(db: AsyncSession, at: datetime) -> None:
    """Whoever has left the company since is sent nothing more."""
    left = select(Departure.person_id)
    await db.execute(
        update(Letter)
        .where(Letter.next_try_at <= at, Letter.recipient_id.in_(left))
        .values(withdrawn_at=at, next_try_at=None)
        .execution_options(synchronize_session=False)
    )


async def _load(db: AsyncSession, ids: Collection[int]) -> list[Leased]:
    query = (
        select(Letter, NoticePreference.language)
        .outerjoin(NoticePreference, NoticePreference.person_id == Letter.recipient_id)
        .where(Letter.id.in_(ids))
        .options(joinedload(Letter.recipient), joinedload(Letter.notice))
        .order_by(Letter.id)
    )
    return [Leased(letter, language(code or DEFAULT)) for letter, code in await db.execute(query)]
