"""A customer's devices, and the label that is stuck on one."""

from dataclasses import dataclass
from typing import ClassVar

from litestar import Controller, get, post
from markupsafe import Markup
from sqlalchemy import select
from wtforms import DateField, SelectField, StringField
from wtforms.validators import InputRequired, Optional

from portal.customers.access import find_customer, find_part
from portal.customers.keeping import DeviceCard, save_device
from portal.customers.labels import qr_code, repair_address, works_here_only
from portal.customers.models import Customer, Device, Site
from portal.kernel.act import Act
from portal.kernel.i18n import N_
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.fields import in_our_time
from portal.kernel.web.forms import Choices, Rejected, VersionedForm, blank, submitted
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.people.guards import allow
from portal.people.pages.fields import AtMost, Key, not_blank
from portal.people.roles import OVERSEERS


class DeviceForm(VersionedForm):
    model = StringField(N_("Model"), [InputRequired(), AtMost(80), not_blank])
    serial = StringField(N_("Serial number"), [AtMost(60)])
    site = SelectField(N_("Site"), [Optional()])
    bought_on = DateField(N_("Bought on"), [Optional(), in_our_time])
    warranty_until = DateField(N_("Warranty until"), [Optional(), in_our_time])

    def validate_whole(self) -> bool:
        """Whether the form is valid; no warranty ends before the purchase."""
        valid = self.validate()
        bought, until = self.bought_on.data, self.warranty_until.data
        if valid and bought and until and until < bought:
            self.say("warranty_until", N_("This is before the purchase."))
            valid = False
        return valid


@dataclass(kw_only=True)
class DeviceFormPage(Page):
    """Enter (`device` is None) or amend."""

    template: ClassVar[str] = "customers/device_form.html"
    form: DeviceForm
    customer: Customer
    device: Device | None = None


@dataclass(kw_only=True)
class LabelPage(Page):
    """The label, 60 by 40 mm on paper; `address` is what its code says."""

    template: ClassVar[str] = "customers/label.html"
    device: Device
    address: str
    code: Markup

    @property
    def is_local(self) -> bool:
        return works_here_only(self.address)


class DeviceController(Controller):
    guards = (allow(*OVERSEERS),)

    @get("/customers/{customer_id:int}/devices/new")
    async def new(self, request: AnyRequest, db: Unit, act: ThisAct, customer_id: Key) -> Answer:
        customer = await find_customer(db, act.actor, customer_id)
        form = blank(request, DeviceForm, site=await _sites(db, customer))
        return render(request, DeviceFormPage(form=form, customer=customer))

    @post("/customers/{customer_id:int}/devices")
    async def create(self, request: AnyRequest, db: Unit, act: ThisAct, customer_id: Key) -> Answer:
        customer = await find_customer(db, act.actor, customer_id)
        return await self._save(request, db, act, customer, None)

    @get("/devices/{device_id:int}/edit")
    async def edit(self, request: AnyRequest, db: Unit, act: ThisAct, device_id: Key) -> Answer:
        device = await find_part(db, act.actor, Device, device_id)
        sites = await _sites(db, device.customer)
        form = blank(request, DeviceForm, _values(device), site=sites)
        page = DeviceFormPage(form=form, customer=device.customer, device=device)
        return render(request, page)

    @post("/devices/{device_id:int}")
    async def update(self, request: AnyRequest, db: Unit, act: ThisAct, device_id: Key) -> Answer:
        device = await find_part(db, act.actor, Device, device_id)
        return await self._save(request, db, act, device.customer, device)

    @get("/devices/{device_id:int}/label")
    async def label(self, request: AnyRequest, db: Unit, act: ThisAct, device_id: Key) -> Answer:
        device = await find_part(db, act.actor, Device, device_id)
        address = repair_address(request.app.state.settings.origin, device)
        return render(request, LabelPage(device=device, address=address, code=qr_code(address)))

    async def _save(
        self, request: AnyRequest, db: Unit, act: Act, customer: Customer, device: Device | None
    ) -> Answer:
        form = await submitted(request, DeviceForm, site=await _sites(db, customer))
        if not form.validate_whole():
            raise Rejected(DeviceFormPage(form=form, customer=customer, device=device))
        if device:
            form.refuse_stale(_values(device))
        card = DeviceCard(
            model=form.model.data or "",
            serial=(form.serial.data or "").strip(),
            site_id=int(form.site.data) if form.site.data else None,
            bought_on=form.bought_on.data,
            warranty_until=form.warranty_until.data,
        )
        await save_device(db, act, device or Device(customer_id=customer.id), card)
        path = f"/customers/{customer.id}"
        return redirect(request, path, N_("%(name)s is saved."), name=card.model)


async def _sites(db: Unit, customer: Customer) -> Choices:
    sites = await db.scalars(select(Site).where(Site.customer_id == customer.id).order_by(Site.id))
    return [("", "—"), *((str(site.id), site.address) for site in sites)]


def _values(device: Device) -> dict[str, object]:
    return {
        "version": device.version,
        "model": device.model,
        "serial": device.serial,
        "site": str(device.site_id or ""),
        "bought_on": device.bought_on,
        "warranty_until": device.warranty_until,
    }
