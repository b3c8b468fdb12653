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
from portal.cases.models import Answer, Case, Task
from portal.customers.models import Contact, Customer, Device, Site
from portal.people.models import Person
from portal.procedures.definition import Label, Outcome, Step
from portal.procedures.storing import definition_of
from portal.repairs.models import Visit

_LAST_VISITS = 5


@dataclass(frozen=True, slots=True)
class _Reading:
    """What of the packets of several jobs is read at once."""

    visits: Mapping[int, Visit]
    entries: Mapping[int, Sequence[tuple[FieldEntry, FieldOp]]]
    files: Mapping[str, FieldAttachment]
    before: Mapping[int, Sequence[dict[str, Any]]]
    symptoms: Mapping[int, str]
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
    visits = {visit.case_id: visit for visit in await db.scalars(held)}
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
    told = (
        select(Task.case_id, Answer.fields)
        .join(Answer, Answer.task_id == Task.id)
        .where(Task.case_id.in_(case_ids), Task.step == "register")
        .order_by(Task.id)
    )
    symptoms = {
        case_id: str(fields.get("symptom", "")) for case_id, fields in await db.execute(told)
    }
    before = await _visits_before(db, tasks)
    values = await values_before(db, [task.id for task in tasks])
    return _Reading(visits, entries, files, before, symptoms, values)


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
    visit = read.visits.get(case.id)
    log = read.entries.get(task.id, ())
    led = read.values.get(task.id, {})
    record = fold((line_of(entry) for entry, _ in log), at, led)
    return {
        "task_id": task.id,
        "case_id": case.id,
        "number": case.number,
        "rev": rev,
        "is_open": task.is_open,
        "signed_for": task.signed_at is not None,
        "subject": case.subject,
        "symptom": read.symptoms.get(case.id) or case.details,
        "urgency": case.urgency,
        "step": _step(definition_of(case.version).step[task.step]),
        "due_at": _due(task),
        "case_owner": {"name": case.owner.name, "phone": case.owner.phone},
        "window": _window(visit),
        "customer": _customer(case.customer, case.contact),
        "site": _site(case.site),
        "device": _device(case.device),
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


def _window(visit: Visit | None) -> dict[str, Any] | None:
    if visit is None or visit.released_at is not None:
        return None
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
