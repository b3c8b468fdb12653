"""Who reads the plans of the engineers."""

from portal.kernel.act import Actor, Staff, System
from portal.people.roles import Role

PLANNERS = frozenset(
    {Role.DISPATCHER, Role.DEPARTMENT_HEAD, Role.GENERAL_MANAGER, Role.ADMINISTRATOR}
)
# An engineer reads the row that is their own.
READERS = (*sorted(PLANNERS), Role.ENGINEER)


def reads_all_plans(actor: Actor) -> bool:
    """Whether ``actor`` sees the days of every engineer."""
    return isinstance(actor, System) or (isinstance(actor, Staff) and bool(actor.roles & PLANNERS))
