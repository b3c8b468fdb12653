"""Reporting: a public form becomes a case, and whoever sent it gets a link to it (P04.1, P06.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta, tzinfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.before import looks_like
from portal.cases.messaging import keep_message
from portal.cases.models import Case, MessageKind
from portal.cases.opening import Registration, open_reported
from portal.cases.taking_in import Photo
from portal.customers.listing import customers_with
from portal.customers.models import Consent, Contact, Device
from portal.customers.phones import normal
from portal.customers.registering import Caller
from portal.kernel.act import Act, System
from portal.kernel.i18n import N_
from portal.kernel.journal.recording import record
from portal.notices.telling import News, tell
from portal.openings.access import holding
from portal.openings.making import give_link
from portal.openings.photos import add_photos
from portal.openings.slowing import count_form

CHANNEL = "site"
# The edition of the notice on personal information that the form shows.
NOTICE_EDITION = "2026-11"
ALIKE = N_("Case %(number)s may be the same matter as %(other)s")
# So long the form, sent again, leads to its case again; later it might be somebody else's turn at
# the same phone.
LEADS_AGAIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Report:
    """What a public form says, and which `procedure` it begins; `words` is all of it, the address
    and the model among them, as the form put it to whoever sent it, `details` the same as the
    company's papers put it. `address` is where to go, `network` from
    where it was sent."""

    procedure: str
    name: str
    phone: str
    address: str
    region_id: int | None
    symptom: str
    words: str
    details: str
    device: Device | None
    device_model: str
    network: str


async def find_device(db: AsyncSession, label: str) -> Device | None:
    """The device with ``label``, of which strangers see model and serial, and never whose it is."""
    return await db.scalar(select(Device).where(Device.label == label[:43]))


async def report(
    db: AsyncSession, act: Act, given: Report, photos: Sequence[Photo], zone: tzinfo
) -> tuple[Case, str]:
    """Open a case for what was reported; the case, and the token of the link to it.

    A device by its label belongs to its customer, and so does a phone number that is one
    customer's: the case is theirs, with whoever sent the form as a contact. Nobody has shown who
    they are: what a file says of a known customer's sites and devices stays as it is, and what was
    typed of them stands in the details, for the clerk to verify, and to give the case to another
    (P06.2). Only a new customer's file begins with it. Whoever reports is answered alike, matched
    or not. Raises ``too-often`` and ``nobody-receives``.
    """
    await count_form(db, act.at, normal(given.phone), given.network)
    caller = await _caller(db, given)
    # Looked up by the portal itself: whoever reports learns nothing of it.
    alike = await looks_like(db, System(f"{given.procedure}.1"), caller, act.at)
    registration = Registration(
        code=given.procedure,
        subject=_subject(given),
        details=given.details,
        caller=caller,
        channel=CHANNEL,
        received_at=act.at,
    )
    case = await open_reported(db, act, registration, zone)
    consent = Consent(contact_id=case.contact_id, edition=NOTICE_EDITION, at=act.at)
    db.add(consent)
    record(db, act, "consent.given", f"contact:{case.contact_id}", edition=NOTICE_EDITION)
    token, link = await give_link(db, act, case)
    mine = holding(act, link)
    # Their own words for ever, whatever the case's details become.
    await keep_message(db, mine, case, MessageKind.WORDS, given.words)
    await add_photos(db, mine, case, photos)
    await _tell_of_alike(db, mine, case, alike)
    return case, token


async def link_again(db: AsyncSession, act: Act, case_id: int) -> str | None:
    """A link for whoever sent the same form a second time; none when that is too long ago."""
    case = await db.get(Case, case_id)
    if case is None or act.at > case.opened_at + LEADS_AGAIN:
        return None
    token, _ = await give_link(db, act, case)
    return token


async def _tell_of_alike(db: AsyncSession, act: Act, case: Case, alike: Sequence[Case]) -> None:
    """The same matter reported again is taken all the same; its clerk is told which it may be."""
    for other in alike:
        news = News(
            word="case.alike",
            title=ALIKE,
            values={"number": case.number, "other": other.number},
            href=f"/cases/{other.id}",
            dedupe=f"case:{case.id}:alike:{other.id}",
            case_id=case.id,
        )
        await tell(db, act, [case.owner_id], news)


async def _caller(db: AsyncSession, given: Report) -> Caller:
    """Whom to look up. Of known customers nothing that could be written into their file but who
    turned to us; a device brings the site where it stands by our own files."""
    customer_id = given.device.customer_id if given.device else await _by_phone(db, given)
    if customer_id is None:
        return Caller(
            name=given.name,
            phone=given.phone,
            address=given.address,
            region_id=given.region_id,
            device_model=given.device_model,
        )
    return Caller(
        name=given.name,
        phone=given.phone,
        customer_id=customer_id,
        contact_id=await _contact(db, given, customer_id),
        device_id=given.device.id if given.device else None,
    )


async def _by_phone(db: AsyncSession, given: Report) -> int | None:
    """The customer whose number it is: by the name, too, where several have it; None for nobody's
    and where it stays open whose."""
    theirs = await customers_with(db, given.phone)
    if len(theirs) > 1:
        phone = normal(given.phone)
        named = select(Contact.customer_id).where(Contact.phone == phone)
        named = named.where(Contact.name == given.name).order_by(Contact.id).limit(1)
        return await db.scalar(named)
    return theirs[0].id if theirs else None


async def _contact(db: AsyncSession, given: Report, customer_id: int) -> int | None:
    """The customer's contact with this name and phone number."""
    phone = normal(given.phone)
    known = select(Contact.id).where(Contact.phone == phone, Contact.name == given.name)
    known = known.where(Contact.customer_id == customer_id)
    return await db.scalar(known.order_by(Contact.id).limit(1)) if phone else None


def _subject(given: Report) -> str:
    model = given.device.model if given.device else given.device_model
    first = given.symptom.strip().splitlines()[0]
    return f"{model} {first}".strip()[:120]
