"""The company's calendar: a year at a glance; administrators keep days, week and years."""

from calendar import Calendar as Weeks
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from litestar import Controller, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromQuery
from wtforms import DateField, FileField, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from portal.calendar.days import Calendar, Kind, SpecialDay
from portal.company.keeping import (
    Listed,
    company_calendar,
    confirm_year,
    last_confirmed_year,
    set_day,
    set_week,
)
from portal.company.year_list import Refused, read_year_list
from portal.kernel.i18n import N_
from portal.kernel.problems import NOT_FOUND, Problem
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.fields import SpansField, in_our_time
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
WEEKDAYS = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)


class DayForm(Form):
    day = DateField(N_("Date"), [InputRequired(), in_our_time])
    kind = SelectField(
        N_("What it is"),
        choices=lambda: [
            *((str(kind), label) for kind, label in KIND_LABELS.items()),
            ("usual", N_("As usual for its weekday")),
        ],
    )
    name = StringField(N_("Name"), [Length(max=60)])
    like = SelectField(
        N_("With the hours of"),
        [Optional()],
        choices=lambda: [(str(number), name) for number, name in enumerate(WEEKDAYS)],
        description=N_("Only for a make-up working day."),
    )


class WeekForm(Form):
    """One field for each weekday."""

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        if valid and not any(self.week):
            self.say("day_0", N_("There must be some working time in the week."))
            return False
        return valid

    @property
    def week(self) -> list[tuple[tuple[int, int], ...]]:
        """The spans that a valid form gives, Monday first."""
        fields: list[Any] = [self[f"day_{number}"] for number in range(7)]
        return [field.spans for field in fields]


for _number, _name in enumerate(WEEKDAYS):
    setattr(WeekForm, f"day_{_number}", SpansField(_name))


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
    confirmed_until: int
    months: list[list[list[Cell | None]]]
    special: list[tuple[date, SpecialDay]]
    week: list[list[tuple[int, int]]]
    kinds: dict[Kind, str]
    may_edit: bool
    day_form: DayForm
    year_form: YearForm
    refused: list[Refused]


@dataclass(kw_only=True)
class WeekPage(Page):
    template: ClassVar[str] = "company/week.html"
    form: WeekForm


class CalendarController(Controller):
    path = "/calendar"
    guards = (allow(),)

    @get()
    async def index(
        self, request: AnyRequest, db: Unit, act: ThisAct, year: FromQuery[str] = ""
    ) -> Answer:
        this_year = _today(request, act).year
        wanted = int(year) if year.isdecimal() and len(year) == 4 else this_year
        if not _FIRST <= wanted <= _LAST:
            raise Problem(NOT_FOUND)
        return render(request, await _page(request, db, act, wanted))

    @post("/days", guards=[allow(Role.ADMINISTRATOR)])
    async def create_day(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        form = await submitted(request, DayForm)
        if not form.validate():
            year = form.day.data.year if form.day.data else _today(request, act).year
            raise Rejected(await _page(request, db, act, year, day_form=form))
        on: Any = form.day.data
        line = None
        if form.kind.data != "usual":
            kind = Kind(form.kind.data)
            like = int(form.like.data or 0) if kind is Kind.WORKING else None
            line = Listed(on, kind, (form.name.data or "").strip(), like)
        await set_day(db, act, line, on)
        return redirect(request, f"/calendar?year={on.year}", N_("The day is saved."))

    @get("/week", guards=[allow(Role.ADMINISTRATOR)])
    async def edit_week(self, request: AnyRequest, db: Unit) -> Answer:
        calendar = await company_calendar(db, request.app.state.settings.zone)
        values = {f"day_{number}": spans for number, spans in enumerate(_minutes(calendar))}
        return render(request, WeekPage(form=blank(request, WeekForm, values)))

    @post("/week", guards=[allow(Role.ADMINISTRATOR)])
    async def update_week(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        form = await submitted(request, WeekForm)
        if not form.validate():
            raise Rejected(WeekPage(form=form))
        await set_week(db, act, form.week)
        return redirect(request, "/calendar", N_("The usual week is saved."))

    @post("/years", guards=[allow(Role.ADMINISTRATOR)])
    async def create_year(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        form = await submitted(request, YearForm)
        upload = form.file.data
        if not isinstance(upload, UploadFile) or not upload.filename:
            form.file.data = None
        if not form.validate() or not isinstance(upload, UploadFile):
            form.say("file", N_("Choose a file."))
            raise Rejected(await _page(request, db, act, form.year.data, year_form=form))
        year = int(form.year.data or 0)
        listed, refused = read_year_list(await upload.read(), year)
        if refused or not listed:
            form.say("file", N_("Nothing was imported: the list has faults."))
            page = await _page(request, db, act, year, year_form=form)
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


async def _page(
    request: AnyRequest,
    db: Unit,
    act: ThisAct,
    year: int | None,
    *,
    day_form: DayForm | None = None,
    year_form: YearForm | None = None,
) -> CalendarPage:
    calendar = await company_calendar(db, request.app.state.settings.zone)
    today = _today(request, act)
    year = year if year and _FIRST <= year <= _LAST else today.year
    confirmed = await last_confirmed_year(db)
    special = sorted((on, day) for on, day in calendar.exceptions.items() if on.year == year)
    return CalendarPage(
        status=200,
        year=year,
        today=today,
        is_confirmed=year <= confirmed,
        confirmed_until=confirmed,
        months=[_month(calendar, year, month) for month in range(1, 13)],
        special=special,
        week=_minutes(calendar),
        kinds=KIND_LABELS,
        may_edit=Role.ADMINISTRATOR in request.state.actor.roles,
        day_form=day_form or blank(request, DayForm, {"kind": Kind.DAY_OFF}),
        year_form=year_form or blank(request, YearForm, {"year": max(confirmed + 1, today.year)}),
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


def _minutes(calendar: Calendar) -> list[list[tuple[int, int]]]:
    return [[span.minutes for span in spans] for spans in calendar.week]


def _today(request: AnyRequest, act: ThisAct) -> date:
    today: date = act.at.astimezone(request.app.state.settings.zone).date()
    return today
