"""The customer wants no more of it, by the link (P06)."""

from datetime import tzinfo

from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.answering import withdraw
from portal.cases.messaging import take_message
from portal.cases.models import MessageKind
from portal.cases.problems import DONE_ALREADY
from portal.kernel.act import Act
from portal.kernel.problems import Problem
from portal.openings.appointing import may_answer
from portal.openings.closing import SOLVED, is_asked, lock
from portal.openings.models import Link
from portal.openings.problems import NOTHING_LEFT
from portal.openings.saying import require_holder
from portal.procedures.storing import definition_of


async def cancel(db: AsyncSession, act: Act, link: Link, reason: str, zone: tzinfo) -> None:
    """The procedure says who makes sure. A second time it changes nothing.

    Raises ``case-not-open``, ``not-withdrawable``, and ``nothing-left-to-cancel`` while the
    customer is asked whether it is solved.
    """
    require_holder(act, link)
    await lock(db, link)
    if may_answer(definition_of(link.case.version), SOLVED) and await is_asked(db, link.case_id):
        raise Problem(NOTHING_LEFT)
    try:
        await withdraw(db, act, link.case_id, reason, zone)
    except Problem as problem:
        if problem.kind is DONE_ALREADY:
            return
        raise
    await take_message(db, act, link.case, MessageKind.CANCEL, reason, zone)
