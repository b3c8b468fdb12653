"""The page of a customer: the file, and what they turned to us with."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from litestar import get

from portal.cases.before import cases_of
from portal.cases.models import Case
from portal.cases.opening import MAY_OPEN
from portal.customers.listing import load_customer
from portal.customers.models import Customer
from portal.customers.pages.customers import CustomerController
from portal.imports.listing import Wanted, count_by_device, list_records
from portal.imports.models import PastRecord
from portal.kernel.db.keyset import Slice
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, render
from portal.people.pages.fields import Key

_MOST = 50
_MOST_PAST = 10


@dataclass(kw_only=True)
class CustomerPage(Page):
    """A customer's file with the latest cases; `has_more` of them than are here."""

    template: ClassVar[str] = "cases/customer.html"
    customer: Customer
    cases: list[Case]
    has_more: bool
    now: datetime
    may_open: bool
    history: Slice[PastRecord]
    by_device: dict[int, int]


class CustomerFileController(CustomerController):
    """The addresses of customers with the page of one: an address belongs to one controller."""

    @get("/{customer_id:int}")
    async def show(self, request: AnyRequest, db: Unit, act: ThisAct, customer_id: Key) -> Answer:
        customer = await load_customer(db, act.actor, customer_id)
        cases = await cases_of(db, act.actor, [customer.id], open_=_MOST, closed=_MOST)
        wanted = Wanted(customer_id=customer.id)
        devices = [device.id for device in customer.devices]
        page = CustomerPage(
            customer=customer,
            cases=cases[:_MOST],
            has_more=len(cases) > _MOST,
            now=act.at,
            may_open=bool(request.state.actor.roles & set(MAY_OPEN)),
            history=await list_records(db, act.actor, wanted, size=_MOST_PAST),
            by_device=await count_by_device(db, act.actor, devices),
        )
        return render(request, page)
