"""What the page of a case shows: facts, the next steps with their forms, people, what happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from portal.cases.access import oversees
from portal.cases.answering import is_theirs
from portal.cases.deeming import Deemed, deemed_approvals
from portal.cases.first_step import first_step
from portal.cases.models import Case, Task, TimeLimit
from portal.cases.owning import role_for
from portal.cases.pages.asides import Aside, asides_of, events_beside
from portal.cases.pages.case_forms import (
    AssignmentForm,
    CallForm,
    NoteForm,
    OwnerForm,
    PauseForm,
    PriorityForm,
    ReopeningForm,
    assignment_form,
)
from portal.cases.pages.choices import names_in, offered_choices
from portal.cases.pages.timeline import Event, events_of
from portal.cases.phoning import TELL_BY_PHONE, is_pressing
from portal.cases.reading import DeskTask, Full, load_full
from portal.cases.reopening import MAY_REOPEN
from portal.cases.step_forms import StepForm, draft_values, form_class, known_values, role_key
from portal.kernel.act import Staff
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.forms import Choices, blank
from portal.kernel.web.page import Page
from portal.kernel.web.render import AnyRequest
from portal.people.access import me
from portal.people.standing_in import Presence, presence_at, stands_in_for
from portal.procedures.definition import Definition, Outcome, Step
from portal.procedures.lapsing import counts_receipt, may_be_silent, silence_limit
from portal.procedures.state import OwnerKind
from portal.procedures.storing import definition_of
from portal.procedures.wording import lapse_words


@dataclass(frozen=True, slots=True)
class Forms:
    """Forms that come back with errors; None is the blank one. `steps` by task id."""

    steps: dict[int, StepForm] = field(default_factory=dict)
    note: NoteForm | None = None
    call: CallForm | None = None
    pause: PauseForm | None = None
    priority: PriorityForm | None = None
    owner: OwnerForm | None = None
    reopening: ReopeningForm | None = None
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
    # The page itself notes that its owner has the task before them.
    notes_receipt: bool
    # From when silence decides, as it stands now.
    silence_at: datetime | None
    # Urgent or major: told and pressed for by telephone, too (P04.7).
    by_phone: bool
    # The case by another procedure that the step waits for.
    waits_for: Case | None


@dataclass(kw_only=True)
class CasePage(Page):
    """A case as its people work on it."""

    template: ClassVar[str] = "cases/show.html"
    full: Full
    definition: Definition
    now: datetime
    next_steps: list[NextStep]
    events: list[Event]
    deemed: list[Deemed]
    verdict: Any
    sees_all: bool
    visit: tuple[datetime, datetime] | None
    forms: Forms
    note: NoteForm
    call: CallForm
    pause: PauseForm
    priority: PriorityForm
    owner: OwnerForm
    reopening: ReopeningForm
    # Whether the reader may take the closed case up again.
    may_reopen: bool
    # What rooms above this one add.
    asides: list[Aside]

    @property
    def last_answer(self) -> Event | None:
        """What was filled in last: an answer mostly rests on it."""
        return next((event for event in self.events if event.answers), None)

    @property
    def at_the_side(self) -> list[Aside]:
        """What is added that belongs to none of the open steps."""
        still = {one.step.key for one in self.next_steps}
        return [aside for aside in self.asides if aside.step not in still]


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
    offered = await offered_choices(db, act, full, presence, request.state.language)
    names = await names_in(db, full, offered)
    tomorrow = (now + timedelta(days=1)).replace(hour=9, minute=0)
    steps = [
        _next_step(request, act, full, task, offered, presence, forms)
        for task in full.tasks
        if task.is_open
    ]
    deemed = await deemed_approvals(db, definition, full.tasks)
    beside = await events_beside(request, db, act, full.case)
    verdicts = {verdict.key: verdict.label for verdict in definition.verdicts}
    facts = {"urgency": full.case.urgency, "severity": full.case.severity}
    spoken = {"called_at": now, "direction": "out", "reached": "yes"}
    spoken["with_whom"] = full.case.customer.name
    return CasePage(
        full=full,
        definition=definition,
        now=act.at,
        next_steps=steps,
        events=events_of(full, definition, request.state.language, names, deemed, beside),
        deemed=list(deemed.values()),
        verdict=verdicts.get(full.case.verdict),
        sees_all=oversees(act.actor),
        visit=full.case.visit,
        forms=forms,
        note=forms.note or blank(request, NoteForm),
        call=forms.call or blank(request, CallForm, spoken),
        pause=forms.pause or blank(request, PauseForm, {"look_again_at": tomorrow}),
        priority=forms.priority or blank(request, PriorityForm, facts),
        owner=forms.owner or blank(request, OwnerForm, person=others(offered, full.case.owner_id)),
        reopening=forms.reopening or blank(request, ReopeningForm),
        may_reopen=_may_reopen(act, full, definition),
        asides=await asides_of(request, db, act, full.case),
    )


def _may_reopen(act: ThisAct, full: Full, definition: Definition) -> bool:
    roles = act.actor.roles if isinstance(act.actor, Staff) else frozenset()
    closed = not full.case.is_open and definition.reopens_after(full.case.verdict)
    return closed and bool(roles & set(MAY_REOPEN))


def others(offered: Mapping[str, Choices], owner_id: int) -> Choices:
    """To whom something may be handed over: everybody but who has it."""
    return [("", "—"), *(one for one in offered["people"] if one[0] != str(owner_id))]


def place_of(task: Task) -> str:
    """With what the ids of a task's form begin."""
    return f"task-{task.id}-"


def _so_far(full: Full, task: Task) -> dict[str, Any]:
    """What is known of a task's answer before it is given: what the case was opened with, for its
    first step, and what was typed already."""
    first = first_step(definition_of(full.case.version))
    if task.step != first.step.key:
        return task.draft or {}
    files = [str(document.id) for document in full.documents]
    return {**first.answer(full.case, {}, files, ()), **(task.draft or {})}


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
    answers = mine and step.child is None
    form = forms.steps.get(task.id)
    if answers and form is None:
        shape = form_class(step, request.state.language, offered, place_of(task))
        known = known_values(step, full.case.facts)
        known |= draft_values(step, _so_far(full, task), request.app.state.settings.zone)
        form = blank(request, shape, known)
    assignment = forms.assignments.get(task.id)
    if assignment is None and oversees(act.actor):
        takers = offered[role_key(role_for(definition, task.step))]
        people = others({"people": takers or offered["people"]}, task.owner_id)
        assignment = blank(request, assignment_form(task), person=people)
    counted = [limit for limit in task.running if limit.due_at]
    first = min(counted, key=lambda limit: limit.due_at or act.at, default=None)
    notes_receipt = task.owner_id == me(act) and task.received_at is None and counts_receipt(step)
    is_proven = task.received_at is not None or not step.lapse.proof
    return NextStep(
        task=task,
        step=step,
        desk=DeskTask(task, first),
        outcomes=[outcome for outcome in step.outcomes if not outcome.silent],
        lapse=lapse_words(definition, step),
        form=form if answers else None,
        assignment=None if is_customers else assignment,
        is_customers=is_customers,
        may_sign=mine and step.sign_for is not None and task.signed_at is None,
        stands_in=mine and task.owner_id != me(act),
        notes_receipt=notes_receipt,
        silence_at=_silence_at(full.case, step, counted, is_proven=is_proven),
        by_phone=is_pressing(full.case) and any(one.name == TELL_BY_PHONE for one in step.effects),
        waits_for=next((link.other for link in full.links if link.task_id == task.id), None),
    )


def _silence_at(
    case: Case, step: Step, limits: Sequence[TimeLimit], *, is_proven: bool
) -> datetime | None:
    """From when silence on ``step`` decides, as its running ``limits`` stand; None where it does
    not, or not yet: whom nothing has reached is not silent (P04.6)."""
    if not (is_proven and may_be_silent(step, case.facts)):
        return None
    name = silence_limit(step)
    mine = (limit.due_at for limit in limits if limit.name == name and limit.lapsed_at is None)
    return next(mine, None)
