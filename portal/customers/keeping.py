"""Keeping customer files: customers, contacts, sites and devices are entered and amended."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from portal.customers.models import Contact, Customer, Device, PositionSource, Site
from portal.customers.phones import normal
from portal.kernel import tokens
from portal.kernel.act import Act
from portal.kernel.journal.recording import record
from portal.people.access import require
from portal.people.roles import OVERSEERS


@dataclass(frozen=True, slots=True)
class ContactCard:
    """What is kept of a contact; ``phone`` None leaves the number that is there."""

    name: str
    phone: str | None
    email: str


@dataclass(frozen=True, slots=True)
class SiteCard:
    """What is kept of a site; the position in degrees (WGS 84), both or none."""

    address: str
    region_id: int | None
    latitude: float | None
    longitude: float | None


@dataclass(frozen=True, slots=True)
class DeviceCard:
    """What is kept of a device; the site is one of the customer's."""

    model: str
    serial: str
    site_id: int | None
    bought_on: date | None
    warranty_until: date | None


async def save_customer(
    db: AsyncSession, act: Act, customer: Customer, name: str, note: str
) -> Customer:
    """Enter a customer, or amend one."""
    require(act.actor, *OVERSEERS)
    customer.name, customer.note = name, note
    if customer.id is None:
        customer.made_at = act.at
    await _save(db, act, customer, {})
    return customer


async def save_contact(db: AsyncSession, act: Act, contact: Contact, card: ContactCard) -> None:
    """Enter a contact, or amend one. The journal tells that the number changed, and no number."""
    require(act.actor, *OVERSEERS)
    contact.name, contact.email = card.name, card.email
    before = contact.phone or ""
    if card.phone is not None:
        contact.phone = normal(card.phone)
    await _save(db, act, contact, {"phone_changed": before != (contact.phone or "")})


async def save_site(db: AsyncSession, act: Act, site: Site, card: SiteCard) -> None:
    """Enter a site, or amend one. A position that is not touched keeps its source."""
    require(act.actor, *OVERSEERS)
    site.address, site.region_id = card.address, card.region_id
    typed = (card.latitude, card.longitude)
    if typed != (site.latitude, site.longitude):
        site.latitude, site.longitude = typed
        site.position_source = None if None in typed else PositionSource.TYPED
    await _save(db, act, site, {})


async def save_device(db: AsyncSession, act: Act, device: Device, card: DeviceCard) -> None:
    """Enter a device, or amend one. Its label is minted once: the sticker on it stays true."""
    require(act.actor, *OVERSEERS)
    device.model, device.serial, device.site_id = card.model, card.serial, card.site_id
    device.bought_on, device.warranty_until = card.bought_on, card.warranty_until
    if device.id is None:
        device.label = tokens.mint()
    await _save(db, act, device, {})


async def _save(
    db: AsyncSession, act: Act, row: Customer | Contact | Site | Device, body: dict[str, bool]
) -> None:
    word = "registered" if row.id is None else "amended"
    db.add(row)
    await db.flush()
    noun = row.__tablename__
    whose = {} if isinstance(row, Customer) else {"customer": row.customer_id}
    record(db, act, f"{noun}.{word}", f"{noun}:{row.id}", **whose, **body)
