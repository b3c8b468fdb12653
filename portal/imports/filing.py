"""Customers, sites and devices that a source names get their files; nobody is invented."""

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

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
from portal.customers.phones import normal
from portal.imports.models import PastRecord
from portal.imports.valuing import Value
from portal.kernel.act import Act


@dataclass(frozen=True, slots=True)
class Filed:
    """What of a row stands in the files."""

    customer: Customer | None = None
    site: Site | None = None
    device: Device | None = None


@dataclass(slots=True)
class Filing:
    """The files as one import finds and fills them; remembers what it has looked up.

    A customer is one that the same source brought before, or whose contact has that phone and
    name: two people of one name are two customers. Only the `owner` whom somebody typed for the
    whole file is found by the name alone.
    """

    db: AsyncSession
    act: Act
    source: str
    owner: str
    _customers: dict[tuple[str, str, str], Customer] = field(default_factory=dict)
    _sites: dict[tuple[int, str], Site] = field(default_factory=dict)
    _devices: dict[tuple[int, str, str], Device] = field(default_factory=dict)

    async def file(self, value: Value) -> Filed:
        """The files of a row, made where they are not there yet."""
        name = value.customer or value.contact
        if not name:
            return Filed()
        who = (name, value.contact, normal(value.phone))
        if who not in self._customers:
            self._customers[who] = await self._customer(value, *who)
        customer = self._customers[who]
        site = await self._site(customer, value)
        return Filed(customer, site, await self._device(customer, site, value))

    async def _customer(self, value: Value, name: str, contact: str, phone: str) -> Customer:
        customer = await self._known_by_phone(contact or name, phone)
        customer = customer or await self._known(name)
        if customer is None:
            customer = await save_customer(self.db, self.act, Customer(), name, "")
        await self._contact(customer, contact or name, phone, value.email)
        return customer

    async def _known_by_phone(self, name: str, phone: str) -> Customer | None:
        if not phone:
            return None
        whose = select(Contact.customer_id).where(Contact.phone == phone, Contact.name == name)
        found = await self.db.scalar(whose.order_by(Contact.id).limit(1))
        return await self.db.get(Customer, found) if found else None

    async def _known(self, name: str) -> Customer | None:
        query = select(Customer).where(Customer.name == name).order_by(Customer.id).limit(1)
        if name != self.owner:
            ours = select(PastRecord.customer_id).where(PastRecord.source == self.source)
            query = query.where(Customer.id.in_(ours))
        found: Customer | None = await self.db.scalar(query)
        return found

    async def _contact(self, customer: Customer, name: str, phone: str, email: str) -> None:
        if not phone and not email:
            return
        known = select(Contact.id).where(
            Contact.customer_id == customer.id, Contact.name == name, Contact.phone == phone
        )
        if await self.db.scalar(known.limit(1)) is None:
            card = ContactCard(name, phone, email)
            await save_contact(self.db, self.act, Contact(customer_id=customer.id), card)

    async def _site(self, customer: Customer, value: Value) -> Site | None:
        if not value.address:
            return None
        key = (customer.id, value.address)
        if key not in self._sites:
            same = select(Site).where(Site.customer_id == key[0], Site.address == key[1])
            site = await self.db.scalar(same.order_by(Site.id).limit(1))
            if site is None:
                site = Site(customer_id=customer.id)
                card = SiteCard(value.address, None, value.latitude, value.longitude)
                await save_site(self.db, self.act, site, card)
            self._sites[key] = site
        return self._sites[key]

    async def _device(self, customer: Customer, site: Site | None, value: Value) -> Device | None:
        if not value.device and not value.serial:
            return None
        key = (customer.id, value.device, value.serial)
        if key not in self._devices:
            same = select(Device).where(
                Device.customer_id == customer.id, Device.serial == value.serial
            )
            if not value.serial:
                same = same.where(Device.model == value.device)
            device = await self.db.scalar(same.order_by(Device.id).limit(1))
            if device is None:
                device = Device(customer_id=customer.id)
                place = site.id if site else None
                card = DeviceCard(value.device, value.serial, place, None, None)
                await save_device(self.db, self.act, device, card)
            self._devices[key] = device
        return self._devices[key]
