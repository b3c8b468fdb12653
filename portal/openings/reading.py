"""What a customer sees by the link: their own case in plain words, and nothing of anybody else.

Steps are named only where the procedure makes them visible to customers, and no time is told but
the one that was agreed: nothing is promised that nobody has approved (R7).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from itertools import groupby
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from portal.calendar.days import Calendar
from portal.cases.models import Case, Document, Message, Reopening, Task
from portal.company.keeping import company_calendar
from portal.customers.models import Device
from portal.kernel.problems import NOT_FOUND, Problem
from portal.openings.appointing import (
    agrees,
    definition_for,
    engineer_of,
    free_windows,
    may_move,
    moved_often,
    moves,
    visit_of,
)
from portal.openings.closing import Closing, closing_of
from portal.openings.models import Link
from portal.openings.reporting import CHANNEL
from portal.openings.saying import last_press, may_press_at
from portal.people.models import Person
from portal.procedures.definition import Definition, Flag, Label, Step
from portal.procedures.state import DECISIVE, OwnerKind
from portal.repairs.models import Visit
from portal.repairs.windows import Window
from portal.surveys.reading import Asked, asked_of

# The steps of the repair procedure that record what was reported, and verify it.
REGISTER, REVIEW = "register", "review"
CLOSED, TAKEN_UP = Label("已办结", "Closed"), Label("重新受理", "Reopened")


@dataclass(frozen=True, slots=True)
class Hours:
    """The same hours on weekdays that follow one another (0 = Monday), in minutes of the day."""

    first: int
    last: int
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Appointment:
    """Who comes and when; `offers` are windows to choose from by day, none where there is nothing
    to choose. `moves` says that one is agreed and can still be moved here."""

    engineer: Person
    hours: list[Hours]
    visit: Visit | None
    offers: list[tuple[date, list[Window]]]
    chooses: bool
    moves: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """A case as its customer sees it."""

    case: Case
    # Once somebody here has looked: before, it would tell a stranger whether we know the number.
    device: Device | None
    # What is on record of what was reported, where that is not what they wrote themselves; details
    # and notes are for those who work on it.
    symptom: str
    # Titles of the open steps that customers see; empty where all is work inside.
    now: list[Label]
    past: list[tuple[datetime, Label]]
    verdict: Label | None
    withdrawing: bool
    may_cancel: bool
    pressed_at: datetime | None
    may_press_from: datetime | None
    messages: list[Message]
    documents: list[Document]
    appointment: Appointment | None
    closing: Closing
    # What the customer thinks of it: to answer, or as it was answered.
    survey: Asked | None


async def standing_of(db: AsyncSession, at: datetime, link: Link, zone: tzinfo) -> Standing:
    """How the case of ``link`` stands at ``at``."""
    case = link.case
    definition = definition_for(link)
    mine = select(Task).where(Task.case_id == case.id).options(joinedload(Task.answer))
    tasks = list(await db.scalars(mine.order_by(Task.id)))
    still = {task.step for task in tasks if task.is_open}
    calendar = await company_calendar(db, zone)
    pressed = await last_press(db, case.id)
    withdrawing = bool(definition.withdraws) and definition.withdraws in still
    reopened = select(Reopening).where(Reopening.case_id == case.id)
    again = list(await db.scalars(reopened.order_by(Reopening.id)))
    closing = await closing_of(db, at, case, tasks, still)
    said = select(Message).where(Message.case_id == case.id).order_by(Message.id)
    return Standing(
        case=case,
        device=case.device if _is_reviewed(case, tasks) else None,
        symptom=_symptom(case, tasks),
        now=_titles(definition, [task.step for task in tasks if task.is_open]),
        past=_past(definition, tasks, again),
        verdict=next((v.label for v in definition.verdicts if v.key == case.verdict), None),
        withdrawing=withdrawing,
        may_cancel=case.is_open
        and bool(definition.withdraws)
        and not (withdrawing or closing.asks),
        pressed_at=pressed,
        may_press_from=may_press_at(calendar, pressed) if pressed else None,
        messages=list(await db.scalars(said)),
        documents=list(await db.scalars(_sent(case.id).order_by(Document.id))),
        appointment=await _appointment(db, at, link, still, calendar, zone),
        closing=closing,
        survey=None if case.is_open else await asked_of(db, case.id),
    )


async def find_sent(db: AsyncSession, link: Link, document_id: int) -> Document:
    """A document that the customer sent to the case of ``link``; raises ``not-found`` for any
    other, the company's own among them."""
    query = _sent(link.case_id).where(Document.id == document_id)
    document: Document | None = await db.scalar(query)
    if document is None:
        raise Problem(NOT_FOUND)
    return document


def _sent(case_id: int) -> Select[Any]:
    return select(Document).where(Document.case_id == case_id, Document.by_id.is_(None))


def is_seen(step: Step) -> bool:
    """Whether customers see ``step``."""
    return Flag.CUSTOMER_VISIBLE in step.flags


def _is_reviewed(case: Case, tasks: Sequence[Task]) -> bool:
    """Whether who reported a case by the form, and with what, has been verified (P06.2)."""
    is_done = any(task.step == REVIEW and task.closed_at for task in tasks)
    return case.channel != CHANNEL or is_done


def _titles(definition: Definition, steps: Sequence[str]) -> list[Label]:
    seen = (definition.step[key] for key in dict.fromkeys(steps))
    return [step.title for step in seen if is_seen(step)]


def _symptom(case: Case, tasks: Sequence[Task]) -> str:
    """The last that was registered as the symptom; none where it is the form as it was sent, which
    its sender reads among their own messages."""
    answers = [task.answer.fields for task in tasks if task.step == REGISTER and task.answer]
    symptom = str(answers[-1].get("symptom", "")) if answers else ""
    # A form that is sent writes its ends of lines in another way.
    is_theirs = case.channel == CHANNEL and symptom.split() == case.details.split()
    return "" if is_theirs else symptom


def _past(
    definition: Definition, tasks: Sequence[Task], again: Sequence[Reopening]
) -> list[tuple[datetime, Label]]:
    """What customers saw happen, the newest first; what they decided is called what they said."""
    done = [
        (task.closed_at, _said_by(definition.step[task.step], task))
        for task in tasks
        if task.closed_at and task.ending in DECISIVE and is_seen(definition.step[task.step])
    ]
    for one in again:
        done += [(one.closed_at, CLOSED), (one.at, TAKEN_UP)]
    # Of what has one time the later of the list happened later.
    return sorted(done, key=lambda one: one[0])[::-1]


def _said_by(step: Step, task: Task) -> Label:
    outcome = step.outcome(task.outcome)
    is_theirs = task.owner_kind == OwnerKind.COMPLAINANT
    # What customers may say as well is called what was said: a visit that was moved did not happen.
    return outcome.label if outcome and (is_theirs or outcome.by_customer) else step.title


async def _appointment(
    db: AsyncSession,
    at: datetime,
    link: Link,
    still: set[str],
    calendar: Calendar,
    zone: tzinfo,
) -> Appointment | None:
    definition = definition_for(link)
    visit = await visit_of(db, link.case_id)
    chooses = agrees(definition, still)
    engineer_id = visit.engineer_id if visit else engineer_of(link.case) if chooses else None
    if engineer_id is None:
        return None
    engineer = await db.get_one(Person, engineer_id, options=[selectinload(Person.hours)])
    can_move = visit is not None and moves(definition, still) and may_move(visit, at)
    can_move = can_move and not await moved_often(db, at, link.case_id)
    free = await free_windows(db, at, link.case, zone) if chooses or can_move else []
    if visit:  # what they have already is no choice
        free = [window for window in free if window != (visit.from_at, visit.until_at)]
    by_day = groupby(free, key=lambda window: window.from_at.astimezone(zone).date())
    return Appointment(
        engineer=engineer,
        hours=_hours(engineer, calendar),
        visit=visit,
        offers=[(on, list(windows)) for on, windows in by_day],
        chooses=chooses,
        moves=can_move,
    )


def _hours(engineer: Person, calendar: Calendar) -> list[Hours]:
    """When the engineer works in the week: by hours of their own, else by the company's."""
    own = {row.weekday: ((row.from_minute, row.until_minute),) for row in engineer.hours}
    week = [
        own.get(day, ()) if own else tuple(span.minutes for span in calendar.week[day])
        for day in range(7)
    ]
    lines: list[Hours] = []
    for day, spans in enumerate(week):
        if lines and lines[-1].spans == spans and lines[-1].last == day - 1:
            lines[-1] = Hours(lines[-1].first, day, spans)
        elif spans:
            lines.append(Hours(day, day, spans))
    return lines
