"""Pausing: the clock of a case stands still, with a reason and for a while, and runs on afterwards.
Whoever stops it says when to look again; from then on it rings every working day (R1)."""

from datetime import datetime, timedelta, tzinfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.calendar.counting import due
from portal.calendar.durations import parse_duration
from portal.cases.advancing import advance
from portal.cases.announcing import announce_pause, hush
from portal.cases.models import Case, CasePause
from portal.cases.problems import LOOK_AGAIN_LATER
from portal.cases.surroundings import surroundings_at
from portal.kernel.act import Act, System, Via
from portal.kernel.db.unit import Database
from portal.kernel.problems import Problem
from portal.people.access import require
from portal.people.roles import OVERSEERS
from portal.procedures.events import PauseBegun, PauseEnded

_DAILY = parse_duration("1 wd")
# What stands still longer than a quarter is looked at in between [ours].
LONGEST = timedelta(days=92)


async def pause(
    db: AsyncSession, act: Act, case: Case, reason: str, look_again_at: datetime, zone: tzinfo
) -> None:
    """Stop every clock of the case until somebody lets it run; what was queued about its tasks is
    withdrawn. Raises ``look-again-later`` for a time that is over, or too far ahead."""
    require(act.actor, *OVERSEERS)
    if not act.at < look_again_at <= act.at + LONGEST:
        raise Problem(LOOK_AGAIN_LATER)
    loaded = await advance(db, act, case.id, PauseBegun(reason), zone)
    for row in loaded.rows.values():
        if row.is_open:
            await hush(db, act, row)
    begun = next(one for one in loaded.pauses if one.task_id is None and one.until_at is None)
    begun.look_again_at = begun.next_alarm_at = look_again_at


async def resume(db: AsyncSession, act: Act, case: Case, zone: tzinfo) -> None:
    """Let the clocks run on: each limit is due later by what it stood still."""
    require(act.actor, *OVERSEERS)
    await advance(db, act, case.id, PauseEnded(), zone)


async def ring_pauses(database: Database, zone: tzinfo, now: datetime) -> int:
    """Tell of every pause that has lasted as long as it was meant to; how many."""
    query = select(CasePause).where(CasePause.next_alarm_at <= now).order_by(CasePause.id)
    act = Act.now(System("R1"), now, Via.JOB)
    async with database.reading() as db:
        if await db.scalar(query.with_only_columns(CasePause.id).limit(1)) is None:
            return 0
    async with database.writing() as db:
        around = await surroundings_at(db, now, zone)
        ringing = list(await db.scalars(query.with_for_update(skip_locked=True)))
        cases = select(Case).where(Case.id.in_([one.case_id for one in ringing]))
        by_id = {case.id: case for case in await db.scalars(cases)}
        for one in ringing:
            one.next_alarm_at = due(around.calendar, now, _DAILY).at
            await announce_pause(db, act, by_id[one.case_id], one, around.presence)
    return len(ringing)
