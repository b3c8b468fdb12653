"""Announcing: who is told of a task, a lapse, a closing. Each once, by its own key."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases import models
from portal.cases.loading import Loaded
from portal.cases.owning import above
from portal.kernel.act import Act
from portal.kernel.i18n import N_
from portal.notices.telling import News, tell, withdraw
from portal.people.standing_in import Presence
from portal.procedures.plan import Alarm, AlarmKind

TASK_OPENED = N_("New task: %(step)s, case %(number)s")
TASK_REMINDER = N_("Due soon: %(step)s, case %(number)s")
TASK_OVERDUE = N_("Overdue: %(step)s, case %(number)s")
TASK_ESCALATED = N_("Overdue with %(owner)s: %(step)s, case %(number)s")
TASK_REASSIGNED = N_("Handed to you: %(step)s, case %(number)s")
CASE_CLOSED = N_("Closed: case %(number)s")
MENTIONED = N_("%(who)s mentioned you in case %(number)s")


async def announce_task(db: AsyncSession, act: Act, loaded: Loaded, row: models.Task) -> None:
    """Tell the owner of a task that it is theirs."""
    await _tell(db, act, loaded, row, {row.owner_id}, TASK_OPENED, "task.opened", "opened")


async def announce_reassigned(db: AsyncSession, act: Act, loaded: Loaded, row: models.Task) -> None:
    """Tell the new owner."""
    level = f"handed-{row.owner_id}-{act.request_id}"
    await _tell(db, act, loaded, row, {row.owner_id}, TASK_REASSIGNED, "task.reassigned", level)


async def announce_level(
    db: AsyncSession, act: Act, loaded: Loaded, row: models.Task, key: str, to: int
) -> None:
    """Tell one person of a reminder, or of a rung of the ladder; ``key`` names the level."""
    title = TASK_REMINDER if "-reminder" in key else TASK_ESCALATED
    word = "task.reminded" if title == TASK_REMINDER else "task.escalated"
    await _tell(db, act, loaded, row, {to}, title, word, key, urgent=title == TASK_ESCALATED)


async def announce_alarm(
    db: AsyncSession, act: Act, loaded: Loaded, row: models.Task, alarm: Alarm, presence: Presence
) -> None:
    """A limit has lapsed: chase the owner; escalate to who stands above where no rung is named."""
    running = next(limit for limit in row.running if limit.name == alarm.limit)
    key = f"{running.name}-{running.generation}-lapse"
    await _tell(
        db, act, loaded, row, {row.owner_id}, TASK_OVERDUE, "task.overdue", key, urgent=True
    )
    has_rungs = any(level["level"].startswith("rung") for level in running.levels)
    if alarm.kind is AlarmKind.ESCALATE and (not has_rungs or alarm.because != "lapsed"):
        head = above(row.owner_id, presence)
        if head is not None:
            key = f"{key}-above"
            await _tell(
                db, act, loaded, row, {head}, TASK_ESCALATED, "task.escalated", key, urgent=True
            )


async def announce_closing(db: AsyncSession, act: Act, loaded: Loaded) -> None:
    """Tell the owner of the case."""
    case = loaded.case
    news = News(
        word="case.closed",
        title=CASE_CLOSED,
        values={"number": case.number},
        href=f"/cases/{case.id}",
        dedupe=f"case:{case.id}:closed:{act.at.isoformat()}",
        case_id=case.id,
    )
    await tell(db, act, [case.owner_id], news)


async def hush(db: AsyncSession, act: Act, row: models.Task) -> None:
    """Withdraw what is queued about a task and not sent yet."""
    await withdraw(db, act, case_id=row.case_id, dedupe_prefix=f"task:{row.id}:")


async def _tell(
    db: AsyncSession,
    act: Act,
    loaded: Loaded,
    row: models.Task,
    people: set[int],
    title: str,
    word: str,
    key: str,
    *,
    urgent: bool = False,
) -> None:
    step = loaded.definition.step[row.step]
    values: dict[str, Any] = {
        "number": loaded.case.number,
        "step": step.title,
    }
    if title == TASK_ESCALATED:
        values["owner"] = row.owner.name
    news = News(
        word=word,
        title=title,
        values=values,
        href=f"/cases/{loaded.case.id}#task-{row.id}",
        urgent=urgent or loaded.case.urgency == "high",
        dedupe=f"task:{row.id}:{key}",
        case_id=loaded.case.id,
    )
    await tell(db, act, sorted(people), news)


async def announce_mention(
    db: AsyncSession, act: Act, case: models.Case, note_id: int, people: list[int]
) -> None:
    """Tell people that a note names them."""
    news = News(
        word="note.mentioned",
        title=MENTIONED,
        values={"who": getattr(act.actor, "name", ""), "number": case.number},
        href=f"/cases/{case.id}#note-{note_id}",
        dedupe=f"note:{note_id}",
        case_id=case.id,
    )
    await tell(db, act, people, news)
