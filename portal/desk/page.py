"""The first page after signing in."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from litestar import get

from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, render
from portal.people.guards import allow
from portal.people.listing import away_at
from portal.people.models import Leave


@dataclass(kw_only=True)
class DeskPage(Page):
    """Who is away now, and who stands in."""

    template: ClassVar[str] = "desk/show.html"
    now: datetime
    away: list[Leave]


@get("/", guards=[allow()])
async def desk(request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
    """What there is to know now."""
    return render(request, DeskPage(now=act.at, away=await away_at(db, act.at)))
