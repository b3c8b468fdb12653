"""What the page of a case tells of the site: when the engineer came and left, the notes for the
office, which no form prints, and what was measured. The rest is in the answer of the visit."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from field.models import FieldEntry, FieldOp
from portal.cases.models import Case, Task
from portal.cases.pages.timeline import Event
from portal.kernel.act import Act
from portal.people.models import Person

_TEMPLATE = "field/_site_event.html"
_READING = "reading"
_TOLD = ("arrive", "leave", "note", _READING)


async def site_events(db: AsyncSession, _: Act, case: Case) -> list[Event]:
    """What is on record of the visits of ``case``, for everybody who sees the case; the readings of
    a visit are one event, at the time of the last."""
    query = (
        select(FieldEntry, Person.name)
        .join(FieldOp, FieldOp.op_id == FieldEntry.op_id)
        .join(Task, Task.id == FieldEntry.task_id)
        .join(Person, Person.id == FieldEntry.person_id)
        .where(Task.case_id == case.id)
        .where(FieldEntry.kind.in_(_TOLD), FieldEntry.voided_by.is_(None))
        .order_by(FieldEntry.at, FieldOp.rev)
    )
    events = []
    measured: dict[tuple[int, int, str], list[FieldEntry]] = {}
    for entry, who in await db.execute(query):
        if entry.kind == _READING:
            measured.setdefault((entry.task_id, entry.person_id, who), []).append(entry)
        else:
            kind = f"site_{entry.kind}"
            events.append(Event(entry.at, kind, who, [entry], template=_TEMPLATE))
    for (_task, _person, who), entries in measured.items():
        at, kind = entries[-1].at, f"site_{_READING}"
        events.append(Event(at, kind, who, entries, template=_TEMPLATE))
    return events
