"""The list of customers; a customer is entered and amended. The page of one is of the cases room,
which knows what they turned to us with."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from litestar import Controller, get, post
from litestar.params import FromQuery, QueryParameter
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired

from portal.customers.access import find_customer
from portal.customers.keeping import save_customer
from portal.customers.listing import Wanted, list_customers
from portal.customers.models import Customer
from portal.kernel.db.keyset import Slice
from portal.kernel.i18n import N_
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.forms import Rejected, VersionedForm, blank, submitted
from portal.kernel.web.list_page import ListPage
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.people.guards import allow
from portal.people.pages.fields import AtMost, Key, not_blank
from portal.people.roles import OVERSEERS


class CustomerForm(VersionedForm):
    name = StringField(N_("Name"), [InputRequired(), AtMost(80), not_blank])
    note = TextAreaField(
        N_("Note"),
        [AtMost(500)],
        description=N_("What whoever answers the phone should know."),
    )


@dataclass(kw_only=True)
class CustomersPage(ListPage):
    """The list, searched."""

    template: ClassVar[str] = "customers/index.html"
    path: ClassVar[str] = "/customers"
    customers: Slice[Customer]
    wanted: Wanted

    def filters(self) -> dict[str, str]:
        return {"q": self.wanted.words}

    def order(self) -> dict[str, str]:
        return {"sort": self.wanted.sort}


@dataclass(kw_only=True)
class CustomerFormPage(Page):
    """Enter (`customer` is None) or amend."""

    template: ClassVar[str] = "customers/form.html"
    form: CustomerForm
    customer: Customer | None = None


class CustomerController(Controller):
    path = "/customers"
    guards = (allow(*OVERSEERS),)

    @get()
    async def index(
        self,
        request: AnyRequest,
        db: Unit,
        act: ThisAct,
        words: Annotated[str, QueryParameter(name="q")] = "",
        sort: FromQuery[str] = "name",
        cursor: FromQuery[str] = "",
    ) -> Answer:
        wanted = Wanted(words=words[:100].replace("\x00", " "), sort=sort, cursor=cursor[:600])
        customers = await list_customers(db, act.actor, wanted)
        return render(request, CustomersPage(customers=customers, wanted=wanted))

    @get("/new")
    async def new(self, request: AnyRequest) -> Answer:
        return render(request, CustomerFormPage(form=blank(request, CustomerForm)))

    @post()
    async def create(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        form = await submitted(request, CustomerForm)
        if not form.validate():
            raise Rejected(CustomerFormPage(form=form))
        given = (form.name.data or "", (form.note.data or "").strip())
        customer = await save_customer(db, act, Customer(), *given)
        path = f"/customers/{customer.id}"
        return redirect(request, path, N_("%(name)s is registered."), name=customer.name)

    @get("/{customer_id:int}/edit")
    async def edit(self, request: AnyRequest, db: Unit, act: ThisAct, customer_id: Key) -> Answer:
        customer = await find_customer(db, act.actor, customer_id)
        form = blank(request, CustomerForm, _values(customer))
        return render(request, CustomerFormPage(form=form, customer=customer))

    @post("/{customer_id:int}")
    async def update(self, request: AnyRequest, db: Unit, act: ThisAct, customer_id: Key) -> Answer:
        customer = await find_customer(db, act.actor, customer_id)
        form = await submitted(request, CustomerForm)
        if not form.validate():
            raise Rejected(CustomerFormPage(form=form, customer=customer))
        form.refuse_stale(_values(customer))
        given = (form.name.data or "", (form.note.data or "").strip())
        await save_customer(db, act, customer, *given)
        path = f"/customers/{customer.id}"
        return redirect(request, path, N_("%(name)s is saved."), name=customer.name)


def _values(customer: Customer) -> dict[str, object]:
    return {"version": customer.version, "name": customer.name, "note": customer.note}
