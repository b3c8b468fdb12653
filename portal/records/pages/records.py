"""The forms of a case for those who may see it; looking and printing change nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from litestar import Controller, get
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.access import acts_for
from portal.cases.models import Case, Task
from portal.kernel.act import Act, Staff
from portal.kernel.i18n import N_
from portal.kernel.problems import NOT_FOUND, Problem
from portal.kernel.web.dependencies import TheDatabase, ThisAct, Unit
from portal.kernel.web.formats import masked_phone
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, render
from portal.people.guards import allow
from portal.people.pages.fields import Key
from portal.records.catalog import (
    COMPLAINT_REGISTER,
    FORMS,
    HANDLING_SHEET,
    INFORMATION_REPORT,
    REPAIR_RECORD,
    SERVICE_REPORT,
    ControlledForm,
)
from portal.records.complaint_forms import (
    complaint_register,
    handling_sheet,
    information_report,
)
from portal.records.filling import fill_report
from portal.records.naming import names_of
from portal.records.pages.sheet_page import Fill, RecordPage, pen_of, press_of, print_sheet
from portal.records.reading import File, find_file, find_task, load_visited
from portal.records.repair_record import repair_record
from portal.records.sections import Names
from portal.records.service_report import Copy
from portal.records.sheets import Pen, Sheet

PDF = ".pdf"
# How a form of the whole case is filled in, by its number.
OF_A_CASE: Mapping[str, Callable[[File, Pen, Names, str], Sheet]] = {
    COMPLAINT_REGISTER.number: complaint_register,
    INFORMATION_REPORT.number: information_report,
    HANDLING_SHEET.number: handling_sheet,
    REPAIR_RECORD.number: repair_record,
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A form that there is, and where; `task` where it is of one step."""

    form: ControlledForm
    task: Task | None
    address: str


@dataclass(kw_only=True)
class RecordsPage(Page):
    """The forms of a case; its page shows this list as a panel, too."""

    template: ClassVar[str] = "records/index.html"
    case: Case
    records: list[Listed]


class RecordController(Controller):
    path = "/cases/{case_id:int}/records"
    guards = (allow(),)

    @get()
    async def index(self, request: AnyRequest, db: Unit, act: ThisAct, case_id: Key) -> Answer:
        also = await acts_for(db, act, request.app.state.settings.zone)
        file = await find_file(db, act.actor, case_id, also)
        records = [Listed(form, task, _address(file, form, task)) for form, task in file.forms()]
        return render(request, RecordsPage(case=file.case, records=records))

    @get("/{form:str}")
    async def show(
        self,
        request: AnyRequest,
        database: TheDatabase,
        act: ThisAct,
        case_id: Key,
        form: FromPath[str],
    ) -> Answer:
        """A form of the whole case; with ``.pdf`` as a file."""
        pen = pen_of(request)
        async with database.reading() as db:
            file = await _file(request, db, act, case_id)
            wanted = FORMS.get(form.removesuffix(PDF))
            if wanted is None or (wanted, None) not in file.forms():
                raise Problem(NOT_FOUND)
            names = await names_of(db, file)

        async def fill() -> Sheet:
            return OF_A_CASE[wanted.number](file, pen, names, printed_by(act, pen))

        return await _answer(request, file, fill, form, _address(file, wanted, None))

    @get("/{form:str}/{sheet:str}")
    async def show_step(
        self,
        request: AnyRequest,
        database: TheDatabase,
        act: ThisAct,
        case_id: Key,
        form: FromPath[str],
        sheet: FromPath[str],
    ) -> Answer:
        """A form of one step of the case, named by its task; with ``.pdf`` as a file."""
        if form != SERVICE_REPORT.number:
            raise Problem(NOT_FOUND)
        pen = pen_of(request)
        async with database.reading() as db:
            file = await _file(request, db, act, case_id)
            task = find_task(file, SERVICE_REPORT, task_of(sheet))
            visited = await load_visited(db, task)
        phone = masked_phone(file.case.contact.phone) if file.case.contact else ""
        copy = Copy(phone, is_customers=False, printed=printed_by(act, pen), at=act.at)
        home = request.app.state.settings.home
        fill = partial(fill_report, home, file, visited, pen, copy)
        return await _answer(request, file, fill, sheet, _address(file, SERVICE_REPORT, task))


def task_of(sheet: str) -> int:
    """The id that an address names, with or without ``.pdf``; raises ``not-found``."""
    number = sheet.removesuffix(PDF)
    if not number.isdecimal() or not number.isascii() or len(number) > 18:
        raise Problem(NOT_FOUND)
    return int(number)


def printed_by(act: Act, pen: Pen) -> str:
    """Who prints this copy, and when."""
    name = act.actor.name if isinstance(act.actor, Staff) else pen.say(N_("the customer"))
    return f"{name} {pen.moment(act.at)}"


async def _file(request: AnyRequest, db: AsyncSession, act: Act, case_id: int) -> File:
    also = await acts_for(db, act, request.app.state.settings.zone)
    return await find_file(db, act.actor, case_id, also)


def _address(file: File, form: ControlledForm, task: Task | None) -> str:
    whole = f"/cases/{file.case.id}/records/{form.number}"
    return f"{whole}/{task.id}" if task else whole


async def _answer(request: AnyRequest, file: File, fill: Fill, asked: str, address: str) -> Answer:
    """The form as it was asked for: a page, or a file."""
    if asked.endswith(PDF):
        return await print_sheet(request, fill)
    page = RecordPage(
        sheet=await fill(),
        company=request.app.state.settings.company,
        case=file.case,
        pdf=address + PDF,
        missing=await press_of(request).missing(),
    )
    return render(request, page)
