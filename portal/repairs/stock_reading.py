"""Reading parts, tools and vans for pages and phones, always through the loaders."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from portal.cases.models import Case
from portal.kernel.act import Actor
from portal.kernel.db.keyset import Order, Slice, fetch
from portal.kernel.problems import NOT_FOUND, Problem
from portal.people.models import Person
from portal.repairs.access import visible_discrepancies, visible_parts, visible_tools, visible_vans
from portal.repairs.models import Part, StockDiscrepancy, StockMovement, Tool

SORTS = ("number", "name")
_MOST = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is asked for; `sort` is one of `SORTS`, with ``-`` falling."""

    words: str = ""
    sort: str = "number"
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """So many of a part."""

    part: Part
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Van:
    """An engineer's van in the list: how many kinds of parts it holds, and how many of them are
    less than nothing by the books."""

    person: Person
    kinds: int
    short: int


async def list_parts(db: AsyncSession, actor: Actor, wanted: Wanted) -> Slice[Part]:
    """The page of parts that is wanted."""
    query = visible_parts(actor).where(*_conditions(Part, wanted.words))
    return await fetch(db, query, _order(Part, wanted.sort), wanted.cursor)


async def list_tools(db: AsyncSession, actor: Actor, wanted: Wanted) -> Slice[Tool]:
    """The page of tools that is wanted."""
    query = visible_tools(actor).where(*_conditions(Tool, wanted.words))
    return await fetch(db, query, _order(Tool, wanted.sort), wanted.cursor)


async def find_part(db: AsyncSession, actor: Actor, part_id: int) -> Part:
    """A part; raises ``not-found``."""
    part = await db.scalar(visible_parts(actor).where(Part.id == part_id))
    if part is None:
        raise Problem(NOT_FOUND)
    return part


async def find_tool(db: AsyncSession, actor: Actor, tool_id: int) -> Tool:
    """A tool; raises ``not-found``."""
    tool = await db.scalar(visible_tools(actor).where(Tool.id == tool_id))
    if tool is None:
        raise Problem(NOT_FOUND)
    return tool


async def list_vans(db: AsyncSession, actor: Actor) -> list[Van]:
    """Every van that the actor sees, by name."""
    people = list(await db.scalars(visible_vans(actor).order_by(Person.name, Person.id)))
    total = func.sum(StockMovement.quantity)
    query = (
        select(StockMovement.person_id, total)
        .where(StockMovement.person_id.in_([person.id for person in people]))
        .group_by(StockMovement.person_id, StockMovement.part_id)
    )
    sums: dict[int, list[Decimal]] = {}
    for person_id, quantity in await db.execute(query):
        sums.setdefault(person_id, []).append(quantity)
    return [
        Van(
            person,
            sum(quantity > 0 for quantity in sums.get(person.id, ())),
            sum(quantity < 0 for quantity in sums.get(person.id, ())),
        )
        for person in people
    ]


async def find_van(db: AsyncSession, actor: Actor, person_id: int) -> Person:
    """Whose van it is; raises ``not-found``."""
    person = await db.scalar(visible_vans(actor).where(Person.id == person_id))
    if person is None:
        raise Problem(NOT_FOUND)
    return person


async def stock_of(db: AsyncSession, person_id: int) -> list[Held]:
    """What is in a van by the books, by number; what comes to nothing is left out."""
    total = func.sum(StockMovement.quantity)
    query = (
        select(Part, total)
        .join(StockMovement, StockMovement.part_id == Part.id)
        .where(StockMovement.person_id == person_id)
        .group_by(Part.id)
        .having(total != 0)
        .order_by(Part.number)
    )
    return [Held(part, quantity) for part, quantity in await db.execute(query)]


async def movements_of(db: AsyncSession, person_id: int) -> list[StockMovement]:
    """What came into a van and left it, the latest first."""
    query = (
        select(StockMovement)
        .options(
            joinedload(StockMovement.part),
            joinedload(StockMovement.by),
            joinedload(StockMovement.case).load_only(Case.id, Case.number),
        )
        .where(StockMovement.person_id == person_id)
        .order_by(StockMovement.id.desc())
    )
    return list(await db.scalars(query.limit(_MOST)))


async def list_discrepancies(db: AsyncSession, actor: Actor) -> list[StockDiscrepancy]:
    """What is to be settled, the longest first, then what was, the latest first."""
    query = visible_discrepancies(actor).options(*_with_all())
    is_settled = StockDiscrepancy.settled_at.is_not(None)
    waits = query.where(~is_settled).order_by(StockDiscrepancy.id).limit(_MOST)
    done = query.where(is_settled).order_by(StockDiscrepancy.settled_at.desc()).limit(_MOST)
    return [*await db.scalars(waits), *await db.scalars(done)]


async def find_discrepancy(db: AsyncSession, actor: Actor, discrepancy_id: int) -> StockDiscrepancy:
    """A difference between books and van; raises ``not-found``."""
    query = visible_discrepancies(actor).where(StockDiscrepancy.id == discrepancy_id)
    found = await db.scalar(query.options(*_with_all()))
    if found is None:
        raise Problem(NOT_FOUND)
    return found


def _with_all() -> list[Any]:
    return [
        joinedload(StockDiscrepancy.person),
        joinedload(StockDiscrepancy.part),
        joinedload(StockDiscrepancy.case),
        joinedload(StockDiscrepancy.settled_by),
    ]


def _order(model: type[Part] | type[Tool], sort: str) -> Order:
    column: Any = {"number": model.number, "name": model.name}
    key = sort.lstrip("-")
    chosen = column[key] if key in SORTS else model.number
    return Order(chosen, model.id, falls=sort.startswith("-"))


def _conditions(model: type[Part] | type[Tool], words: str) -> list[ColumnElement[bool]]:
    conditions = []
    for word in words.split():
        like = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        conditions.append(
            or_(model.number.ilike(like, escape="\\"), model.name.ilike(like, escape="\\"))
        )
    return conditions
