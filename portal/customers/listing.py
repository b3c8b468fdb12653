"""Reading customer files for pages, always through `visible_customers`."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from portal.customers.access import visible_customers
from portal.customers.models import Contact, Customer, Device, Site
from portal.customers.phones import normal, patterns
from portal.kernel.act import Actor
from portal.kernel.db.keyset import Order, Slice, fetch
from portal.kernel.problems import NOT_FOUND, Problem

SORTS = {"name": Customer.name, "made": Customer.made_at}
# Fewer digits than these are in every number.
FEWEST_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of customers is asked for; `sort` is a key of `SORTS`, with ``-`` falling."""

    words: str = ""
    sort: str = "name"
    cursor: str = ""


async def list_customers(db: AsyncSession, actor: Actor, wanted: Wanted) -> Slice[Customer]:
    """The page of customers that is wanted, each with contacts, sites and devices."""
    query = visible_customers(actor).options(
        selectinload(Customer.contacts),
        selectinload(Customer.sites),
        selectinload(Customer.devices),
    )
    for condition in _conditions(wanted.words):
        query = query.where(condition)
    column: Any = SORTS.get(wanted.sort.lstrip("-"), Customer.name)
    order = Order(column, Customer.id, falls=wanted.sort.startswith("-"))
    return await fetch(db, query, order, wanted.cursor)


async def load_customer(db: AsyncSession, actor: Actor, customer_id: int) -> Customer:
    """A customer with the whole file, in a bounded number of statements; raises ``not-found``."""
    query = visible_customers(actor).where(Customer.id == customer_id)
    query = query.options(
        selectinload(Customer.contacts),
        selectinload(Customer.sites).joinedload(Site.region),
        selectinload(Customer.devices).joinedload(Device.site),
    )
    customer = await db.scalar(query)
    if customer is None:
        raise Problem(NOT_FOUND)
    return customer


async def matching_contacts(
    db: AsyncSession, actor: Actor, phone: str, name: str, most: int
) -> list[Contact]:
    """Who it may be that turns to us: by ``phone`` (its beginning or its end), else by ``name``,
    their own or the customer's. Each with the customer's whole file."""
    found: list[Contact] = []
    for condition in (_has_phone(phone), _is_called(name.strip())):
        if condition is None or len(found) == most:
            continue
        visible = visible_customers(actor).with_only_columns(Customer.id)
        query = select(Contact).join(Contact.customer).where(Contact.customer_id.in_(visible))
        query = query.where(condition, Contact.id.not_in([one.id for one in found]))
        query = query.options(*with_file()).order_by(Contact.id.desc()).limit(most - len(found))
        found += await db.scalars(query)
    return found


async def contact_with(db: AsyncSession, actor: Actor, phone: str) -> Contact | None:
    """Whose number ``phone`` is, typed in full, with the customer's whole file; None where it is
    nobody's, or more than one's."""
    if sum(sign.isdecimal() for sign in phone) < FEWEST_DIGITS:
        return None
    visible = visible_customers(actor).with_only_columns(Customer.id)
    query = select(Contact).where(Contact.customer_id.in_(visible))
    query = query.where(Contact.phone == normal(phone)).options(*with_file()).limit(2)
    found = list(await db.scalars(query))
    return found[0] if len(found) == 1 else None


async def customers_with(db: AsyncSession, phone: str) -> list[Customer]:
    """Whose number ``phone`` is, typed in full; for the portal itself, which tells no stranger."""
    kept = normal(phone)
    if len(kept) < FEWEST_DIGITS:
        return []
    theirs = select(Contact.customer_id).where(Contact.phone == kept)
    found = select(Customer).where(Customer.id.in_(theirs)).order_by(Customer.id)
    return list(await db.scalars(found))


def with_file() -> tuple[Any, ...]:
    """Load options of a contact: the customer with contacts, sites and devices."""
    customer = joinedload(Contact.customer)
    return (
        customer.selectinload(Customer.contacts),
        customer.selectinload(Customer.sites),
        customer.selectinload(Customer.devices),
    )


def _conditions(words: str) -> list[ColumnElement[bool]]:
    whole = _has_phone(words) if not any(sign.isalpha() for sign in words) else None
    if whole is not None:  # a number may be written with blanks in it
        return [or_(Customer.id.in_(select(Contact.customer_id).where(whole)), _holds(words))]
    return [_holds(word) for word in words.split()]


def _holds(word: str) -> ColumnElement[bool]:
    """Whether a word stands anywhere in the file of a customer."""
    like = f"%{_escaped(word.strip())}%"
    contacts = select(Contact.customer_id).where(_like(Contact.name, like))
    phone = _has_phone(word)
    if phone is not None:
        contacts = select(Contact.customer_id).where(or_(_like(Contact.name, like), phone))
    sites = select(Site.customer_id).where(_like(Site.address, like))
    devices = select(Device.customer_id).where(
        or_(_like(Device.model, like), _like(Device.serial, like))
    )
    return or_(
        _like(Customer.name, like), *(Customer.id.in_(q) for q in (contacts, sites, devices))
    )


def _has_phone(typed: str) -> ColumnElement[bool] | None:
    """Whether a contact's number begins or ends as typed; None where too little is typed."""
    if sum(sign.isdecimal() for sign in typed) < FEWEST_DIGITS:
        return None
    return or_(*(Contact.phone.like(pattern) for pattern in patterns(typed)))


def _is_called(name: str) -> ColumnElement[bool] | None:
    if not name:
        return None
    like = f"%{_escaped(name)}%"
    return or_(_like(Contact.name, like), _like(Customer.name, like))


def _like(column: Any, like: str) -> ColumnElement[bool]:
    said: ColumnElement[bool] = column.ilike(like, escape="\\")
    return said


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
