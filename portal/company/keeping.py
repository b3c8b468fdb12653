"""Keeping the calendar: read as a value for counting, seeded, imported a year at a time, mended."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time, tzinfo

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.calendar.days import Calendar, Kind, Span, SpecialDay
from portal.calendar.official import official_days
from portal.company.models import CalendarDay, CalendarYear, WorkingSpan
from portal.kernel.act import Act, Staff
from portal.kernel.journal.recording import record
from portal.people.access import require
from portal.people.roles import Role

# Half past eight to noon, half past one to half past five, Monday to Friday: the default only.
_USUAL = ((8 * 60 + 30, 12 * 60), (13 * 60 + 30, 17 * 60 + 30))
_SUBJECT = "calendar:company"


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of a year's list: a date, what it is, its name, and whose hours it has."""

    day: date
    kind: Kind
    name: str
    like: int | None = None


async def company_calendar(db: AsyncSession, zone: tzinfo) -> Calendar:
    """The company's calendar as a value. Raises `ValueError` while it has no working time."""
    spans = await db.scalars(select(WorkingSpan).order_by(WorkingSpan.from_minute))
    week: list[list[Span]] = [[] for _ in range(7)]
    for span in spans:
        week[span.weekday].append(Span(_clock(span.from_minute), _clock(span.until_minute)))
    days = await db.scalars(select(CalendarDay))
    return Calendar(
        week=tuple(tuple(spans) for spans in week),
        confirmed_until=date(await last_confirmed_year(db), 12, 31),
        exceptions={
            day.day: SpecialDay(Kind(day.kind), day.name, day.like_weekday) for day in days
        },
        zone=zone,
    )


async def last_confirmed_year(db: AsyncSession) -> int:
    """The last year up to which every year is known, 1999 when there is none."""
    years = set(await db.scalars(select(CalendarYear.year)))
    last = min(years, default=2000) - 1
    while last + 1 in years:
        last += 1
    return last


async def seed(db: AsyncSession, act: Act, first_year: int) -> None:
    """A new portal's calendar: the usual week, and the official years from ``first_year`` on."""
    if await db.scalar(select(func.count()).select_from(WorkingSpan)):
        return
    for weekday in range(5):
        for start, end in _USUAL:
            db.add(WorkingSpan(weekday=weekday, from_minute=start, until_minute=end))
    record(db, act, "calendar.seeded", _SUBJECT)
    year = first_year
    while True:
        try:
            days = official_days(year)
        except ValueError:
            return
        listed = [Listed(on, day.kind, day.name, day.like) for on, day in days.items()]
        await confirm_year(db, act, year, listed)
        year += 1


async def confirm_year(db: AsyncSession, act: Act, year: int, listed: Iterable[Listed]) -> int:
    """Replace the list of ``year`` and mark it as known; the number of days that differ now."""
    require(act.actor, Role.ADMINISTRATOR)
    new = {line.day: line for line in listed}
    if strange := [on for on in new if on.year != year]:
        raise ValueError(f"{min(strange)} is not in {year}")
    in_year = CalendarDay.day.between(date(year, 1, 1), date(year, 12, 31))
    before = {
        day.day: _as_listed(day) for day in await db.scalars(select(CalendarDay).where(in_year))
    }
    await db.execute(delete(CalendarDay).where(in_year))
    db.add_all(_as_row(line) for line in new.values())
    if await db.get(CalendarYear, year) is None:
        by = act.actor.person_id if isinstance(act.actor, Staff) else None
        db.add(CalendarYear(year=year, at=act.at, by_id=by))
    await db.flush()
    changed = {on for on in before.keys() | new.keys() if before.get(on) != new.get(on)}
    record(db, act, "calendar.year_confirmed", _SUBJECT, year=year, changed=len(changed))
    return len(changed)


async def set_day(db: AsyncSession, act: Act, line: Listed | None, on: date) -> None:
    """Make ``on`` special as ``line`` says, or (None) an ordinary day of its week again."""
    require(act.actor, Role.ADMINISTRATOR)
    await db.execute(delete(CalendarDay).where(CalendarDay.day == on))
    if line:
        db.add(_as_row(line))
    await db.flush()
    kind = str(line.kind) if line else None
    record(db, act, "calendar.day_set", _SUBJECT, day=on.isoformat(), kind=kind)


async def set_week(db: AsyncSession, act: Act, week: Sequence[Sequence[tuple[int, int]]]) -> None:
    """Set the usual spans of Monday to Sunday, in minutes after midnight.

    Raises `ValueError` when spans overlap or nothing is left to work.
    """
    require(act.actor, Role.ADMINISTRATOR)
    spans = tuple(tuple(Span(_clock(a), _clock(b)) for a, b in sorted(day)) for day in week)
    Calendar(week=spans, confirmed_until=act.at.date())
    await db.execute(delete(WorkingSpan))
    db.add_all(
        WorkingSpan(weekday=weekday, from_minute=start, until_minute=end)
        for weekday, day in enumerate(week)
        for start, end in day
    )
    await db.flush()
    shown = [[list(span) for span in day] for day in week]
    record(db, act, "calendar.week_set", _SUBJECT, week=shown)


def _clock(minutes: int) -> time:
    return time(*divmod(minutes % 1440, 60))


def _as_listed(day: CalendarDay) -> Listed:
    return Listed(day.day, Kind(day.kind), day.name, day.like_weekday)


def _as_row(line: Listed) -> CalendarDay:
    return CalendarDay(day=line.day, kind=line.kind, name=line.name, like_weekday=line.like)
