"""Who may see which cases. The only loader: what you may not see, you cannot load."""

from collections.abc import Collection
from datetime import tzinfo

from sqlalchemy import ColumnElement, Select, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.models import Case, CaseLink, Mention, Note, Task
from portal.kernel.act import Act, Actor, Staff, System
from portal.people.roles import OVERSEERS
from portal.people.standing_in import presence_at, stands_in_for


def visible_cases(actor: Actor, also: Collection[int] = ()) -> Select[Case]:
    """The cases that ``actor`` may see.

    ``also`` are those in whose place they act now, as `acts_for` knows: their open tasks count
    as one's own.
    """
    return select(Case).where(_is_visible(actor, also))


async def acts_for(db: AsyncSession, act: Act, zone: tzinfo) -> list[int]:
    """The people in whose place the actor acts now; nobody for those who see every case anyway."""
    if oversees(act.actor) or not isinstance(act.actor, Staff):
        return []
    return stands_in_for(act.actor.person_id, await presence_at(db, act.at, zone))


def oversees(actor: Actor) -> bool:
    """Whether ``actor`` sees every case."""
    return isinstance(actor, System) or (isinstance(actor, Staff) and bool(actor.roles & OVERSEERS))


def _is_visible(actor: Actor, also: Collection[int]) -> ColumnElement[bool]:
    if oversees(actor):
        return true()
    if not isinstance(actor, Staff):
        return false()
    mine = actor.person_id
    named = select(Note.case_id).join(Mention, Mention.note_id == Note.id)
    children = select(CaseLink.other_id).join(Task, Task.case_id == CaseLink.case_id)
    children = children.where(CaseLink.task_id.is_not(None))
    parts = [
        Case.owner_id == mine,
        Case.id.in_(select(Task.case_id).where(Task.owner_id == mine)),
        # What was opened for a case is seen by whoever works on that one.
        Case.id.in_(children.where(Task.owner_id == mine)),
        Case.id.in_(named.where(Mention.person_id == mine)),
    ]
    if also:
        theirs = select(Task.case_id).where(Task.owner_id.in_(also), Task.closed_at.is_(None))
        parts.append(Case.id.in_(theirs))
    return or_(*parts)
