"""Cataloguing: the parts that engineers fit and the tools that they work with, kept in two lists
that their phones carry."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from portal.kernel.act import Act
from portal.kernel.journal.recording import record
from portal.people.access import require
from portal.repairs.access import KEEPERS
from portal.repairs.models import Part, Tool

# What the journal calls both lists: a phone learns by it whether they changed.
CATALOGUE = "catalogue:1"


@dataclass(frozen=True, slots=True)
class PartCard:
    """What is kept of a part."""

    number: str
    name: str
    unit: str
    price: Decimal | None
    is_current: bool = True


@dataclass(frozen=True, slots=True)
class ToolCard:
    """What is kept of a tool."""

    number: str
    name: str
    calibrated_until: date | None
    is_current: bool = True


def normal_number(typed: str) -> str:
    """A part's or tool's number as it is kept and looked up."""
    return typed.strip().upper()


async def save_part(db: AsyncSession, act: Act, part: Part, card: PartCard) -> None:
    """Enter a part, or amend one."""
    require(act.actor, *KEEPERS)
    part.number, part.name = normal_number(card.number), card.name
    part.unit, part.price, part.is_current = card.unit, card.price, card.is_current
    await _save(db, act, part)


async def save_tool(db: AsyncSession, act: Act, tool: Tool, card: ToolCard) -> None:
    """Enter a tool, or amend one."""
    require(act.actor, *KEEPERS)
    tool.number, tool.name = normal_number(card.number), card.name
    tool.calibrated_until, tool.is_current = card.calibrated_until, card.is_current
    await _save(db, act, tool)


async def _save(db: AsyncSession, act: Act, thing: Part | Tool) -> None:
    word = "added" if thing.id is None else "amended"
    db.add(thing)
    await db.flush()
    noun = thing.__tablename__
    record(db, act, f"{noun}.{word}", CATALOGUE, **{noun: thing.id})
