"""Qualifying: what an engineer can do, where, and when: skills, regions, working hours."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from portal.kernel.act import Act
from portal.kernel.journal.recording import record
from portal.people.access import require
from portal.people.models import Person, PersonRegion, PersonSkill, WorkingHours
from portal.people.problems import refuse_left
from portal.people.roles import Role

# From and until, in minutes after midnight.
Span = tuple[int, int]


async def qualify(
    db: AsyncSession, act: Act, person: Person, skills: Mapping[int, int], regions: frozenset[int]
) -> None:
    """Set levels (1-3) by skill id, and the region ids served; raises ``has-left``.

    `skills`, `regions` and `departure` of ``person`` must be loaded.
    """
    require(act.actor, Role.ADMINISTRATOR, Role.DISPATCHER)
    refuse_left(person)
    held = {mine.skill_id: mine for mine in person.skills}
    for skill_id in held.keys() & skills.keys():
        held[skill_id].level = skills[skill_id]
    person.skills = [held[i] for i in held.keys() & skills.keys()] + [
        PersonSkill(skill_id=i, level=skills[i]) for i in sorted(skills.keys() - held.keys())
    ]
    served = {mine.region_id: mine for mine in person.regions}
    person.regions = [served[i] for i in served.keys() & regions] + [
        PersonRegion(region_id=i) for i in sorted(regions - served.keys())
    ]
    person.edited_at = act.at
    record(
        db,
        act,
        "person.qualified",
        f"person:{person.id}",
        skills={str(skill): level for skill, level in skills.items()},
        regions=sorted(regions),
    )
    await db.flush()


async def set_hours(db: AsyncSession, act: Act, person: Person, hours: Mapping[int, Span]) -> None:
    """Set when ``person`` works, by weekday (0 = Monday); none at all: the company's calendar.

    Raises ``has-left``. `hours` and `departure` of ``person`` must be loaded.
    """
    require(act.actor, Role.ADMINISTRATOR, Role.DISPATCHER)
    refuse_left(person)
    known = {mine.weekday: mine for mine in person.hours}
    for weekday, (from_minute, until_minute) in hours.items():
        row = known.setdefault(weekday, WorkingHours(weekday=weekday))
        row.from_minute, row.until_minute = from_minute, until_minute
    person.hours = [known[weekday] for weekday in sorted(hours)]
    person.edited_at = act.at
    spans = {str(weekday): list(span) for weekday, span in hours.items()}
    record(db, act, "hours.set", f"person:{person.id}", hours=spans)
    await db.flush()
