"""The customer's own copy of a service report, by their link: of visits that are over, without the
company's notes. A staff cookie in the same browser is nothing here."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from litestar import Controller, get
from litestar.params import FromPath
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.models import Case, Task
from portal.kernel.act import Act
from portal.kernel.problems import NOT_FOUND, Problem
from portal.kernel.web.dependencies import TheDatabase, ThisAct, Unit
from portal.kernel.web.formats import masked_phone
from portal.kernel.web.render import Answer, AnyRequest, render
from portal.openings.access import find_link, holding
from portal.openings.models import Link
from portal.openings.pages.opening_page import OpeningPage
from portal.openings.pages.trouble import FOR_CUSTOMERS
from portal.records.filling import fill_report
from portal.records.pages.records import PDF, printed_by, task_of
from portal.records.pages.sheet_page import pen_of, print_sheet
from portal.records.reading import File, finished_visits, load_file, load_visited
from portal.records.service_report import Copy


@dataclass(kw_only=True)
class CustomerRecordsPage(OpeningPage):
    """The reports that a customer may have; `back` is the page of their case."""

    template: ClassVar[str] = "records/customer.html"
    case: Case
    visits: list[Task]
    back: str


class CustomerRecordController(Controller):
    path = "/o/{token:str}/records"
    exception_handlers = FOR_CUSTOMERS
    opt = {"no_referrer": True}  # noqa: RUF012 - the framework's own way

    @get()
    async def index(
        self, request: AnyRequest, db: Unit, act: ThisAct, token: FromPath[str]
    ) -> Answer:
        _, file = await _find(db, act, token)
        page = CustomerRecordsPage(
            address=f"/o/{token}/records",
            case=file.case,
            visits=finished_visits(file),
            back=f"/o/{token}",
        )
        return render(request, page)

    @get("/F11/{sheet:str}")
    async def show(
        self,
        request: AnyRequest,
        database: TheDatabase,
        act: ThisAct,
        token: FromPath[str],
        sheet: FromPath[str],
    ) -> Answer:
        async with database.reading() as db:
            link, file = await _find(db, act, token)
            wanted = [task for task in finished_visits(file) if task.id == task_of(sheet)]
            if not wanted or not sheet.endswith(PDF):
                raise Problem(NOT_FOUND)
            visited = await load_visited(db, wanted[0])
        pen = pen_of(request)
        copy = Copy(
            phone=_phone(link, file.case),
            is_customers=True,
            printed=printed_by(holding(act, link), pen),
            at=act.at,
        )
        home = request.app.state.settings.home
        return await print_sheet(request, partial(fill_report, home, file, visited, pen, copy))


async def _find(db: AsyncSession, act: Act, token: str) -> tuple[Link, File]:
    link = await find_link(db, act, token)
    return link, await load_file(db, select(Case).where(Case.id == link.case_id))


def _phone(link: Link, case: Case) -> str:
    """In full for whom it belongs to; whoever else got the link sees it as everybody does."""
    if case.contact is None:
        return ""
    is_own = link.contact_id == case.contact_id
    return case.contact.phone if is_own else masked_phone(case.contact.phone)
