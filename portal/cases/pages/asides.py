"""What rooms above this one add to a case's page, and to what happened on it. Which they are is
wired where the rooms come together (`portal.app`), as effects are."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.models import Case
from portal.cases.pages.timeline import Event
from portal.kernel.act import Act
from portal.kernel.web.render import AnyRequest


@dataclass(frozen=True, slots=True)
class Aside:
    """A part of the page: its template, which finds `thing` as ``aside.thing``. It stands at the
    side; while `step` is open, in that step: whoever answers it works from what is shown."""

    template: str
    thing: Any
    step: str = ""


# What there is for whoever acts to see beside a case; None where there is nothing.
Beside = Callable[[AsyncSession, Act, Case], Awaitable[Aside | None]]
# What happened to a case that another room has on record; each event names its template.
Happened = Callable[[AsyncSession, Act, Case], Awaitable[list[Event]]]


async def asides_of(request: AnyRequest, db: AsyncSession, act: Act, case: Case) -> list[Aside]:
    """Everything that is added to the page of ``case``."""
    rooms: tuple[Beside, ...] = request.app.state.case_asides
    found = [await beside(db, act, case) for beside in rooms]
    return [aside for aside in found if aside]


async def events_beside(request: AnyRequest, db: AsyncSession, act: Act, case: Case) -> list[Event]:
    """What other rooms tell of what happened to ``case``."""
    rooms: tuple[Happened, ...] = request.app.state.case_events
    return [event for happened in rooms for event in await happened(db, act, case)]
