"""Placing: where the engineer has to go, and what is to be mended, entered or put right (P06.2)."""

from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.indexing import index_case, lock_case
from portal.cases.models import Case
from portal.cases.problems import CASE_NOT_OPEN
from portal.customers.registering import Caller, find_or_register
from portal.kernel.act import Act
from portal.kernel.journal.recording import record
from portal.kernel.problems import Problem
from portal.people.access import require
from portal.people.roles import OVERSEERS


async def place(db: AsyncSession, act: Act, case: Case, caller: Caller) -> None:
    """Give an open case the site and device that ``caller`` names, of its own customer; `contact`
    of ``case`` must be loaded. What is not in the files yet is entered there.

    Raises ``case-not-open``, and ``not-found`` for what is another customer's.
    """
    require(act.actor, *OVERSEERS)
    await lock_case(db, case.id)
    await db.refresh(case, ["closed_at"])
    if not case.is_open:
        raise Problem(CASE_NOT_OPEN)
    party = await find_or_register(db, act, caller)
    case.site_id = party.site.id if party.site else None
    case.device_id = party.device.id if party.device else None
    await db.flush()
    body = {"site": case.site_id, "device": case.device_id}
    record(db, act, "case.placed", f"case:{case.id}", **body)
    await index_case(db, case.id)
