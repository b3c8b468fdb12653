"""The company's calendar: a year at a glance, and the import of a year's list."""

from calendar import Calendar as Weeks
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from litestar import Controller, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromQuery
from wtforms import DateField, FileField, IntegerField
from wtforms.validators import InputRequired, NumberRange

from portal.calendar.days import Calendar, Kind, SpecialDay
from portal.company.keeping import company_calendar, confirm_year, year_to_import
from portal.company.year_list import Refused, read_year_list
from portal.kernel.i18n import N_
from portal.kernel.problems import NOT_FOUND, Problem
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.forms import Form, Rejected, blank, submitted
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.people.guards import allow
from portal.people.roles import Role

_FIRST, _LAST = 1990, 2100
KIND_LABELS = {
    Kind.HOLIDAY: N_("Public holiday"),
    Kind.DAY_OFF: N_("Company day off"),
    Kind.WORKING: N_("Make-up working day"),
}


class PickForm(Form):
    """Which day to change."""

    day = DateField(N_("Date"), [InputRequired()])


class YearForm(Form):
    year = IntegerField(N_("Year"), [InputRequired(), NumberRange(_FIRST, _LAST)])
    file = FileField(N_("List of the year (CSV)"), [InputRequired()])


@dataclass(frozen=True, slots=True)
class Cell:
    """A date in a month's grid; `kind` is a `Kind`, "work" or "rest"."""

    day: date
    kind: str
    name: str


@dataclass(kw_only=True)
class CalendarPage(Page):
    """A year: twelve months in weeks (None outside the month), and its special days by date."""

    template: ClassVar[str] = "company/calendar.html"
    year: int
    today: date
    is_confirmed: bool
    to_import: int | None
    months: list[list[list[Cell | None]]]
    special: list[tuple[date, SpecialDay]]
    week: list[list[tuple[int, int]]]
    kinds: dict[Kind, str]
    may_edit: bool
    pick_form: PickForm
    year_form: YearForm
    refused: list[Refused]


class CalendarController(Controller):
    path = "/calendar"
    guards = (allow(),)

    @get()
    async def index(
        self, request: AnyRequest, db: Unit, act: ThisAct, year: FromQuery[str] = ""
    ) -> Answer:
        this_year = today_of(request, act).year
        wanted = int(year) if year.isdecimal() and len(year) == 4 else this_year
        if not _FIRST <= wanted <= _LAST:
            raise Problem(NOT_FOUND)
        return render(request, await calendar_page(request, db, act, wanted))

    @post("/years", guards=[allow(Role.ADMINISTRATOR)])
    async def create_year(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        form = await submitted(request, YearForm)
        upload = form.file.data
        if not isinstance(upload, UploadFile) or not upload.filename:
            form.file.data = None
        if not form.validate() or not isinstance(upload, UploadFile):
            form.say("file", N_("Choose a file."))
            raise Rejected(await calendar_page(request, db, act, form.year.data, year_form=form))
        year = int(form.year.data or 0)
        listed, refused = read_year_list(await upload.read(), year)
        if refused or not listed:
            form.say("file", N_("Nothing was imported: the list has faults."))
            page = await calendar_page(request, db, act, year, year_form=form)
            page.refused = refused
            raise Rejected(page)
        changed = await confirm_year(db, act, year, listed)
        return redirect(
            request,
            f"/calendar?year={year}",
            N_("%(year)s is confirmed; %(changed)s days differ from before."),
            year=year,
            changed=changed,
        )


async def calendar_page(
    request: AnyRequest,
    db: Unit,
    act: ThisAct,
    year: int | None,
    *,
    pick_form: PickForm | None = None,
    year_form: YearForm | None = None,
) -> CalendarPage:
    """The page of ``year``, or of the present one where that is none."""
    calendar = await company_calendar(db, request.app.state.settings.zone)
    today = today_of(request, act)
    year = year if year and _FIRST <= year <= _LAST else today.year
    to_import = year_to_import(calendar.confirmed_years, today)
    special = sorted((on, day) for on, day in calendar.exceptions.items() if on.year == year)
    return CalendarPage(
        status=200,
        year=year,
        today=today,
        is_confirmed=year in calendar.confirmed_years,
        to_import=to_import,
        months=[_month(calendar, year, month) for month in range(1, 13)],
        special=special,
        week=minutes_of(calendar),
        kinds=KIND_LABELS,
        may_edit=Role.ADMINISTRATOR in request.state.actor.roles,
        pick_form=pick_form or blank(request, PickForm, {"day": today}),
        year_form=year_form or blank(request, YearForm, {"year": to_import or today.year + 1}),
        refused=[],
    )


def _month(calendar: Calendar, year: int, month: int) -> list[list[Cell | None]]:
    return [
        [_cell(calendar, on) if on.month == month else None for on in week]
        for week in Weeks().monthdatescalendar(year, month)
    ]


def _cell(calendar: Calendar, on: date) -> Cell:
    special = calendar.exceptions.get(on)
    if special:
        return Cell(on, str(special.kind), special.name)
    return Cell(on, "work" if calendar.spans_on(on) else "rest", "")


def minutes_of(calendar: Calendar) -> list[list[tuple[int, int]]]:
    """The usual week, in minutes after midnight."""
    return [[span.minutes for span in spans] for spans in calendar.week]


def today_of(request: AnyRequest, act: ThisAct) -> date:
    """The company's date."""
    today: date = act.at.astimezone(request.app.state.settings.zone).date()
    return today
