"""What a customer turned to us with before, and whether this is the same matter again."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from portal.cases.access import visible_cases
from portal.cases.models import Case
from portal.customers.models import Contact, Device
from portal.customers.phones import normal
from portal.customers.registering import Caller
from portal.kernel.act import Actor

FORTNIGHT = timedelta(days=14)
_MOST_ALIKE = 5


async def cases_of(
    db: AsyncSession, actor: Actor, customers: Collection[int], *, open_: int, closed: int
) -> list[Case]:
    """The latest cases of customers, the newest first: of each at most so many open and closed."""
    is_open = Case.closed_at.is_(None)
    place = func.row_number().over(
        partition_by=(Case.customer_id, is_open), order_by=(Case.received_at.desc(), Case.id.desc())
    )
    theirs = visible_cases(actor).where(Case.customer_id.in_(customers))
    placed = theirs.with_only_columns(
        Case.id.label("id"), is_open.label("is_open"), place.label("place")
    ).subquery()
    few = select(placed.c.id).where(
        or_(
            and_(placed.c.is_open, placed.c.place <= open_),
            and_(~placed.c.is_open, placed.c.place <= closed),
        )
    )
    return list(await db.scalars(_newest_first(select(Case).where(Case.id.in_(few)))))


async def looks_like(db: AsyncSession, actor: Actor, caller: Caller, now: datetime) -> list[Case]:
    """Open cases that ``caller`` may be speaking of: of the same device whenever they began, of
    the same contact or phone within a fortnight."""
    conditions = [*_same_device(caller), *_same_phone(caller, now - FORTNIGHT)]
    if not conditions:
        return []
    query = visible_cases(actor).where(Case.closed_at.is_(None), or_(*conditions))
    return list(await db.scalars(_newest_first(query).limit(_MOST_ALIKE)))


def _same_device(caller: Caller) -> list[ColumnElement[bool]]:
    if caller.device_id is not None:
        return [Case.device_id == caller.device_id]
    if caller.device_serial:
        same = select(Device.id).where(Device.serial == caller.device_serial)
        return [Case.device_id.in_(same)]
    return []


def _same_phone(caller: Caller, since: datetime) -> list[ColumnElement[bool]]:
    phones: list[Any] = [normal(caller.phone)] if normal(caller.phone) else []
    who: list[ColumnElement[bool]] = []
    if caller.contact_id is not None:
        who.append(Case.contact_id == caller.contact_id)
        its = select(Contact.phone).where(Contact.id == caller.contact_id, Contact.phone != "")
        phones = [its.scalar_subquery()]
    who += [Case.contact_id.in_(select(Contact.id).where(Contact.phone == one)) for one in phones]
    return [and_(Case.received_at >= since, or_(*who))] if who else []


def _newest_first(query: Select[Case]) -> Select[Case]:
    query = query.options(joinedload(Case.customer), joinedload(Case.device))
    return query.order_by(Case.received_at.desc(), Case.id.desc())
