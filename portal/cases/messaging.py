"""Messages: what a customer says by their link reaches those who work on the case."""

from datetime import datetime, tzinfo

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.announcing import watchers
from portal.cases.indexing import index_case
from portal.cases.models import Case, Message, MessageKind, Task, TimeLimit
from portal.cases.owning import above
from portal.kernel.act import Act
from portal.kernel.i18n import N_
from portal.kernel.journal.recording import record
from portal.notices.telling import News, tell
from portal.people.standing_in import Presence, presence_at

TITLES = {
    MessageKind.WORDS: N_("The customer wrote: case %(number)s"),
    MessageKind.PRESS: N_("The customer presses for progress: case %(number)s"),
    MessageKind.CHANGE: N_("The customer changed the appointment: case %(number)s"),
    MessageKind.CANCEL: N_("The customer wants to cancel: case %(number)s"),
    MessageKind.OBJECTION: N_("The customer says it is not solved: case %(number)s"),
}


async def take_message(
    db: AsyncSession, act: Act, case: Case, kind: MessageKind, text: str, zone: tzinfo
) -> Message:
    """Keep what the customer says; the owner of the case and the owners of its open tasks are told.

    A press (催办) is urgent, and where something is overdue whoever stands above is told as well
    (P04.7). Whoever calls this has checked that the actor may speak for the customer.
    """
    message = await keep_message(db, act, case, kind, text)
    presence = await presence_at(db, act.at, zone)
    news = News(
        word=f"message.{kind}",
        title=TITLES[kind],
        values={"number": case.number},
        href=f"/cases/{case.id}",
        urgent=kind is not MessageKind.WORDS or case.urgency == "high",
        dedupe=f"message:{message.id}",
        case_id=case.id,
    )
    people = await _concerned(db, case, presence)
    if kind is MessageKind.PRESS:
        people |= await _above_late(db, case, presence, act.at)
    await tell(db, act, sorted(people), news)
    return message


async def keep_message(
    db: AsyncSession, act: Act, case: Case, kind: MessageKind, text: str
) -> Message:
    """Keep what the customer says and tell nobody: what a case begins with is told as its task."""
    message = Message(case_id=case.id, kind=kind, at=act.at, text=text)
    db.add(message)
    await db.flush()
    record(db, act, "message.received", f"case:{case.id}", message=message.id, kind=kind)
    await index_case(db, case.id)
    return message


async def _concerned(db: AsyncSession, case: Case, presence: Presence) -> set[int]:
    """The owner of the case, the owners of its open tasks, and who stands in for them."""
    tasks = select(Task.owner_id).where(Task.case_id == case.id, Task.closed_at.is_(None))
    owners = {case.owner_id, *await db.scalars(tasks)}
    return {one for owner in owners for one in watchers(owner, presence)}


async def _above_late(db: AsyncSession, case: Case, presence: Presence, at: datetime) -> set[int]:
    """Who stands above the owners of what is overdue."""
    late = exists().where(
        TimeLimit.task_id == Task.id, TimeLimit.stopped_at.is_(None), TimeLimit.due_at < at
    )
    tasks = select(Task.owner_id).where(Task.case_id == case.id, Task.closed_at.is_(None), late)
    heads = {above(owner, presence) for owner in await db.scalars(tasks)}
    return {head for head in heads if head is not None}
