"""Who may see customer files. The only loaders of this room."""

from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, false, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from portal.customers.models import Contact, Customer, Device, Site
from portal.kernel.act import Actor, Staff, System
from portal.kernel.problems import NOT_FOUND, Problem
from portal.people.roles import OVERSEERS

Part = TypeVar("Part", Contact, Site, Device)


def visible_customers(actor: Actor) -> Select[Customer]:
    """Every file for those whose work is the customers; none for anybody else, who sees of a
    customer what the cases show in which they have a part."""
    return select(Customer).where(_is_visible(actor))


async def find_customer(db: AsyncSession, actor: Actor, customer_id: int) -> Customer:
    """A customer alone; raises ``not-found``."""
    customer = await db.scalar(visible_customers(actor).where(Customer.id == customer_id))
    if customer is None:
        raise Problem(NOT_FOUND)
    return customer


async def find_part(db: AsyncSession, actor: Actor, model: type[Part], part_id: int) -> Part:
    """A contact, site or device with its customer; raises ``not-found``."""
    query: Any = select(model).where(model.id == part_id, _is_visible(actor))
    part: Part | None = await db.scalar(query.options(joinedload(model.customer)))
    if part is None:
        raise Problem(NOT_FOUND)
    return part


def _is_visible(actor: Actor) -> ColumnElement[bool]:
    inside = isinstance(actor, System) or (isinstance(actor, Staff) and actor.roles & OVERSEERS)
    return true() if inside else false()
