"""Telling by telephone (P04.7): what is urgent or major is told and pressed for by word of mouth,
too. Both are effects: whoever owns the case is asked to call, and logs the call."""

from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.announcing import announce_call
from portal.cases.effects import Happening
from portal.cases.models import Case
from portal.kernel.act import Act
from portal.kernel.journal.recording import record

# As procedures call it.
TELL_BY_PHONE = "tell_by_phone"


def is_pressing(case: Case) -> bool:
    """Whether ``case`` is urgent or major."""
    return case.urgency == "high" or case.severity == "major"


async def tell_by_phone(db: AsyncSession, act: Act, happening: Happening) -> None:
    """The step has opened for somebody, or the case became urgent or major while it is open."""
    await _ask(db, act, happening, again=False)


async def press_by_phone(db: AsyncSession, act: Act, happening: Happening) -> None:
    """A reminder's level is reached; nothing in a case that is neither urgent nor major."""
    if is_pressing(happening.case):
        await _ask(db, act, happening, again=True)


async def _ask(db: AsyncSession, act: Act, happening: Happening, *, again: bool) -> None:
    task = happening.task
    body = {"task": task.id, "with": task.owner_id, "again": again}
    record(db, act, "call.asked", f"case:{task.case_id}", **body)
    await announce_call(db, act, happening.loaded, task, happening.presence, again=again)
