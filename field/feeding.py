"""The feed: the packets of one's own jobs that changed since a revision, and what is no longer
one's own (rule 24). The revision is the journal's, which is ordered by commit."""

import re
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from field.carrying import catalogue
from field.models import FieldEntry
from field.packets import loading, outcome_of, packets, subjects_of
from portal.cases.models import Assignment, Task
from portal.kernel.act import Act, Staff
from portal.kernel.journal.models import JournalEntry, JournalHead
from portal.people.access import me
from portal.procedures.definition import Flag
from portal.procedures.storing import definition_of
from portal.repairs.models import Visit

BACK, AHEAD = timedelta(days=7), timedelta(days=14)
# For so long somebody is told that what was once theirs is not.
_TOMBSTONES = timedelta(days=30)
# A phone that has not asked for longer gets everything.
_LONGEST_WAY = 50_000
_CURSOR = re.compile(r"([0-9]{1,15})\.([0-9]{4}-[0-9]{2}-[0-9]{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Feed:
    """`scope` names all jobs that are one's own now: whatever else the phone holds and has nothing
    unsent for may go. In a `snapshot` every one of them has its packet. `revoked` were taken away
    since the cursor. `changes` are the journal's words of others about each job, since then;
    `catalogue` what `field.carrying` says, None where nothing of it changed. `user_id` is whose
    feed it is: a phone keeps it from whoever used it before."""

    user_id: int
    cursor: str
    snapshot: bool
    scope: list[int]
    packets: list[dict[str, Any]]
    revoked: list[int]
    changes: dict[str, list[dict[str, Any]]]
    catalogue: dict[str, Any] | None


async def feed(db: AsyncSession, act: Act, cursor: str, zone: tzinfo) -> Feed:
    """What the actor's phone does not have yet. A cursor that is too old, of another day (jobs come
    into reach and leave it by the day) or none of ours gives a snapshot."""
    today = act.at.astimezone(zone).date()
    head = await db.scalar(select(JournalHead.rev)) or 0
    since = _since(cursor, head, today)
    tasks = await _own(db, act)
    about = {subject: rev for subject, rev in await _latest(db, tasks)}  # noqa: C416
    revs = {task.id: max(about.get(one, 0) for one in subjects_of(task)) for task in tasks}
    changed = [task for task in tasks if since is None or revs[task.id] > since]
    scope = [task.id for task in tasks]
    return Feed(
        user_id=me(act),
        cursor=f"{head}.{today.isoformat()}",
        snapshot=since is None,
        scope=scope,
        packets=await packets(db, changed, revs, act.at),
        revoked=[] if since is None else await _revoked(db, act, since, scope),
        changes={} if since is None else await _changes(db, act, changed, since),
        catalogue=await catalogue(db, act, since),
    )


def _since(cursor: str, head: int, today: date) -> int | None:
    """The revision that the phone has; None where it is to get everything."""
    found = _CURSOR.fullmatch(cursor)
    if found is None or found[2] != today.isoformat():
        return None
    rev = int(found[1])
    return rev if head - _LONGEST_WAY <= rev <= head else None


async def _own(db: AsyncSession, act: Act) -> list[Task]:
    """The actor's jobs on site within reach: open ones that are not later than two weeks, and
    those that ended within the last week with work on record, whoever did it."""
    far = (
        select(Visit.case_id)
        .where(Visit.engineer_id == me(act), Visit.released_at.is_(None))
        .where(Visit.from_at > act.at + AHEAD)
    )
    query = (
        select(Task)
        .options(*loading())
        .where(Task.owner_id == me(act))
        .where(or_(Task.closed_at.is_(None), Task.closed_at > act.at - BACK))
        .where(Task.case_id.not_in(far))
        .order_by(Task.id)
    )
    jobs = [task for task in await db.scalars(query) if is_offline(task)]
    # Signing for a job is no work on it.
    logged = select(FieldEntry.task_id).where(
        FieldEntry.task_id.in_([task.id for task in jobs if not task.is_open]),
        FieldEntry.kind != "receipt",
        FieldEntry.voided_by.is_(None),
    )
    worked_on = set(await db.scalars(logged.distinct()))
    return [task for task in jobs if task.is_open or task.id in worked_on or _says_work(task)]


def _says_work(task: Task) -> bool:
    """Whether the way in which ``task`` ended says that somebody was at it: one that was dropped
    does not, nor does an outcome that customers give, too, who move the visit."""
    outcome = outcome_of(task)
    return outcome is not None and not outcome.by_customer


def is_offline(task: Task) -> bool:
    """Whether a task's step is done on site; its case's version must be loaded."""
    step = definition_of(task.case.version).step.get(task.step)
    return step is not None and Flag.OFFLINE in step.flags


async def _latest(db: AsyncSession, tasks: list[Task]) -> list[tuple[str, int]]:
    subjects = {subject for task in tasks for subject in subjects_of(task)}
    query = select(JournalEntry.subject, func.max(JournalEntry.rev))
    query = query.where(JournalEntry.subject.in_(subjects)).group_by(JournalEntry.subject)
    return [(subject, rev) for subject, rev in await db.execute(query)]


async def _revoked(db: AsyncSession, act: Act, since: int, scope: list[int]) -> list[int]:
    """Jobs that the actor once had, whose case was touched since, and that are not theirs now."""
    once = (
        select(Assignment.task_id, Assignment.case_id)
        .join(Task, Task.id == Assignment.task_id)
        .where(Assignment.person_id == me(act), Task.id.not_in(scope))
        .where(or_(Task.closed_at.is_(None), Task.closed_at > act.at - _TOMBSTONES))
        .distinct()
    )
    rows = [(task_id, case_id) for task_id, case_id in await db.execute(once) if task_id]
    touched = select(JournalEntry.subject).where(
        JournalEntry.rev > since,
        JournalEntry.subject.in_({f"case:{case_id}" for _, case_id in rows}),
    )
    subjects = set(await db.scalars(touched))
    return sorted(task_id for task_id, case_id in rows if f"case:{case_id}" in subjects)


async def _changes(
    db: AsyncSession, act: Act, tasks: list[Task], since: int
) -> dict[str, list[dict[str, Any]]]:
    """What others did to the jobs since, for the banner over one with unsent entries (rule 6), and
    whether that was the customer, by a link."""
    by_subject = {f"case:{task.case_id}": str(task.id) for task in tasks}
    staff = act.actor
    assert isinstance(staff, Staff)
    query = (
        select(
            JournalEntry.subject,
            JournalEntry.rev,
            JournalEntry.word,
            JournalEntry.at,
            JournalEntry.actor,
        )
        .where(JournalEntry.rev > since, JournalEntry.subject.in_(by_subject))
        # What the portal does of itself follows from what somebody did.
        .where(JournalEntry.actor != str(staff), JournalEntry.actor.not_like("system:%"))
        .order_by(JournalEntry.rev)
    )
    changes: dict[str, list[dict[str, Any]]] = {}
    for subject, rev, word, at, actor in await db.execute(query):
        by = "customer" if actor.startswith("link:") else "office"
        line = {"rev": rev, "word": word, "at": at.isoformat(), "by": by}
        changes.setdefault(by_subject[subject], []).append(line)
    return changes
