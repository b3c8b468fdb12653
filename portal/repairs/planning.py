"""Planning: the engineers with their days as the proposal sees them, in a bounded number of
statements; and the job that a case is."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from portal.calendar.days import Calendar
from portal.calendar.instants import datetime_of, instant_of, midnight, on_wall
from portal.calendar.workdays import Stretch, without, workdays
from portal.cases.models import Case
from portal.customers.models import Site
from portal.people.models import (
    Departure,
    Leave,
    LeaveWithdrawal,
    Person,
    PersonRegion,
    Region,
    RoleGrant,
)
from portal.people.roles import Role
from portal.repairs.booking import LONGEST
from portal.repairs.models import Visit
from portal.repairs.travel import Position, Source
from portal.repairs.windows import Booked, Engineer, EngineerDay, Job, Window

# How far ahead an appointment is looked for, in working days of the company.
HORIZON = 10
# An engineer has to be told, and to drive.
NOTICE = timedelta(minutes=30)

Hours = Mapping[int, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Plans:
    """Engineers with their days, by id; and of each the person with `hours`, and the leaves."""

    engineers: tuple[Engineer, ...]
    leaves: Mapping[int, tuple[Window, ...]]
    people: Mapping[int, Person] = field(default_factory=dict)


def dates_ahead(calendar: Calendar, at: datetime) -> list[date]:
    """The dates from today to the last of the next `HORIZON` working days: some people also work
    on days between them."""
    today = at.astimezone(calendar.zone).date()
    *_, last = islice(workdays(calendar, today), HORIZON)
    return [today + timedelta(days=n) for n in range((last.on - today).days + 1)]


def job_of(
    case: Case, at: datetime, dates: Sequence[date], skill_id: int | None, minutes: int
) -> Job:
    """What ``case`` needs on one of ``dates``; its `site` and `site.region` must be loaded."""
    return Job(
        position=position_of(case.site),
        region_id=case.site.region_id if case.site else None,
        skill_id=skill_id,
        today=dates[0],
        earliest=at + NOTICE,
        # The days of the engineers bound it too; nobody is offered more than is loaded.
        latest=at + timedelta(days=len(dates)),
        minutes=minutes,
        urgency=case.urgency,
    )


def position_of(site: Site | None) -> Position | None:
    """Where a site is, by the best that is known: its own position, else the middle of its region;
    `region` must be loaded."""
    if site is None:
        return None
    if site.latitude is not None and site.longitude is not None:
        source = Source(site.position_source or Source.TYPED)
        return Position(site.latitude, site.longitude, source)
    return middle_of([site.region] if site.region else [])


def middle_of(regions: Iterable[Region]) -> Position | None:
    """The middle of the regions whose own middle is known."""
    known = [(r.latitude, r.longitude) for r in regions if r.latitude is not None]
    places = [(north, east) for north, east in known if north is not None and east is not None]
    if not places:
        return None
    north, east = (sum(part) / len(places) for part in zip(*places, strict=True))
    return Position(north, east, Source.REGION)


async def load_plans(
    db: AsyncSession,
    calendar: Calendar,
    dates: Sequence[date],
    only: int | None = None,
    but_case: int | None = None,
) -> Plans:
    """Everybody who works here as an engineer, or the person ``only``, on consecutive ``dates``:
    what they can, where, when, and what is booked; for the case ``but_case`` no longer: its visit
    makes room for the one that is looked for."""
    span = _span(calendar, dates)
    people = await _people(
        db,
        _here(only),
        selectinload(Person.skills),
        selectinload(Person.regions).joinedload(PersonRegion.region),
    )
    ids = [person.id for person in people]
    leaves, booked = await _leaves(db, ids, span), await _booked(db, ids, span, but_case)
    engineers = []
    for person in people:
        regions = [mine.region for mine in person.regions]
        days = _days(calendar, person, dates, leaves, booked.get(person.id, []))
        engineers.append(
            Engineer(
                id=person.id,
                name=person.name,
                skills={mine.skill_id: mine.level for mine in person.skills},
                regions=frozenset(region.id for region in regions),
                base=middle_of(regions),
                days=days,
            )
        )
    return Plans(tuple(engineers), leaves, {person.id: person for person in people})


async def load_shifts(
    db: AsyncSession,
    calendar: Calendar,
    on: date,
    only: int | None = None,
    also: Collection[int] = (),
) -> Plans:
    """When the same people work on a date, and no more of them; ``also`` are people to be shown
    though they are no engineers, or have left."""
    people = await _people(db, or_(_here(only), Person.id.in_(also)))
    leaves = await _leaves(db, [person.id for person in people], _span(calendar, [on]))
    engineers = [
        Engineer(person.id, person.name, days=_days(calendar, person, [on], leaves, []))
        for person in people
    ]
    return Plans(tuple(engineers), leaves, {person.id: person for person in people})


def _span(calendar: Calendar, dates: Sequence[date]) -> Window:
    ends = (dates[0], dates[-1] + timedelta(days=1))
    return Window(*(datetime_of(on_wall(midnight(day), calendar.zone)) for day in ends))


def _here(only: int | None) -> ColumnElement[bool]:
    engineers = select(RoleGrant.person_id).where(RoleGrant.role == Role.ENGINEER)
    wanted = Person.id.in_(engineers) if only is None else Person.id == only
    return and_(Person.id.not_in(select(Departure.person_id)), wanted)


async def _people(
    db: AsyncSession, wanted: ColumnElement[bool], *more: ExecutableOption
) -> list[Person]:
    query = select(Person).where(wanted).options(selectinload(Person.hours), *more)
    return list(await db.scalars(query.order_by(Person.id)))


async def _leaves(
    db: AsyncSession, people: Collection[int], span: Window
) -> dict[int, tuple[Window, ...]]:
    """When people are on leave, by time; a leave called off counts until then."""
    query = (
        select(Leave, LeaveWithdrawal.at)
        .outerjoin(LeaveWithdrawal, LeaveWithdrawal.leave_id == Leave.id)
        .where(Leave.person_id.in_(people))
        .where(Leave.from_at < span.until_at, Leave.until_at > span.from_at)
    )
    found: dict[int, tuple[Window, ...]] = {}
    for leave, off_at in await db.execute(query.order_by(Leave.from_at, Leave.id)):
        window = Window(leave.from_at, min(leave.until_at, off_at or leave.until_at))
        if window.from_at < window.until_at:
            found[leave.person_id] = (*found.get(leave.person_id, ()), window)
    return found


async def _booked(
    db: AsyncSession, people: Collection[int], span: Window, but_case: int | None
) -> dict[int, list[Booked]]:
    """The visits that are not released, by engineer and time, without those of ``but_case``."""
    query = (
        select(Visit)
        .where(Visit.engineer_id.in_(people), Visit.released_at.is_(None))
        .where(Visit.from_at > span.from_at - LONGEST, Visit.from_at < span.until_at)
        .where(Visit.until_at > span.from_at)
        .options(
            joinedload(Visit.case, innerjoin=True).joinedload(Case.site).joinedload(Site.region)
        )
        .order_by(Visit.from_at)
    )
    if but_case is not None:
        query = query.where(Visit.case_id != but_case)
    found: dict[int, list[Booked]] = {}
    for visit in await db.scalars(query):
        place = position_of(visit.case.site)
        found.setdefault(visit.engineer_id, []).append(Booked(visit.from_at, visit.until_at, place))
    return found


def _days(
    calendar: Calendar,
    person: Person,
    dates: Sequence[date],
    leaves: Mapping[int, tuple[Window, ...]],
    booked: list[Booked],
) -> tuple[EngineerDay, ...]:
    hours = {row.weekday: (row.from_minute, row.until_minute) for row in person.hours}
    gaps = [(instant_of(w.from_at), instant_of(w.until_at)) for w in leaves.get(person.id, ())]
    return tuple(_day(calendar, hours, on, gaps, booked) for on in dates)


def _day(
    calendar: Calendar, hours: Hours, on: date, gaps: Sequence[Stretch], booked: list[Booked]
) -> EngineerDay:
    def at(minute: int, day: date = on) -> int:
        return on_wall(midnight(day) + timedelta(minutes=minute), calendar.zone)

    stretches = [(at(begin), at(end)) for begin, end in _minutes_on(calendar, hours, on)]
    open_ = [(begin, end) for begin, end in stretches if begin < end]
    shifts = tuple(Window(*map(datetime_of, stretch)) for stretch in without(open_, gaps))
    begin, end = datetime_of(at(0)), datetime_of(at(0, on + timedelta(days=1)))
    visits = tuple(one for one in booked if one.from_at < end and begin < one.until_at)
    return EngineerDay(on, shifts, visits)


def _minutes_on(calendar: Calendar, hours: Hours, on: date) -> Iterator[tuple[int, int]]:
    """When somebody works on a date: by hours of their own, on the company's holidays by none, and
    on a make-up day (调休) by those of the weekday it is like."""
    special = calendar.exceptions.get(on)
    if not hours or (special and special.like is None):
        yield from (span.minutes for span in calendar.spans_on(on))
        return
    weekday = on.weekday() if special is None or special.like is None else special.like
    if weekday in hours:
        yield hours[weekday]
