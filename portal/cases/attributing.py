"""Attributing: whose a case is, put right once somebody has asked (P06.2)."""

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.indexing import index_case, lock_case
from portal.cases.models import Case
from portal.cases.problems import CASE_NOT_OPEN
from portal.customers.models import Contact, Customer
from portal.kernel.act import Act
from portal.kernel.journal.recording import record
from portal.kernel.problems import Problem
from portal.people.access import require
from portal.people.roles import OVERSEERS


async def attribute(db: AsyncSession, act: Act, case: Case, customer: Customer | None) -> None:
    """Give an open case to another customer, None for a new one by the name of who turned to us;
    site and device were the other's. `contact` of ``case`` must be loaded.

    Raises ``case-not-open``.
    """
    require(act.actor, *OVERSEERS)
    await lock_case(db, case.id)
    await db.refresh(case, ["closed_at"])
    if not case.is_open:
        raise Problem(CASE_NOT_OPEN)
    if customer is None:
        name = case.contact.name if case.contact else case.customer.name
        customer = Customer(name=name, made_at=act.at)
        db.add(customer)
        await db.flush()
        record(db, act, "customer.registered", f"customer:{customer.id}")
    before, contact = case.customer_id, case.contact
    if contact:
        contact = await _contact_of(db, act, case, contact, customer)
    case.contact_id = contact.id if contact else None
    case.customer_id, case.site_id, case.device_id = customer.id, None, None
    await db.flush()
    await db.refresh(case, ["customer", "contact"])
    body = {"customer": customer.id, "before": before, "contact": case.contact_id}
    record(db, act, "case.attributed", f"case:{case.id}", **body)
    await index_case(db, case.id)


async def _contact_of(
    db: AsyncSession, act: Act, case: Case, contact: Contact, customer: Customer
) -> Contact:
    """``contact`` as one of ``customer``. It moves where it came into the other's file with this
    case, by a number that stood there already; else the file keeps it."""
    same = select(Contact).where(Contact.customer_id == customer.id, Contact.name == contact.name)
    known = await db.scalar(same.where(Contact.phone == contact.phone).limit(1))
    if known:
        return known
    others = select(Contact.id).where(
        Contact.customer_id == contact.customer_id,
        Contact.phone == contact.phone,
        Contact.id < contact.id,
    )
    elsewhere = exists().where(Case.contact_id == contact.id, Case.id != case.id)
    if await db.scalar(select(others.exists() & ~elsewhere)):
        contact.customer_id = customer.id
        await db.flush()
        moved = {"customer": customer.id, "phone_changed": False}
        record(db, act, "contact.amended", f"contact:{contact.id}", **moved)
        return contact
    copy = Contact(
        customer_id=customer.id, name=contact.name, phone=contact.phone, email=contact.email
    )
    db.add(copy)
    await db.flush()
    record(db, act, "contact.registered", f"contact:{copy.id}", customer=customer.id)
    return copy
