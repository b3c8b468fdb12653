"""What is around a case when something happens to it; read once for all that a unit does."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy.ext.asyncio import AsyncSession

from portal.calendar.days import Calendar
from portal.company.keeping import company_calendar
from portal.people.standing_in import Presence, presence_at


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The company's calendar, and who is there at the moment."""

    calendar: Calendar
    presence: Presence


async def surroundings_at(db: AsyncSession, at: datetime, zone: tzinfo) -> Surroundings:
    """The company at ``at``; ``zone`` is the company's."""
    return Surroundings(await company_calendar(db, zone), await presence_at(db, at, zone))
