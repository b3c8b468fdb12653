"""The controlled procedures as people read them, and what they would ask of a case today (R3)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from litestar import Controller, get
from litestar.params import FromPath
from wtforms import DateTimeLocalField, SelectField
from wtforms.validators import InputRequired, Optional

from portal.calendar.counting import due
from portal.calendar.durations import Duration
from portal.company.keeping import company_calendar
from portal.kernel.i18n import N_
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.fields import in_our_time
from portal.kernel.web.forms import Form, asked, blank
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, render
from portal.people.guards import allow
from portal.procedures.definition import Definition
from portal.procedures.dry_run import DryRun, dry_run
from portal.procedures.models import ProcedureVersion
from portal.procedures.storing import all_in_force, definition_of, in_force
from portal.procedures.swimlane import Swimlane, swimlane

URGENCIES = [("high", N_("High")), ("medium", N_("Medium")), ("low", N_("Low"))]
SEVERITIES = [("general", N_("General")), ("major", N_("Major"))]


class TrialForm(Form):
    """A case that might be registered."""

    received_at = DateTimeLocalField(N_("Received at"), [InputRequired(), in_our_time])
    urgency = SelectField(N_("Urgency"), [Optional()], choices=lambda: URGENCIES)
    severity = SelectField(N_("Severity"), [Optional()], choices=lambda: SEVERITIES)


@dataclass(kw_only=True)
class ProceduresPage(Page):
    """Every procedure in force."""

    template: ClassVar[str] = "procedures/index.html"
    procedures: list[tuple[ProcedureVersion, Definition]]


@dataclass(kw_only=True)
class ProcedurePage(Page):
    """One procedure as a controlled document, with a trial when its form is valid."""

    template: ClassVar[str] = "procedures/show.html"
    version: ProcedureVersion
    definition: Definition
    table: Swimlane
    form: TrialForm
    trial: DryRun | None
    provisional: bool


class ProcedureController(Controller):
    path = "/procedures"
    guards = (allow(),)

    @get()
    async def index(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        today = act.at.astimezone(request.app.state.settings.zone).date()
        versions = await all_in_force(db, today)
        page = ProceduresPage(
            procedures=[(version, definition_of(version)) for version in versions]
        )
        return render(request, page)

    @get("/{code:str}")
    async def show(
        self, request: AnyRequest, db: Unit, act: ThisAct, code: FromPath[str]
    ) -> Answer:
        zone = request.app.state.settings.zone
        version = await in_force(db, code, act.at.astimezone(zone).date())
        definition = definition_of(version)
        now = act.at.astimezone(zone).replace(second=0, microsecond=0, tzinfo=None)
        usual = {"received_at": now, "urgency": "medium", "severity": "general"}
        is_asked = "received_at" in request.query_params
        form = asked(request, TrialForm) if is_asked else blank(request, TrialForm, usual)
        trial, provisional = None, False
        if not is_asked or form.validate():
            calendar = await company_calendar(db, zone)
            provisional_at = []

            def due_at(start: datetime, duration: Duration) -> datetime:
                found = due(calendar, start, duration)
                provisional_at.append(found.provisional)
                return found.at

            local: Any = form.received_at.data
            facts: dict[str, Any] = {"urgency": form.urgency.data, "severity": form.severity.data}
            received_at = local.replace(tzinfo=zone)
            trial = dry_run(definition, received_at, due_at, facts)
            provisional = any(provisional_at)
        page = ProcedurePage(
            status=200 if trial else 422,
            version=version,
            definition=definition,
            table=swimlane(definition),
            form=form,
            trial=trial,
            provisional=provisional,
        )
        return render(request, page)
