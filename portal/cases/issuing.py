"""Issuing the controlled forms of a complaint (P04.1): that it was done, by whom and when, is on
record; what they say is the case itself."""

from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.effects import Effect, Happening
from portal.kernel.act import Act
from portal.kernel.journal.recording import record


def issuing(form: str) -> Effect:
    """The effect that issues ``form`` (``F03``)."""

    async def issue(db: AsyncSession, act: Act, happening: Happening) -> None:
        body = {"form": form, "task": happening.task.id}
        record(db, act, "form.issued", f"case:{happening.case.id}", **body)

    return issue
