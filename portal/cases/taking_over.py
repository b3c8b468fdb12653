"""Taking over: a record of the past becomes a case, with an owner and a clock from now on."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from portal.cases.models import Case, TakingOver
from portal.cases.problems import TAKEN_OVER
from portal.customers.keeping import SiteCard, save_site
from portal.customers.models import Site
from portal.imports.models import PastRecord
from portal.kernel.act import Act
from portal.kernel.db.inserting import insert_or
from portal.kernel.journal.recording import record
from portal.kernel.problems import Problem
from portal.people.access import me, require
from portal.people.roles import Role

MAY_TAKE_OVER = (Role.INTAKE_CLERK, Role.DISPATCHER, Role.DEPARTMENT_HEAD)


async def take_over(db: AsyncSession, act: Act, past: PastRecord, case: Case) -> None:
    """Let ``case``, opened in this unit, be what becomes of ``past``; raises ``taken-over`` for a
    record that has a case: then the unit rolls back, and the second case with it. Where the record
    has a position, and the case is for its place, the site gets it."""
    require(act.actor, *MAY_TAKE_OVER)
    row = {"record_id": past.id, "case_id": case.id, "at": act.at, "by_id": me(act)}
    claim = insert_or(db, TakingOver).values(**row).on_conflict_do_nothing()
    if await db.scalar(claim.returning(TakingOver.record_id)) is None:
        raise Problem(TAKEN_OVER)
    record(db, act, "past_record.taken_over", f"past_record:{past.id}", case=case.id)
    await _place(db, act, past, case)


async def _place(db: AsyncSession, act: Act, past: PastRecord, case: Case) -> None:
    """A position that the files have stands; one of another address is not the site's."""
    site = await db.get(Site, case.site_id) if case.site_id else None
    if site is None or past.latitude is None or site.latitude is not None:
        return
    if past.address and site.address != past.address:
        return
    card = SiteCard(site.address, site.region_id, past.latitude, past.longitude)
    await save_site(db, act, site, card)


async def taking_over_of(db: AsyncSession, past: PastRecord) -> TakingOver | None:
    """By whom a record was taken over, when, and as which case; none where it was not."""
    query = select(TakingOver).where(TakingOver.record_id == past.id)
    query = query.options(joinedload(TakingOver.case), joinedload(TakingOver.by))
    found: TakingOver | None = await db.scalar(query)
    return found
