"""Who may see what is told: each person their own notices, administrators dead letters."""

from sqlalchemy import Select, false, select

from portal.kernel.act import Actor, Staff
from portal.notices.models import Letter, Notice
from portal.people.roles import Role


def visible_notices(actor: Actor) -> Select[Notice]:
    """The actor's own inbox; nobody sees another person's."""
    query = select(Notice)
    if isinstance(actor, Staff):
        return query.where(Notice.person_id == actor.person_id)
    return query.where(false())


def visible_dead_letters(actor: Actor) -> Select[Letter]:
    """Letters that no channel accepted. Pages show to whom, not what: it may be confidential."""
    query = select(Letter).where(Letter.dead_at.is_not(None))
    if isinstance(actor, Staff) and Role.ADMINISTRATOR in actor.roles:
        return query
    return query.where(false())
