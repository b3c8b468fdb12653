"""Equipping: what a portal needs before anybody works in it. Runs at every start."""

from datetime import tzinfo

from sqlalchemy.ext.asyncio import AsyncSession

from portal.company.keeping import seed
from portal.kernel.act import Act
from portal.procedures.models import ProcedureVersion
from portal.procedures.storing import store_shipped


async def equip(db: AsyncSession, act: Act, zone: tzinfo) -> list[ProcedureVersion]:
    """A calendar, where there is none yet, and the procedures of this program that are new; those.

    ``zone`` is the company's: its present year is the first whose holidays are listed.
    """
    await seed(db, act, first_year=act.at.astimezone(zone).year)
    return await store_shipped(db, act)
