"""Taking a case in: it is opened with its files and, where everything is known, its first step is
answered in the same unit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.answering import answer, is_theirs
from portal.cases.documenting import add_document
from portal.cases.loading import stored_value
from portal.cases.models import Case, Task
from portal.cases.opening import Registration, open_case
from portal.kernel.act import Act
from portal.kernel.attachments import Stored
from portal.people.access import me
from portal.people.standing_in import presence_at
from portal.procedures.forms import Value


@dataclass(frozen=True, slots=True)
class Photo:
    """A file that lies on the disk already, and the name it was sent with."""

    name: str
    stored: Stored


@dataclass(frozen=True, slots=True)
class Intake:
    """What a clerk took down. `fields` gives the first step's answer, once the case and the ids of
    its files are there; `outcome` is empty where the step is to be completed later."""

    registration: Registration
    photos: Sequence[Photo]
    fields: Callable[[Case, Sequence[str]], dict[str, Value]]
    outcome: str = ""


async def take_in(db: AsyncSession, act: Act, intake: Intake, zone: tzinfo) -> Case:
    """Open the case. Its first step is answered if that falls to whoever takes it in; else, and
    where it is to be completed later, what was typed stays with the step. Raises what opening and
    answering raise."""
    case = await open_case(db, act, intake.registration, zone)
    files = []
    for photo in intake.photos:
        document = await add_document(db, act, case, photo.name, photo.stored)
        files.append(str(document.id))
    query = select(Task).where(Task.case_id == case.id, Task.closed_at.is_(None))
    task = (await db.scalars(query.order_by(Task.id).limit(1))).one()
    fields = intake.fields(case, files)
    if intake.outcome and is_theirs(task, me(act), await presence_at(db, act.at, zone)):
        await answer(db, act, task, intake.outcome, fields, zone)
    elif fields:
        task.draft = {key: stored_value(value) for key, value in fields.items()}
        await db.flush()
    return case
