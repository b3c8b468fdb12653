"""Reading what the forms of a case are filled in from, in a bounded number of statements."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from field.completing import lines_of
from field.folding import Line
from field.models import FieldAttachment, FieldEntry
from portal.cases.access import visible_cases
from portal.cases.deeming import Deemed, Proofs, deemed_by, proofs_of
from portal.cases.models import Answer, Case, CaseLink, Document, Task
from portal.customers.models import Site
from portal.kernel.act import Actor
from portal.kernel.problems import NOT_FOUND, Problem
from portal.people.models import Person
from portal.procedures.definition import Definition, Step
from portal.procedures.state import DECISIVE
from portal.procedures.storing import definition_of
from portal.records.catalog import FORMS, SERVICE_REPORT, ControlledForm
from portal.repairs.models import SignedSummary, Visit


@dataclass(frozen=True, slots=True)
class File:
    """A case with what its forms need; `logged` are the tasks that have a log of the site,
    `deemed` the approvals by silence, by task; `children` by task the number of the case that it
    waited for; `proofs` who received and who signed."""

    case: Case
    definition: Definition
    tasks: list[Task]
    documents: Mapping[int, Document]
    logged: Collection[int]
    deemed: Mapping[int, Deemed]
    children: Mapping[int, str]
    proofs: Proofs

    @property
    def done(self) -> list[Task]:
        """The steps that ended with an outcome, in their order."""
        return [task for task in self.tasks if task.ending in DECISIVE]

    def step(self, task: Task) -> Step:
        return self.definition.step[task.step]

    def nth(self, task: Task) -> int:
        """The how manieth time its step is worked on."""
        return [one.id for one in self.tasks if one.step == task.step].index(task.id) + 1

    def answered(self, step: str, key: str) -> str:
        """What was answered last to a field of text of ``step``."""
        given = [task.answer.fields for task in self.done if task.step == step and task.answer]
        return str(next((one[key] for one in reversed(given) if one.get(key)), ""))

    def forms(self) -> list[tuple[ControlledForm, Task | None]]:
        """The forms that there are for this case; of those for a step each one by its task."""
        found: list[tuple[ControlledForm, Task | None]] = []
        for form in FORMS.values():
            if form.procedure != self.case.code:
                continue
            if form.step:
                found += [(form, task) for task in self.tasks if self._records(form, task)]
            elif not form.steps or any(task.step in form.steps for task in self.tasks):
                found.append((form, None))
        return found

    def _records(self, form: ControlledForm, task: Task) -> bool:
        """Whether something is on record of what was done: a visit that was only moved has none."""
        answered = task.ending in DECISIVE and task.answer and task.answer.fields
        return task.step == form.step and bool(task.id in self.logged or answered)


@dataclass(frozen=True, slots=True)
class Visited:
    """A visit as its report tells it: the log in the server's order, the names of whoever wrote
    it, the window agreed, the files that arrived by the id of the entry that announced them, the
    last signature that is not voided, and the entries of tools past their calibration."""

    task: Task
    log: list[Line] = field(default_factory=list)
    people: Mapping[int, str] = field(default_factory=dict)
    window: tuple[datetime, datetime] | None = None
    files: Mapping[str, int] = field(default_factory=dict)
    signed: SignedSummary | None = None
    expired: Collection[str] = ()


async def find_file(
    db: AsyncSession, actor: Actor, case_id: int, also: Collection[int] = ()
) -> File:
    """A case that the actor may see; raises ``not-found``. ``also``: as `visible_cases`."""
    return await load_file(db, visible_cases(actor, also).where(Case.id == case_id))


async def load_file(db: AsyncSession, query: Select[Case]) -> File:
    """The one case of ``query``; raises ``not-found``."""
    query = query.options(
        joinedload(Case.customer),
        joinedload(Case.contact),
        joinedload(Case.site).joinedload(Site.region),
        joinedload(Case.device),
        joinedload(Case.version),
        joinedload(Case.owner),
        selectinload(Case.tasks).options(
            joinedload(Task.owner), joinedload(Task.answer).joinedload(Answer.by)
        ),
    )
    case = await db.scalar(query)
    if case is None:
        raise Problem(NOT_FOUND)
    documents = await db.scalars(select(Document).where(Document.case_id == case.id))
    steps = {form.step for form in FORMS.values()}
    visits = [task.id for task in case.tasks if task.step in steps]
    logged = select(FieldEntry.task_id).where(FieldEntry.task_id.in_(visits)).distinct()
    children = select(CaseLink.task_id, Case.number).join(Case, Case.id == CaseLink.other_id)
    children = children.where(CaseLink.case_id == case.id, CaseLink.task_id.is_not(None))
    definition = definition_of(case.version)
    proofs = await proofs_of(db, case.id)
    return File(
        case=case,
        definition=definition,
        tasks=case.tasks,
        documents={document.id: document for document in documents},
        logged=set(await db.scalars(logged)),
        deemed=deemed_by(definition, case.tasks, proofs),
        proofs=proofs,
        children={task_id: number for task_id, number in await db.execute(children) if task_id},
    )


def find_task(file: File, form: ControlledForm, task_id: int) -> Task:
    """The task of a form that there is; raises ``not-found``."""
    for one, task in file.forms():
        if one is form and task is not None and task.id == task_id:
            return task
    raise Problem(NOT_FOUND)


def finished_visits(file: File) -> list[Task]:
    """The visits that are over and have a report: those whose report a customer may have."""
    reports = [task for form, task in file.forms() if form is SERVICE_REPORT]
    return [task for task in reports if task is not None and task.ending in DECISIVE]


async def load_visited(db: AsyncSession, task: Task) -> Visited:
    """What a report of this visit tells."""
    log = await lines_of(db, task.id)
    writers = select(Person.id, Person.name).where(Person.id.in_({line.person_id for line in log}))
    # What was agreed by a later task is another visit's, also where a customer moved this one: then
    # both have one time.
    booked = select(Visit).where(Visit.case_id == task.case_id, Visit.task_id <= task.id)
    visit = await db.scalar(booked.order_by(Visit.id.desc()).limit(1))
    arrived = select(FieldAttachment.op_id, FieldAttachment.document_id).where(
        FieldAttachment.op_id.in_([line.op_id for line in log if "file" in line.body]),
        FieldAttachment.document_id.is_not(None),
    )
    tools = select(FieldEntry.op_id, FieldEntry.flags).where(
        FieldEntry.task_id == task.id, FieldEntry.kind == "tool"
    )
    signed = select(SignedSummary).where(
        SignedSummary.task_id == task.id, SignedSummary.voided_at.is_(None)
    )
    return Visited(
        task=task,
        log=log,
        people={key: name for key, name in await db.execute(writers)},  # noqa: C416
        window=(visit.from_at, visit.until_at) if visit else None,
        files={op: document for op, document in await db.execute(arrived) if document},
        expired={op for op, flags in await db.execute(tools) if "calibration" in flags},
        signed=await db.scalar(signed.order_by(SignedSummary.id.desc()).limit(1)),
    )
