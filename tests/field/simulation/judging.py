"""What must hold of the ledger, whatever went wrong on the way (rule 38)."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from field.completing import line_of
from field.envelopes import read_operation
from field.feeding import is_offline
from field.folding import Line, Record, fold
from field.kinds import read_body, stored
from field.models import FieldAside, FieldAttachment, FieldDevice, FieldEntry, FieldOp
from field.packets import loading, subjects_of
from portal.cases.models import Task
from portal.kernel.journal.models import JournalEntry
from portal.kernel.journal.verifying import verify
from tests.field.simulation.company import Company

# What no fault of a network, a phone's clock or the office can bring about.
_IMPOSSIBLE = {"another_device", "another_user", "unknown_kind", "unknown_schema", "fault"}
_APPLIED = ("applied", "flagged")
_SHOWN_APPLIED = ("received", "recorded", "voided")
_NOBODYS = {"lost": True}
Rows = Mapping[str, FieldOp]


async def judge(company: Company, said: dict[str, Any]) -> list[str]:
    """What does not hold. ``said``: what the phone issued, and, at the end, what it shows."""
    found = list(company.violations)
    company.violations.clear()
    issued = {one["op_id"]: one for one in said["issued"]}
    async with company.database.reading() as db:
        query = select(FieldOp).options(joinedload(FieldOp.device))
        rows = {op.op_id: op for op in await db.scalars(query.order_by(FieldOp.rev))}
        names = {device.id: device.name for device in await db.scalars(select(FieldDevice))}
        found += _issued_only(rows, names, issued)
        found += [
            f"laid aside: {aside.code} {aside.op_id}"
            for aside in await db.scalars(select(FieldAside))
        ]
        if said["final"]:
            found += _all_arrived(rows, issued.values())
            found += await _state_is_folded(db, rows)
            found += await _files_arrived(db, issued)
            found += await _shown_as_it_is(db, rows, said["views"], company)
            if not (await verify(db, [])).is_sound:
                found.append("the journal is not sound")
    return found


def _issued_only(rows: Rows, names: Mapping[int, str], issued: Mapping[str, Any]) -> Iterable[str]:
    """Nothing appears that no device issued; what appears is what was issued."""
    for op_id, op in rows.items():
        one = issued.get(op_id)
        if one is None:
            yield f"nobody issued {op_id} ({op.kind}, {op.outcome} {op.code})"
        elif (one["seq"], one["sha256"], one["device_id"]) != (
            op.seq,
            op.sha256,
            names[op.device_id],
        ):
            yield f"{op_id} is not what was issued"
        if op.code in _IMPOSSIBLE or op.outcome == "needs_fix":
            yield f"{op_id} ({op.kind}) is {op.outcome} {op.code} {op.message}"
    numbers: dict[str, set[int]] = {}
    for one in issued.values():
        numbers.setdefault(one["device_id"], set()).add(one["seq"])
    count = len({(one["device_id"], one["seq"]) for one in issued.values()})
    if count != len(issued):
        yield "a number was given twice"
    for device, seqs in numbers.items():
        if seqs != set(range(1, len(seqs) + 1)):
            yield f"the numbers of {device} have a gap"


def _all_arrived(rows: Rows, issued: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """Each operation that was kept is there; those that were wiped away may be."""
    for one in issued:
        op = rows.get(one["op_id"])
        if op is None:
            if not one["lost"]:
                yield f"lost: {one['op_id']} {one['kind']}"
        elif op.code == "waits" and not one["lost"]:
            yield f"stuck: {one['op_id']} waits"


async def _state_is_folded(db: AsyncSession, rows: Rows) -> list[str]:
    """The log holds what the ledger says was applied, and comes to the same."""
    found: list[str] = []
    entries = {entry.op_id: entry for entry in await db.scalars(select(FieldEntry))}
    applied = {op_id: op for op_id, op in rows.items() if op.outcome in _APPLIED}
    if set(entries) != set(applied):
        found.append(f"log and ledger differ: {set(entries) ^ set(applied)}")
        return found
    voided: dict[str, str] = {}
    lines: dict[int, list[Line]] = {}
    logged: dict[int, list[Line]] = {}
    for op_id, op in applied.items():
        body = stored(read_body(read_operation(op.envelope)))
        if op.kind == "void":
            voided.setdefault(str(body["op"]), op_id)
        if op.kind == "signature":
            sha256 = hashlib.sha256(str(body["summary"]).encode()).hexdigest()
            if sha256 != body["summary_sha256"] or body != entries[op_id].body:
                found.append(f"the signed summary of {op_id} does not match its hash")
    for op_id, op in applied.items():
        assert op.task_id
        body = stored(read_body(read_operation(op.envelope)))
        line = Line(op_id, op.device.person_id, op.kind, body, op.at, op_id in voided)
        lines.setdefault(op.task_id, []).append(line)
        logged.setdefault(op.task_id, []).append(line_of(entries[op_id]))
    for task_id, ledger in lines.items():
        until = ledger[-1].at + timedelta(hours=1)
        if fold(ledger, until) != fold(logged[task_id], until):
            found.append(f"the record of job {task_id} is not what its ledger comes to")
    return found


async def _files_arrived(db: AsyncSession, issued: Mapping[str, Any]) -> Iterable[str]:
    query = select(FieldAttachment).options(joinedload(FieldAttachment.op))
    return [
        f"the file of {file.op_id} never came"
        for file in await db.scalars(query)
        if file.verified_at is None
        and file.op.outcome in _APPLIED
        and not issued.get(file.op_id, _NOBODYS)["lost"]
    ]


async def _shown_as_it_is(
    db: AsyncSession, rows: Rows, views: list[dict[str, Any]], company: Company
) -> list[str]:
    """The phone holds all jobs of its user as they are now, and folds them as the server does."""
    found: list[str] = []
    by_id = {view["task_id"]: view for view in views}
    person = views[0]["user_id"] if views else 0
    query = select(Task).options(*loading()).where(Task.owner_id == person)
    for task in await db.scalars(query):
        view = by_id.get(task.id)
        if view is None:
            if task.is_open and is_offline(task):
                found.append(f"job {task.id} is not on the phone")
            continue
        subjects = list(subjects_of(task))
        revs = select(JournalEntry.rev).where(JournalEntry.subject.in_(subjects))
        if view["rev"] != max(await db.scalars(revs)):
            found.append(f"the phone has an old packet of job {task.id}")
        log = select(FieldEntry).join(FieldOp, FieldOp.op_id == FieldEntry.op_id)
        log = log.where(FieldEntry.task_id == task.id).order_by(FieldOp.rev)
        lines = [line_of(entry) for entry in await db.scalars(log)]
        record = fold(lines, company.now)
        found += _same_record(task.id, record, view)
        runs_on = fold(lines, company.now + timedelta(hours=1)).worked != record.worked
        if not runs_on and abs(record.worked.total_seconds() - view["record"]["seconds"]) > 1:
            found.append(f"job {task.id} took {record.worked}, shown {view['record']['seconds']} s")
        found += [
            f"{op_id} is shown as {state}, and is {rows[op_id].outcome} {rows[op_id].code}"
            for op_id, state in view["entries"]
            if op_id in rows and (state in _SHOWN_APPLIED) != (rows[op_id].outcome in _APPLIED)
        ]
    return found


def _same_record(task_id: int, record: Record, view: dict[str, Any]) -> Iterable[str]:
    shown = view["record"]
    here = {
        "values": record.values,
        "tools": list(record.tools),
        "parts": [f"{name} {number.normalize():f}" for name, number in record.parts],
        "signature": record.signature,
        "amended": record.is_amended,
        "photos": list(record.files),
    }
    there = {
        "values": shown["values"],
        "tools": shown["tools"],
        "parts": [
            " ".join(filter(None, (part["name"], part["number"], part["quantity"])))
            for part in shown["parts"]
        ],
        "signature": (shown["signature"] or {}).get("op_id", ""),
        "amended": shown["amended"],
        "photos": [photo["att_id"] for photo in shown["photos"]],
    }
    if here != there:
        yield f"job {task_id} is folded otherwise: {json.dumps([here, there], ensure_ascii=False)}"
