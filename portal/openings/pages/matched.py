"""What the page of a case says, while it is reviewed, of whose it is: a form was sent by somebody
who has not shown who they are (P06.2)."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.access import oversees
from portal.cases.models import Case, Task
from portal.cases.pages.asides import Aside
from portal.customers.listing import customers_with
from portal.customers.models import Customer
from portal.kernel.act import Act
from portal.openings.reading import REGISTER, REVIEW
from portal.openings.reporting import CHANNEL


@dataclass(frozen=True, slots=True)
class Matched:
    """`is_known`: the customer was in the files before; `others` have the same number."""

    case: Case
    is_known: bool
    others: list[Customer]


async def matched_aside(db: AsyncSession, act: Act, case: Case) -> Aside | None:
    """For those who keep the files, whose number it is that came with ``case``."""
    if case.channel != CHANNEL or not case.contact or not oversees(act.actor):
        return None
    open_ = select(Task.step).where(Task.case_id == case.id, Task.closed_at.is_(None))
    step = await db.scalar(open_.where(Task.step.in_((REGISTER, REVIEW))).limit(1))
    if step is None:
        return None
    theirs = await customers_with(db, case.contact.phone)
    others = [one for one in theirs if one.id != case.customer_id]
    is_known = case.customer.made_at < case.opened_at
    shown = Matched(case, is_known, others)
    return Aside("openings/_matched.html", shown, step=step) if is_known or others else None
