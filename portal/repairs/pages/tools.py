"""The list of tools: searched, entered and amended by those who keep it. Measuring equipment shows
until when its calibration holds (P06.5)."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from litestar import Controller, get, post
from litestar.di import NamedDependency, Provide
from wtforms import BooleanField, DateField
from wtforms.validators import Optional

from portal.kernel.act import Act
from portal.kernel.i18n import N_
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.fields import in_our_time
from portal.kernel.web.forms import Rejected, blank, submitted
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.people.guards import allow
from portal.people.pages.fields import Key
from portal.repairs.access import KEEPERS
from portal.repairs.cataloguing import ToolCard, save_tool
from portal.repairs.models import Tool
from portal.repairs.pages.listing import NumberedForm, NumberedPage, wanted_by
from portal.repairs.stock_reading import Wanted, find_tool, list_tools

PATH = "/tools"


class ToolForm(NumberedForm):
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
class ToolsPage(NumberedPage[Tool]):
    template: ClassVar[str] = "repairs/tools.html"
    path: ClassVar[str] = PATH
    today: date


@dataclass(kw_only=True)
class ToolFormPage(Page):
    """Enter (`tool` is None) or amend."""

    template: ClassVar[str] = "repairs/tool_form.html"
    form: ToolForm
    tool: Tool | None = None


class ToolController(Controller):
    path = PATH
    dependencies = {"wanted": Provide(wanted_by)}  # noqa: RUF012 - the framework's own way
    guards = (allow(*KEEPERS),)

    @get()
    async def index(
        self, request: AnyRequest, db: Unit, act: ThisAct, wanted: NamedDependency[Wanted]
    ) -> Answer:
        rows = await list_tools(db, act.actor, wanted)
        today = act.at.astimezone(request.app.state.settings.zone).date()
        return render(request, ToolsPage(rows=rows, wanted=wanted, today=today))

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
        if not form.validate() or await form.is_taken(db, Tool, tool):
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


def _values(tool: Tool) -> dict[str, object]:
    return {
        "version": tool.version,
        "number": tool.number,
        "name": tool.name,
        "calibrated_until": tool.calibrated_until,
        "is_current": tool.is_current,
    }
