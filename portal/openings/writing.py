"""Writing to the customer who has to confirm (P06.6): by mail where the contact has an address and
the portal a mail server; else the owner of the case is told to give the link (copy, QR code).

Both are effects, in the transaction of what asks for them; `portal.openings.posting` sends.
"""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.announcing import announce_link_needed
from portal.cases.effects import Happening
from portal.cases.models import Case
from portal.customers.models import Contact
from portal.kernel.act import Act
from portal.kernel.journal.recording import record
from portal.notices.channels import channels_of
from portal.openings.models import CustomerLetter

ASKS, REMINDS = "asks", "reminds"


async def send_closing_link(db: AsyncSession, act: Act, happening: Happening) -> None:
    """The step has opened in which the customer says whether it is solved."""
    await _write(db, act, happening, ASKS)


async def remind_customer(db: AsyncSession, act: Act, happening: Happening) -> None:
    """A reminder's level is reached, and the customer has not answered."""
    await _write(db, act, happening, REMINDS)


async def _write(db: AsyncSession, act: Act, happening: Happening, kind: str) -> None:
    case, task = happening.case, happening.task
    await db.flush()
    written = select(func.count()).where(CustomerLetter.task_id == task.id)
    dedupe = f"{kind}:{task.id}:{await db.scalar(written) or 0}"
    contact = await _reachable(db, case)
    if contact is None:
        moment = act.at.isoformat() if kind == REMINDS else ""
        key = f"link:{task.id}:{moment}"
        await announce_link_needed(db, act, case, key, happening.presence)
        return
    letter = CustomerLetter(
        dedupe=dedupe,
        case_id=case.id,
        task_id=task.id,
        contact_id=contact.id,
        kind=kind,
        made_at=act.at,
        next_try_at=act.at,
    )
    db.add(letter)
    await db.flush()
    record(db, act, "customer_letter.written", f"case:{case.id}", letter=letter.id, kind=kind)


async def _reachable(db: AsyncSession, case: Case) -> Contact | None:
    """The contact of ``case``, where a mail reaches them."""
    if case.contact_id is None or "mail" not in channels_of(db):
        return None
    return await db.scalar(
        select(Contact).where(Contact.id == case.contact_id, Contact.email != "")
    )
