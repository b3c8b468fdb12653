"""F11 现场服务报告: a visit as its log tells it, or, without one, as the answer does (P06.5)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from field.folding import Line, Record, fold, minutes_of
from field.wording import KINDS
from portal.cases.models import Document, Task
from portal.kernel.i18n import N_
from portal.procedures.forms import NONE, NOTHING
from portal.records.catalog import SERVICE_REPORT
from portal.records.reading import File, Visited
from portal.records.sections import LONGEST_BESIDE, basis_of, of_customer
from portal.records.sheets import (
    Grid,
    Pen,
    Picture,
    Section,
    Sheet,
    both,
    grid,
    pair,
    wide,
)
from portal.repairs.models import SignedSummary

NOT_FINISHED = N_("The visit is not finished: this is not the final report.")
AMENDED = N_("Something was entered after the signature, which does not cover it.")
ELECTRONIC = N_(
    "Electronic: drawn on the engineer's phone under the words above,"
    " whose SHA-256 begins with %(digest)s"
)
QUOTED = {True: N_("%(amount)s, accepted"), False: N_("%(amount)s, refused")}
# What the tables of the report do not tell. The engineer's notes are for the office, and this paper
# may be handed to the customer, whoever printed it: they stand on the page of the case.
_TOLD = ("arrive", "leave", "timer_start", "timer_stop", "signature")
_TEXTS = ("fault", "estimate", "tools", "parts", "remaining", "result", "advice")


@dataclass(frozen=True, slots=True)
class Copy:
    """For whom a report is printed: ``phone`` as they may see it, the office's names or not, who
    prints and when, as a line; ``at`` is up to when timers that run are counted."""

    phone: str
    is_customers: bool
    printed: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pictures of a visit, and how many photos there are in all."""

    photos: tuple[Picture, ...] = ()
    count: int = 0
    signature: str = ""


def service_report(file: File, visited: Visited, pen: Pen, pictures: Pictures, copy: Copy) -> Sheet:
    """The report of one visit."""
    task, signed = visited.task, visited.signed
    record = fold(visited.log, task.closed_at or copy.at)
    marks = [both(NOT_FINISHED)] if task.is_open else []
    if record.is_amended or (signed and signed.amended_at):
        marks.append(both(AMENDED))
    texts = _texts(file, record, task)
    return Sheet(
        form=SERVICE_REPORT,
        number=f"{file.case.number}-{SERVICE_REPORT.number}-{file.nth(task)}",
        basis=basis_of(file, pen, SERVICE_REPORT.clause),
        printed=copy.printed,
        marks=tuple(marks),
        sections=(
            _matter(file, pen, copy),
            _visit(file, visited, record, pen, copy),
            *_work(visited, texts, pen),
            *_course(visited, pen),
            *_photos(pictures, pen),
            _signature(signed, pictures.signature, pen),
        ),
    )


def photos_of(file: File, visited: Visited) -> list[tuple[Document, str]]:
    """The photos of a visit with their captions: of the log, and those that the office named."""
    chosen: dict[int, str] = {}
    for line in visited.log:
        if line.kind == "photo" and not line.is_voided and line.op_id in visited.files:
            chosen[visited.files[line.op_id]] = str(line.body.get("caption", ""))
    for key in _given(visited.task).get("photos", ()):
        chosen.setdefault(int(key), "")
    known = file.documents
    return [(known[key], caption) for key, caption in chosen.items() if key in known]


def _given(task: Task) -> Mapping[str, Any]:
    return task.answer.fields if task.answer else {}


def _texts(file: File, record: Record, task: Task) -> dict[str, str]:
    """What was found, done and said: by the log; where that is silent by the answer of the visit,
    and by the report that followed it."""
    found = {**_said_after(file, task), **_given(task), **record.values}
    return {key: str(found[key]) for key in _TEXTS if found.get(key)}


def _said_after(file: File, task: Task) -> Mapping[str, Any]:
    """The result and the advice as the customer was told them, before the next visit."""
    told: dict[str, Any] = {}
    for one in file.tasks[file.tasks.index(task) + 1 :]:
        if one.step == task.step:
            break
        told |= {key: given for key, given in _given(one).items() if key in ("result", "advice")}
    return told


def _matter(file: File, pen: Pen, copy: Copy) -> Section:
    case = file.case
    until = case.device.warranty_until if case.device else None
    return Section(
        both(N_("Customer and device")),
        entries=(
            pair(N_("Case"), case.number),
            pair(N_("Received"), pen.moment(case.received_at)),
            *of_customer(case, copy.phone),
            pair(N_("Warranty until"), until.isoformat() if until else ""),
            pair(N_("Bought on"), _bought(file)),
            wide(N_("Symptom"), file.answered("register", "symptom") or case.subject),
        ),
    )


def _bought(file: File) -> str:
    on = file.case.device.bought_on if file.case.device else None
    return on.isoformat() if on else ""


def _visit(file: File, visited: Visited, record: Record, pen: Pen, copy: Copy) -> Section:
    task = visited.task
    left = [line for line in visited.log if not line.is_voided]
    arrived = [line.at for line in left if line.kind == "arrive"]
    gone = [line.at for line in left if line.kind == "leave"]
    minutes = minutes_of(record.worked) or _given(task).get("minutes", "")
    outcome = file.step(task).outcome(task.outcome)
    # Customers are told who comes to them, and nobody else's name.
    answered = None if copy.is_customers else task.answer
    by = answered.by.name if answered and answered.by else ""
    return Section(
        both(N_("Visit")),
        entries=(
            pair(N_("Engineer"), task.owner.name),
            pair(N_("Visit no."), file.nth(task)),
            pair(N_("Window agreed"), pen.window(*visited.window) if visited.window else ""),
            pair(N_("Minutes worked"), minutes),
            pair(N_("Arrival"), pen.moment(min(arrived, default=None))),
            pair(N_("Departure"), pen.moment(max(gone, default=None))),
            pair(N_("Outcome"), pen.label(outcome.label) if outcome else ""),
            pair(N_("Completed"), f"{pen.moment(task.closed_at)} {by}".strip()),
        ),
    )


def _work(visited: Visited, texts: Mapping[str, str], pen: Pen) -> Iterable[Section]:
    left = [line for line in visited.log if not line.is_voided]
    entries = [wide(N_("Fault found"), texts.get("fault"))]
    if "estimate" in texts:
        entries.append(pair(N_("Estimated cost"), _yuan(texts["estimate"])))
    quoted = [_quoted(line.body, pen) for line in left if line.kind == "quotation"]
    entries += [pair(N_("Quotation"), said, is_wide=len(said) > LONGEST_BESIDE) for said in quoted]
    entries += [
        wide(N_("Result"), texts.get("result")),
        wide(N_("Advice"), texts.get("advice")),
    ]
    if "remaining" in texts:
        entries.append(wide(N_("What is left"), texts["remaining"]))
    yield Section(both(N_("Findings and result")), entries=tuple(entries))
    tools = _tools(left, visited.expired, pen)
    parts = _parts(left, pen)
    readings = _readings(left, pen)
    # Without a log the office wrote them as words.
    written = [
        wide(label, pen.label(NONE) if texts[key] == NOTHING else texts[key])
        for key, label, found in (
            ("tools", N_("Tools used"), tools),
            ("parts", N_("Parts replaced"), parts),
        )
        if found is None and key in texts
    ]
    if written:
        yield Section(both(N_("Tools and parts")), entries=tuple(written))
    for title, found in (
        (N_("Parts"), parts),
        (N_("Tools used"), tools),
        (N_("Readings"), readings),
    ):
        if found:
            yield Section(both(title), grid=found)


def _quoted(body: Mapping[str, Any], pen: Pen) -> str:
    said = pen.say(QUOTED[bool(body["accepted"])], amount=_yuan(body["amount"]))
    text = body["text"]
    return pen.say(N_("%(what)s: %(text)s"), what=said, text=text) if text else said


def _tools(log: Iterable[Line], expired: Collection[str], pen: Pen) -> Grid | None:
    first: dict[str, datetime] = {}
    for line in log:
        if line.kind == "tool":
            name = " ".join(filter(None, (line.body["name"], line.body["number"])))
            if line.op_id in expired:
                name = pen.say(N_("%(tool)s (calibration expired)"), tool=name)
            first.setdefault(name, line.at)
    return grid(
        [(N_("Tool"), 9), (N_("First used"), 3)],
        [(name, pen.moment(at)) for name, at in first.items()],
    )


def _parts(log: Iterable[Line], pen: Pen) -> Grid | None:
    kinds = {"part": N_("Used"), "part_returned": N_("Returned")}
    return grid(
        [
            (N_("Part"), 5),
            (N_("Part number"), 3),
            (N_("Quantity"), 2),
            (N_("Used or returned"), 2),
        ],
        [
            (
                line.body["name"],
                line.body["number"],
                f"{_plain(line.body['quantity'])} {line.body['unit']}".strip(),
                pen.say(kinds[line.kind]),
            )
            for line in log
            if line.kind in kinds
        ],
    )


def _readings(log: Iterable[Line], pen: Pen) -> Grid | None:
    return grid(
        [(N_("Reading"), 5), (N_("Value"), 4), (N_("Time"), 3)],
        [
            (
                line.body["name"],
                f"{line.body['value']} {line.body['unit']}".strip(),
                pen.moment(line.at),
            )
            for line in log
            if line.kind == "reading"
        ],
    )


def _photos(pictures: Pictures, pen: Pen) -> Iterable[Section]:
    if not pictures.count:
        return
    shown, count = len(pictures.photos), pictures.count
    aside = pen.say(N_("%(count)s in all, %(shown)s shown here"), count=count, shown=shown)
    yield Section(both(N_("Photos")), aside=aside, pictures=pictures.photos)


def _course(visited: Visited, pen: Pen) -> Iterable[Section]:
    """What the tables do not tell, in the order in which it happened."""
    lines = [line for line in visited.log if line.kind in _TOLD and not line.is_voided]
    found = grid(
        [(N_("Time"), 3), (N_("Who"), 3), (N_("What"), 6)],
        [
            (
                pen.moment(line.at),
                visited.people.get(line.person_id, ""),
                # Of a signature, whose.
                f"{pen.say(KINDS[line.kind])} {line.body.get('name', '')}".strip(),
            )
            for line in sorted(lines, key=lambda one: one.at)
        ],
    )
    if found:
        yield Section(both(N_("Course of the visit")), grid=found)


def _signature(signed: SignedSummary | None, picture: str, pen: Pen) -> Section:
    title = both(N_("Signature of the customer"))
    if signed is None:
        said = pen.say(N_("Not signed electronically; room to sign by hand:"))
        return Section(title, entries=(wide(N_("Signature"), said),), room=True)
    entries = [
        wide(N_("What was signed"), signed.text),
        pair(N_("Signed by"), signed.name),
        pair(N_("Signed at"), pen.moment(signed.signed_at)),
        wide(
            N_("Kind of signature"),
            pen.say(
                ELECTRONIC,
                digest=signed.sha256[:16],
            ),
        ),
    ]
    if signed.amended_at:
        entries.append(wide(N_("Amended"), f"{pen.say(AMENDED)} {pen.moment(signed.amended_at)}"))
    drawn = (Picture(picture, ""),) if picture else ()
    if not picture:
        entries.append(wide(N_("Signature"), pen.say(N_("The picture has not arrived yet."))))
    return Section(title, entries=tuple(entries), pictures=drawn)


def _yuan(amount: str) -> str:
    return f"¥{Decimal(amount):.2f}"


def _plain(number: str) -> str:
    """A number as people write it: no noughts at the end, no exponent."""
    return f"{Decimal(number).normalize():f}"
