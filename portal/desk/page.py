"""The desk: what must I do now, and what is about to be late."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from litestar import get

from portal.cases.access import oversees
from portal.cases.deeming import count_deemed
from portal.cases.opening import MAY_OPEN
from portal.cases.reading import DeskTask, awaited_tasks, desk_tasks, overdue_tasks
from portal.desk.setting_up import Lacking, lacking
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, render
from portal.people.access import me
from portal.people.guards import allow
from portal.people.listing import away_at
from portal.people.models import Leave
from portal.people.roles import Role
from portal.people.standing_in import presence_at, stands_in_for
from portal.procedures.definition import Definition
from portal.procedures.storing import definition_of

DAYS = timedelta(days=30)


@dataclass(kw_only=True)
class DeskPage(Page):
    """My tasks, the next due first; what waits for customers; what is overdue anywhere (only for
    those who oversee); who is away."""

    template: ClassVar[str] = "desk/show.html"
    now: datetime
    me: int
    tasks: list[DeskTask]
    awaited: list[DeskTask]
    overdue: list[DeskTask]
    away: list[Leave]
    definitions: dict[int, Definition]
    sees_all: bool
    # Deemed approvals of the last `DAYS`; none for those who do not oversee.
    deemed: int
    may_open: bool
    # What is still to be set up: for administrators, and not in a demonstration.
    lacking: list[Lacking]

    def number(self, state: str) -> int:
        """How many of my tasks are in a state."""
        return sum(row.state(self.now) == state for row in self.tasks)


@get("/", guards=[allow()])
async def desk(request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
    """What there is to do now."""
    settings = request.app.state.settings
    presence = await presence_at(db, act.at, settings.zone)
    sees_all = oversees(act.actor)
    people = [me(act), *stands_in_for(me(act), presence)]
    tasks = await desk_tasks(db, people)
    awaited = await awaited_tasks(db, people)
    overdue = await overdue_tasks(db, act.at) if sees_all else []
    versions = [row.task.case.version for row in (*tasks, *awaited, *overdue)]
    sets_up = Role.ADMINISTRATOR in request.state.actor.roles
    sets_up = sets_up and not request.app.state.demo_accounts.accounts
    today = act.at.astimezone(settings.zone).date()
    page = DeskPage(
        now=act.at,
        me=me(act),
        tasks=tasks,
        awaited=awaited,
        overdue=overdue,
        away=await away_at(db, act.at),
        definitions={version.id: definition_of(version) for version in versions},
        sees_all=sees_all,
        deemed=await count_deemed(db, act.at - DAYS) if sees_all else 0,
        may_open=bool(request.state.actor.roles & set(MAY_OPEN)),
        lacking=await lacking(db, settings, today) if sets_up else [],
    )
    return render(request, page)
