"""Where the engineer has to go, and what is to be mended: entered or put right after intake."""

from dataclasses import dataclass
from typing import Any, ClassVar

from litestar import Controller, get, post
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from wtforms import SelectField, StringField
from wtforms.validators import Optional

from portal.cases.access import visible_cases
from portal.cases.attributing import attribute
from portal.cases.models import Case
from portal.cases.placing import place
from portal.customers.listing import customers_with
from portal.customers.models import Customer
from portal.customers.registering import Caller
from portal.kernel.i18n import N_
from portal.kernel.problems import NOT_FOUND, Problem
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.forms import Choices, Form, Rejected, blank, submitted
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.people.guards import allow
from portal.people.models import Region
from portal.people.pages.fields import AtMost, Key
from portal.people.roles import OVERSEERS

# A customer who is not in the files yet.
NEW = "new"


class PlaceForm(Form):
    # Only for what came by the public form: nobody has shown who they are.
    customer = SelectField(
        N_("Customer"),
        [Optional()],
        description=N_("For another customer, choose site and device afterwards or type them."),
    )
    site = SelectField(N_("Site"), [Optional()])
    address = StringField(
        N_("Another address"), [AtMost(200)], description=N_("A new site of this customer.")
    )
    region = SelectField(N_("Region"), [Optional()])
    device = SelectField(N_("Device"), [Optional()])
    device_model = StringField(
        N_("Another device: model"), [AtMost(80)], description=N_("A new device of this customer.")
    )
    device_serial = StringField(N_("Serial number"), [AtMost(60)])


@dataclass(kw_only=True)
class PlacePage(Page):
    template: ClassVar[str] = "cases/place.html"
    case: Case
    form: PlaceForm


class PlaceController(Controller):
    path = "/cases/{case_id:int}/place"
    guards = (allow(*OVERSEERS),)

    @get()
    async def edit(self, request: AnyRequest, db: Unit, act: ThisAct, case_id: Key) -> Answer:
        case = await _find(db, act, case_id)
        now = {"site": str(case.site_id or ""), "device": str(case.device_id or "")}
        form = blank(request, PlaceForm, now, **await _choices(db, case))
        return render(request, PlacePage(case=case, form=form))

    @post()
    async def update(self, request: AnyRequest, db: Unit, act: ThisAct, case_id: Key) -> Answer:
        case = await _find(db, act, case_id)
        form = await submitted(request, PlaceForm, **await _choices(db, case))
        if not form.validate():
            raise Rejected(PlacePage(case=case, form=form))
        chosen = form.customer.data
        if chosen:
            other = None if chosen == NEW else await db.get_one(Customer, int(chosen))
            await attribute(db, act, case, other)
        await place(db, act, case, _caller(case, form, is_moved=bool(chosen)))
        return redirect(request, f"/cases/{case_id}", N_("Place and device are on record."))


def _caller(case: Case, form: PlaceForm, *, is_moved: bool) -> Caller:
    """What is chosen is the customer's that the case had when the page was made."""
    address = (form.address.data or "").strip()
    model = (form.device_model.data or "").strip()
    serial = (form.device_serial.data or "").strip()
    return Caller(
        name=case.customer.name,
        customer_id=case.customer_id,
        contact_id=case.contact_id,
        address=address,
        region_id=_key(form.region.data),
        device_model=model,
        device_serial=serial,
        # What is typed goes before what is chosen.
        site_id=None if address or is_moved else _key(form.site.data),
        device_id=None if model or serial or is_moved else _key(form.device.data),
    )


def _key(chosen: str | None) -> int | None:
    return int(chosen) if chosen else None


async def _find(db: Unit, act: ThisAct, case_id: int) -> Case:
    customer = joinedload(Case.customer)
    query = visible_cases(act.actor).where(Case.id == case_id).options(joinedload(Case.contact))
    case = await db.scalar(
        query.options(
            customer.selectinload(Customer.sites), customer.selectinload(Customer.devices)
        )
    )
    if case is None:
        raise Problem(NOT_FOUND)
    return case


async def _choices(db: Unit, case: Case) -> dict[str, Choices]:
    regions = await db.scalars(select(Region).order_by(Region.name))
    nothing: list[tuple[str, str]] = [("", "—")]
    devices: Any = case.customer.devices
    return {
        "customer": await _customers(db, case),
        "site": nothing + [(str(site.id), site.address) for site in case.customer.sites],
        "region": nothing + [(str(region.id), region.name) for region in regions],
        "device": nothing + [(str(one.id), f"{one.model} {one.serial}".strip()) for one in devices],
    }


async def _customers(db: Unit, case: Case) -> Choices:
    """Whose the case can be: as it is, another's with this number, or a new customer's."""
    if case.channel != "site" or case.contact is None:
        return [("", case.customer.name)]
    theirs = await customers_with(db, case.contact.phone)
    others = [(str(one.id), one.name) for one in theirs if one.id != case.customer_id]
    return [("", case.customer.name), *others, (NEW, N_("A new customer"))]
