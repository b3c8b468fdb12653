"""Packets: all that an engineer needs for a job while there is no network (rule 24)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from field.completing import line_of, values_before
from field.folding import fold
from field.models import FieldAttachment, FieldEntry, FieldOp
from portal.cases.models import Answer, Case, Message, MessageKind, Task
from portal.customers.models import Contact, Customer, Device, Site
from portal.people.models import Person
from portal.procedures.definition import Definition, FieldType, Flag, Label, Outcome, Step
from portal.procedures.state import DECISIVE
from portal.procedures.storing import definition_of
from portal.repairs.models import Visit

_LAST_VISITS = 5
# So much of what was said is shown of a case, the newest.
_MOST_TOLD = 12
# Shown anyway; why the desk decided as it did is not for the site.
_UNTOLD = ("symptom", "reason")


@dataclass(frozen=True, slots=True)
class _Reading:
    """What of the packets of several jobs is read at once."""

    visits: Mapping[int, Sequence[Visit]]
    entries: Mapping[int, Sequence[tuple[FieldEntry, FieldOp]]]
    files: Mapping[str, FieldAttachment]
    before: Mapping[int, Sequence[dict[str, Any]]]
    answers: Mapping[int, Sequence[tuple[str, Answer]]]
    messages: Mapping[int, Sequence[Message]]
    values: Mapping[int, Mapping[str, str]]


async def packets(
    db: AsyncSession, tasks: Sequence[Task], revs: Mapping[int, int], at: datetime
) -> list[dict[str, Any]]:
    """The packets of ``tasks``, whose case and what belongs to it is loaded; ``revs`` is the
    revision of each by its id. In a bounded number of statements."""
    read = await _read(db, tasks)
    return [_packet(task, revs[task.id], read, at) for task in tasks]


def loading() -> list[ExecutableOption]:
    """What a task's packet needs loaded with it."""
    case = joinedload(Task.case)
    whole = case.options(
        joinedload(Case.customer),
        joinedload(Case.contact),
        joinedload(Case.site).joinedload(Site.region),
        joinedload(Case.device),
        joinedload(Case.owner),
        joinedload(Case.version),
    )
    return [whole, selectinload(Task.limits)]


async def _read(db: AsyncSession, tasks: Sequence[Task]) -> _Reading:
    case_ids = [task.case_id for task in tasks]
    held = select(Visit).where(Visit.case_id.in_(case_ids)).order_by(Visit.id)
    visits: dict[int, list[Visit]] = {}
    for visit in await db.scalars(held):
        visits.setdefault(visit.case_id, []).append(visit)
    log = (
        select(FieldEntry, FieldOp)
        .join(FieldOp, FieldOp.op_id == FieldEntry.op_id)
        .where(FieldEntry.task_id.in_([task.id for task in tasks]))
        .order_by(FieldOp.rev)
    )
    entries: dict[int, list[tuple[FieldEntry, FieldOp]]] = {}
    for entry, op in await db.execute(log):
        entries.setdefault(entry.task_id, []).append((entry, op))
    sent = select(FieldAttachment).join(FieldOp, FieldOp.op_id == FieldAttachment.op_id)
    sent = sent.where(FieldOp.task_id.in_([task.id for task in tasks]))
    files = {file.op_id: file for file in await db.scalars(sent)}
    given = (
        select(Task.case_id, Task.step, Answer)
        .join(Answer, Answer.task_id == Task.id)
        .where(Task.case_id.in_(case_ids))
        .order_by(Task.id)
    )
    answers: dict[int, list[tuple[str, Answer]]] = {}
    for case_id, step, answer in await db.execute(given):
        answers.setdefault(case_id, []).append((step, answer))
    written = select(Message).where(Message.case_id.in_(case_ids)).order_by(Message.id)
    messages: dict[int, list[Message]] = {}
    for message in await db.scalars(written):
        messages.setdefault(message.case_id, []).append(message)
    before = await _visits_before(db, tasks)
    values = await values_before(db, [task.id for task in tasks])
    return _Reading(visits, entries, files, before, answers, messages, values)


async def _visits_before(
    db: AsyncSession, tasks: Sequence[Task]
) -> dict[int, list[dict[str, Any]]]:
    """The last visits to each device, by device."""
    devices = {task.case.device_id for task in tasks if task.case.device_id is not None}
    nth = func.row_number().over(partition_by=Case.device_id, order_by=Task.closed_at.desc())
    ended = (
        select(Task.id, Case.device_id, nth.label("nth"))
        .join(Case, Case.id == Task.case_id)
        .join(Answer, Answer.task_id == Task.id)
        .where(Case.device_id.in_(devices), Task.step == "visit")
        .subquery()
    )
    query = (
        select(ended.c.device_id, Task, Answer, Case.number, Person.name)
        .join(Task, Task.id == ended.c.id)
        .join(Answer, Answer.task_id == Task.id)
        .join(Case, Case.id == Task.case_id)
        .join(Person, Person.id == Task.owner_id)
        .where(ended.c.nth <= _LAST_VISITS)
        .order_by(Task.closed_at.desc())
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for device_id, task, answer, number, name in await db.execute(query):
        found.setdefault(device_id, []).append(
            {
                "case": number,
                "at": task.closed_at.isoformat(),
                "engineer": name,
                "outcome": task.outcome,
                "fault": answer.fields.get("fault", ""),
                "parts": answer.fields.get("parts", ""),
                "remaining": answer.fields.get("remaining", ""),
            }
        )
    return found


def _packet(task: Task, rev: int, read: _Reading, at: datetime) -> dict[str, Any]:
    case = task.case
    step = definition_of(case.version).step[task.step]
    log = read.entries.get(task.id, ())
    led = read.values.get(task.id, {})
    record = fold((line_of(entry) for entry, _ in log), at, led)
    answers = read.answers.get(case.id, ())
    return {
        "task_id": task.id,
        "case_id": case.id,
        "number": case.number,
        "rev": rev,
        "is_open": task.is_open,
        "ended": _ended(task),
        "signed_for": task.signed_at is not None,
        "subject": case.subject,
        "symptom": _symptom(answers) or case.details,
        "urgency": case.urgency,
        "step": _step(step),
        "due_at": _due(task),
        "case_owner": {"name": case.owner.name, "phone": case.owner.phone},
        "window": _window(task, read.visits.get(case.id, ())),
        "customer": _customer(case.customer, case.contact),
        "site": _site(case.site),
        "device": _device(case.device),
        "told": _told(definition_of(case.version), answers, read.messages.get(case.id, ())),
        "visits_before": list(read.before.get(case.device_id or 0, ())),
        "entries": [_entry(entry, op, read.files.get(op.op_id)) for entry, op in log],
        "values_before": dict(led),
        "record": {
            "values": record.values,
            "minutes": round(record.worked.total_seconds() / 60),
            "signature": record.signature,
            "is_amended": record.is_amended,
        },
    }


def _symptom(answers: Sequence[tuple[str, Answer]]) -> str:
    found = [str(one.fields.get("symptom", "")) for step, one in answers if step == "register"]
    return found[-1] if found else ""


def _told(
    definition: Definition,
    answers: Sequence[tuple[str, Answer]],
    messages: Sequence[Message],
) -> list[dict[str, Any]]:
    """What others said that the next visit has to mind, the newest first: the customer's messages,
    and what was written in answering the steps at the desk. What the phone has anyway is not said
    twice: the symptom, and what was recorded on site."""
    said: list[tuple[datetime, dict[str, Any]]] = []
    for key, answer in answers:
        step = definition.step.get(key)
        if step is None or Flag.OFFLINE in step.flags:
            continue
        for field in step.fields:
            text = answer.fields.get(field.key)
            if field.type is FieldType.LONG_TEXT and field.key not in _UNTOLD and text:
                label = {
                    "zh": f"{step.title.zh} · {field.label.zh}",
                    "en": f"{step.title.en} · {field.label.en}",
                }
                said.append((answer.at, {"label": label, "text": str(text)}))
    # An objection is the answer's words again, by the same press.
    words = {(at, one["text"]) for at, one in said}
    for message in messages:
        if message.kind == MessageKind.OBJECTION and (message.at, message.text) in words:
            continue
        said.append((message.at, {"kind": str(message.kind), "text": message.text}))
    said.sort(key=lambda one: one[0], reverse=True)
    return [{"at": at.isoformat(), **one} for at, one in said[:_MOST_TOLD]]


def _step(step: Step) -> dict[str, Any]:
    """What the procedure asks here, and the ways it may end; one that only a lapse takes is none
    for people."""
    return {
        "key": step.key,
        "title": _label(step.title),
        "clause": {"id": step.clause.id, "zh": step.clause.zh, "en": step.clause.en},
        "outcomes": [_outcome(step, one) for one in step.outcomes if not one.silent],
        "fields": [{"key": field.key, "label": _label(field.label)} for field in step.fields],
    }


def _outcome(step: Step, outcome: Outcome) -> dict[str, Any]:
    needed = [one.key for one in step.fields if one.required or outcome.key in one.required_for]
    return {"key": outcome.key, "label": _label(outcome.label), "required": needed}


def _label(label: Label) -> dict[str, str]:
    return {"zh": label.zh, "en": label.en}


def _due(task: Task) -> str | None:
    """When the first of its limits is over; none while a pause holds them, or when it is over."""
    due = [limit.due_at for limit in task.running if limit.due_at] if task.is_open else []
    return min(due).isoformat() if due else None


def outcome_of(task: Task) -> Outcome | None:
    """With what a task ended; nothing while it is open, and of one that was dropped."""
    step = definition_of(task.case.version).step[task.step]
    return step.outcome(task.outcome) if task.ending in DECISIVE else None


def _ended(task: Task) -> dict[str, Any] | None:
    """When and how it came to its end, in the procedure's words; without them it was dropped."""
    if task.closed_at is None:
        return None
    outcome = outcome_of(task)
    label = _label(outcome.label) if outcome else None
    return {"at": task.closed_at.isoformat(), "outcome": label}


def _window(task: Task, visits: Sequence[Visit]) -> dict[str, Any] | None:
    """The window that is agreed now; of a job that is over the one that it was for: what was agreed
    later is another's."""
    if task.is_open:
        mine = [visit for visit in visits if visit.released_at is None]
    else:
        mine = [
            visit
            for visit in visits
            if visit.task_id <= task.id
            and (visit.released_at is None or visit.released_at > task.opened_at)
        ]
    if not mine:
        return None
    visit = mine[-1]
    return {"from": visit.from_at.isoformat(), "until": visit.until_at.isoformat()}


def _customer(customer: Customer, contact: Contact | None) -> dict[str, Any]:
    return {
        "name": customer.name,
        "contact": contact.name if contact else "",
        "phone": contact.phone if contact else "",
    }


def _site(site: Site | None) -> dict[str, Any] | None:
    if site is None:
        return None
    return {
        "address": site.address,
        "region": site.region.name if site.region else "",
        "latitude": site.latitude,
        "longitude": site.longitude,
        "source": site.position_source,
    }


def _device(device: Device | None) -> dict[str, Any] | None:
    if device is None:
        return None
    until = device.warranty_until
    return {
        "id": device.id,
        "model": device.model,
        "serial": device.serial,
        "warranty_until": until.isoformat() if until else None,
    }


def _entry(entry: FieldEntry, op: FieldOp, file: FieldAttachment | None) -> dict[str, Any]:
    return {
        "op_id": entry.op_id,
        "person_id": entry.person_id,
        "kind": entry.kind,
        "body": entry.body,
        "at": entry.at.isoformat(),
        "rev": op.rev,
        "outcome": op.outcome,
        "flags": entry.flags,
        "voided_by": entry.voided_by,
        "file": file and ("verified" if file.verified_at else "to come"),
    }


def subjects_of(task: Task) -> Iterable[str]:
    """What the journal calls everything that a task's packet shows."""
    case = task.case
    yield f"case:{case.id}"
    yield f"customer:{case.customer_id}"
    for noun in ("contact", "site", "device"):
        if (key := getattr(case, f"{noun}_id")) is not None:
            yield f"{noun}:{key}"
