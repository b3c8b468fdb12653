"""The day board of the dispatchers; an engineer reads the row that is their own (P06.3)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar

from litestar import Controller, get

from portal.cases.reading import DeskTask
from portal.company.keeping import company_calendar
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, render
from portal.people.access import me
from portal.people.guards import allow
from portal.repairs.access import READERS, reads_all_plans
from portal.repairs.day_board import CELLS_AN_HOUR, Board, load_board, waiting_tasks
from portal.repairs.pages.working import written
from portal.repairs.windows import Window

# Dates that a calendar counts and databases hold.
_YEARS = range(1990, 2101)


@dataclass(kw_only=True)
class BoardPage(Page):
    """`times` write each visit by id; `waiting` are the tasks that wait for an engineer."""

    template: ClassVar[str] = "repairs/board.html"
    board: Board
    today: date
    now: datetime
    times: dict[int, str]
    waiting: list[DeskTask]
    reads_all: bool
    me: int
    cells: int = CELLS_AN_HOUR

    @property
    def day_before(self) -> date:
        return self.board.on - timedelta(days=1)

    @property
    def day_after(self) -> date:
        return self.board.on + timedelta(days=1)


class BoardController(Controller):
    path = "/dispatch"
    guards = (allow(*READERS),)

    @get()
    async def show(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        zone = request.app.state.settings.zone
        today = act.at.astimezone(zone).date()
        on = _date(request.query_params.get("day", ""), today)
        reads_all = reads_all_plans(act.actor)
        calendar = await company_calendar(db, zone)
        board = await load_board(db, act.actor, calendar, on, None if reads_all else me(act))
        page = BoardPage(
            board=board,
            today=today,
            now=act.at,
            times={
                going.visit.id: written(Window(going.visit.from_at, going.visit.ended_at), zone)
                for row in board.rows
                for going in row.visits
            },
            waiting=await waiting_tasks(db, act.actor) if reads_all else [],
            reads_all=reads_all,
            me=me(act),
        )
        return render(request, page)


def _date(text: str, today: date) -> date:
    """The date asked for; today for what is none."""
    try:
        on = date.fromisoformat(text)
    except ValueError:
        return today
    return on if on.year in _YEARS else today
