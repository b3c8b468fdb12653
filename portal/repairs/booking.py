"""Booking: a window agreed with the customer takes the engineer's time, and gives it back (P06.4).

Both run within the answer of a task, which has checked whose it is.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.effects import Happening
from portal.cases.models import VISIT, Case, Task
from portal.kernel.act import Act, System
from portal.kernel.journal.recording import record
from portal.kernel.problems import Problem
from portal.people.models import Departure, Person
from portal.repairs.models import Visit
from portal.repairs.problems import ENGINEER_MISSING, SLOT_TAKEN, WINDOW_IMPOSSIBLE
from portal.repairs.windows import Window

LONGEST = timedelta(days=1)
# Nobody keeps a window that lies further ahead [ours].
FURTHEST = timedelta(days=92)


@dataclass(frozen=True, slots=True)
class Slot:
    """Which engineer comes when."""

    engineer_id: int
    window: Window


async def book(db: AsyncSession, act: Act, task: Task, slot: Slot) -> Visit:
    """Promise ``slot`` to the case of ``task``; what the case had before is released, since a case
    has one visit at a time.

    Raises ``window-impossible``, ``engineer-missing`` and, when the engineer has another visit
    then, ``slot-taken``.
    """
    begin, end = slot.window
    if not act.at < begin < end <= begin + LONGEST or begin > act.at + FURTHEST:
        raise Problem(WINDOW_IMPOSSIBLE)
    await _take_turn(db, slot.engineer_id)
    await release(db, act, task.case_id)
    visit = Visit(
        case_id=task.case_id,
        task_id=task.id,
        engineer_id=slot.engineer_id,
        from_at=begin,
        until_at=end,
        booked_at=act.at,
    )
    db.add(visit)
    try:
        await db.flush()
    except IntegrityError as error:  # two of an engineer overlap
        raise Problem(SLOT_TAKEN) from error
    case = await db.get_one(Case, task.case_id)
    case.facts = case.facts | {VISIT: [begin.isoformat(), end.isoformat()]}
    record(
        db,
        act,
        "visit.booked",
        f"case:{task.case_id}",
        visit=visit.id,
        engineer=visit.engineer_id,
        from_at=begin.isoformat(),
        until_at=end.isoformat(),
    )
    return visit


async def release(db: AsyncSession, act: Act, case_id: int) -> None:
    """Give back the engineer's time from now on. What is released already stays as it is."""
    held = select(Visit).where(Visit.case_id == case_id, Visit.released_at.is_(None))
    for visit in await db.scalars(held):
        visit.released_at = act.at
        record(db, act, "visit.released", f"case:{case_id}", visit=visit.id)
    case = await db.get_one(Case, case_id)
    case.facts = {key: value for key, value in case.facts.items() if key != VISIT}
    await db.flush()


async def book_visit(db: AsyncSession, act: Act, happening: Happening) -> None:
    """The effect of an agreed window: fields ``window_from`` and ``window_to`` of the answer, for
    the engineer that the case was dispatched to."""
    engineer = happening.case.facts.get("engineer")
    if engineer is None:
        raise Problem(ENGINEER_MISSING)
    answered = happening.task.answer.fields if happening.task.answer else {}
    begin, end = (datetime.fromisoformat(answered[key]) for key in ("window_from", "window_to"))
    await book(db, act, happening.task, Slot(int(engineer), Window(begin, end)))


async def move_visit(db: AsyncSession, act: Act, happening: Happening) -> None:
    """The effect of a visit's changing hands: the new owner has the window, or, when their time is
    taken, ``slot-taken`` refuses it. Where somebody has left, nobody is there to choose another:
    the window is then given back, and the new owner agrees a new one."""
    held = select(Visit).where(Visit.case_id == happening.case.id, Visit.released_at.is_(None))
    visit = await db.scalar(held)
    if visit is None or visit.from_at <= act.at:
        return
    slot = Slot(happening.task.owner_id, Window(visit.from_at, visit.until_at))
    if isinstance(act.actor, System) and await _is_taken(db, slot):
        await release(db, act, happening.case.id)
    else:
        await book(db, act, happening.task, slot)


async def _is_taken(db: AsyncSession, slot: Slot) -> bool:
    begin, end = slot.window
    other = exists().where(
        Visit.engineer_id == slot.engineer_id,
        Visit.released_at.is_(None),
        Visit.from_at < end,
        Visit.until_at > begin,
    )
    return bool(await db.scalar(select(other)))


async def release_visit(db: AsyncSession, act: Act, happening: Happening) -> None:
    """The effect of everything after which nobody comes at the window agreed."""
    await release(db, act, happening.case.id)


async def _take_turn(db: AsyncSession, engineer_id: int) -> None:
    """One booking of an engineer after another: the second sees what the first has written."""
    gone = exists().where(Departure.person_id == Person.id)
    person = select(Person.id).where(Person.id == engineer_id, ~gone)
    # Keys that refer to the person stay free: only bookings wait for each other.
    if await db.scalar(person.with_for_update(of=Person, key_share=True)) is None:
        raise Problem(ENGINEER_MISSING)
