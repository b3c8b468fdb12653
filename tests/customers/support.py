"""What the tests of this room share: a cooperative with its people, places and machines."""

from dataclasses import dataclass

from portal.customers.keeping import (
    ContactCard,
    DeviceCard,
    SiteCard,
    save_contact,
    save_customer,
    save_device,
    save_site,
)
from portal.customers.models import Contact, Customer, Device, Site
from portal.kernel.db.unit import Database
from tests.support.cast import system


@dataclass(frozen=True)
class File:
    """The keys of a customer's file."""

    customer: int
    contact: int
    site: int
    device: int


async def file(
    database: Database,
    name: str = "向阳农机合作社",
    contact: str = "刘会计",
    phone: str = "139 1234 5678",
    serial: str = "TD12-0042",
    address: str = "双流区黄水镇",
    model: str = "TD-1204 拖拉机",
) -> File:
    """A customer with one contact, site and device."""
    async with database.writing() as db:
        act = system()
        customer = await save_customer(db, act, Customer(), name, "")
        who = Contact(customer_id=customer.id)
        await save_contact(db, act, who, ContactCard(contact, phone, ""))
        site = Site(customer_id=customer.id)
        await save_site(db, act, site, SiteCard(address, None, None, None))
        device = Device(customer_id=customer.id)
        card = DeviceCard(model, serial, site.id, None, None)
        await save_device(db, act, device, card)
    return File(customer.id, who.id, site.id, device.id)
