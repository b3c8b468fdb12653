"""The customer closes: says by the link that it is solved, or that it is not, also when the case
has been closed already (P06.6). Only these verbs decide, never a look at the page."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.answering import answer_for_customer
from portal.cases.loading import lock_case
from portal.cases.messaging import take_message
from portal.cases.models import Case, Message, MessageKind, Task
from portal.cases.reopening import reopen_for_customer, reopenable_until
from portal.cases.taking_in import Photo
from portal.kernel.act import Act
from portal.openings.appointing import may_answer
from portal.openings.models import Link
from portal.openings.photos import add_photos
from portal.openings.saying import refuse_flood, require_holder
from portal.procedures.definition import Definition, Label
from portal.procedures.forms import NONE, NOTHING
from portal.procedures.storing import definition_of
from portal.repairs.models import SignedSummary
from portal.repairs.signing import signature_of

SOLVED = ("confirm", "solved")
NOT_SOLVED = ("confirm", "not_solved")
# The verdict of a case that the company closed in the customer's place.
ON_BEHALF = "closed_on_behalf"
# What is told as the result, of the last of these steps that was answered.
_TOLD = {"report": ("result", "advice"), "help_remotely": ("advice",)}
_VISIT = ("visit", ("fault", "parts"))


@dataclass(frozen=True, slots=True)
class Result:
    """What was done: word for word what was signed on site, where anything was, and what was told
    afterwards, line by line with its label."""

    summary: SignedSummary | None
    told: list[tuple[Label, str | Label]]


@dataclass(frozen=True, slots=True)
class Closing:
    """What the customer decides: `asks` whether it is solved; `until` when a closed case may be
    taken up again here, None where it may not."""

    asks: bool
    result: Result | None
    until: datetime | None
    on_behalf: bool


async def closing_of(
    db: AsyncSession, at: datetime, case: Case, tasks: Sequence[Task], still: set[str]
) -> Closing:
    """What there is to decide on ``case``; `answer` of ``tasks`` must be loaded."""
    definition = definition_of(case.version)
    asks = SOLVED[0] in still and may_answer(definition, SOLVED)
    until = reopenable_until(definition, case)
    shown = asks or definition.reopens_after(case.verdict)
    return Closing(
        asks=asks,
        result=await _result(db, case, definition, tasks) if shown else None,
        until=until if until and at <= until else None,
        on_behalf=case.verdict == ON_BEHALF,
    )


async def confirm(db: AsyncSession, act: Act, link: Link, zone: tzinfo) -> bool:
    """The customer says that it is solved, and the case closes. Said again, or when the case has
    moved on, it changes nothing; whether it is closed now."""
    require_holder(act, link)
    await lock(db, link)
    if await is_asked(db, link.case_id):
        await answer_for_customer(db, act, link.case_id, *SOLVED, {}, zone)
        await db.refresh(link.case, ["closed_at"])
    return not link.case.is_open


async def contest(
    db: AsyncSession, act: Act, link: Link, words: str, photos: Sequence[Photo], zone: tzinfo
) -> None:
    """The customer says that it is not solved: where that is asked the repair goes on in a new
    round, a closed case is reopened, and one that goes on already gets the words.

    The same words again are kept once, and whatever photos come with them. Raises
    ``not-reopenable``, ``reopened-too-late`` and ``too-often``.
    """
    require_holder(act, link)
    await lock(db, link)
    await refuse_flood(db, act.at, link.case_id)
    if await is_asked(db, link.case_id):
        await answer_for_customer(db, act, link.case_id, *NOT_SOLVED, {"opinion": words}, zone)
    elif not link.case.is_open:
        await reopen_for_customer(db, act, link.case_id, words, zone)
    elif words == await _last_objection(db, link.case_id):
        await add_photos(db, act, link.case, photos)
        return
    await take_message(db, act, link.case, MessageKind.OBJECTION, words, zone)
    await add_photos(db, act, link.case, photos)


async def lock(db: AsyncSession, link: Link) -> None:
    """Of fifty who press at once the second sees what the first did."""
    await lock_case(db, link.case_id)
    await db.refresh(link.case, ["closed_at", "verdict"])


async def is_asked(db: AsyncSession, case_id: int) -> bool:
    """Whether the customer is asked whether it is solved."""
    open_ = select(Task.id).where(Task.case_id == case_id, Task.step == SOLVED[0])
    return await db.scalar(open_.where(Task.closed_at.is_(None)).limit(1)) is not None


async def _last_objection(db: AsyncSession, case_id: int) -> str | None:
    said = select(Message.text).where(Message.case_id == case_id)
    said = said.where(Message.kind == MessageKind.OBJECTION)
    return await db.scalar(said.order_by(Message.id.desc()).limit(1))


async def _result(
    db: AsyncSession, case: Case, definition: Definition, tasks: Sequence[Task]
) -> Result:
    summary = await signature_of(db, case.id)
    answered = [task for task in tasks if task.answer]
    last = next((task for task in reversed(answered) if task.step in _TOLD), None)
    told = _lines(definition, last, _TOLD[last.step]) if last else []
    if summary:
        told = [(label, text) for label, text in told if not _holds(summary.text, text)]
    if last and last.step != "help_remotely" and summary is None:
        step, keys = _VISIT
        visit = next((task for task in reversed(answered) if task.step == step), None)
        told = [*(_lines(definition, visit, keys) if visit else []), *told]
    said = [(label, NONE if text == NOTHING else text) for label, text in told]
    return Result(summary, said)


def _holds(summary: str, text: str) -> bool:
    """Whether ``text`` stands in what was signed: as a line, or behind its label."""
    return bool(re.search(rf"(?:^|[:：])\s*{re.escape(text.strip())}\s*$", summary, re.MULTILINE))


def _lines(definition: Definition, task: Task, keys: Sequence[str]) -> list[tuple[Label, str]]:
    given = task.answer.fields if task.answer else {}
    fields = (definition.step[task.step].field(key) for key in keys)
    told = [field for field in fields if field and given.get(field.key)]
    return [(field.label, str(given[field.key])) for field in told]
