"""The day board: who goes where on a day, as stripes on one axis of time. Laying out is pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from sqlalchemy import and_, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from portal.calendar.days import Calendar
from portal.calendar.instants import datetime_of, midnight, on_wall
from portal.cases.access import visible_cases
from portal.cases.models import NEVER, Case, Task
from portal.cases.reading import DeskTask
from portal.customers.models import Site
from portal.kernel.act import Actor
from portal.procedures.models import ProcedureVersion
from portal.procedures.storing import definition_of
from portal.repairs.booking import LONGEST
from portal.repairs.models import Visit
from portal.repairs.planning import Plans, load_shifts
from portal.repairs.windows import Engineer, Window

# A cell of the board: fine enough for any time that is agreed, wide enough to be drawn.
CELL = timedelta(minutes=5)
CELLS_AN_HOUR = 12
# The hours that the axis always has; early and late visits make it longer.
USUAL_HOURS = (8, 18)

Kind = Literal["off", "free", "leave", "visit"]


@dataclass(frozen=True, slots=True)
class Going:
    """A visit on the board; `case` is empty for who may not see it."""

    visit: Visit
    case: Case | None


@dataclass(frozen=True, slots=True)
class Stripe:
    """A stretch of a row, ``cells`` wide: off, free, on leave, or a visit."""

    kind: Kind
    cells: int
    going: Going | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """An engineer's day."""

    engineer: Engineer
    leaves: tuple[Window, ...]
    visits: tuple[Going, ...]
    stripes: tuple[Stripe, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """The day; `hours` are those of the axis, on the wall."""

    on: date
    hours: range
    rows: tuple[Row, ...]


async def load_board(
    db: AsyncSession, actor: Actor, calendar: Calendar, on: date, only: int | None
) -> Board:
    """The rows of all engineers, or of ``only``, on a date."""
    goings = await _goings(db, actor, _day_of(calendar, on), only)
    # Nobody who has a visit is missing, whatever has become of them.
    booked = {going.visit.engineer_id for going in goings}
    plans = await load_shifts(db, calendar, on, only, booked)
    return lay_out(calendar, on, plans, goings)


async def waiting_tasks(db: AsyncSession, actor: Actor) -> list[DeskTask]:
    """The cases that wait for an engineer, as far as the actor may see them, the next due first."""
    versions = await db.scalars(
        select(ProcedureVersion).where(
            ProcedureVersion.id.in_(select(Case.version_id).where(Case.closed_at.is_(None)))
        )
    )
    steps = {
        version.id: [step.key for step in definition_of(version).steps if step.page == "dispatch"]
        for version in versions
    }
    wanted = [
        and_(Case.version_id == version, Task.step.in_(keys)) for version, keys in steps.items()
    ]
    query = select(Task).join(Case).where(Task.closed_at.is_(None), or_(false(), *wanted))
    query = query.where(Case.id.in_(visible_cases(actor).with_only_columns(Case.id)))
    query = query.options(
        joinedload(Task.case).joinedload(Case.site).joinedload(Site.region),
        joinedload(Task.owner),
        selectinload(Task.limits),
    )
    tasks = [_with_limit(task) for task in await db.scalars(query)]
    return sorted(tasks, key=lambda one: (_due(one), one.task.id))


def lay_out(calendar: Calendar, on: date, plans: Plans, goings: Sequence[Going]) -> Board:
    """The board of a date: every row from the first hour of the axis to the last."""
    day = _day_of(calendar, on)
    shifts = [shift for one in plans.engineers for shift in one.days[0].shifts]
    taken = [Window(going.visit.from_at, going.visit.ended_at) for going in goings]
    hours = _hours(calendar, day, [*shifts, *taken])
    begin = _at(calendar, on, hours.start)
    rows = []
    for engineer in plans.engineers:
        own = tuple(going for going in goings if going.visit.engineer_id == engineer.id)
        leaves = plans.leaves.get(engineer.id, ())
        stripes = _stripes(begin, len(hours) * CELLS_AN_HOUR, engineer, leaves, own)
        rows.append(Row(engineer, leaves, own, tuple(stripes)))
    return Board(on, hours, tuple(rows))


def _stripes(
    begin: datetime,
    cells: int,
    engineer: Engineer,
    leaves: Iterable[Window],
    goings: Iterable[Going],
) -> list[Stripe]:
    def cell(at: datetime) -> int:
        return min(max((at - begin) // CELL, 0), cells)

    paint: list[tuple[Kind, Going | None]] = [("off", None)] * cells
    layers: list[tuple[Kind, Window, Going | None]] = [
        ("free", shift, None) for shift in engineer.days[0].shifts
    ]
    layers += [("leave", leave, None) for leave in leaves]
    layers += [("visit", Window(g.visit.from_at, g.visit.ended_at), g) for g in goings]
    for kind, window, going in layers:
        first, last = cell(window.from_at), cell(window.until_at)
        # What is shorter than a cell is still seen.
        for number in range(first, min(max(last, first + 1), cells)):
            paint[number] = (kind, going)
    stripes: list[Stripe] = []
    for kind, going in paint:
        if stripes and stripes[-1].kind == kind and stripes[-1].going is going:
            stripes[-1] = Stripe(kind, stripes[-1].cells + 1, going)
        else:
            stripes.append(Stripe(kind, 1, going))
    return stripes


def _hours(calendar: Calendar, day: Window, windows: Iterable[Window]) -> range:
    """Whole hours of the wall that hold all of ``windows`` within the day."""
    first, last = USUAL_HOURS
    for window in windows:
        begin = max(window.from_at, day.from_at).astimezone(calendar.zone)
        first = min(first, begin.hour)
        if window.until_at >= day.until_at:
            last = 24
        else:
            end = window.until_at.astimezone(calendar.zone)
            last = max(last, end.hour + bool(end.minute))
    return range(first, last)


def _at(calendar: Calendar, on: date, hour: int) -> datetime:
    return datetime_of(on_wall(midnight(on) + timedelta(hours=hour), calendar.zone))


def _day_of(calendar: Calendar, on: date) -> Window:
    return Window(_at(calendar, on, 0), _at(calendar, on, 24))


async def _goings(db: AsyncSession, actor: Actor, day: Window, only: int | None) -> list[Going]:
    """The visits that stand on a day, and those that began before they were released."""
    seen = visible_cases(actor).with_only_columns(Case.id)
    query = (
        select(Visit, Case)
        .outerjoin(Case, and_(Case.id == Visit.case_id, Case.id.in_(seen)))
        .where(true() if only is None else Visit.engineer_id == only)
        .where(Visit.from_at > day.from_at - LONGEST, Visit.from_at < day.until_at)
        .where(Visit.until_at > day.from_at)
        .where(or_(Visit.released_at.is_(None), Visit.released_at > Visit.from_at))
        .order_by(Visit.from_at, Visit.id)
    )
    return [Going(visit, case) for visit, case in await db.execute(query)]


def _with_limit(task: Task) -> DeskTask:
    counted = [limit for limit in task.running if limit.due_at]
    return DeskTask(task, min(counted, key=lambda limit: limit.due_at or NEVER, default=None))


def _due(row: DeskTask) -> datetime:
    return (row.limit.due_at if row.limit else None) or NEVER
