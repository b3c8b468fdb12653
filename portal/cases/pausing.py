"""Pausing: the clock of a case stands still, with a reason, and runs on afterwards."""

from datetime import tzinfo

from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.access import OVERSEERS
from portal.cases.advancing import advance
from portal.cases.announcing import hush
from portal.cases.models import Case
from portal.kernel.act import Act
from portal.people.access import require
from portal.procedures.events import PauseBegun, PauseEnded


async def pause(db: AsyncSession, act: Act, case: Case, reason: str, zone: tzinfo) -> None:
    """Stop every clock of the case; what was queued about its tasks is withdrawn."""
    require(act.actor, *OVERSEERS)
    loaded = await advance(db, act, case.id, PauseBegun(reason), zone)
    for row in loaded.rows.values():
        if row.is_open:
            await hush(db, act, row)


async def resume(db: AsyncSession, act: Act, case: Case, zone: tzinfo) -> None:
    """Let the clocks run on: each limit is due later by what it stood still."""
    require(act.actor, *OVERSEERS)
    await advance(db, act, case.id, PauseEnded(), zone)
