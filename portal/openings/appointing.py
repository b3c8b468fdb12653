"""The appointment on the customer's link: which windows are free, choosing one, moving it (P06.4).

The steps are those of the repair procedure; whether a customer may answer them, its file says.
"""

from datetime import datetime, timedelta, tzinfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.answering import answer_for_customer
from portal.cases.loading import lock_case
from portal.cases.messaging import take_message
from portal.cases.models import Case, Message, MessageKind, Task
from portal.company.keeping import company_calendar
from portal.kernel.act import Act
from portal.kernel.problems import Problem
from portal.openings.models import Link
from portal.openings.problems import MOVED_OFTEN, TOO_LATE
from portal.openings.saying import require_holder
from portal.people.models import Person
from portal.procedures.definition import Definition
from portal.procedures.storing import definition_of
from portal.repairs.models import Visit
from portal.repairs.planning import dates_ahead, job_of, load_plans
from portal.repairs.problems import SLOT_TAKEN
from portal.repairs.windows import WINDOW_MINUTES, Window, windows

AGREE = ("appoint", "agreed")
MOVE = ("visit", "moved")
# Until so long before it a visit is moved without a call: then the engineer sets out [ours].
MOVE_UNTIL = timedelta(hours=2)
# So often a case's time is moved by the link within a day; more is talked over [ours].
MOST_MOVES = 5
MOVES_WITHIN = timedelta(days=1)
# On how many days windows are shown: more is no help on a phone [ours].
MOST_DAYS = 5


def may_answer(definition: Definition, answer: tuple[str, str]) -> bool:
    """Whether the procedure gives ``answer`` (step, outcome) to customers."""
    step, outcome = answer
    found = definition.step[step].outcome(outcome) if step in definition.step else None
    return found is not None and found.by_customer


async def visit_of(db: AsyncSession, case_id: int) -> Visit | None:
    """The visit that is agreed, where one is."""
    held = select(Visit).where(Visit.case_id == case_id, Visit.released_at.is_(None))
    return await db.scalar(held.order_by(Visit.id.desc()).limit(1))


async def free_windows(db: AsyncSession, at: datetime, case: Case, zone: tzinfo) -> list[Window]:
    """When the engineer of ``case`` can come, by time, on the next `MOST_DAYS` days with a free
    window, that of the present visit among them; its `site` and `site.region` must be loaded."""
    engineer_id = engineer_of(case)
    if engineer_id is None:
        return []
    calendar = await company_calendar(db, zone)
    dates = dates_ahead(calendar, at)
    plans = await load_plans(db, calendar, dates, only=engineer_id, but_case=case.id)
    job = job_of(case, at, dates, None, WINDOW_MINUTES)
    free = [window for engineer in plans.engineers for window in windows(engineer, job)]
    days = sorted({window.from_at.astimezone(zone).date() for window in free})[:MOST_DAYS]
    return [window for window in free if window.from_at.astimezone(zone).date() in days]


def engineer_of(case: Case) -> int | None:
    """The engineer whom the case was dispatched to."""
    engineer = case.facts.get("engineer")
    return int(engineer) if engineer is not None else None


def may_move(visit: Visit, at: datetime) -> bool:
    """Whether there is time to move ``visit``."""
    return at <= visit.from_at - MOVE_UNTIL


async def moved_often(db: AsyncSession, at: datetime, case_id: int) -> bool:
    """Whether the time of a case was moved by the link as often as it may be."""
    recent = select(func.count()).where(Message.case_id == case_id, Message.at > at - MOVES_WITHIN)
    made = await db.scalar(recent.where(Message.kind == MessageKind.CHANGE))
    return (made or 0) >= MOST_MOVES


async def choose(db: AsyncSession, act: Act, link: Link, window: Window, zone: tzinfo) -> None:
    """The customer takes ``window``, at first or instead of another. It holds the engineer's time
    at once; sent twice it changes nothing.

    Raises ``slot-taken`` for a window that is not free (any more), ``too-late-to-move``,
    ``moved-too-often``, and ``task-not-open`` or ``task-not-yours`` where there is nothing to
    agree.
    """
    require_holder(act, link)
    case = link.case
    # The case first and then the engineer, as every booking does: none waits in a circle.
    await lock_case(db, case.id)
    await db.refresh(case, ["facts", "closed_at"])
    before = await visit_of(db, case.id)
    if before and (before.from_at, before.until_at) == window:
        return
    engineer = select(Person.id).where(Person.id == engineer_of(case))
    await db.execute(engineer.with_for_update(of=Person, key_share=True))
    if window not in await free_windows(db, act.at, case, zone):
        raise Problem(SLOT_TAKEN)
    moves = before is not None and await _is_open(db, case.id, MOVE[0])
    if moves:
        await _move(db, act, link, before, zone)
    answer = {
        "window_from": window.from_at.astimezone(zone).isoformat(),
        "window_to": window.until_at.astimezone(zone).isoformat(),
    }
    await answer_for_customer(db, act, case.id, *AGREE, answer, zone)
    if moves:
        said = f"{window.from_at.astimezone(zone):%Y-%m-%d %H:%M}–"
        said += f"{window.until_at.astimezone(zone):%H:%M}"
        await take_message(db, act, case, MessageKind.CHANGE, said, zone)


async def _move(db: AsyncSession, act: Act, link: Link, visit: Visit | None, zone: tzinfo) -> None:
    if visit is None or not may_move(visit, act.at):
        raise Problem(TOO_LATE)
    if await moved_often(db, act.at, link.case_id):
        raise Problem(MOVED_OFTEN)
    await answer_for_customer(db, act, link.case_id, *MOVE, {}, zone)


async def _is_open(db: AsyncSession, case_id: int, step: str) -> bool:
    task = select(Task.id).where(Task.case_id == case_id, Task.step == step)
    return await db.scalar(task.where(Task.closed_at.is_(None)).limit(1)) is not None


def agrees(definition: Definition, open_steps: set[str]) -> bool:
    """Whether a window can be agreed now, by what is open."""
    return AGREE[0] in open_steps and may_answer(definition, AGREE)


def moves(definition: Definition, open_steps: set[str]) -> bool:
    """Whether the agreed window could be moved, by what is open."""
    return MOVE[0] in open_steps and may_answer(definition, MOVE) and may_answer(definition, AGREE)


def definition_for(link: Link) -> Definition:
    """The procedure of the link's case."""
    return definition_of(link.case.version)
