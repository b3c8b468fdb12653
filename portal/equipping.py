"""Equipping: what a portal needs before anybody works in it. Runs at every start."""

from datetime import tzinfo

from sqlalchemy.ext.asyncio import AsyncSession

from portal.company.seeding import seed
from portal.kernel.act import Act
from portal.kernel.db.turns import take_turn
from portal.procedures.models import ProcedureVersion
from portal.procedures.storing import store_shipped
from portal.surveys.templates import store_templates


async def equip(db: AsyncSession, act: Act, zone: tzinfo) -> list[ProcedureVersion]:
    """A calendar, the holidays, the procedures and the survey that this program brings anew; the
    procedures.

    ``zone`` is the company's: its present year is the first whose holidays are listed. Of several
    processes that start at once one equips, and the others find it done.
    """
    await take_turn(db, "equipping")
    await seed(db, act, first_year=act.at.astimezone(zone).year)
    await store_templates(db, act)
    return await store_shipped(db, act)
