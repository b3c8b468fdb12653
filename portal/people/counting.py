"""Whether anybody is there yet, and for what."""

from collections.abc import Collection

from sqlalchemy import Exists, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.people.models import Departure, Invitation, Person, RoleGrant
from portal.people.roles import Role


async def is_empty(db: AsyncSession) -> bool:
    """Whether this portal is new: nobody has ever been registered."""
    return not await db.scalar(select(exists().where(Person.id.is_not(None))))


async def is_founding(db: AsyncSession) -> bool:
    """Whether somebody has ever been invited to become the first administrator."""
    return bool(await db.scalar(select(exists().where(Invitation.person_id.is_(None)))))


def held_by_anybody(roles: Collection[Role]) -> Exists:
    """Whether somebody who works here has one of ``roles``, as a part of a statement."""
    gone = exists().where(Departure.person_id == RoleGrant.person_id)
    return exists().where(RoleGrant.role.in_(roles), ~gone)


async def is_held(db: AsyncSession, roles: Collection[Role]) -> bool:
    """Whether somebody who works here has one of ``roles``."""
    return bool(await db.scalar(select(held_by_anybody(roles))))
