"""Showing the phone of whoever turned to us, on the page of their case."""

from litestar import post

from portal.cases.access import acts_for
from portal.cases.showing import show_phone_of_case
from portal.customers.pages.phones import phone_answer
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.render import Answer, AnyRequest
from portal.people.guards import allow
from portal.people.pages.fields import Key


@post("/cases/{case_id:int}/phone", guards=[allow()], status_code=200)
async def create_case_phone(request: AnyRequest, db: Unit, act: ThisAct, case_id: Key) -> Answer:
    """The number in place of the masked one; on record."""
    also = await acts_for(db, act, request.app.state.settings.zone)
    contact = await show_phone_of_case(db, act, case_id, also)
    return phone_answer(request, contact, f"/cases/{case_id}")
