"""Who may see which surveys: the only loader of this room. Ratings are no business of those who
are rated; what is asked for the company's figures is read by those who answer for it."""

from sqlalchemy import ColumnElement, Select, false, select, true

from portal.kernel.act import Actor, Staff, System
from portal.people.roles import OVERSEERS, Role
from portal.surveys.models import Survey

# Who reads the list of all surveys and its averages (P13.3).
READERS = (Role.DEPARTMENT_HEAD, Role.QUALITY, Role.DEPUTY_LEADER, Role.GENERAL_MANAGER)


def visible_surveys(actor: Actor) -> Select[Survey]:
    """The surveys that ``actor`` may see: all, for those who see every case; else none."""
    return select(Survey).where(_is_visible(actor))


def _is_visible(actor: Actor) -> ColumnElement[bool]:
    oversees = isinstance(actor, Staff) and bool(actor.roles & OVERSEERS)
    return true() if isinstance(actor, System) or oversees else false()
