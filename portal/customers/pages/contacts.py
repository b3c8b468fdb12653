"""A customer's contacts: entered, amended, and their phones shown to whoever asks."""

from dataclasses import dataclass
from typing import ClassVar

from litestar import Controller, get, post
from wtforms import BooleanField, EmailField, StringField, TelField
from wtforms.validators import InputRequired, Optional

from portal.customers.access import find_customer, find_part
from portal.customers.keeping import ContactCard, save_contact
from portal.customers.models import Contact, Customer
from portal.customers.pages.fields import EMAIL, PHONE
from portal.customers.pages.phones import phone_answer
from portal.customers.showing import show_phone
from portal.kernel.act import Act
from portal.kernel.i18n import N_
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.forms import Rejected, VersionedForm, blank, submitted
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.people.guards import allow
from portal.people.pages.fields import AtMost, Key, not_blank
from portal.people.roles import OVERSEERS


class ContactForm(VersionedForm):
    name = StringField(N_("Full name"), [InputRequired(), AtMost(80), not_blank])
    phone = TelField(N_("Phone"), [Optional(), PHONE])
    no_phone = BooleanField(N_("No phone any more"))
    email = EmailField(N_("E-mail"), [Optional(), *EMAIL])


@dataclass(kw_only=True)
class ContactFormPage(Page):
    """Enter (`contact` is None) or amend. The number that is kept is never in the form."""

    template: ClassVar[str] = "customers/contact_form.html"
    form: ContactForm
    customer: Customer
    contact: Contact | None = None


class ContactController(Controller):
    guards = (allow(*OVERSEERS),)

    @get("/customers/{customer_id:int}/contacts/new")
    async def new(self, request: AnyRequest, db: Unit, act: ThisAct, customer_id: Key) -> Answer:
        customer = await find_customer(db, act.actor, customer_id)
        page = ContactFormPage(form=blank(request, ContactForm), customer=customer)
        return render(request, page)

    @post("/customers/{customer_id:int}/contacts")
    async def create(self, request: AnyRequest, db: Unit, act: ThisAct, customer_id: Key) -> Answer:
        customer = await find_customer(db, act.actor, customer_id)
        return await self._save(request, db, act, customer, None)

    @get("/contacts/{contact_id:int}/edit")
    async def edit(self, request: AnyRequest, db: Unit, act: ThisAct, contact_id: Key) -> Answer:
        contact = await find_part(db, act.actor, Contact, contact_id)
        form = blank(request, ContactForm, _values(contact))
        page = ContactFormPage(form=form, customer=contact.customer, contact=contact)
        return render(request, page)

    @post("/contacts/{contact_id:int}")
    async def update(self, request: AnyRequest, db: Unit, act: ThisAct, contact_id: Key) -> Answer:
        contact = await find_part(db, act.actor, Contact, contact_id)
        return await self._save(request, db, act, contact.customer, contact)

    @post("/contacts/{contact_id:int}/phone", status_code=200)
    async def create_phone(
        self, request: AnyRequest, db: Unit, act: ThisAct, contact_id: Key
    ) -> Answer:
        contact = await show_phone(db, act, contact_id)
        return phone_answer(request, contact, f"/customers/{contact.customer_id}")

    async def _save(
        self, request: AnyRequest, db: Unit, act: Act, customer: Customer, contact: Contact | None
    ) -> Answer:
        form = await submitted(request, ContactForm)
        if not form.validate():
            raise Rejected(ContactFormPage(form=form, customer=customer, contact=contact))
        if contact:
            form.refuse_stale(_values(contact))
        phone = form.phone.data or None
        if phone is None and (contact is None or form.no_phone.data):
            phone = ""
        card = ContactCard(form.name.data or "", phone, form.email.data or "")
        await save_contact(db, act, contact or Contact(customer_id=customer.id), card)
        path = f"/customers/{customer.id}"
        return redirect(request, path, N_("%(name)s is saved."), name=card.name)


def _values(contact: Contact) -> dict[str, object]:
    return {"version": contact.version, "name": contact.name, "email": contact.email}
