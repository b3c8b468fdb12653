"""From the log to the record: what a job's entries come to. Pure: same entries, same record.

Entries come in the server's order. What was voided counts nowhere; of single values the last does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from field.kinds import SINGLE
from portal.procedures.definition import Step
from portal.procedures.forms import NOTHING, Value

# What a signature need not cover: it says nothing of the work.
UNSIGNED = frozenset({"receipt", "leave", "complete", "note"})
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as folding sees it."""

    op_id: str
    person_id: int
    kind: str
    body: dict[str, Any]
    at: datetime
    is_voided: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """What the log of a job comes to. `values` are the single values; `files` the ids of files
    announced; `is_amended`: entries came after the signature, which does not cover them."""

    values: dict[str, str] = field(default_factory=dict)
    tools: tuple[str, ...] = ()
    parts: tuple[tuple[str, Decimal], ...] = ()
    worked: timedelta = timedelta()
    files: tuple[str, ...] = ()
    signature: str = ""
    is_amended: bool = False


def fold(lines: Iterable[Line], until: datetime, before: Mapping[str, str] | None = None) -> Record:
    """The record of ``lines``; timers that still run count up to ``until``. ``before`` are the
    single values of the job that led to this one: each counts until it is given here anew."""
    left = [line for line in lines if not line.is_voided]
    signed = [line.op_id for line in left if line.kind == "signature"]
    signature = signed[-1] if signed else ""
    return Record(
        values={**(before or {}), **values_of(left)},
        tools=tuple(dict.fromkeys(line.body["name"] for line in left if line.kind == "tool")),
        parts=_parts(left),
        worked=_worked(left, until),
        files=tuple(line.body["file"]["att_id"] for line in left if line.kind == "photo"),
        signature=signature,
        is_amended=is_amended_after(left, signature),
    )


def minutes_of(worked: timedelta) -> int:
    """Time worked as it is said, a half to the even minute: on the phone (`core/minutes.js`), in
    the answer and on the form alike."""
    return round(worked / timedelta(minutes=1))


def values_of(lines: Iterable[Line]) -> dict[str, str]:
    """The single values of ``lines``."""
    return {line.kind: _value(line) for line in lines if line.kind in SINGLE and not line.is_voided}


def is_amended_after(lines: Iterable[Line], signature: str) -> bool:
    """Whether ``lines`` hold something that came after the entry ``signature``, and that it does
    not cover."""
    was_signed = False
    for line in lines:
        if was_signed and not line.is_voided and line.kind not in UNSIGNED:
            return True
        was_signed = was_signed or line.op_id == signature
    return False


def answer_of(
    record: Record, step: Step, remaining: str, documents: Sequence[int]
) -> dict[str, Value]:
    """``record`` as the answer of ``step``: the fields that the step has and the log fills.
    ``documents`` are the photos that have arrived."""
    given: dict[str, Value | None] = {
        "fault": record.values.get("fault") or record.values.get("result"),
        "estimate": _amount(record.values.get("estimate")),
        "tools": "、".join(record.tools) or NOTHING,
        "parts": "、".join(_part(name, number) for name, number in record.parts) or NOTHING,
        "minutes": minutes_of(record.worked) if record.worked else None,
        "photos": tuple(str(document) for document in documents),
        "signature": record.signature,
        "remaining": remaining,
        "result": record.values.get("result"),
        "advice": record.values.get("advice"),
    }
    known = {one.key for one in step.fields}
    return {key: value for key, value in given.items() if key in known and value not in (None, "")}


def _value(line: Line) -> str:
    return str(line.body["amount" if line.kind == "estimate" else "text"])


def _parts(lines: Sequence[Line]) -> tuple[tuple[str, Decimal], ...]:
    """How many of each part stayed on site, in the order of first use; what went back whole is
    not there."""
    totals: dict[str, Decimal] = {}
    for line in lines:
        if line.kind in ("part", "part_returned"):
            name = " ".join(filter(None, (line.body["name"], line.body["number"])))
            quantity = Decimal(line.body["quantity"])
            sign = 1 if line.kind == "part" else -1
            totals[name] = totals.get(name, Decimal(0)) + sign * quantity
    return tuple((name, number) for name, number in totals.items() if number)


def _part(name: str, number: Decimal) -> str:
    return f"{name} × {number.normalize():f}"


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _worked(lines: Sequence[Line], until: datetime) -> timedelta:
    """The time that timers ran, counted once where two ran at a time; without any timer, from each
    arrival to the departure after it."""
    spans = _spans(lines, "timer_start", "timer_stop", until)
    return _covered(spans or _spans(lines, "arrive", "leave", until))


def _spans(lines: Sequence[Line], begin: str, end: str, until: datetime) -> list[Span]:
    # By the time of the deed: a phone's entries may come in another order.
    ordered = sorted((line for line in lines if line.kind in (begin, end)), key=lambda one: one.at)
    running: dict[tuple[int, str], datetime] = {}
    spans = []
    for line in ordered:
        which = (line.person_id, str(line.body.get("timer", "")))
        if line.kind == begin:
            running.setdefault(which, line.at)
        elif which in running:
            spans.append((running.pop(which), line.at))
    return spans + [(start, until) for start in running.values() if start < until]


def _covered(spans: Iterable[Span]) -> timedelta:
    total, reached = timedelta(), None
    for start, end in sorted(spans):
        begin = start if reached is None else max(start, reached)
        if end > begin:
            total += end - begin
            reached = end
    return total
