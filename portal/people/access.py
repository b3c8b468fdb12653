"""Who may see and do what with people. The only loaders of this room."""

from sqlalchemy import ColumnElement, Select, false, select, true

from portal.kernel.act import Act, Actor, Staff, System
from portal.kernel.problems import FORBIDDEN, SIGN_IN, Problem
from portal.people.models import Department, Person
from portal.people.roles import Role


def visible_people(actor: Actor) -> Select[Person]:
    """The staff directory: everybody inside, nobody outside."""
    return select(Person).where(_is_inside(actor))


def visible_departments(actor: Actor) -> Select[Department]:
    """Every department, for everybody inside."""
    return select(Department).where(_is_inside(actor))


def _is_inside(actor: Actor) -> ColumnElement[bool]:
    return true() if isinstance(actor, Staff | System) else false()


def require(actor: Actor, *roles: Role) -> None:
    """Raise ``sign-in`` for nobody and ``forbidden`` for staff with none of ``roles``.

    Without ``roles`` any member of staff will do. The portal itself may do what it is built to.
    """
    if isinstance(actor, System):
        return
    if not isinstance(actor, Staff):
        raise Problem(SIGN_IN)
    if roles and not actor.roles & set(roles):
        raise Problem(FORBIDDEN)


def me(act: Act) -> int:
    """The person who acts; raises ``sign-in`` when it is nobody of the staff."""
    if not isinstance(act.actor, Staff):
        raise Problem(SIGN_IN)
    return act.actor.person_id
