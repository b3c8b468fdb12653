"""Announcing: who is told of a task, a lapse, a closing. Each once, by its own key."""

from collections.abc import Set
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases import models
from portal.cases.loading import Loaded
from portal.cases.owning import above
from portal.kernel.act import Act
from portal.kernel.i18n import N_
from portal.notices.telling import News, tell, withdraw
from portal.people.models import Person
from portal.people.standing_in import Presence, stand_in
from portal.procedures.plan import Alarm, AlarmKind

TASK_OPENED = N_("New task: %(step)s, case %(number)s")
TASK_REMINDER = N_("Due soon: %(step)s, case %(number)s")
TASK_OVERDUE = N_("Overdue: %(step)s, case %(number)s")
TASK_ESCALATED = N_("Overdue with %(owner)s: %(step)s, case %(number)s")
TASK_REASSIGNED = N_("Handed to you: %(step)s, case %(number)s")
TASK_RINGS_AGAIN = N_("Still overdue: %(step)s, case %(number)s")
TELL_BY_PHONE = N_("Call %(who)s now: %(step)s, case %(number)s")
PRESS_BY_PHONE = N_("Call %(who)s and press for it: %(step)s, case %(number)s")
CASE_GIVEN = N_("Yours now: case %(number)s")
LOOK_AGAIN = N_("Look again: the clock of case %(number)s stands still")
CASE_CLOSED = N_("Closed: case %(number)s")
CASE_REOPENED = N_("Reopened: case %(number)s")
GIVE_LINK = N_("Give the customer the link to confirm: case %(number)s")
MENTIONED = N_("%(who)s mentioned you in case %(number)s")


def watchers(person: int, presence: Presence) -> set[int]:
    """A person, and who acts for them while they are away: both are told."""
    return {person, stand_in(person, presence)}


async def announce_task(
    db: AsyncSession, act: Act, loaded: Loaded, row: models.Task, presence: Presence
) -> None:
    """Tell the owner of a task that it is theirs."""
    people = watchers(row.owner_id, presence)
    await _tell(db, act, loaded, row, people, TASK_OPENED, "task.opened", "opened")


async def announce_reassigned(
    db: AsyncSession, act: Act, loaded: Loaded, row: models.Task, presence: Presence
) -> None:
    """Tell the new owner."""
    level = f"handed-{row.owner_id}-{act.request_id}"
    people = watchers(row.owner_id, presence)
    await _tell(db, act, loaded, row, people, TASK_REASSIGNED, "task.reassigned", level)


async def announce_reminder(
    db: AsyncSession, act: Act, loaded: Loaded, row: models.Task, key: str, presence: Presence
) -> None:
    """Tell the owner that a limit comes near; ``key`` names the level."""
    people = watchers(row.owner_id, presence)
    await _tell(db, act, loaded, row, people, TASK_REMINDER, "task.reminded", key)


async def announce_rung(
    db: AsyncSession, act: Act, loaded: Loaded, row: models.Task, key: str, to: int
) -> None:
    """Tell whom a rung of the ladder names that the owner is late."""
    await _tell(db, act, loaded, row, {to}, TASK_ESCALATED, "task.escalated", key, urgent=True)


async def announce_again(
    db: AsyncSession, act: Act, loaded: Loaded, row: models.Task, key: str, presence: Presence
) -> None:
    """Every working day after the last rung: the owner, and who stands above, until it is done."""
    people = watchers(row.owner_id, presence)
    await _tell(db, act, loaded, row, people, TASK_RINGS_AGAIN, "task.rings", key, urgent=True)
    head = above(row.owner_id, presence)
    if head is not None:
        key = f"{key}-above"
        await _tell(db, act, loaded, row, {head}, TASK_ESCALATED, "task.rings", key, urgent=True)


async def announce_alarm(
    db: AsyncSession, act: Act, loaded: Loaded, row: models.Task, alarm: Alarm, presence: Presence
) -> None:
    """A limit has lapsed: chase the owner; escalate to who stands above where no rung is named."""
    running = next(limit for limit in row.running if limit.name == alarm.limit)
    key = f"{running.name}-{running.generation}-lapse"
    await _tell(
        db,
        act,
        loaded,
        row,
        watchers(row.owner_id, presence),
        TASK_OVERDUE,
        "task.overdue",
        key,
        urgent=True,
    )
    has_rungs = any(level["level"].startswith("rung") for level in running.levels)
    if alarm.kind is AlarmKind.ESCALATE and (not has_rungs or alarm.because != "lapsed"):
        head = above(row.owner_id, presence)
        if head is not None:
            key = f"{key}-above"
            await _tell(
                db, act, loaded, row, {head}, TASK_ESCALATED, "task.escalated", key, urgent=True
            )


async def announce_closing(db: AsyncSession, act: Act, loaded: Loaded, presence: Presence) -> None:
    """Tell the owner of the case."""
    key = f"closed:{act.at.isoformat()}"
    await _tell_of_case(db, act, loaded.case, CASE_CLOSED, "case.closed", key, presence)


async def announce_reopening(
    db: AsyncSession, act: Act, loaded: Loaded, also: Set[int], presence: Presence
) -> None:
    """Tell the owner of the case, who thought it done, and whom else it concerns."""
    key = f"reopened:{act.at.isoformat()}"
    await _tell_of_case(
        db,
        act,
        loaded.case,
        CASE_REOPENED,
        "case.reopened",
        key,
        presence,
        urgent=True,
        also=also,
    )


async def announce_link_needed(
    db: AsyncSession, act: Act, case: models.Case, key: str, presence: Presence
) -> None:
    """Tell the owner of the case that the link reaches the customer only if somebody gives it."""
    href = f"/cases/{case.id}#customers-link"
    await _tell_of_case(
        db, act, case, GIVE_LINK, "link.needed", key, presence, href=href, asks=True
    )


async def announce_call(
    db: AsyncSession,
    act: Act,
    loaded: Loaded,
    row: models.Task,
    presence: Presence,
    *,
    again: bool,
) -> None:
    """Ask the owner of the case to call whoever has a task; they log the call on its page."""
    owner = await db.get_one(Person, row.owner_id)
    values: dict[str, Any] = {
        "number": loaded.case.number,
        "step": loaded.definition.step[row.step].title,
        "who": owner.name,
    }
    news = News(
        word="call.asked",
        title=PRESS_BY_PHONE if again else TELL_BY_PHONE,
        values=values,
        href=f"/cases/{loaded.case.id}#call-form",
        urgent=True,
        dedupe=f"task:{row.id}:call-{act.at.isoformat()}",
        case_id=loaded.case.id,
        asks=True,
    )
    await tell(db, act, sorted(watchers(loaded.case.owner_id, presence)), news)


async def announce_case_given(
    db: AsyncSession, act: Act, loaded: Loaded, presence: Presence
) -> None:
    """Tell the new owner of the case."""
    key = f"given:{act.request_id}"
    await _tell_of_case(db, act, loaded.case, CASE_GIVEN, "case.given", key, presence)


async def announce_pause(
    db: AsyncSession, act: Act, case: models.Case, pause: models.CasePause, presence: Presence
) -> None:
    """A pause has lasted as long as it was meant to: the owner of the case looks again, and who
    stands above knows."""
    key = f"pause:{pause.id}:{act.at.date().isoformat()}"
    people = {above(case.owner_id, presence)}
    await _tell_of_case(
        db, act, case, LOOK_AGAIN, "pause.look_again", key, presence, urgent=True, also=people
    )


async def _tell_of_case(
    db: AsyncSession,
    act: Act,
    case: models.Case,
    title: str,
    word: str,
    key: str,
    presence: Presence,
    *,
    urgent: bool = False,
    also: Set[int | None] | Set[int] = frozenset(),
    href: str = "",
    asks: bool = False,
) -> None:
    news = News(
        word=word,
        title=title,
        values={"number": case.number},
        href=href or f"/cases/{case.id}",
        urgent=urgent,
        asks=asks,
        dedupe=f"case:{case.id}:{key}",
        case_id=case.id,
    )
    people = watchers(case.owner_id, presence) | {one for one in also if one is not None}
    await tell(db, act, sorted(people), news)


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
