"""Dead letters: tried anew, or dropped for a reason."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from portal.kernel.act import Act
from portal.kernel.journal.recording import record
from portal.kernel.problems import NOT_FOUND, Problem
from portal.notices.access import visible_dead_letters
from portal.notices.models import Letter
from portal.people.access import require
from portal.people.roles import Role


async def load_dead(db: AsyncSession, act: Act, letter_id: int) -> Letter:
    """A dead letter with its recipient and its notice; raises ``not-found``."""
    query = visible_dead_letters(act.actor).where(Letter.id == letter_id)
    query = query.options(joinedload(Letter.recipient), joinedload(Letter.notice))
    letter = await db.scalar(query)
    if letter is None:
        raise Problem(NOT_FOUND)
    return letter


async def retry(db: AsyncSession, act: Act, letter_id: int | None = None) -> int:
    """Send a dead letter again with all its tries, or all of them; how many were dead."""
    require(act.actor, Role.ADMINISTRATOR)
    dead = update(Letter).where(Letter.dead_at.is_not(None))
    if letter_id is not None:
        dead = dead.where(Letter.id == letter_id)
    revived = await db.scalars(
        dead.values(dead_at=None, next_try_at=act.at, tries=0)
        .returning(Letter.id)
        .execution_options(synchronize_session=False)
    )
    ids = revived.all()
    for revived_id in ids:
        record(db, act, "letter.retried", f"letter:{revived_id}")
    return len(ids)


async def drop(db: AsyncSession, act: Act, letter: Letter, reason: str) -> None:
    """Give a dead letter up; the notice stays in the inbox."""
    require(act.actor, Role.ADMINISTRATOR)
    letter.dead_at, letter.withdrawn_at = None, act.at
    record(db, act, "letter.dropped", f"letter:{letter.id}", reason=reason)
