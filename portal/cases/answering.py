"""Answering a task: its outcome and its form, by its owner or who stands in (P06.1–6)."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta, tzinfo

from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.access import visible_cases
from portal.cases.advancing import advance_loaded
from portal.cases.indexing import index_case
from portal.cases.loading import Loaded, key_of, load
from portal.cases.models import Case, Task
from portal.cases.owning import first_persons
from portal.cases.problems import NOT_ANSWERABLE, NOT_YOURS, SECOND_PERSON, TASK_NOT_OPEN
from portal.cases.references import refuse_strangers
from portal.cases.surroundings import Surroundings, surroundings_at
from portal.kernel.act import Act, LinkHolder
from portal.kernel.problems import NOT_FOUND, Problem
from portal.people.access import me
from portal.people.standing_in import Presence, stand_in
from portal.procedures.definition import Definition, Step
from portal.procedures.events import PauseEnded, ReceiptProven, TaskAnswered, Withdrawn
from portal.procedures.forms import Value, time_fault
from portal.procedures.lapsing import receipt_decides
from portal.procedures.state import OwnerKind

# What is done for a case before it is received, at most: what was taken over was begun elsewhere
# [ours].
EARLIEST = timedelta(days=30)


async def answer(
    db: AsyncSession,
    act: Act,
    task: Task,
    outcome: str,
    fields: Mapping[str, Value],
    zone: tzinfo,
) -> None:
    """Close ``task`` with ``outcome``. Raises ``task-not-yours``, ``second-person``,
    ``task-not-open`` and what the engine refuses; a second press finds the task closed and changes
    nothing."""
    on_behalf, loaded, around = await _may_act(db, act, task, zone)
    if not task.is_open:
        raise Problem(TASK_NOT_OPEN)
    if me(act) in first_persons(loaded, task.step):
        raise Problem(SECOND_PERSON)
    step = loaded.definition.step[task.step]
    await refuse_strangers(db, loaded.case, step, fields)
    since = since_of(loaded.case, loaded.definition, step)
    _refuse_untimely(step, fields, zone, act.at, since)
    task.draft = None
    event = TaskAnswered(key_of(task), outcome, fields, on_behalf)
    await advance_loaded(db, act, loaded, event, around)
    await index_case(db, task.case_id)


async def answer_for_customer(
    db: AsyncSession,
    act: Act,
    case_id: int,
    step: str,
    outcome: str,
    fields: Mapping[str, Value],
    zone: tzinfo,
) -> None:
    """Close the open task of ``step`` with an outcome that its procedure gives to customers, too.

    Whoever calls this has checked that the actor's link is for this case. Raises
    ``task-not-yours``, ``task-not-open`` and what the engine or an effect refuses.
    """
    loaded = await load_running(db, act, case_id, zone)
    row = next((row for row in loaded.rows.values() if row.is_open and row.step == step), None)
    if row is None:
        raise Problem(TASK_NOT_OPEN)
    given = loaded.definition.step[step].outcome(outcome)
    if not isinstance(act.actor, LinkHolder) or given is None or not given.by_customer:
        raise Problem(NOT_YOURS)
    asked = loaded.definition.step[step]
    await refuse_strangers(db, loaded.case, asked, fields)
    since = since_of(loaded.case, loaded.definition, asked)
    _refuse_untimely(asked, fields, zone, act.at, since)
    around = await surroundings_at(db, act.at, zone)
    await advance_loaded(db, act, loaded, TaskAnswered(key_of(row), outcome, fields), around)
    await index_case(db, case_id)


async def withdraw(db: AsyncSession, act: Act, case_id: int, reason: str, zone: tzinfo) -> None:
    """The customer wants no more of it; whoever calls this has checked that the link is for this
    case. Raises what the engine refuses."""
    loaded = await load_running(db, act, case_id, zone)
    around = await surroundings_at(db, act.at, zone)
    await advance_loaded(db, act, loaded, Withdrawn(reason), around)


async def load_running(db: AsyncSession, act: Act, case_id: int, zone: tzinfo) -> Loaded:
    """A locked case whose clocks run: what a customer does ends a pause, or the next step would
    open without a time by which it is due (R1)."""
    loaded = await load(db, case_id)
    if not loaded.state.paused:
        return loaded
    await advance_loaded(db, act, loaded, PauseEnded(), await surroundings_at(db, act.at, zone))
    return await load(db, case_id)


async def receive(db: AsyncSession, act: Act, task: Task, zone: tzinfo) -> None:
    """The owner has a task before them: its receipt is proven from now on. Where it is on record
    already, or is past, it changes nothing; nor where silence decides and it is somebody else's
    look, or that of somebody who may not decide it: whom nothing reached is not silent (P04.6)."""
    on_behalf, loaded, around = await _may_act(db, act, task, zone)
    decides = receipt_decides(loaded.definition.step[task.step])
    if decides and (on_behalf or me(act) in first_persons(loaded, task.step)):
        return
    if task.is_open and task.received_at is None:
        await advance_loaded(db, act, loaded, ReceiptProven(key_of(task)), around)


async def sign_for(db: AsyncSession, act: Act, task: Task, zone: tzinfo) -> None:
    """The owner signs for a task (签收): from now on its receipt is proven."""
    _, loaded, around = await _may_act(db, act, task, zone)
    event = ReceiptProven(key_of(task), signed=True)
    await advance_loaded(db, act, loaded, event, around)


async def _may_act(
    db: AsyncSession, act: Act, task: Task, zone: tzinfo
) -> tuple[bool, Loaded, Surroundings]:
    """Whether ``act`` stands in for the owner, with the case locked and read anew: whose task it
    is may have changed since the page was. Raises ``task-not-yours``."""
    person = me(act)
    loaded = await load(db, task.case_id)
    around = await surroundings_at(db, act.at, zone)
    if not is_theirs(task, person, around.presence):
        raise Problem(NOT_YOURS)
    return task.owner_id != person, loaded, around


def since_of(case: Case, definition: Definition, step: Step) -> datetime | None:
    """Before when no answer to ``step`` can tell of anything: a slip of the pen, else. Somebody may
    act before a case is registered; what the first step registers may be older still."""
    return None if step is definition.steps[0] else case.received_at - EARLIEST


def _refuse_untimely(
    step: Step, fields: Mapping[str, Value], zone: tzinfo, now: datetime, since: datetime | None
) -> None:
    """Raise ``not-answerable`` for a time that cannot be; pages say it at the field."""
    given = ((field, fields.get(field.key)) for field in step.fields)
    if any(value and time_fault(field, value, zone, now, since) for field, value in given):
        raise Problem(NOT_ANSWERABLE)


def is_theirs(task: Task, person: int, presence: Presence) -> bool:
    """Whether ``person`` may answer ``task``: the owner, or who stands in.

    A customer's task is never answered by staff here: closing on behalf is a separate act.
    """
    if task.owner_kind == OwnerKind.COMPLAINANT:
        return False
    return task.owner_id == person or stand_in(task.owner_id, presence) == person


async def load_task(
    db: AsyncSession, act: Act, case_id: int, task_id: int, also: Collection[int] = ()
) -> Task:
    """A task of a case that the actor may see; raises ``not-found``. ``also`` is that of
    `visible_cases`."""
    case = await db.scalar(visible_cases(act.actor, also).where(Case.id == case_id))
    task = await db.get(Task, task_id) if case else None
    if task is None or task.case_id != case_id:
        raise Problem(NOT_FOUND)
    return task
