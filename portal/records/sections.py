"""The parts that forms of a whole case are made of: what was reported, a step with its clause, who
and when, and the closing. Any case by any procedure fills them in the same way."""

from collections.abc import Iterable, Mapping
from typing import Any

from portal.cases.deeming import Deemed
from portal.cases.models import Case, Task
from portal.cases.step_forms import shown_value
from portal.kernel.i18n import N_
from portal.kernel.web.formats import masked_phone
from portal.procedures.definition import FieldType, Step
from portal.procedures.state import Ending
from portal.records.reading import File
from portal.records.sheets import Entry, Pen, Section, both, pair, wide

Names = Mapping[str, Mapping[str, Any]]
# What is longer stands in a line of its own.
LONGEST_BESIDE = 40
URGENCIES = {"low": N_("Low"), "medium": N_("Medium"), "high": N_("High")}
SEVERITIES = {"general": N_("General"), "major": N_("Major")}
NOT_CLOSED = N_("The case is still open: more will follow.")


def basis_of(file: File, pen: Pen, clause: str) -> str:
    """The procedure and the edition that the case runs by, and the clause."""
    it = file.definition
    said = {"code": it.code, "title": pen.label(it.title), "edition": it.edition, "clause": clause}
    return pen.say(N_("%(code)s %(title)s, edition %(edition)s, clause %(clause)s"), **said)


def of_customer(case: Case, phone: str) -> Iterable[Entry]:
    """Whose matter it is, where, and with what; ``phone`` as this reader may see it."""
    contact, site, device = case.contact, case.site, case.device
    yield pair(N_("Customer"), case.customer.name)
    yield pair(N_("Contact"), contact.name if contact else "")
    yield pair(N_("Phone"), phone)
    yield pair(N_("Region"), site.region.name if site and site.region else "")
    yield wide(N_("Address"), site.address if site else "")
    yield pair(N_("Device model"), device.model if device else "")
    yield pair(N_("Serial number"), device.serial if device else "")


def reported(file: File, pen: Pen) -> Section:
    """What was reported, and by whom."""
    case = file.case
    phone = masked_phone(case.contact.phone) if case.contact else ""
    return Section(
        both(N_("What was reported")),
        entries=(
            pair(N_("Case"), case.number),
            pair(N_("Received"), pen.moment(case.received_at)),
            wide(N_("Subject"), case.subject),
            *of_customer(case, phone),
            pair(N_("Urgency"), pen.say(URGENCIES[case.urgency])),
            pair(N_("Severity"), pen.say(SEVERITIES[case.severity])),
            *([wide(N_("Details"), case.details)] if case.details else []),
        ),
    )


def worked_on(file: File, pen: Pen, names: Names, task: Task) -> Section:
    """A step that came to its end: what was answered, how it ended, and by whom."""
    step = file.step(task)
    given = task.answer.fields if task.answer else {}
    outcome = step.outcome(task.outcome)
    entries = []
    for one in step.fields:
        if given.get(one.key) not in (None, "", []) and one.type is not FieldType.SIGNATURE:
            value = pen.plainly(shown_value(one, given[one.key], pen.language, names))
            is_wide = one.type is FieldType.LONG_TEXT or len(value) > LONGEST_BESIDE
            entries.append(Entry(one.label, value, is_wide))
    if task.signed_at:
        entries.append(pair(N_("Signed for"), pen.moment(task.signed_at)))
    entries.append(pair(N_("Outcome"), pen.label(outcome.label) if outcome else ""))
    entries.append(pair(N_("Done by"), _who(file, pen, step, task)))
    if task.id in file.deemed:
        entries.append(wide(N_("Proof of notice"), _proof(pen, file.deemed[task.id])))
    return Section(
        step.title, aside=f"{step.clause.id} · {pen.moment(task.closed_at)}", entries=tuple(entries)
    )


def _who(file: File, pen: Pen, step: Step, task: Task) -> str:
    """Who brought a step to its end, and in which way, where it was not by hand."""
    if task.ending == Ending.DEEMED:
        deemed = N_("Deemed: receipt was proven, and silence counts as this answer")
        moved_on = N_("Nobody answered in time: the procedure went on by itself")
        return pen.say(deemed if step.lapse.proof else moved_on)
    if task.ending == Ending.CHILD:
        # A case that is waited for once more is linked with the later step.
        number = file.children.get(task.id)
        ended, known = N_("By the end of the case opened for it"), N_("By the end of case %(case)s")
        return pen.say(known, case=number) if number else pen.say(ended)
    if task.answer is None or task.answer.by is None:
        return pen.say(N_("The customer, by the link"))
    name = task.answer.by.name
    if task.answer.on_behalf:
        return pen.say(N_("%(name)s, in place of the owner"), name=name)
    return name


def _proof(pen: Pen, deemed: Deemed) -> str:
    """How the notice had reached whoever was silent."""
    who = deemed.reached_by or deemed.task.owner.name
    signed, opened = N_("%(who)s signed for it %(when)s"), N_("%(who)s opened it %(when)s")
    said = signed if deemed.was_signed else opened
    return pen.say(said, who=who, when=pen.moment(deemed.reached_at))


def closing(file: File, pen: Pen) -> Iterable[Section]:
    """How the case ended, once it has."""
    case = file.case
    if case.closed_at:
        verdicts = {one.key: pen.label(one.label) for one in file.definition.verdicts}
        last = file.done[-1] if file.done else None
        yield Section(
            both(N_("Closing")),
            entries=(
                pair(N_("Verdict"), verdicts.get(case.verdict, "")),
                pair(N_("Closed at"), pen.moment(case.closed_at)),
                pair(N_("Done by"), _who(file, pen, file.step(last), last) if last else ""),
                pair(N_("Owner of the case"), case.owner.name),
            ),
        )
