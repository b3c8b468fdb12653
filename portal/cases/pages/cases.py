"""The list of cases, and the page of a case with its next step in place."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar

from litestar import get
from litestar.params import FromQuery, QueryParameter

from portal.cases.access import acts_for, oversees
from portal.cases.models import Case
from portal.cases.opening import MAY_OPEN
from portal.cases.pages.case_page import Forms, case_page
from portal.cases.pages.intake import IntakeController
from portal.cases.reading import Wanted, list_cases
from portal.imports.listing import count_records
from portal.kernel.db.keyset import Slice
from portal.kernel.i18n import N_
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.forms import Choices
from portal.kernel.web.list_page import ListPage
from portal.kernel.web.render import Answer, AnyRequest, render
from portal.people.access import me
from portal.people.guards import allow
from portal.people.pages.fields import Key
from portal.procedures.definition import Definition
from portal.procedures.pages.procedures import URGENCIES
from portal.procedures.storing import all_in_force, definition_of

STATES = [
    ("open", N_("Open")),
    ("overdue", N_("Overdue")),
    ("closed", N_("Closed")),
    ("deemed", N_("Approved by silence")),
    ("all", N_("All")),
]


@dataclass(kw_only=True)
class CasesPage(ListPage):
    """The list; `definitions` by version id name the next steps."""

    template: ClassVar[str] = "cases/index.html"
    path: ClassVar[str] = "/cases"
    cases: Slice[Case]
    wanted: Wanted
    now: datetime
    mine: bool
    definitions: dict[int, Definition]
    codes: Choices
    may_open: bool
    sees_all: bool
    # How many records of the past hold the words, too.
    in_history: int

    @property
    def states(self) -> Choices:
        return STATES

    @property
    def urgencies(self) -> Choices:
        return [("", "—"), *URGENCIES]

    def filters(self) -> dict[str, str]:
        wanted, mine = self.wanted, "1" if self.mine else ""
        return {"q": wanted.words, "code": wanted.code, "urgency": wanted.urgency, "mine": mine}

    def order(self) -> dict[str, str]:
        state = "" if self.wanted.state == "open" else self.wanted.state
        return {"state": state, "sort": self.wanted.sort}


class CaseController(IntakeController):
    guards = (allow(),)

    @get()
    async def index(
        self,
        request: AnyRequest,
        db: Unit,
        act: ThisAct,
        words: Annotated[str, QueryParameter(name="q")] = "",
        which: Annotated[str, QueryParameter(name="state")] = "open",
        code: FromQuery[str] = "",
        urgency: FromQuery[str] = "",
        mine: FromQuery[str] = "",
        sort: FromQuery[str] = "-received",
        cursor: FromQuery[str] = "",
    ) -> Answer:
        words = words[:100].replace("\x00", " ")
        wanted = Wanted(
            words=words,
            code=code[:20].replace("\x00", ""),
            urgency=urgency if urgency in dict(URGENCIES) else "",
            # Words are looked for everywhere: what is closed is what people look for most.
            state="all" if words.strip() and which == "open" else which,
            owner_id=me(act) if mine == "1" else None,
            sort=sort,
            cursor=cursor[:600],
        )
        versions = await all_in_force(db, _today(request, act))
        also = await acts_for(db, act, request.app.state.settings.zone)
        found = await list_cases(db, act.actor, wanted, act.at, also)
        page = CasesPage(
            cases=found,
            wanted=wanted,
            now=act.at,
            mine=mine == "1",
            definitions={case.version_id: definition_of(case.version) for case in found.rows},
            codes=[("", "—"), *((version.code, version.code) for version in versions)],
            may_open=bool(request.state.actor.roles & set(MAY_OPEN)),
            sees_all=oversees(act.actor),
            in_history=await count_records(db, act.actor, words) if words.strip() else 0,
        )
        return render(request, page)

    @get("/{case_id:int}")
    async def show(self, request: AnyRequest, db: Unit, act: ThisAct, case_id: Key) -> Answer:
        return render(request, await case_page(request, db, act, case_id, Forms()))


def _today(request: AnyRequest, act: ThisAct) -> Any:
    return act.at.astimezone(request.app.state.settings.zone).date()
