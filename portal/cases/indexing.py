"""What of a case is found by words: number, subject, details, customer, contact's phone, device,
address, notes, calls, answers and what the customer wrote."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from portal.cases.models import Answer, Call, Case, Message, Note, Task
from portal.customers.phones import shown
from portal.kernel.db.searching import SearchIndex

CASES = SearchIndex("case")
_BATCH = 500


async def lock_case(db: AsyncSession, case_id: int) -> None:
    """Let nobody else write about a case meanwhile. Whoever adds a row that refers to the case and
    then has it indexed locks it first: two who held it for their rows would wait for each other."""
    await db.execute(select(Case.id).where(Case.id == case_id).with_for_update())


async def index_case(db: AsyncSession, case_id: int) -> None:
    """Make a case findable as it is now.

    The case is locked: of two who write at once the second then sees what the first wrote.
    """
    await lock_case(db, case_id)
    await _index(db, await db.scalars(_whole().where(Case.id == case_id)))


async def reindex(db: AsyncSession) -> int:
    """Build the whole index anew, as after a restore; the number of cases."""
    await CASES.clear(db)
    count, last = 0, 0
    while cases := list(
        await db.scalars(_whole().where(Case.id > last).order_by(Case.id).limit(_BATCH))
    ):
        await _index(db, cases)
        count, last = count + len(cases), cases[-1].id
    return count


def _whole() -> Any:
    return select(Case).options(
        joinedload(Case.customer),
        joinedload(Case.contact),
        joinedload(Case.site),
        joinedload(Case.device),
    )


async def _index(db: AsyncSession, found: Any) -> None:
    cases = {case.id: list(_words(case)) for case in found}
    for model, column in ((Note, Note.text), (Call, Call.text), (Message, Message.text)):
        texts = select(model.case_id, column).where(model.case_id.in_(cases))
        for case_id, text in await db.execute(texts.order_by(model.id)):
            cases[case_id].append(text)
    answers = select(Task.case_id, Answer.fields).join(Answer, Answer.task_id == Task.id)
    answers = answers.where(Task.case_id.in_(cases)).order_by(Task.id)
    for case_id, fields in await db.execute(answers):
        cases[case_id] += [value for value in fields.values() if isinstance(value, str)]
    for case_id, words in cases.items():
        await CASES.put(db, case_id, "\n".join(words))


def _words(case: Case) -> Iterator[str]:
    yield from (case.number, case.subject, case.details, case.customer.name)
    if case.contact:
        # With the country and as people here write it: each is typed.
        yield from (case.contact.name, case.contact.phone)
        yield shown(case.contact.phone).replace(" ", "")
    if case.site:
        yield case.site.address
    if case.device:
        yield from (case.device.model, case.device.serial)
