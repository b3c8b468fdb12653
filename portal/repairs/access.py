"""Who reads the plans of the engineers, and who sees parts, tools and what is in the vans."""

from sqlalchemy import ColumnElement, Select, exists, false, or_, select, true

from portal.kernel.act import Actor, Staff, System
from portal.people.models import Departure, Person, RoleGrant
from portal.people.roles import Role
from portal.repairs.models import Part, StockDiscrepancy, StockMovement, Tool

PLANNERS = frozenset(
    {Role.DISPATCHER, Role.DEPARTMENT_HEAD, Role.GENERAL_MANAGER, Role.ADMINISTRATOR}
)
# An engineer reads the row that is their own.
READERS = (*sorted(PLANNERS), Role.ENGINEER)
# Who keeps the lists of parts and tools, hands parts out, and settles where the books are wrong.
KEEPERS = (Role.DISPATCHER, Role.ADMINISTRATOR)


def reads_all_plans(actor: Actor) -> bool:
    """Whether ``actor`` sees the days of every engineer."""
    return isinstance(actor, System) or (isinstance(actor, Staff) and bool(actor.roles & PLANNERS))


def keeps_stock(actor: Actor) -> bool:
    """Whether ``actor`` sees every van, and hands parts out."""
    is_keeper = isinstance(actor, Staff) and bool(actor.roles & set(KEEPERS))
    return isinstance(actor, System) or is_keeper


def visible_parts(actor: Actor) -> Select[Part]:
    """Every part, for those who keep the list and those who fit them."""
    return select(Part).where(_uses_lists(actor))


def visible_tools(actor: Actor) -> Select[Tool]:
    """Every tool, for those who keep the list and those who work with them."""
    return select(Tool).where(_uses_lists(actor))


def visible_vans(actor: Actor) -> Select[Person]:
    """Those who have a van: engineers who work here, and whoever ever had parts. To an engineer,
    their own alone."""
    is_engineer = exists().where(RoleGrant.person_id == Person.id, RoleGrant.role == Role.ENGINEER)
    has_left = exists().where(Departure.person_id == Person.id)
    had_parts = exists().where(StockMovement.person_id == Person.id)
    query = select(Person).where(or_(is_engineer & ~has_left, had_parts))
    if keeps_stock(actor):
        return query
    return query.where(Person.id == actor.person_id if isinstance(actor, Staff) else false())


def visible_discrepancies(actor: Actor) -> Select[StockDiscrepancy]:
    """Where the books and a van differ, for those who settle it."""
    return select(StockDiscrepancy).where(true() if keeps_stock(actor) else false())


def _uses_lists(actor: Actor) -> ColumnElement[bool]:
    is_engineer = isinstance(actor, Staff) and Role.ENGINEER in actor.roles
    return true() if keeps_stock(actor) or is_engineer else false()
