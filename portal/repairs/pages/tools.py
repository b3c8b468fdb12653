"""The list of tools: searched, entered and amended by those who keep it. Measuring equipment shows
until when its calibration holds (P06.5)."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar
from urllib.parse import urlencode

from litestar import Controller, get, post
from litestar.params import FromQuery, QueryParameter
from sqlalchemy import select
from wtforms import BooleanField, DateField, StringField
from wtforms.validators import InputRequired, Optional

from portal.kernel.act import Act
from portal.kernel.db.keyset import Slice
from portal.kernel.i18n import N_
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.fields import in_our_time
from portal.kernel.web.forms import Rejected, VersionedForm, blank, submitted
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.people.guards import allow
from portal.people.pages.fields import AtMost, Key, not_blank
from portal.repairs.access import KEEPERS
from portal.repairs.cataloguing import ToolCard, normal_number, save_tool
from portal.repairs.models import Tool
from portal.repairs.stock_reading import Wanted, find_tool, list_tools

PATH = "/tools"


class ToolForm(VersionedForm):
    number = StringField(N_("Number"), [InputRequired(), AtMost(40), not_blank])
    name = StringField(N_("Name"), [InputRequired(), AtMost(120), not_blank])
    calibrated_until = DateField(
        N_("Calibrated until"),
        [Optional(), in_our_time],
        description=N_("For measuring equipment: the last day on which its calibration holds."),
    )
    is_current = BooleanField(
        N_("In use"),
        description=N_("Phones carry the tools in use."),
    )


@dataclass(kw_only=True)
class ToolsPage(Page):
    """The list, searched."""

    template: ClassVar[str] = "repairs/tools.html"
    tools: Slice[Tool]
    wanted: Wanted
    today: date

    @property
    def active(self) -> int:
        """How many filters are on."""
        return int(bool(self.wanted.words.strip()))

    def address(self, **changes: str) -> str:
        """This list with other parameters."""
        given = {"q": self.wanted.words, "sort": self.wanted.sort} | changes
        kept = {name: value for name, value in given.items() if value}
        return f"{PATH}?" + urlencode(kept, safe="{}")


@dataclass(kw_only=True)
class ToolFormPage(Page):
    """Enter (`tool` is None) or amend."""

    template: ClassVar[str] = "repairs/tool_form.html"
    form: ToolForm
    tool: Tool | None = None


class ToolController(Controller):
    path = PATH
    guards = (allow(*KEEPERS),)

    @get()
    async def index(
        self,
        request: AnyRequest,
        db: Unit,
        act: ThisAct,
        words: Annotated[str, QueryParameter(name="q")] = "",
        sort: FromQuery[str] = "number",
        cursor: FromQuery[str] = "",
    ) -> Answer:
        wanted = Wanted(words=words[:100].replace("\x00", " "), sort=sort, cursor=cursor[:600])
        tools = await list_tools(db, act.actor, wanted)
        today = act.at.astimezone(request.app.state.settings.zone).date()
        return render(request, ToolsPage(tools=tools, wanted=wanted, today=today))

    @get("/new")
    async def new(self, request: AnyRequest) -> Answer:
        return render(request, ToolFormPage(form=blank(request, ToolForm, {"is_current": True})))

    @post()
    async def create(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        return await self._save(request, db, act, None)

    @get("/{tool_id:int}/edit")
    async def edit(self, request: AnyRequest, db: Unit, act: ThisAct, tool_id: Key) -> Answer:
        tool = await find_tool(db, act.actor, tool_id)
        return render(
            request, ToolFormPage(form=blank(request, ToolForm, _values(tool)), tool=tool)
        )

    @post("/{tool_id:int}")
    async def update(self, request: AnyRequest, db: Unit, act: ThisAct, tool_id: Key) -> Answer:
        return await self._save(request, db, act, await find_tool(db, act.actor, tool_id))

    async def _save(self, request: AnyRequest, db: Unit, act: Act, tool: Tool | None) -> Answer:
        form = await submitted(request, ToolForm)
        if not form.validate() or await _is_taken(db, form, tool):
            raise Rejected(ToolFormPage(form=form, tool=tool))
        if tool:
            form.refuse_stale(_values(tool))
        card = ToolCard(
            number=form.number.data or "",
            name=form.name.data or "",
            calibrated_until=form.calibrated_until.data,
            is_current=bool(form.is_current.data),
        )
        await save_tool(db, act, tool or Tool(), card)
        return redirect(request, PATH, N_("%(name)s is saved."), name=card.name)


async def _is_taken(db: Unit, form: ToolForm, tool: Tool | None) -> bool:
    """Whether another tool has the number; then the form says so."""
    number = normal_number(form.number.data or "")
    query = select(Tool.id).where(Tool.number == number, Tool.id != (tool.id if tool else 0))
    taken = await db.scalar(query) is not None
    if taken:
        form.say("number", N_("This number is in use already."))
    return taken


def _values(tool: Tool) -> dict[str, object]:
    return {
        "version": tool.version,
        "number": tool.number,
        "name": tool.name,
        "calibrated_until": tool.calibrated_until,
        "is_current": tool.is_current,
    }
