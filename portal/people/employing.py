"""Employing: who works here, in which department and with which roles, until they leave."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.kernel.act import Act, Staff
from portal.kernel.journal.recording import record
from portal.kernel.problems import Problem
from portal.people.access import require
from portal.people.inviting import end_invitations
from portal.people.models import Departure, Headship, Person, RoleGrant
from portal.people.problems import LAST_ADMINISTRATOR, refuse_left
from portal.people.roles import Role
from portal.people.signing_in import sign_out_everywhere


@dataclass(frozen=True, slots=True)
class Particulars:
    """What an administrator keeps of a person. `phone` as written, `login` in lower case."""

    login: str
    name: str
    phone: str
    email: str
    department_id: int | None
    roles: frozenset[Role]


async def register(db: AsyncSession, act: Act, given: Particulars) -> Person:
    """A new member of staff; they sign in once they have accepted an invitation."""
    require(act.actor, Role.ADMINISTRATOR)
    # Loaded as empty: nothing of a new person has to be asked for.
    person = Person(grants=[], skills=[], regions=[], hours=[], departure=None, edited_at=act.at)
    _fill(act, person, given)
    db.add(person)
    await db.flush()
    record(db, act, "person.registered", f"person:{person.id}", roles=sorted(given.roles))
    return person


async def amend(db: AsyncSession, act: Act, person: Person, given: Particulars) -> None:
    """Change particulars and roles; raises ``last-administrator`` and ``has-left``.

    `grants` and `departure` of ``person`` must be loaded.
    """
    require(act.actor, Role.ADMINISTRATOR)
    refuse_left(person)
    before = person.roles
    if Role.ADMINISTRATOR in before - given.roles:
        await _refuse_last_administrator(db, person)
    _fill(act, person, given)
    changes: dict[str, Any] = {"roles": sorted(given.roles)} if before != given.roles else {}
    record(db, act, "person.amended", f"person:{person.id}", **changes)
    await db.flush()


async def depart(db: AsyncSession, act: Act, person: Person) -> None:
    """The person leaves the company: signed out everywhere, links ended, departments without
    their head, history kept. Once is enough."""
    require(act.actor, Role.ADMINISTRATOR)
    if person.departure:
        return
    if Role.ADMINISTRATOR in person.roles:
        await _refuse_last_administrator(db, person)
    db.add(Departure(person_id=person.id, at=act.at, by_id=_giver(act)))
    await sign_out_everywhere(db, person.id)
    await end_invitations(db, act, person.id)
    headed = delete(Headship).where(Headship.person_id == person.id)
    vacant = await db.scalars(headed.returning(Headship.department_id))
    record(db, act, "person.departed", f"person:{person.id}", headed=sorted(vacant))


def _fill(act: Act, person: Person, given: Particulars) -> None:
    person.login, person.name = given.login, given.name
    person.phone, person.email = given.phone, given.email
    person.department_id = given.department_id
    person.edited_at = act.at
    kept = [grant for grant in person.grants if grant.role in given.roles]
    new: Iterable[Role] = given.roles - {grant.role for grant in kept}
    added = [RoleGrant(role=role, at=act.at, by_id=_giver(act)) for role in sorted(new)]
    person.grants = kept + added


def _giver(act: Act) -> int | None:
    return act.actor.person_id if isinstance(act.actor, Staff) else None


async def _refuse_last_administrator(db: AsyncSession, person: Person) -> None:
    holds = RoleGrant.role == Role.ADMINISTRATOR
    # Two administrators who go at the same moment: the second waits here, then counts anew.
    await db.execute(select(RoleGrant.id).where(holds).order_by(RoleGrant.id).with_for_update())
    others = select(func.count()).where(holds, RoleGrant.person_id != person.id)
    if not await db.scalar(others.where(RoleGrant.person_id.not_in(select(Departure.person_id)))):
        raise Problem(LAST_ADMINISTRATOR)
