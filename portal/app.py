"""Wiring: rooms, routes and what they share become one application."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from litestar import Litestar
from litestar.datastructures import State
from litestar.types import ASGIApp, ControllerRouterHandler

from field.pages.devices import FieldDeviceController
from field.pages.inbox import FieldInboxController
from field.pages.phones import DeviceKeyController, FieldController
from field.pages.shell import Shell, ShellController
from field.pages.site_events import site_events
from portal.cases.pages.actions import CaseActionController, TaskController
from portal.cases.pages.cases import CaseController
from portal.cases.pages.customer_page import CustomerFileController
from portal.cases.pages.past_records import HistoryController
from portal.cases.pages.phone import create_case_phone
from portal.cases.pages.place import PlaceController
from portal.company.pages.calendar import CalendarController
from portal.company.pages.days import CalendarDayController
from portal.company.pages.weeks import WeekController
from portal.customers.pages.contacts import ContactController
from portal.customers.pages.devices import DeviceController
from portal.customers.pages.sites import SiteController
from portal.desk.page import desk
from portal.health import healthz
from portal.imports.pages.imports import ImportController
from portal.kernel.act import Actor
from portal.kernel.db.unit import Database
from portal.kernel.settings import Settings
from portal.kernel.web.assets import Assets, static_files
from portal.kernel.web.csrf import refuse_forgery
from portal.kernel.web.dependencies import DEPENDENCIES
from portal.kernel.web.errors import HANDLERS
from portal.kernel.web.gate import Gate
from portal.kernel.web.render import AnyRequest, Templates
from portal.navigation import here, look_around
from portal.notices.live import Live
from portal.notices.pages.dead_letters import DeadLetterController
from portal.notices.pages.events import events, inbox_count
from portal.notices.pages.inbox import InboxController
from portal.openings.pages.closing import ClosingController
from portal.openings.pages.links import LinkController
from portal.openings.pages.matched import matched_aside
from portal.openings.pages.public_form import PublicFormController
from portal.openings.pages.status import StatusController
from portal.people.pages.account import AbsenceController, AccountController
from portal.people.pages.invitations import InvitationController
from portal.people.pages.organisation import (
    DepartmentController,
    RegionController,
    SkillController,
)
from portal.people.pages.people import PeopleController
from portal.people.pages.qualifications import QualificationController
from portal.people.pages.sign_in import DemoAccounts, SignInController
from portal.people.signing_in import identify
from portal.procedures.pages.procedures import ProcedureController
from portal.records.pages.customer_copy import CustomerRecordController
from portal.records.pages.records import RecordController
from portal.records.printing import Press
from portal.repairs.pages.appointment import AppointmentController
from portal.repairs.pages.board import BoardController
from portal.repairs.pages.discrepancies import DiscrepancyController
from portal.repairs.pages.dispatch import DispatchController
from portal.repairs.pages.parts import PartController
from portal.repairs.pages.signature import signature_aside
from portal.repairs.pages.tools import ToolController
from portal.repairs.pages.vans import VanController
from portal.surveys.pages.aside import survey_aside
from portal.surveys.pages.surveys import SurveyController

ROOT = Path(__file__).parent.parent
ROUTES: list[ControllerRouterHandler] = [
    healthz,
    desk,
    CaseController,
    create_case_phone,
    CaseActionController,
    PlaceController,
    TaskController,
    RecordController,
    HistoryController,
    ImportController,
    CustomerFileController,
    ContactController,
    SiteController,
    DeviceController,
    DispatchController,
    AppointmentController,
    BoardController,
    PartController,
    ToolController,
    VanController,
    DiscrepancyController,
    LinkController,
    StatusController,
    CustomerRecordController,
    ClosingController,
    SurveyController,
    PublicFormController,
    SignInController,
    InvitationController,
    AccountController,
    AbsenceController,
    PeopleController,
    QualificationController,
    DepartmentController,
    SkillController,
    RegionController,
    CalendarController,
    CalendarDayController,
    WeekController,
    ProcedureController,
    InboxController,
    inbox_count,
    events,
    DeadLetterController,
    ShellController,
    FieldController,
    DeviceKeyController,
    FieldInboxController,
    FieldDeviceController,
]


class Portal(Gate):
    """The application, with what commands and tests reach for."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        demo: DemoAccounts | None = None,
        assembled: Litestar | None = None,
    ) -> None:
        """``assembled`` is what `assemble` made: routes take half a second to put together, and
        can serve one portal after another."""
        self.database = database
        self.litestar = assembled or assemble()
        assets = self.litestar.state.assets
        self.state = State(
            {
                "assets": assets,
                "settings": settings,
                "database": database,
                "clock": clock,
                "started_at": clock(),
                "here": here,
                "live": Live(database),
                "press": Press(),
                "templates": Templates(str(ROOT / "templates"), assets, settings),
                "field_shell": self.litestar.state.field_shell,
                "demo_accounts": demo or DemoAccounts(),
                "case_asides": (matched_aside, signature_aside, survey_aside),
                "case_events": (site_events,),
            }
        )
        self.litestar.state = self.state

        async def who(browser: str, attended: bool) -> Actor:
            return await identify(database, browser, self.state.clock(), attended=attended)

        app: ASGIApp = self.litestar
        super().__init__(app, settings, who)


async def before_handler(request: AnyRequest) -> None:
    """Run before every handler."""
    await refuse_forgery(request)
    await look_around(request)


@asynccontextmanager
async def _closing(app: Litestar) -> AsyncIterator[None]:
    yield
    await app.state.database.close()


def assemble() -> Litestar:
    """Every route and file, for a portal that brings settings, database and clock."""
    assets = Assets(ROOT)
    return Litestar(
        route_handlers=[static_files(assets, opt={"public": True}), *ROUTES],
        state=State({"assets": assets, "field_shell": Shell(assets)}),
        dependencies=DEPENDENCIES,
        exception_handlers=HANDLERS,
        before_request=before_handler,
        lifespan=[_closing],
        openapi_config=None,
        logging_config=None,
    )
