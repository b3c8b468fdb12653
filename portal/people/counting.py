"""Whether anybody is there yet."""

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.people.models import Invitation, Person


async def is_empty(db: AsyncSession) -> bool:
    """Whether this portal is new: nobody has ever been registered."""
    return not await db.scalar(select(exists().where(Person.id.is_not(None))))


async def is_founding(db: AsyncSession) -> bool:
    """Whether somebody has ever been invited to become the first administrator."""
    return bool(await db.scalar(select(exists().where(Invitation.person_id.is_(None)))))
