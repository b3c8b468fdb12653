"""Where a site is, by the first arrival there: the phone is believed most (with its consent)."""

from sqlalchemy.ext.asyncio import AsyncSession

from field.kinds import Position
from portal.customers.models import PositionSource, Site
from portal.kernel.act import Act
from portal.kernel.journal.recording import record


async def locate(db: AsyncSession, act: Act, site_id: int | None, position: Position) -> None:
    """Give the site its position, unless an arrival gave it one before."""
    site = await db.get(Site, site_id) if site_id is not None else None
    if site is None or site.position_source == PositionSource.ARRIVAL:
        return
    site.latitude, site.longitude = position.latitude, position.longitude
    site.position_source = PositionSource.ARRIVAL
    await db.flush()
    record(db, act, "site.located", f"site:{site.id}", customer=site.customer_id)
