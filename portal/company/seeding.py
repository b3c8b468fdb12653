"""Seeding: the usual week of a new portal, and the holidays that the program knows by itself."""

from collections.abc import Iterator
from datetime import date

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.calendar.days import SpecialDay
from portal.calendar.official import official_days
from portal.company.keeping import (
    SUBJECT,
    Listed,
    confirm_year,
    confirmed_years,
    keep_turn,
    listed_days,
)
from portal.company.models import WorkingSpan
from portal.kernel.act import Act
from portal.kernel.journal.recording import record

# Half past eight to noon, half past one to half past five, Monday to Friday: the default only.
_USUAL = ((8 * 60 + 30, 12 * 60), (13 * 60 + 30, 17 * 60 + 30))


async def seed(db: AsyncSession, act: Act, first_year: int) -> list[int]:
    """Give the calendar what it lacks; the years that are confirmed by it now.

    That is the usual week, where there is none yet, and from ``first_year`` on the official years
    that nobody has confirmed: a newer program brings them to a portal that is there already. In
    such a year, days that somebody has set stay as they are.
    """
    await keep_turn(db)
    if not await db.scalar(select(exists().where(WorkingSpan.id.is_not(None)))):
        _seed_week(db)
        record(db, act, "calendar.seeded", SUBJECT)
    known = await confirmed_years(db)
    new = {year: days for year, days in _official_from(first_year) if year not in known}
    for year, days in new.items():
        official = {on: Listed(on, day.kind, day.name, day.like) for on, day in days.items()}
        set_by_hand = await listed_days(db, year)
        await confirm_year(db, act, year, (official | set_by_hand).values())
    return list(new)


def _seed_week(db: AsyncSession) -> None:
    db.add_all(
        WorkingSpan(weekday=weekday, from_minute=start, until_minute=end)
        for weekday in range(5)
        for start, end in _USUAL
    )


def _official_from(year: int) -> Iterator[tuple[int, dict[date, SpecialDay]]]:
    while True:
        try:
            yield year, official_days(year)
        except ValueError:
            return
        year += 1
