"""Keeping the calendar: read as a value for counting, imported a year at a time, mended."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, time, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.calendar.days import Calendar, Kind, Span, Spans, SpecialDay
from portal.company.models import CalendarDay, CalendarYear, WorkingSpan
from portal.kernel.act import Act, Staff
from portal.kernel.db.turns import take_turn
from portal.kernel.journal.recording import record
from portal.people.access import require
from portal.people.roles import Role

SUBJECT = "calendar:company"
_ANNOUNCED_IN = 11


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of a year's list: a date, what it is, its name, and whose hours it has."""

    day: date
    kind: Kind
    name: str
    like: int | None = None


async def company_calendar(db: AsyncSession, zone: tzinfo) -> Calendar:
    """The company's calendar as a value. Raises `ValueError` while it has no working time."""
    days = await db.scalars(select(CalendarDay))
    return Calendar(
        week=await _week(db),
        confirmed_years=await confirmed_years(db),
        exceptions={
            day.day: SpecialDay(Kind(day.kind), day.name, day.like_weekday) for day in days
        },
        zone=zone,
    )


async def confirmed_years(db: AsyncSession) -> set[int]:
    """The years whose lists are known; there may be gaps between them."""
    return set(await db.scalars(select(CalendarYear.year)))


def year_to_import(confirmed: AbstractSet[int], today: date) -> int | None:
    """The year whose list is due: the present one, or from November on the next; None if known.

    The State Council announces a year's holidays in the November before it.
    """
    wanted = [today.year, today.year + 1] if today.month >= _ANNOUNCED_IN else [today.year]
    return next((year for year in wanted if year not in confirmed), None)


async def keep_turn(db: AsyncSession) -> None:
    """Let nobody else change the calendar until this unit ends: what it reads now, stays."""
    await take_turn(db, SUBJECT)


async def listed_days(db: AsyncSession, year: int) -> dict[date, Listed]:
    """The special days of a year."""
    days = await db.scalars(select(CalendarDay).where(_in(year)))
    return {day.day: Listed(day.day, Kind(day.kind), day.name, day.like_weekday) for day in days}


async def confirm_year(db: AsyncSession, act: Act, year: int, listed: Iterable[Listed]) -> int:
    """Replace the list of ``year`` and mark it as known; the number of days that differ now."""
    require(act.actor, Role.ADMINISTRATOR)
    new = {line.day: line for line in listed}
    if strange := [on for on in new if on.year != year]:
        raise ValueError(f"{min(strange)} is not in {year}")
    await keep_turn(db)
    before = await listed_days(db, year)
    await db.execute(delete(CalendarDay).where(_in(year)))
    db.add_all(_as_row(line) for line in new.values())
    if await db.get(CalendarYear, year) is None:
        by = act.actor.person_id if isinstance(act.actor, Staff) else None
        db.add(CalendarYear(year=year, at=act.at, by_id=by))
    await db.flush()
    changed = sorted(on for on in before.keys() | new if before.get(on) != new.get(on))
    days = [_change(on, before.get(on), new.get(on)) for on in changed]
    record(db, act, "calendar.year_confirmed", SUBJECT, year=year, changed=days)
    return len(changed)


async def set_day(db: AsyncSession, act: Act, line: Listed | None, on: date) -> None:
    """Make ``on`` special as ``line`` says, or (None) an ordinary day of its week again."""
    require(act.actor, Role.ADMINISTRATOR)
    await keep_turn(db)
    was = (await listed_days(db, on.year)).get(on)
    await db.execute(delete(CalendarDay).where(CalendarDay.day == on))
    if line:
        db.add(_as_row(line))
    await db.flush()
    record(db, act, "calendar.day_set", SUBJECT, **_change(on, was, line))


async def set_week(db: AsyncSession, act: Act, week: Sequence[Sequence[tuple[int, int]]]) -> None:
    """Set the usual spans of Monday to Sunday, in minutes after midnight.

    Raises `ValueError` when spans overlap or nothing is left to work.
    """
    require(act.actor, Role.ADMINISTRATOR)
    spans = tuple(tuple(Span(_clock(a), _clock(b)) for a, b in sorted(day)) for day in week)
    Calendar(week=spans, confirmed_years=set())
    await keep_turn(db)
    was = [[list(span.minutes) for span in day] for day in await _week(db)]
    await db.execute(delete(WorkingSpan))
    db.add_all(
        WorkingSpan(weekday=weekday, from_minute=start, until_minute=end)
        for weekday, day in enumerate(week)
        for start, end in day
    )
    await db.flush()
    became = [[list(span.minutes) for span in day] for day in spans]
    record(db, act, "calendar.week_set", SUBJECT, was=was, became=became)


def _clock(minutes: int) -> time:
    return time(*divmod(minutes % 1440, 60))


async def _week(db: AsyncSession) -> tuple[Spans, ...]:
    week: list[list[Span]] = [[] for _ in range(7)]
    for span in await db.scalars(select(WorkingSpan).order_by(WorkingSpan.from_minute)):
        week[span.weekday].append(Span(_clock(span.from_minute), _clock(span.until_minute)))
    return tuple(tuple(spans) for spans in week)


def _in(year: int) -> ColumnElement[bool]:
    return CalendarDay.day.between(date(year, 1, 1), date(year, 12, 31))


def _change(on: date, was: Listed | None, became: Listed | None) -> dict[str, Any]:
    """What a day was and became, for the journal (R2)."""
    return {"day": on.isoformat(), "was": _noted(was), "became": _noted(became)}


def _noted(line: Listed | None) -> dict[str, Any] | None:
    return {"kind": str(line.kind), "name": line.name, "like": line.like} if line else None


def _as_row(line: Listed) -> CalendarDay:
    return CalendarDay(day=line.day, kind=line.kind, name=line.name, like_weekday=line.like)
