"""Who acts for whom: an absent or vacant holder, then deputy, department's head, the parent's
head, and finally the general manager. The choice is pure; loading it is beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.people.models import (
    Department,
    Departure,
    Deputy,
    Headship,
    Leave,
    LeaveWithdrawal,
    Person,
    RoleGrant,
)
from portal.people.roles import Role


@dataclass(frozen=True, slots=True)
class Presence:
    """Who can act at one moment.

    `away` are the people absent or gone; `deputies` leads from a person to who stands in;
    `department_of` from a person to a department; `heads` and `parents` from a department to its
    head and to the department above; `holders` from a role to who holds it, also while away, but
    not after leaving. `zone` is the company's, by which days are counted.
    """

    away: frozenset[int]
    deputies: Mapping[int, int]
    department_of: Mapping[int, int]
    heads: Mapping[int, int]
    parents: Mapping[int, int]
    general_managers: tuple[int, ...]
    zone: tzinfo
    holders: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


def stand_in(person: int, presence: Presence) -> int:
    """Who acts for ``person``: the person, where present. Never nobody: if all are away, the
    general manager, and without one the person."""
    here = here_for(person, presence)
    if here is None:
        here = head_above(presence.department_of.get(person), presence)
    return person if here is None else here


def head_above(department: int | None, presence: Presence) -> int | None:
    """The head, of the department or the nearest one above, who is present or has a deputy
    present; else the general manager, present or not."""
    seen: set[int] = set()
    while department is not None and department not in seen:
        seen.add(department)
        head = presence.heads.get(department)
        here = None if head is None else here_for(head, presence)
        if here is not None:
            return here
        department = presence.parents.get(department)
    managers = presence.general_managers
    present = [manager for manager in managers if manager not in presence.away]
    deputies = [here_for(manager, presence) for manager in managers]
    reached = (one for one in (*present, *deputies, *managers) if one is not None)
    return next(reached, None)


def here_for(person: int, presence: Presence) -> int | None:
    """The person, or the first of the deputies after them, who is present."""
    seen: set[int] = set()
    tried: int | None = person
    while tried is not None and tried not in seen:
        if tried not in presence.away:
            return tried
        seen.add(tried)
        tried = presence.deputies.get(tried)
    return None


async def presence_at(db: AsyncSession, at: datetime, zone: tzinfo) -> Presence:
    """Who is present at ``at``; days of deputies are counted in ``zone``."""
    staff = await db.execute(
        select(Person.id, Person.department_id, Departure.person_id).outerjoin(
            Departure, Departure.person_id == Person.id
        )
    )
    department_of, gone = {}, set()
    for person, department, departed in staff:
        if department is not None:
            department_of[person] = department
        if departed is not None:
            gone.add(person)
    deputies = await _standing_deputies(db, at, zone)
    on_leave = select(Leave).outerjoin(LeaveWithdrawal, LeaveWithdrawal.leave_id == Leave.id)
    on_leave = on_leave.where(Leave.from_at <= at, Leave.until_at > at)
    on_leave = on_leave.where(or_(LeaveWithdrawal.at.is_(None), LeaveWithdrawal.at > at))
    leaves = (await db.scalars(on_leave.order_by(Leave.id))).all()
    # A deputy named for this leave goes before the one for always.
    deputies |= {leave.person_id: leave.deputy_id for leave in leaves if leave.deputy_id}
    organisation = await db.execute(
        select(Department.id, Department.parent_id, Headship.person_id).outerjoin(
            Headship, Headship.department_id == Department.id
        )
    )
    heads, parents = {}, {}
    for department, parent, head in organisation:
        if head is not None:
            heads[department] = head
        if parent is not None:
            parents[department] = parent
    holders: dict[str, tuple[int, ...]] = {}
    grants = select(RoleGrant.role, RoleGrant.person_id).order_by(RoleGrant.person_id)
    for role, person in await db.execute(grants):
        if person not in gone:
            holders[role] = (*holders.get(role, ()), person)
    managers = holders.get(Role.GENERAL_MANAGER, ())
    return Presence(
        away=frozenset(gone | {leave.person_id for leave in leaves}),
        deputies=deputies,
        department_of=department_of,
        heads=heads,
        parents=parents,
        general_managers=managers,
        zone=zone,
        holders=holders,
    )


async def _standing_deputies(db: AsyncSession, at: datetime, zone: tzinfo) -> dict[int, int]:
    today = at.astimezone(zone).date()
    query = select(Deputy.person_id, Deputy.deputy_id).where(
        and_(Deputy.from_on <= today, or_(Deputy.until_on.is_(None), Deputy.until_on > today))
    )
    rows = await db.execute(query.order_by(Deputy.id))
    return {person: deputy for person, deputy in rows}  # noqa: C416 - rows are not tuples


def stands_in_for(person: int, presence: Presence) -> list[int]:
    """Those who are away and for whom ``person`` acts now."""
    return [other for other in sorted(presence.away) if stand_in(other, presence) == person]
