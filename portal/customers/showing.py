"""Showing a phone: numbers stand masked everywhere; whoever needs one asks, and that is kept."""

from sqlalchemy.ext.asyncio import AsyncSession

from portal.customers.access import find_part
from portal.customers.models import Contact
from portal.kernel.act import Act
from portal.kernel.journal.recording import record
from portal.people.access import require
from portal.people.roles import OVERSEERS


async def show_phone(db: AsyncSession, act: Act, contact_id: int) -> Contact:
    """The contact whose number is shown to whoever keeps customer files; raises ``not-found``."""
    require(act.actor, *OVERSEERS)
    contact = await find_part(db, act.actor, Contact, contact_id)
    note_shown(db, act, contact)
    return contact


def note_shown(db: AsyncSession, act: Act, contact: Contact, **where: int) -> None:
    """Journal that the number was shown; the number itself is never copied."""
    record(db, act, "phone.shown", f"contact:{contact.id}", **where)
