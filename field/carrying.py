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
from portal.repairs.stock_reading import stock_of
from portal.repairs.stocking import van_of


async def catalogue(db: AsyncSession, act: Act, since: int | None) -> dict[str, Any] | None:
    """Parts and tools in use, and the actor's own stock, whole, if any of it changed since a
    revision; nobody but engineers has a van."""
    actor = act.actor
    if not isinstance(actor, Staff) or not actor.roles & set(FIELD_STAFF):
        return None
    about = JournalEntry.subject.in_([CATALOGUE, van_of(actor.person_id)])
    rev = await db.scalar(select(func.max(JournalEntry.rev)).where(about)) or 0
    if since is not None and rev <= since:
        return None
    parts = await db.scalars(visible_parts(actor).where(Part.is_current).order_by(Part.number))
    tools = await db.scalars(visible_tools(actor).where(Tool.is_current).order_by(Tool.number))
    return {
        "rev": rev,
        "parts": [_part(part) for part in parts],
        "tools": [_tool(tool) for tool in tools],
        "stock": [
            {
                "number": held.part.number,
                "name": held.part.name,
                "unit": held.part.unit,
                "quantity": written(held.quantity),
            }
            for held in await stock_of(db, actor.person_id)
        ],
    }


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
