"""Loading people for pages, always through `visible_people`, with what the pages show."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from portal.kernel.act import Actor
from portal.kernel.db.keyset import Order, Slice, fetch
from portal.kernel.problems import NOT_FOUND, Problem
from portal.people.access import visible_people
from portal.people.models import (
    Departure,
    Deputy,
    Leave,
    LeaveWithdrawal,
    Person,
    PersonRegion,
    PersonSkill,
    RoleGrant,
)

SORTS = {"name": Person.name, "login": Person.login}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of people is asked for; `sort` is a key of `SORTS`, with ``-`` falling."""

    words: str = ""
    role: str = ""
    department_id: int | None = None
    with_left: bool = False
    sort: str = "name"
    cursor: str = ""


async def load_person(db: AsyncSession, actor: Actor, person_id: int) -> Person:
    """A person with everything that pages show; raises ``not-found``."""
    query = visible_people(actor).where(Person.id == person_id)
    query = query.options(
        joinedload(Person.department),
        joinedload(Person.departure),
        selectinload(Person.grants),
        selectinload(Person.skills).joinedload(PersonSkill.skill),
        selectinload(Person.regions).joinedload(PersonRegion.region),
        selectinload(Person.hours),
    )
    person = await db.scalar(query)
    if person is None:
        raise Problem(NOT_FOUND)
    return person


async def colleagues(db: AsyncSession, actor: Actor) -> list[Person]:
    """Everybody who works here now, by name."""
    query = _present(visible_people(actor)).order_by(Person.name, Person.id)
    return list(await db.scalars(query))


async def find_colleague(db: AsyncSession, actor: Actor, person_id: int) -> Person:
    """Somebody who works here now; raises ``not-found`` for anybody else."""
    person = await db.scalar(_present(visible_people(actor)).where(Person.id == person_id))
    if person is None:
        raise Problem(NOT_FOUND)
    return person


async def list_people(db: AsyncSession, actor: Actor, wanted: Wanted) -> Slice[Person]:
    """The page of the directory that is wanted."""
    query = visible_people(actor) if wanted.with_left else _present(visible_people(actor))
    query = query.options(
        joinedload(Person.department), joinedload(Person.departure), selectinload(Person.grants)
    )
    for word in wanted.words.split():
        like = f"%{_escaped(word.lower())}%"
        query = query.where(
            or_(
                Person.name.ilike(like, escape="\\"),
                Person.login.like(like, escape="\\"),
                Person.phone.like(like, escape="\\"),
            )
        )
    if wanted.role:
        holders = select(RoleGrant.person_id).where(RoleGrant.role == wanted.role)
        query = query.where(Person.id.in_(holders))
    if wanted.department_id is not None:
        query = query.where(Person.department_id == wanted.department_id)
    column = SORTS.get(wanted.sort.lstrip("-"), Person.name)
    order = Order(column, Person.id, falls=wanted.sort.startswith("-"))
    return await fetch(db, query, order, wanted.cursor)


@dataclass(frozen=True, slots=True)
class Listed:
    """An absence, when it was called off or cut short, and whether it still can be."""

    leave: Leave
    off_at: datetime | None
    is_open: bool


async def absences_of(db: AsyncSession, person_id: int, now: datetime) -> list[Listed]:
    """Absences of a person, newest first."""
    query = (
        select(Leave, LeaveWithdrawal.at)
        .outerjoin(LeaveWithdrawal, LeaveWithdrawal.leave_id == Leave.id)
        .where(Leave.person_id == person_id)
        .options(joinedload(Leave.deputy))
        .order_by(Leave.from_at.desc())
        .limit(20)
    )
    rows = await db.execute(query)
    return [Listed(leave, off, off is None and leave.until_at > now) for leave, off in rows]


async def away_at(db: AsyncSession, at: datetime) -> list[Leave]:
    """The absences that hold at a moment, the one ending first first."""
    query = (
        select(Leave)
        .outerjoin(LeaveWithdrawal, LeaveWithdrawal.leave_id == Leave.id)
        .where(Leave.from_at <= at, Leave.until_at > at, LeaveWithdrawal.leave_id.is_(None))
        .where(Leave.person_id.not_in(select(Departure.person_id)))
        .options(joinedload(Leave.person), joinedload(Leave.deputy))
        .order_by(Leave.until_at, Leave.id)
    )
    return list(await db.scalars(query))


async def deputy_of(db: AsyncSession, person_id: int, on: date) -> Person | None:
    """Who stands in for a person on a day, absent or not."""
    query = (
        select(Deputy)
        .where(Deputy.person_id == person_id, Deputy.from_on <= on)
        .where(or_(Deputy.until_on.is_(None), Deputy.until_on > on))
        .options(joinedload(Deputy.deputy))
        .order_by(Deputy.id.desc())
        .limit(1)
    )
    found = await db.scalar(query)
    return found.deputy if found else None


def _present(query: Select[Person]) -> Select[Person]:
    return query.where(Person.id.not_in(select(Departure.person_id)))


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
