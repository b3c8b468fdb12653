"""A customer's sites: where engineers go."""

from dataclasses import dataclass
from typing import ClassVar

from litestar import Controller, get, post
from wtforms import FloatField, SelectField, StringField
from wtforms.validators import InputRequired, NumberRange, Optional

from portal.customers.access import find_customer, find_part
from portal.customers.keeping import SiteCard, save_site
from portal.customers.models import Customer, Site
from portal.customers.pages.fields import region_choices
from portal.kernel.act import Act
from portal.kernel.i18n import N_
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.forms import Rejected, VersionedForm, blank, submitted
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.people.guards import allow
from portal.people.pages.fields import AtMost, Key, not_blank
from portal.people.roles import OVERSEERS


class SiteForm(VersionedForm):
    address = StringField(N_("Address"), [InputRequired(), AtMost(200), not_blank])
    region = SelectField(N_("Region"), [Optional()])
    latitude = FloatField(N_("Latitude"), [Optional(), NumberRange(-90, 90)])
    longitude = FloatField(N_("Longitude"), [Optional(), NumberRange(-180, 180)])

    def validate_whole(self) -> bool:
        """Whether the form is valid; half a position is none."""
        valid = self.validate()
        for one, other in (("latitude", "longitude"), ("longitude", "latitude")):
            if valid and self[one].data is None and self[other].data is not None:
                self.say(one, N_("Latitude and longitude go together: give both, or none."))
                valid = False
        return valid


@dataclass(kw_only=True)
class SiteFormPage(Page):
    """Enter (`site` is None) or amend."""

    template: ClassVar[str] = "customers/site_form.html"
    form: SiteForm
    customer: Customer
    site: Site | None = None


class SiteController(Controller):
    guards = (allow(*OVERSEERS),)

    @get("/customers/{customer_id:int}/sites/new")
    async def new(self, request: AnyRequest, db: Unit, act: ThisAct, customer_id: Key) -> Answer:
        customer = await find_customer(db, act.actor, customer_id)
        form = blank(request, SiteForm, region=await region_choices(db))
        return render(request, SiteFormPage(form=form, customer=customer))

    @post("/customers/{customer_id:int}/sites")
    async def create(self, request: AnyRequest, db: Unit, act: ThisAct, customer_id: Key) -> Answer:
        customer = await find_customer(db, act.actor, customer_id)
        return await self._save(request, db, act, customer, None)

    @get("/sites/{site_id:int}/edit")
    async def edit(self, request: AnyRequest, db: Unit, act: ThisAct, site_id: Key) -> Answer:
        site = await find_part(db, act.actor, Site, site_id)
        form = blank(request, SiteForm, _values(site), region=await region_choices(db))
        return render(request, SiteFormPage(form=form, customer=site.customer, site=site))

    @post("/sites/{site_id:int}")
    async def update(self, request: AnyRequest, db: Unit, act: ThisAct, site_id: Key) -> Answer:
        site = await find_part(db, act.actor, Site, site_id)
        return await self._save(request, db, act, site.customer, site)

    async def _save(
        self, request: AnyRequest, db: Unit, act: Act, customer: Customer, site: Site | None
    ) -> Answer:
        form = await submitted(request, SiteForm, region=await region_choices(db))
        if not form.validate_whole():
            raise Rejected(SiteFormPage(form=form, customer=customer, site=site))
        if site:
            form.refuse_stale(_values(site))
        card = SiteCard(
            address=form.address.data or "",
            region_id=int(form.region.data) if form.region.data else None,
            latitude=form.latitude.data,
            longitude=form.longitude.data,
        )
        await save_site(db, act, site or Site(customer_id=customer.id), card)
        return redirect(request, f"/customers/{customer.id}", N_("The site is saved."))


def _values(site: Site) -> dict[str, object]:
    return {
        "version": site.version,
        "address": site.address,
        "region": str(site.region_id or ""),
        "latitude": site.latitude,
        "longitude": site.longitude,
    }
