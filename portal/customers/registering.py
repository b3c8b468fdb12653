"""Registering: whoever turns to us is found in the files, or gets one."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.customers.models import Contact, Customer, Device, Site
from portal.customers.phones import normal
from portal.kernel import tokens
from portal.kernel.act import Act
from portal.kernel.journal.recording import record
from portal.kernel.problems import NOT_FOUND, Problem


@dataclass(frozen=True, slots=True)
class Caller:
    """Who turns to us, as far as it is said: by the ids of what stands in the files, and in words
    where it does not. `customer` is the customer's name where another than the caller's own."""

    name: str
    phone: str = ""
    email: str = ""
    customer: str = ""
    address: str = ""
    region_id: int | None = None
    device_model: str = ""
    device_serial: str = ""
    customer_id: int | None = None
    contact_id: int | None = None
    site_id: int | None = None
    device_id: int | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """Who a case comes from: rows of the files."""

    customer: Customer
    contact: Contact
    site: Site | None
    device: Device | None


async def find_or_register(db: AsyncSession, act: Act, caller: Caller) -> Party:
    """The files of ``caller``, with what was not in them yet.

    An id that is not of the customer's own raises ``not-found``: nobody's device is mended at
    another's site by mistake. Whoever calls this has checked that the actor may register.
    """
    contact = await _contact(db, act, caller)
    customer = await db.get_one(Customer, contact.customer_id)
    device = await _device(db, act, caller, customer)
    site = await _site(db, act, caller, customer, device)
    if device and device.site_id is None and site:
        device.site_id = site.id
        await db.flush()
    return Party(customer, contact, site, device)


async def _contact(db: AsyncSession, act: Act, caller: Caller) -> Contact:
    phone = normal(caller.phone)
    if caller.contact_id is not None:
        contact = await db.get(Contact, caller.contact_id)
        if contact is None or caller.customer_id not in (None, contact.customer_id):
            raise Problem(NOT_FOUND)
        return contact
    customer = None
    if caller.customer_id is not None:
        customer = await _own(db, Customer, caller.customer_id)
    elif phone:
        known = select(Contact).where(Contact.phone == phone, Contact.name == caller.name)
        contact = await db.scalar(known.order_by(Contact.id).limit(1))
        if contact:
            return contact
    if customer is None:
        customer = Customer(name=caller.customer or caller.name, made_at=act.at)
        db.add(customer)
        await db.flush()
        record(db, act, "customer.registered", f"customer:{customer.id}")
    contact = Contact(
        customer_id=customer.id, name=caller.name, phone=phone, email=caller.email.strip()
    )
    await _add(db, act, contact, "contact")
    return contact


async def _site(
    db: AsyncSession, act: Act, caller: Caller, customer: Customer, device: Device | None
) -> Site | None:
    if caller.site_id is not None:
        site: Site = await _own(db, Site, caller.site_id, customer)
        return site
    if not caller.address:
        at_device = device.site_id if device else None
        return await db.get(Site, at_device) if at_device else None
    same = select(Site).where(Site.customer_id == customer.id, Site.address == caller.address)
    known = await db.scalar(same.order_by(Site.id).limit(1))
    if known:
        return known
    site = Site(customer_id=customer.id, address=caller.address, region_id=caller.region_id)
    await _add(db, act, site, "site")
    return site


async def _device(db: AsyncSession, act: Act, caller: Caller, customer: Customer) -> Device | None:
    if caller.device_id is not None:
        device: Device = await _own(db, Device, caller.device_id, customer)
        return device
    if not caller.device_model and not caller.device_serial:
        return None
    if caller.device_serial:
        same = select(Device).where(
            Device.customer_id == customer.id, Device.serial == caller.device_serial
        )
        known = await db.scalar(same.order_by(Device.id).limit(1))
        if known:
            return known
    device = Device(
        customer_id=customer.id,
        model=caller.device_model,
        serial=caller.device_serial,
        label=tokens.mint(),
    )
    await _add(db, act, device, "device")
    return device


async def _own(db: AsyncSession, model: Any, row_id: int, customer: Customer | None = None) -> Any:
    row = await db.get(model, row_id)
    if row is None or (customer and row.customer_id != customer.id):
        raise Problem(NOT_FOUND)
    return row


async def _add(db: AsyncSession, act: Act, row: Contact | Site | Device, noun: str) -> None:
    db.add(row)
    await db.flush()
    record(db, act, f"{noun}.registered", f"{noun}:{row.id}", customer=row.customer_id)
