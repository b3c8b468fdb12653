"""What the page of a case shows: facts, the next steps with their forms, people, what happened."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import select
from wtforms import DateTimeLocalField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired

from portal.cases.access import oversees
from portal.cases.answering import is_theirs
from portal.cases.models import Task
from portal.cases.reading import DeskTask, Full, load_full
from portal.cases.step_forms import (
    StepForm,
    form_class,
    known_values,
    shown_value,
)
from portal.customers.models import Device
from portal.kernel.i18n import N_
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.fields import in_our_time
from portal.kernel.web.forms import Choices, Form, blank
from portal.kernel.web.page import Page
from portal.kernel.web.render import AnyRequest
from portal.people.access import me, visible_departments
from portal.people.listing import colleagues
from portal.people.models import Department, Skill
from portal.people.pages.fields import AtMost, not_blank
from portal.people.standing_in import Presence, presence_at, stands_in_for
from portal.procedures.definition import Definition, FieldType, Outcome, Step
from portal.procedures.pages.procedures import SEVERITIES, URGENCIES
from portal.procedures.state import OwnerKind
from portal.procedures.storing import definition_of
from portal.procedures.wording import lapse_words


class NoteForm(Form):
    text = TextAreaField(
        N_("Internal note"),
        [InputRequired(), AtMost(4000), not_blank],
        description=N_("Write @ and a name, and that person is told."),
    )


class CallForm(Form):
    called_at = DateTimeLocalField(N_("When"), [InputRequired(), in_our_time])
    direction = RadioField(
        N_("Direction"), choices=lambda: [("out", N_("We called")), ("in", N_("They called"))]
    )
    reached = RadioField(
        N_("Reached"), choices=lambda: [("yes", N_("Spoken")), ("no", N_("Not reached"))]
    )
    with_whom = StringField(N_("With whom"), [InputRequired(), AtMost(80), not_blank])
    text = TextAreaField(
        N_("What was said"), [InputRequired(), AtMost(4000), not_blank], id="call-text"
    )


class PauseForm(Form):
    reason = StringField(
        N_("Why the clock stands still"),
        [InputRequired(), AtMost(300), not_blank],
        id="pause-reason",
    )


class PriorityForm(Form):
    urgency = SelectField(N_("Urgency"), choices=lambda: URGENCIES, id="priority-urgency")
    severity = SelectField(N_("Severity"), choices=lambda: SEVERITIES, id="priority-severity")
    reason = StringField(
        N_("Reason"), [InputRequired(), AtMost(300), not_blank], id="priority-reason"
    )


class AssignmentForm(Form):
    person: Any
    reason: Any


def assignment_form(task: Task) -> type[AssignmentForm]:
    """The form that hands ``task`` over, with ids of its own: a page may show several."""

    class ThisAssignmentForm(AssignmentForm):
        person = SelectField(N_("To whom"), [InputRequired()], id=f"assign-{task.id}-person")
        reason = StringField(
            N_("Reason"),
            [InputRequired(), AtMost(300), not_blank],
            id=f"assign-{task.id}-reason",
        )

    return ThisAssignmentForm


@dataclass(frozen=True, slots=True)
class Forms:
    """Forms that come back with errors; None is the blank one. `steps` by task id."""

    steps: dict[int, StepForm] = field(default_factory=dict)
    note: NoteForm | None = None
    call: CallForm | None = None
    pause: PauseForm | None = None
    priority: PriorityForm | None = None
    assignments: dict[int, AssignmentForm] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NextStep:
    """An open task: its step, its limit, and its form where the reader may answer it."""

    task: Task
    step: Step
    desk: DeskTask
    outcomes: list[Outcome]
    lapse: Any
    form: StepForm | None
    assignment: AssignmentForm | None
    is_customers: bool
    may_sign: bool
    stands_in: bool


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of what happened: `kind` names the partial that writes it, `thing` its row."""

    at: datetime
    kind: str
    who: str
    thing: Any
    step: Step | None = None
    outcome: Any = None
    answers: list[tuple[Any, Any]] = field(default_factory=list)


@dataclass(kw_only=True)
class CasePage(Page):
    """A case as its people work on it."""

    template: ClassVar[str] = "cases/show.html"
    full: Full
    definition: Definition
    now: datetime
    next_steps: list[NextStep]
    events: list[Event]
    verdict: Any
    sees_all: bool
    forms: Forms
    note: NoteForm
    call: CallForm
    pause: PauseForm
    priority: PriorityForm


async def case_page(
    request: AnyRequest, db: Unit, act: ThisAct, case_id: int, forms: Forms
) -> CasePage:
    """The page of a case; ``forms`` are shown in place of the blank ones."""
    zone = request.app.state.settings.zone
    presence = await presence_at(db, act.at, zone)
    also = [] if oversees(act.actor) else stands_in_for(me(act), presence)
    full = await load_full(db, act.actor, case_id, also)
    definition = definition_of(full.case.version)
    now = act.at.astimezone(zone).replace(second=0, microsecond=0, tzinfo=None)
    offered = await offered_choices(db, act, full)
    steps = [
        _next_step(request, act, full, task, offered, presence, forms)
        for task in full.tasks
        if task.is_open
    ]
    verdicts = {verdict.key: verdict.label for verdict in definition.verdicts}
    facts = {"urgency": full.case.urgency, "severity": full.case.severity}
    spoken = {"called_at": now, "direction": "out", "reached": "yes"}
    spoken["with_whom"] = full.case.customer.name
    return CasePage(
        full=full,
        definition=definition,
        now=act.at,
        next_steps=steps,
        events=_events(request, full, definition, offered),
        verdict=verdicts.get(full.case.verdict),
        sees_all=oversees(act.actor),
        forms=forms,
        note=forms.note or blank(request, NoteForm),
        call=forms.call or blank(request, CallForm, spoken),
        pause=forms.pause or blank(request, PauseForm),
        priority=forms.priority or blank(request, PriorityForm, facts),
    )


async def offered_choices(db: Unit, act: ThisAct, full: Full) -> dict[str, Choices]:
    """The people, departments and documents that a step's form may name."""
    people = await colleagues(db, act.actor)
    steps = {task.step for task in full.tasks}
    fields = (f for s in definition_of(full.case.version).steps if s.key in steps for f in s.fields)
    kinds = {field.type for field in fields}
    departments: Sequence[Department] = []
    if kinds & {FieldType.DEPARTMENT, FieldType.DEPARTMENTS}:
        departments = (await db.scalars(visible_departments(act.actor))).all()
    skills: Sequence[Skill] = []
    if FieldType.SKILL in kinds:
        skills = (await db.scalars(select(Skill).order_by(Skill.name))).all()
    devices: Sequence[Device] = []
    if FieldType.DEVICE in kinds:
        own = select(Device).where(Device.customer_id == full.case.customer_id)
        devices = (await db.scalars(own.order_by(Device.id))).all()
    return {
        "people": [(str(person.id), person.name) for person in people],
        "departments": [(str(department.id), department.name) for department in departments],
        "documents": [(str(document.id), document.name) for document in full.documents],
        "skills": [(str(skill.id), skill.name) for skill in skills],
        "devices": [(str(device.id), f"{device.model} {device.serial}") for device in devices],
    }


def place_of(task: Task) -> str:
    """With what the ids of a task's form begin."""
    return f"task-{task.id}-"


def _next_step(
    request: AnyRequest,
    act: ThisAct,
    full: Full,
    task: Task,
    offered: dict[str, Choices],
    presence: Presence,
    forms: Forms,
) -> NextStep:
    definition = definition_of(full.case.version)
    step = definition.step[task.step]
    is_customers = task.owner_kind == OwnerKind.COMPLAINANT
    mine = is_theirs(task, me(act), presence)
    form = forms.steps.get(task.id)
    if mine and form is None:
        shape = form_class(step, request.state.language, offered, place_of(task))
        form = blank(request, shape, known_values(step, full.case.facts))
    assignment = forms.assignments.get(task.id)
    if assignment is None and oversees(act.actor):
        assignment = blank(request, assignment_form(task), person=offered["people"])
    counted = [limit for limit in task.running if limit.due_at]
    first = min(counted, key=lambda limit: limit.due_at or act.at, default=None)
    return NextStep(
        task=task,
        step=step,
        desk=DeskTask(task, first),
        outcomes=[outcome for outcome in step.outcomes if not outcome.silent],
        lapse=lapse_words(definition, step),
        form=form if mine else None,
        assignment=None if is_customers else assignment,
        is_customers=is_customers,
        may_sign=mine and step.sign_for is not None and task.signed_at is None,
        stands_in=mine and task.owner_id != me(act),
    )


def _events(
    request: AnyRequest, full: Full, definition: Definition, offered: dict[str, Choices]
) -> list[Event]:
    """What happened, the newest first."""
    names: dict[str, dict[str, str]] = {
        FieldType.PERSON: dict(offered["people"]),
        FieldType.PEOPLE: dict(offered["people"]),
        FieldType.DEPARTMENT: dict(offered["departments"]),
        FieldType.DEPARTMENTS: dict(offered["departments"]),
        FieldType.ATTACHMENTS: dict(offered["documents"]),
        FieldType.SKILL: dict(offered["skills"]),
        FieldType.DEVICE: dict(offered["devices"]),
    }
    events = [Event(full.case.opened_at, "opened", full.case.owner.name, full.case)]
    for task in full.tasks:
        if task.closed_at:
            step = definition.step[task.step]
            outcome = step.outcome(task.outcome)
            given = task.answer.fields if task.answer else {}
            answers = [
                (f.label, shown_value(f, given[f.key], request.state.language, names))
                for f in step.fields
                if f.key in given
            ]
            by = task.answer.by if task.answer else None
            events.append(
                Event(
                    task.closed_at,
                    f"task_{task.ending}",
                    by.name if by else "",
                    task,
                    step,
                    outcome.label if outcome else None,
                    answers,
                )
            )
        if task.signed_at:
            step = definition.step[task.step]
            events.append(Event(task.signed_at, "signed", task.owner.name, task, step))
    events += [Event(note.at, "note", note.by.name, note) for note in full.notes]
    events += [Event(call.at, "call", call.by.name, call) for call in full.calls]
    for document in full.documents:
        who = document.by.name if document.by else ""
        events.append(Event(document.at, "document", who, document))
    for pause in full.pauses:
        who = pause.by.name if pause.by else ""
        events.append(Event(pause.from_at, "paused", who, pause))
        if pause.until_at:
            events.append(Event(pause.until_at, "resumed", "", pause))
    return sorted(events, key=lambda event: event.at, reverse=True)
