"""The form by which a case is taken in: who calls, with what, and what is the matter."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload
from wtforms import (
    DateTimeLocalField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Optional

from portal.cases.before import cases_of, looks_like
from portal.cases.first_step import FirstStep, first_step
from portal.cases.models import Case
from portal.cases.step_forms import StepForm, form_class, said
from portal.customers.access import visible_customers
from portal.customers.listing import FEWEST_DIGITS, contact_with, matching_contacts, with_file
from portal.customers.models import Contact, Customer
from portal.customers.pages.fields import PHONE, region_choices
from portal.customers.phones import normal
from portal.customers.registering import Caller
from portal.imports.models import PastRecord
from portal.kernel.act import Act
from portal.kernel.i18n import N_, Language
from portal.kernel.web.fields import in_our_time, in_zone
from portal.kernel.web.forms import Form
from portal.people.pages.fields import AtMost, not_blank
from portal.procedures.definition import Definition
from portal.procedures.pages.procedures import SEVERITIES, URGENCIES
from portal.procedures.wording import needed_words

CHANNELS = [
    ("phone", N_("Phone")),
    ("email", N_("E-mail")),
    ("chat", N_("Chat")),
    ("site", N_("Website")),
    ("app", N_("App")),
    ("in_person", N_("In person")),
]
# What came longer ago is a slip of the pen, or history to import [ours].
MOST_LATE = timedelta(days=366)
# More than these is no help to somebody who is listening.
MOST_MATCHES = 5
# How other systems call our channels.
_CHANNEL_WORDS = {
    **{key: key for key, _ in CHANNELS},
    "online": "site",
    "web": "site",
    "mobile": "app",
    "电话": "phone",
    "邮件": "email",
    "网站": "site",
    "微信": "chat",
    "上门": "in_person",
}
_CHOICE = re.compile(r"(contact|customer)-([0-9]{1,18})")


class CaseForm(Form):
    """What every case is asked for. `caller` is ``contact-3`` or ``customer-2`` of the files, or
    empty for somebody new; `proposed` the contact that the number chose by itself;
    `another_matter` the ids of the open cases that this is not."""

    customer_phone = TelField(N_("Phone"))
    customer_name = StringField(N_("Who calls"), [AtMost(80)])
    caller = StringField(N_("On file"))
    proposed = HiddenField()
    company = StringField(
        N_("Customer"),
        [AtMost(80)],
        description=N_("Where it is a company or a cooperative, not the caller."),
    )
    site_id = SelectField(N_("Site"), [Optional()])
    customer_address = StringField(N_("Address"), [AtMost(200)])
    region_id = SelectField(N_("Region"), [Optional()])
    device_id = SelectField(N_("Device"), [Optional()])
    device_model = StringField(N_("Model"), [AtMost(80)])
    device_serial = StringField(N_("Serial number"), [AtMost(60)])
    code = SelectField(N_("Procedure"), [InputRequired()])
    subject = StringField(N_("What it is about"), [InputRequired(), AtMost(120), not_blank])
    details = TextAreaField(N_("Details"), [AtMost(4000)])
    channel = SelectField(N_("Channel"), choices=lambda: CHANNELS)
    received_at = DateTimeLocalField(
        N_("Received at"),
        [InputRequired(), in_our_time],
        description=N_("When it reached the company by its channel; the clock starts there."),
    )
    urgency = RadioField(N_("Urgency"), choices=lambda: URGENCIES)
    severity = RadioField(N_("Severity"), choices=lambda: SEVERITIES)
    photos = StringField(N_("Photos, attachments"))
    another_matter = StringField(N_("Open cases"))
    # The record of the past that becomes this case, by its id.
    record = HiddenField()

    def validate_caller_data(self, known: "Known") -> None:
        """Whoever is not in the files needs a name; a number that is not looked up but kept has to
        be one."""
        if self.caller.data and known.customer is None:
            self.say("caller", N_("Not a valid choice."))
        if known.contact:
            return
        if not (self.customer_name.data or "").strip():
            self.say("customer_name", N_("This field is required."))
        if (self.customer_phone.data or "").strip():
            try:
                PHONE(self, self.customer_phone)
            except ValueError as error:
                self.say("customer_phone", str(error))

    def validate_times(self, now: datetime, zone: tzinfo) -> None:
        """Nothing is received before it is sent, nor registered so long after it."""
        if self.received_at.errors:
            return
        received = in_zone(self.received_at.data, zone)
        if received > now:
            self.say("received_at", N_("This time is still to come."))
        elif received < now - MOST_LATE:
            self.say("received_at", N_("This is more than a year ago."))

    @property
    def seen(self) -> set[str]:
        """The open cases that the clerk has seen and says this is not."""
        return set((self.another_matter.data or "").split(","))

    def who(self, known: "Known") -> Caller:
        """Whom the form names, as the files take it."""
        said_ = {
            name: (self[name].data or "").strip()
            for name in ("customer_name", "company", "customer_address", "device_model")
        }
        return Caller(
            name=known.contact.name if known.contact else said_["customer_name"],
            phone=self.customer_phone.data or "",
            customer=said_["company"],
            address=said_["customer_address"],
            region_id=_id(self.region_id.data),
            device_model=said_["device_model"],
            device_serial=(self.device_serial.data or "").strip(),
            customer_id=known.customer.id if known.customer else None,
            contact_id=known.contact.id if known.contact else None,
            site_id=_id(self.site_id.data),
            device_id=_id(self.device_id.data),
        )


# What a field of a procedure cannot be called here.
TAKEN = (*(name for name in vars(CaseForm) if not name.startswith("_")), "then", "kept_photos")


@dataclass(frozen=True, slots=True)
class Known:
    """What the files know of who calls: who it may be, who it is once chosen, with their cases by
    customer, and open cases that this may be."""

    matches: list[Contact]
    contact: Contact | None
    customer: Customer | None
    cases: dict[int, list[Case]]
    alike: list[Case]
    has_looked: bool
    has_another_number: bool
    # The name in the form is no longer what it was: it goes with whoever is chosen.
    names_anew: bool

    @property
    def customers(self) -> list[Customer]:
        """Whose customers the matches are, each once."""
        return list({one.customer_id: one.customer for one in self.matches}.values())


async def look_up(db: AsyncSession, act: Act, form: CaseForm, *, is_sent: bool) -> Known:
    """Who calls, by what is typed so far; the form is offered their sites and devices.

    Until it ``is_sent``: where none of them is chosen yet and there is but one, that one is; and
    whose number is typed in full is who calls, until the clerk says otherwise.
    """
    dropped = not is_sent and await _propose(db, act, form)
    contact, customer = await _chosen(db, act, form.caller.data or "")
    phone, name = form.customer_phone.data or "", form.customer_name.data or ""
    matches = await matching_contacts(db, act.actor, phone, "" if contact else name, MOST_MATCHES)
    if contact and contact.id not in [one.id for one in matches]:
        matches = [contact, *matches]
    form.region_id.choices = list(await region_choices(db))
    _offer(form, customer, is_sent=is_sent)
    if contact and not is_sent:
        form.customer_name.data = contact.name
    customers = {one.customer_id for one in matches} | ({customer.id} if customer else set())
    cases: dict[int, list[Case]] = {one: [] for one in customers}
    for case in await cases_of(db, act.actor, customers, open_=5, closed=2):
        cases[case.customer_id].append(case)
    kept = normal(phone)
    known = Known(
        matches=matches,
        contact=contact,
        customer=customer,
        cases=cases,
        alike=[],
        has_looked=bool(name.strip()) or sum(map(str.isdecimal, phone)) >= FEWEST_DIGITS,
        has_another_number=bool(contact and len(kept) > 10 and kept != contact.phone),
        names_anew=contact is not None or dropped,
    )
    known.alike.extend(await looks_like(db, act.actor, form.who(known), act.at))
    return known


async def _propose(db: AsyncSession, act: Act, form: CaseForm) -> bool:
    """Choose the contact whose number is typed, once: what the clerk then chooses stands. Whether
    one who was chosen so is dropped, as the number became another: their name goes, too."""
    before = form.proposed.data or ""
    found = await contact_with(db, act.actor, form.customer_phone.data or "")
    form.proposed.data = f"contact-{found.id}" if found else ""
    if form.proposed.data == before or form.caller.data not in ("", None, before):
        return False
    dropped = bool(before) and form.caller.data == before
    form.caller.data = form.proposed.data
    if dropped:
        form.customer_name.data = ""
    return dropped


async def _chosen(
    db: AsyncSession, act: Act, choice: str
) -> tuple[Contact | None, Customer | None]:
    found = _CHOICE.fullmatch(choice)
    if found is None:
        return None, None
    visible = visible_customers(act.actor)
    if found[1] == "customer":
        query = visible.where(Customer.id == int(found[2])).options(
            selectinload(Customer.sites), selectinload(Customer.devices)
        )
        return None, await db.scalar(query)
    one = select(Contact).where(Contact.id == int(found[2]))
    one = one.where(Contact.customer_id.in_(visible.with_only_columns(Customer.id)))
    contact = await db.scalar(one.options(*with_file()))
    return contact, contact.customer if contact else None


def fill_from(form: CaseForm, past: PastRecord) -> None:
    """Propose what a record of the past says, where nothing else is typed yet."""
    about = past.title if past.kind in past.title else f"{past.kind}: {past.title}"
    proposed = {
        "caller": f"customer-{past.customer_id}" if past.customer_id else "",
        "site_id": str(past.site_id or ""),
        "device_id": str(past.device_id or ""),
        "customer_address": "" if past.site_id else past.address,
        "device_model": "" if past.device_id else past.device_name,
        "subject": about[:120],
        "details": "\n".join(filter(None, (past.details or about, past.answer)))[:4000],
        "channel": _CHANNEL_WORDS.get(past.channel.casefold(), "phone"),
    }
    for name, value in proposed.items():
        if not form[name].raw_data:
            form[name].data = value


def _offer(form: CaseForm, customer: Customer | None, *, is_sent: bool) -> None:
    sites = [(str(site.id), site.address) for site in customer.sites] if customer else []
    devices = (
        [(str(one.id), f"{one.model} {one.serial}".strip()) for one in customer.devices]
        if customer
        else []
    )
    for field, offered in ((form.site_id, sites), (form.device_id, devices)):
        field.choices = [("", "—"), *offered]
        if not is_sent and field.data not in ("", *dict(offered)):
            field.data = offered[0][0] if len(offered) == 1 else ""


@dataclass(frozen=True, slots=True)
class StepPart:
    """The part of the form that a procedure's first step asks for."""

    definition: Definition
    first: FirstStep
    form: StepForm
    # With which answers files have to come along; empty where with none.
    files_needed: str = ""


def step_shape(first: FirstStep, language: Language, *, later: bool) -> type[StepForm]:
    """The form of what the first step asks beyond what every case is asked for."""
    nothing: dict[str, list[tuple[str, str]]] = {
        kind: [] for kind in ("people", "departments", "documents", "skills", "devices")
    }
    asked = first.form_step(later=later, taken=TAKEN)
    return form_class(asked, language, nothing, whole=first.step)


def offer_channels(form: CaseForm, definition: Definition, language: Language) -> None:
    """The channels of the procedure, by its own words."""
    own = [(one.key, said(one.label, language)) for one in first_step(definition).channels]
    if own:
        form.channel.choices = own


def files_needed(first: FirstStep, language: Language) -> str:
    """With which answers the first step takes files."""
    files = first.files
    return said(needed_words(first.step, files), language) if files else ""


def name_details(form: CaseForm, definition: Definition, language: Language) -> None:
    """The procedure's own word for what is the matter."""
    details = first_step(definition).details
    if details:
        form.details.label.text = said(details.label, language)
        form.details.flags.required = details.required


def is_id(typed: str) -> bool:
    """Whether ``typed`` can be the id of a row."""
    return typed.isdecimal() and len(typed) < 19


def _id(chosen: str | None) -> int | None:
    return int(chosen) if chosen and is_id(chosen) else None
