"""Who a task falls to now: the rule of the procedure, resolved to one person who is present."""

from collections.abc import Sequence, Set

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.loading import Loaded
from portal.cases.models import Case, Task
from portal.people.standing_in import Presence, head_above, here_for, stand_in
from portal.procedures.definition import Definition, WhoKind
from portal.procedures.facts import PERSONS
from portal.procedures.state import Owner, OwnerKind

NOBODY: frozenset[int] = frozenset()


async def owner_of(
    db: AsyncSession, presence: Presence, case: Case, owner: Owner, but: Set[int] = NOBODY
) -> int:
    """The person whom ``owner`` names now, or who stands in. Never nobody (R1).

    Of several holders of a role: the case's owner, else the present one with the fewest open
    tasks. A vacant role falls to the head above the case's owner, finally the general manager.
    Instead of one of ``but`` it is who stands above them, where anybody does.
    """
    person = await _named(db, presence, case, owner, but)
    if person not in but:
        return person
    return above(person, presence, but) or person


async def receiver_of(db: AsyncSession, presence: Presence, role: str) -> int | None:
    """Who takes a case that comes in by itself: of the present holders of ``role`` the one with the
    fewest open tasks, else who stands in, else a general manager; None where nobody is left."""
    holders = presence.holders.get(role, ())
    present = [one for one in holders if one not in presence.away]
    if present:
        return await _least_busy(db, present)
    return _deputy(holders, presence) if holders else head_above(None, presence)


def first_persons(loaded: Loaded, step: str) -> set[int]:
    """Those who answered a step after which ``step`` needs a second person, and those whom it
    bars by a fact of the case."""
    others = loaded.definition.step[step].another_than
    answered = {
        row.answer.by_id
        for row in loaded.rows.values()
        if row.step in others and row.answer and row.answer.by_id
    }
    return answered | barred_by_facts(loaded, step)


def role_for(definition: Definition, step: str) -> str:
    """The role that whoever has ``step`` holds: its own, or that of the field which names the
    person; empty where anybody may be named."""
    who = definition.step[step].who
    if who.kind is WhoKind.ROLE:
        return who.name
    naming, _, key = who.name.partition(".")
    field = definition.step[naming].field(key) if naming in definition.step else None
    return field.role if field and who.kind is WhoKind.PERSON else ""


def barred_by_facts(loaded: Loaded, step: str) -> set[int]:
    """Whom ``step`` bars by a fact of the case, such as the engineer whose work it is about."""
    others = loaded.definition.step[step].another_than
    facts = loaded.case.facts
    return {int(facts[PERSONS[key]]) for key in others if facts.get(PERSONS.get(key, ""))}


def case_taker(loaded: Loaded, presence: Presence) -> int:
    """Who takes the case now from its owner: who stands in, but nobody whom one of its steps bars
    by a fact, as long as anybody stands above them."""
    owner = loaded.case.owner_id
    barred = {one for step in loaded.definition.step for one in barred_by_facts(loaded, step)}
    taker = stand_in(owner, presence)
    if taker not in barred:
        return taker
    return above(owner, presence, barred) or taker


def above(person: int, presence: Presence, but: Set[int] = NOBODY) -> int | None:
    """The nearest head above ``person`` (or who stands in), or a general manager, who is not
    one of ``but``; None at the top."""
    departments = []
    department = presence.department_of.get(person)
    while department is not None and department not in departments:
        departments.append(department)
        department = presence.parents.get(department)
    heads = (head_above(one, presence) for one in (*departments, None))
    others = (one for one in (*heads, *presence.general_managers) if one not in {person, *but})
    return next((one for one in others if one is not None), None)


async def _named(
    db: AsyncSession, presence: Presence, case: Case, owner: Owner, but: Set[int]
) -> int:
    if owner.kind is OwnerKind.ROLE:
        return await _holder(db, presence, case, owner.id, but)
    if owner.kind is OwnerKind.DEPARTMENT and owner.id.isdecimal():
        return head_above(int(owner.id), presence) or case.owner_id
    if owner.kind is OwnerKind.PERSON and owner.id.isdecimal():
        return stand_in(int(owner.id), presence)
    return stand_in(case.owner_id, presence)


async def _holder(
    db: AsyncSession, presence: Presence, case: Case, role: str, but: Set[int]
) -> int:
    holders = presence.holders.get(role, ())
    present = [one for one in holders if one not in presence.away and one not in but]
    if case.owner_id in present:
        return case.owner_id
    if present:
        return present[0] if len(present) == 1 else await _least_busy(db, present)
    if holders:
        return _deputy(holders, presence)
    return head_above(presence.department_of.get(case.owner_id), presence) or case.owner_id


def _deputy(holders: Sequence[int], presence: Presence) -> int:
    """Who stands in for people who are all away: the first deputy who is there, else who stands
    above the first of them."""
    deputies = (here_for(one, presence) for one in holders)
    there = next((one for one in deputies if one is not None), None)
    return stand_in(holders[0], presence) if there is None else there


async def _least_busy(db: AsyncSession, people: Sequence[int]) -> int:
    query = select(Task.owner_id, func.count()).where(Task.closed_at.is_(None))
    query = query.where(Task.owner_id.in_(people)).group_by(Task.owner_id)
    busy = {person: count for person, count in await db.execute(query)}  # noqa: C416
    return min(people, key=lambda person: (busy.get(person, 0), person))
