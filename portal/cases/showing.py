"""Showing the phone of a case's contact to whoever may see the case, the engineer among them."""

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.reading import find_case
from portal.customers.models import Contact
from portal.customers.showing import note_shown
from portal.kernel.act import Act
from portal.kernel.problems import NOT_FOUND, Problem


async def show_phone_of_case(
    db: AsyncSession, act: Act, case_id: int, also: Collection[int] = ()
) -> Contact:
    """The contact whose number is shown; raises ``not-found``. ``also``: as `visible_cases`."""
    case = await find_case(db, act.actor, case_id, also)
    contact = await db.get(Contact, case.contact_id) if case.contact_id is not None else None
    if contact is None:
        raise Problem(NOT_FOUND)
    note_shown(db, act, contact, case=case.id)
    return contact
