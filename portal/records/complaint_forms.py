"""The three forms that carry a complaint (P04): the register F02 with its receipts, the information
report F03 for the leader, and the handling sheet F04 that goes from hand to hand."""

from collections.abc import Iterable

from portal.cases.models import Task
from portal.cases.phoning import is_pressing
from portal.kernel.i18n import N_
from portal.procedures.definition import Flag
from portal.records.catalog import (
    COMPLAINT_REGISTER,
    HANDLING_SHEET,
    INFORMATION_REPORT,
    ControlledForm,
)
from portal.records.reading import File
from portal.records.sections import NOT_CLOSED, Names, basis_of, closing, reported, worked_on
from portal.records.sheets import Pen, Section, Sheet, both, grid

DEEMED = N_("Approved by silence: see the proof of notice.")
PRESSING = N_("Urgent or major: leader and responsible person are told by telephone, too.")
NO_PROMISE = N_("Promise the customer nothing at this stage.")
_REGISTERED = "register"


def complaint_register(file: File, pen: Pen, names: Names, printed: str) -> Sheet:
    """F02: what was registered, and who signed for what was sent out (4.4.2)."""
    return _sheet(
        COMPLAINT_REGISTER,
        file,
        pen,
        printed,
        (
            reported(file, pen),
            *(worked_on(file, pen, names, task) for task in file.done if task.step == _REGISTERED),
            *_receipts(file, pen),
            *closing(file, pen),
        ),
    )


def information_report(file: File, pen: Pen, names: Names, printed: str) -> Sheet:
    """F03: the complaint for the deputy leader to know of, and the instruction (4.3)."""
    return _sheet(
        INFORMATION_REPORT,
        file,
        pen,
        printed,
        (
            reported(file, pen),
            *(worked_on(file, pen, names, task) for task in file.done if task.step == _REGISTERED),
            *_worked_on(INFORMATION_REPORT, file, pen, names),
        ),
    )


def handling_sheet(file: File, pen: Pen, names: Names, printed: str) -> Sheet:
    """F04: investigation, cause and measures, the leader's decision, carrying out, verification,
    round by round (4.4 to 4.9)."""
    return _sheet(
        HANDLING_SHEET,
        file,
        pen,
        printed,
        (
            reported(file, pen),
            *_worked_on(HANDLING_SHEET, file, pen, names),
            *closing(file, pen),
        ),
    )


def _sheet(
    form: ControlledForm, file: File, pen: Pen, printed: str, sections: tuple[Section, ...]
) -> Sheet:
    return Sheet(
        form=form,
        number=f"{file.case.number}-{form.number}",
        basis=basis_of(file, pen, form.clause),
        printed=printed,
        marks=tuple(both(mark) for mark in _marks(form, file)),
        sections=sections,
    )


def _marks(form: ControlledForm, file: File) -> Iterable[str]:
    mine = _of(form, file)
    if any(task.id in file.deemed for task in mine):
        yield DEEMED
    if is_pressing(file.case):
        yield PRESSING
    if any(task.is_open and Flag.NO_PROMISE in file.step(task).flags for task in mine):
        yield NO_PROMISE
    if file.case.is_open:
        yield NOT_CLOSED


def _of(form: ControlledForm, file: File) -> list[Task]:
    return [task for task in file.tasks if task.step in form.steps]


def _worked_on(form: ControlledForm, file: File, pen: Pen, names: Names) -> Iterable[Section]:
    """What is on record of the form's steps, and room to write where one is waited for: a paper
    that goes round comes back written upon."""
    for task in file.done:
        if task.step in form.steps:
            yield worked_on(file, pen, names, task)
    for task in _of(form, file):
        step = file.step(task)
        if task.is_open and not step.child:
            yield Section(step.title, aside=step.clause.id, room=True)


def _receipts(file: File, pen: Pen) -> Iterable[Section]:
    """Who was to sign, when it reached them and when they did."""
    rows = [
        (
            pen.label(file.step(task).title),
            task.owner.name,
            pen.moment(task.opened_at),
            pen.moment(task.received_at),
            _signed(file, pen, task),
        )
        for task in file.tasks
        if file.step(task).sign_for
    ]
    heads = (
        (N_("What for"), 4),
        (N_("Given to"), 2),
        (N_("Sent out"), 2),
        (N_("Delivered"), 2),
        (N_("Signed for"), 2),
    )
    if made := grid(heads, rows):
        yield Section(both(N_("Receipts")), grid=made)


def _signed(file: File, pen: Pen, task: Task) -> str:
    """When it was signed for, and by whom where that was not who has it now: a task changes hands,
    and somebody may stand in."""
    if not task.signed_at:
        return ""
    _, who = file.proofs.get((task.id, task.signed_at), ("", ""))
    when = pen.moment(task.signed_at)
    return when if who in ("", task.owner.name) else f"{who} {when}"
