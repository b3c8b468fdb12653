"""What of a case is found by words: number, subject, details, customer, phone, notes."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.models import Case, Note
from portal.customers.models import Customer
from portal.kernel.db.searching import SearchIndex

CASES = SearchIndex("case")


async def index_case(db: AsyncSession, case: Case, customer: Customer) -> None:
    """Make a case findable as it is now."""
    notes = await db.scalars(select(Note.text).where(Note.case_id == case.id))
    words = [case.number, case.subject, case.details, customer.name, customer.phone, *notes]
    await CASES.put(db, case.id, "\n".join(words))


async def reindex(db: AsyncSession) -> int:
    """Build the whole index anew, as after a restore; the number of cases."""
    await CASES.clear(db)
    count = 0
    rows = await db.execute(select(Case, Customer).join(Customer))
    for case, customer in rows:
        await index_case(db, case, customer)
        count += 1
    return count
