"""What a phone carries beside its jobs: the lists of parts and tools, and what is in the van."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from field.access import FIELD_STAFF
from portal.kernel.act import Act, Staff
from portal.kernel.journal.models import JournalEntry
from portal.repairs.access import visible_parts, visible_tools
from portal.repairs.amounts import written
from portal.repairs.cataloguing import CATALOGUE
from portal.repairs.models import Part, Tool
from portal.repairs.stock_reading import Held, stock_of
from portal.repairs.stocking import van_of


async def catalogue(db: AsyncSession, act: Act, since: int | None) -> dict[str, Any] | None:
    """What changed since a revision: parts and tools in use, each list whole, with the actor's own
    stock; or the stock alone, where only the van moved; None where nothing did. The phone keeps the
    lists that do not come. Nobody but engineers has a van."""
    actor = act.actor
    if not isinstance(actor, Staff) or not actor.roles & set(FIELD_STAFF):
        return None
    lists, van = await _touched(db, CATALOGUE), await _touched(db, van_of(actor.person_id))
    rev = max(lists, van)
    if since is not None and rev <= since:
        return None
    # The stock names its parts, so that it comes with the lists, too.
    changed = {"rev": rev, "stock": [_held(one) for one in await stock_of(db, actor.person_id)]}
    if since is not None and lists <= since:
        return changed
    parts = await db.scalars(visible_parts(actor).where(Part.is_current).order_by(Part.number))
    tools = await db.scalars(visible_tools(actor).where(Tool.is_current).order_by(Tool.number))
    whole = {"parts": [_part(part) for part in parts], "tools": [_tool(tool) for tool in tools]}
    return changed | whole


async def _touched(db: AsyncSession, subject: str) -> int:
    """The revision at which the journal last spoke of ``subject``."""
    latest = select(func.max(JournalEntry.rev)).where(JournalEntry.subject == subject)
    return await db.scalar(latest) or 0


def _held(one: Held) -> dict[str, Any]:
    part = one.part
    quantity = written(one.quantity)
    return {"number": part.number, "name": part.name, "unit": part.unit, "quantity": quantity}


def _part(part: Part) -> dict[str, Any]:
    price = None if part.price is None else f"{part.price:.2f}"
    return {"number": part.number, "name": part.name, "unit": part.unit, "price": price}


def _tool(tool: Tool) -> dict[str, Any]:
    until = tool.calibrated_until
    return {
        "number": tool.number,
        "name": tool.name,
        "calibrated_until": until.isoformat() if until else None,
    }
