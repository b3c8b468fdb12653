"""Child cases: a step that waits for a case by another procedure (P04.9). The step opens it, and by
its verdict the step ends, each in the same transaction, so that neither case is ever left waiting.

Both are effects, which no procedure names: they are the step's nature."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.advancing import advance_loaded
from portal.cases.effects import Happening
from portal.cases.loading import key_of, load
from portal.cases.models import Case, CaseLink, Task
from portal.cases.opening import Matter, open_from
from portal.cases.surroundings import surroundings_at
from portal.kernel.act import Act
from portal.kernel.journal.recording import record
from portal.procedures.events import ChildClosed

CHILD = "child"


async def open_child(db: AsyncSession, act: Act, happening: Happening) -> None:
    """Open the case that the step waits for: the same customer's, with the same owner, and as
    urgent. Its clock begins now. One that was opened for this case before and is still open is
    waited for instead: nobody repairs the same thing twice."""
    case, task = happening.case, happening.task
    child = happening.loaded.definition.step[task.step].child
    assert child, "the step waits for a child case"
    for earlier in await open_children(db, case.id):
        if earlier.code == child.procedure:
            link = update(CaseLink).where(CaseLink.other_id == earlier.id, CaseLink.kind == CHILD)
            await db.execute(link.values(task_id=task.id))
            record(db, act, "case.waited_for", f"case:{case.id}", other=earlier.id, task=task.id)
            return
    facts = {"urgency": case.urgency, "severity": case.severity, "channel": "forwarded"}
    about = (case.subject, case.details)
    matter = Matter(child.procedure, CHILD, case.owner_id, facts, *about, task.id)
    await open_from(db, act, case, matter, happening.presence.zone)


async def answer_parent(db: AsyncSession, act: Act, happening: Happening) -> None:
    """The case is closed: the step that waits for it ends by its verdict. Nothing where none does,
    as when the parent was withdrawn meanwhile, or went on after an earlier closing."""
    link = await waiting_for(db, happening.case.id)
    if link is None:
        return
    parent = await load(db, link.case_id)
    row = next(row for row in parent.rows.values() if row.id == link.task_id)
    if row.is_open:
        around = await surroundings_at(db, act.at, happening.presence.zone)
        event = ChildClosed(key_of(row), happening.case.verdict)
        await advance_loaded(db, act, parent, event, around)


async def open_children(db: AsyncSession, case_id: int) -> list[Case]:
    """The cases that were opened for a step of this one and are still open."""
    query = select(Case).join(CaseLink, CaseLink.other_id == Case.id).order_by(Case.id)
    query = query.where(CaseLink.case_id == case_id, CaseLink.kind == CHILD)
    return list(await db.scalars(query.where(Case.closed_at.is_(None))))


async def is_part_of_open(db: AsyncSession, case_id: int) -> bool:
    """Whether this case was opened for a step of another one that is still open."""
    query = select(CaseLink.id).join(Case, Case.id == CaseLink.case_id)
    query = query.where(CaseLink.other_id == case_id, CaseLink.kind == CHILD)
    return await db.scalar(query.where(Case.closed_at.is_(None)).limit(1)) is not None


async def waiting_for(db: AsyncSession, case_id: int) -> CaseLink | None:
    """The link by which an open step waits for this case."""
    query = select(CaseLink).join(Task, Task.id == CaseLink.task_id)
    found: CaseLink | None = await db.scalar(
        query.where(CaseLink.other_id == case_id, Task.closed_at.is_(None))
    )
    return found
