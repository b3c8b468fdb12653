"""Reading cases for pages, always through `visible_cases`: one case whole, lists, and desks."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from portal.cases import models
from portal.cases.access import visible_cases
from portal.cases.deeming import deemed_tasks
from portal.cases.indexing import CASES
from portal.cases.models import NEVER, Case, Task, TimeLimit
from portal.customers.models import Site
from portal.kernel.act import Actor
from portal.kernel.db.keyset import Order, Slice, fetch
from portal.kernel.problems import NOT_FOUND, Problem
from portal.procedures.limits import SIGN_FOR
from portal.procedures.state import OwnerKind

SOON = timedelta(hours=24)
SORTS = {"received": Case.received_at, "number": Case.number, "due": Case.next_due_at}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of cases is asked for; `state` is open, closed, overdue, all, or deemed: those
    in which silence approved something (P04.6)."""

    words: str = ""
    code: str = ""
    urgency: str = ""
    state: str = "open"
    owner_id: int | None = None
    sort: str = "-received"
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class Full:
    """A case with all that its page shows."""

    case: Case
    tasks: list[Task]
    pauses: list[models.CasePause]
    notes: Sequence[models.Note] = field(default_factory=list)
    calls: Sequence[models.Call] = field(default_factory=list)
    documents: Sequence[models.Document] = field(default_factory=list)
    messages: Sequence[models.Message] = field(default_factory=list)
    priorities: Sequence[models.PriorityChange] = field(default_factory=list)
    assignments: Sequence[models.Assignment] = field(default_factory=list)
    taken_over: models.TakingOver | None = None
    reopenings: Sequence[models.Reopening] = field(default_factory=list)
    links: Sequence[models.CaseLink] = field(default_factory=list)

    @property
    def paused(self) -> models.CasePause | None:
        """The pause that holds the whole case now."""
        return next((p for p in self.pauses if p.task_id is None and p.until_at is None), None)


async def find_case(
    db: AsyncSession, actor: Actor, case_id: int, also: Collection[int] = ()
) -> Case:
    """A case that the actor may see; raises ``not-found``. ``also``: as `visible_cases`."""
    query = visible_cases(actor, also).where(Case.id == case_id)
    case = await db.scalar(query.options(joinedload(Case.customer), joinedload(Case.version)))
    if case is None:
        raise Problem(NOT_FOUND)
    return case


async def load_full(
    db: AsyncSession, actor: Actor, case_id: int, also: Collection[int] = ()
) -> Full:
    """A case whole, in a bounded number of statements; raises ``not-found``."""
    query = visible_cases(actor, also).where(Case.id == case_id)
    query = query.options(
        joinedload(Case.customer),
        joinedload(Case.contact),
        joinedload(Case.site).joinedload(Site.region),
        joinedload(Case.device),
        joinedload(Case.version),
        joinedload(Case.owner),
        selectinload(Case.tasks).options(
            joinedload(Task.owner),
            joinedload(Task.answer).joinedload(models.Answer.by),
            selectinload(Task.limits),
        ),
    )
    case = await db.scalar(query)
    if case is None:
        raise Problem(NOT_FOUND)
    return Full(
        case=case,
        tasks=case.tasks,
        pauses=list(await db.scalars(_of(models.CasePause, case_id))),
        notes=list(await db.scalars(_of(models.Note, case_id))),
        calls=list(await db.scalars(_of(models.Call, case_id))),
        documents=list(await db.scalars(_of(models.Document, case_id))),
        messages=list(await db.scalars(_rows(models.Message, case_id))),
        priorities=list(await db.scalars(_of(models.PriorityChange, case_id))),
        assignments=list(await db.scalars(_handed_over(case_id))),
        taken_over=await db.scalar(_taken_over(case_id)),
        reopenings=list(await db.scalars(_of(models.Reopening, case_id))),
        links=await _links(db, actor, case_id, also),
    )


async def _links(
    db: AsyncSession, actor: Actor, case_id: int, also: Collection[int]
) -> list[models.CaseLink]:
    """The links of a case whose other end the actor may see, too."""
    link = models.CaseLink
    query = select(link).where(or_(link.case_id == case_id, link.other_id == case_id))
    seen = visible_cases(actor, also).with_only_columns(Case.id)
    query = query.where(link.case_id.in_(seen), link.other_id.in_(seen)).order_by(link.id)
    both = (joinedload(link.case), joinedload(link.other))
    return list(await db.scalars(query.options(*both)))


def _of(model: Any, case_id: int) -> Select[Any]:
    return _rows(model, case_id).options(joinedload(model.by))


def _rows(model: Any, case_id: int) -> Select[Any]:
    return select(model).where(model.case_id == case_id).order_by(model.id)


def _handed_over(case_id: int) -> Select[models.Assignment]:
    """The case itself, from its opening on, and tasks that changed hands by somebody's will or
    because somebody left, not by the procedure."""
    by_will = or_(
        models.Assignment.task_id.is_(None),
        models.Assignment.by_id.is_not(None),
        models.Assignment.leaving,
    )
    both = joinedload(models.Assignment.person)
    return _of(models.Assignment, case_id).where(by_will).options(both)


def _taken_over(case_id: int) -> Select[models.TakingOver]:
    """The record of the past that the case was opened for."""
    query = select(models.TakingOver).where(models.TakingOver.case_id == case_id)
    return query.options(joinedload(models.TakingOver.record), joinedload(models.TakingOver.by))


async def list_cases(
    db: AsyncSession, actor: Actor, wanted: Wanted, now: datetime, also: Collection[int] = ()
) -> Slice[Case]:
    """The page of cases that is wanted, each with its open tasks and their owners."""
    query = visible_cases(actor, also).options(
        joinedload(Case.customer),
        selectinload(Case.tasks.and_(Task.closed_at.is_(None))).joinedload(Task.owner),
        joinedload(Case.version),
    )
    for condition in _conditions(db, wanted, now):
        query = query.where(condition)
    if wanted.state == "deemed":
        silent = (await deemed_tasks(db)).with_only_columns(Task.case_id)
        query = query.where(Case.id.in_(silent))
    column: Any = SORTS.get(wanted.sort.lstrip("-"), Case.received_at)
    if column is Case.next_due_at and wanted.state != "overdue":
        column = Case.due_order  # what is paused is not lost from the list, but it has no index
    order = Order(column, Case.id, falls=wanted.sort.startswith("-"))
    return await fetch(db, query, order, wanted.cursor)


def _conditions(db: AsyncSession, wanted: Wanted, now: datetime) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.state == "closed":
        conditions.append(Case.closed_at.is_not(None))
    elif wanted.state == "overdue":
        conditions += [Case.closed_at.is_(None), Case.next_due_at < now]
    elif wanted.state == "open":
        conditions.append(Case.closed_at.is_(None))
    if wanted.code:
        conditions.append(Case.code == wanted.code)
    if wanted.urgency:
        conditions.append(Case.urgency == wanted.urgency)
    if wanted.owner_id is not None:
        mine = select(Task.case_id).where(Task.owner_id == wanted.owner_id)
        conditions.append(Case.id.in_(mine.where(Task.closed_at.is_(None))))
    if wanted.words.strip():
        matching = CASES.matching(db.get_bind().dialect.name, wanted.words)
        conditions.append(Case.id.in_(matching))
    return conditions


@dataclass(frozen=True, slots=True)
class DeskTask:
    """A task on a desk with its running limit that comes first, none while a pause holds it."""

    task: Task
    limit: TimeLimit | None

    @property
    def is_to_sign(self) -> bool:
        """Whether the limit is that by which its owner signs for it, and not that of the answer."""
        return self.limit is not None and self.limit.name == SIGN_FOR

    def state(self, now: datetime) -> str:
        """Of the limit: overdue, soon, paused or ahead."""
        if self.limit is None or self.limit.due_at is None:
            return "paused"
        if self.limit.due_at < now:
            return "overdue"
        return "soon" if self.limit.due_at < now + SOON else "ahead"


async def desk_tasks(db: AsyncSession, people: Sequence[int]) -> list[DeskTask]:
    """The open tasks of ``people`` (oneself, and whom one stands in for), the next due first;
    what waits for a customer is not among them."""
    query = (
        select(Task)
        .where(Task.owner_id.in_(people), Task.closed_at.is_(None))
        .where(Task.owner_kind != OwnerKind.COMPLAINANT)
        .options(*_with_case())
    )
    return _by_due(list(await db.scalars(query)))


async def awaited_tasks(db: AsyncSession, people: Sequence[int]) -> list[DeskTask]:
    """What customers have to answer in cases that these people watch."""
    query = (
        select(Task)
        .where(Task.owner_id.in_(people), Task.closed_at.is_(None))
        .where(Task.owner_kind == OwnerKind.COMPLAINANT)
        .options(*_with_case())
    )
    return _by_due(list(await db.scalars(query)))


async def overdue_tasks(db: AsyncSession, now: datetime, most: int = 20) -> list[DeskTask]:
    """What is overdue anywhere, the longest first: for those who oversee."""
    late = (
        select(TimeLimit.task_id, func.min(TimeLimit.due_at).label("due_at"))
        .where(TimeLimit.stopped_at.is_(None), TimeLimit.due_at < now)
        .group_by(TimeLimit.task_id)
        .subquery()
    )
    query = select(Task).join(late, late.c.task_id == Task.id).where(Task.closed_at.is_(None))
    query = query.options(*_with_case()).order_by(late.c.due_at).limit(most)
    return [DeskTask(task, _first(task)) for task in await db.scalars(query)]


def _with_case() -> tuple[Any, ...]:
    case = joinedload(Task.case)
    return (
        case.joinedload(Case.customer),
        case.joinedload(Case.version),
        joinedload(Task.owner),
        selectinload(Task.limits),
    )


def _by_due(tasks: list[Task]) -> list[DeskTask]:
    rows = [DeskTask(task, _first(task)) for task in tasks]
    return sorted(rows, key=lambda row: (_due(row.limit), row.task.id))


def _first(task: Task) -> TimeLimit | None:
    counted = [limit for limit in task.running if limit.due_at]
    return min(counted, key=_due, default=None)


def _due(limit: TimeLimit | None) -> datetime:
    return (limit.due_at if limit else None) or NEVER
