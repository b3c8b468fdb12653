"""The sweep: every limit whose next level is reached is taken up, the earliest first, each level
once, stamped with the time at which it truly became due. Breach is on record within a minute."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases import models
from portal.cases.advancing import advance_loaded, recount
from portal.cases.announcing import announce_again, announce_reminder, announce_rung
from portal.cases.effects import Happening, carry_out
from portal.cases.loading import Loaded, key_of, load, load_all
from portal.cases.owning import owner_of
from portal.cases.surroundings import Surroundings, surroundings_at
from portal.cases.timing import AGAIN, PASSED, Level, newest_again, schedule
from portal.kernel.act import Act, System, Via
from portal.kernel.db.unit import Database
from portal.kernel.journal.recording import record
from portal.procedures.events import LimitLapsed
from portal.procedures.lapsing import receipt_decides
from portal.procedures.state import Owner, OwnerKind

log = structlog.get_logger()
_CLAUSE = "R8"
_BATCH = 100


async def sweep(database: Database, zone: tzinfo, now: datetime) -> int:
    """Take up every level that is due by ``now``; how many were. Safe to run in parallel.

    Many go into one unit, since each unit waits for the disk. Where one of them fails, each gets
    a unit of its own: a case that fails is logged and left for the next sweep, and never holds up
    the others.
    """
    taken = 0
    failed: set[int] = set()
    while found := await _due(database, now, failed):
        try:
            taken += await _take_up_all(database, found, zone, now)
        except Exception:
            for one in found:
                try:
                    taken += await _take_up_all(database, [one], zone, now)
                except Exception as error:
                    failed.add(one[0])
                    log.error("sweep.failed", case=one[1], limit=one[0], exc_info=error)
    return taken


async def _due(database: Database, now: datetime, but: set[int]) -> list[tuple[int, int]]:
    """The next limits to take up, and their cases; the earliest first."""
    limit = models.TimeLimit
    query = select(limit.id, models.Task.case_id).join(models.Task)
    query = query.where(limit.next_alarm_at <= now, limit.id.not_in(but))
    query = query.order_by(limit.next_alarm_at, limit.id).limit(_BATCH)
    async with database.reading() as db:
        return [(limit_id, case_id) for limit_id, case_id in await db.execute(query)]


async def _take_up_all(
    database: Database, found: Sequence[tuple[int, int]], zone: tzinfo, now: datetime
) -> int:
    act = Act.now(System(_CLAUSE), now, Via.JOB)
    taken = 0
    async with database.writing() as db:
        around = await surroundings_at(db, now, zone)
        cases = await load_all(db, {case_id for _, case_id in found})
        # Written at the end in a few statements, and not before each notice.
        with db.no_autoflush:
            for limit_id, case_id in found:
                loaded = cases.pop(case_id, None)
                if loaded is None:  # advancing used it up: two limits of one case are due
                    await db.flush()
                    loaded = await load(db, case_id)
                taken += await _take_up(db, act, loaded, limit_id, around)
                if not loaded.case.is_open:
                    cases.clear()  # what waited for it has gone on, and is to be read again
    return taken


async def _take_up(
    db: AsyncSession, act: Act, loaded: Loaded, limit_id: int, around: Surroundings
) -> int:
    """Every level of one limit that is due; how many were. None where it was answered, paused or
    moved in the meantime, or another sweep has been here."""
    recount(around.calendar, loaded)
    row, limit = _find(loaded, limit_id)
    taken = 0
    while limit.next_alarm_at and limit.next_alarm_at <= act.at:
        reached = {alarm.level for alarm in limit.alarms}
        levels = schedule(around.calendar, limit)
        level = next(level for level in levels if level.name not in reached)
        if level.name.startswith(AGAIN):
            level = newest_again(around.calendar, limit, act.at)
        limit.alarms.append(models.Alarm(level=level.name, became_due_at=level.at, at=act.at))
        if level.name == PASSED:
            body = {"task": row.id, "limit": limit.name, "due_at": level.at.isoformat()}
            record(db, act, "limit.breached", f"case:{loaded.case.id}", **body)
            proven = await _is_proven(db, loaded, row, level)
            event = LimitLapsed(key_of(row), limit.name, proven)
            await advance_loaded(db, act, loaded, event, around)
        else:
            await _announce(db, act, loaded, row, limit, level, around)
            recount(around.calendar, loaded)
        taken += 1
    return taken


def _find(loaded: Loaded, limit_id: int) -> tuple[models.Task, models.TimeLimit]:
    return next(
        (row, limit) for row in loaded.rows.values() for limit in row.limits if limit.id == limit_id
    )


async def _announce(
    db: AsyncSession,
    act: Act,
    loaded: Loaded,
    row: models.Task,
    limit: models.TimeLimit,
    level: Level,
    around: Surroundings,
) -> None:
    key = f"{limit.name}-{limit.generation}-{level.name}"
    if level.name.startswith("reminder"):
        # After the lapse, as when the portal stood still, "due soon" misleads.
        if limit.due_at is None or limit.due_at > act.at:
            await announce_reminder(db, act, loaded, row, key, around.presence)
            for effect in loaded.definition.step[row.step].reminded:
                await carry_out(db, act, effect, Happening(loaded, row, around.presence))
    elif level.name.startswith(AGAIN):
        await announce_again(db, act, loaded, row, key, around.presence)
    else:
        rule = Owner(OwnerKind(level.to_kind), level.to_ref)
        to = await owner_of(db, around.presence, loaded.case, rule)
        await announce_rung(db, act, loaded, row, key, to)


async def _is_proven(db: AsyncSession, loaded: Loaded, row: models.Task, level: Level) -> bool:
    """Whether whoever owns the task now had it before the limit passed (P04.6)."""
    if row.received_at is None or not receipt_decides(loaded.definition.step[row.step]):
        return False
    given = select(func.max(models.Assignment.at)).where(models.Assignment.task_id == row.id)
    since = await db.scalar(given)
    return since is not None and since <= row.received_at <= level.at
