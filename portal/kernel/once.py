"""Once: a form that is sent twice, however close together, is one submission.

The page mints a key for each form it shows; the unit that carries the form out keeps the key with
the address of what came of it. Whoever comes second, by a double press or because the reply was
lost, is led there. A rejected form leaves no key behind: it may be sent again.
"""

from datetime import datetime, timedelta

from sqlalchemy import String, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel import tokens
from portal.kernel.act import Act
from portal.kernel.db.base import Table
from portal.kernel.db.inserting import insert_or

# Longer than anybody leaves a page open and sends it a second time.
KEPT = timedelta(days=14)


class Submission(Table):
    """A form that was carried out: the digest of its key and sender, and where it led."""

    __tablename__ = "submission"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    href: Mapped[str] = mapped_column(String(200), default="")


async def begun(db: AsyncSession, act: Act, key: str) -> str | None:
    """Claim ``key`` for this unit; None for the first, else where that one led.

    In PostgreSQL a second one waits here until the first has ended; SQLite writes one at a time.
    What is no key of ours (an old page, a program) is always the first.
    """
    if not tokens.is_token(key):
        return None
    claim = insert_or(db, Submission).values(key=_digest(act, key), at=act.at, href="")
    claimed = await db.scalar(claim.on_conflict_do_nothing().returning(Submission.key))
    return None if claimed else await led_to(db, act, key)


async def led_to(db: AsyncSession, act: Act, key: str) -> str | None:
    """Where the form with ``key`` led when it was carried out; None for one that was not. Claims
    nothing: it spares whoever comes second what only the first has to pass."""
    if not tokens.is_token(key):
        return None
    return await db.scalar(select(Submission.href).where(Submission.key == _digest(act, key)))


async def ended(db: AsyncSession, act: Act, key: str, href: str) -> None:
    """Keep where the submission that this unit claimed led to."""
    if tokens.is_token(key):
        (await db.get_one(Submission, _digest(act, key))).href = href


async def forget(db: AsyncSession, now: datetime) -> None:
    """Drop keys that nobody will send again."""
    await db.execute(delete(Submission).where(Submission.at < now - KEPT))


def _digest(act: Act, key: str) -> str:
    return tokens.digest(f"{act.actor}:{key}")
