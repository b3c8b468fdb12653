"""A day of the calendar: what it is, and making it something else."""

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from litestar import Controller, get, post
from litestar.params import FromPath
from wtforms import SelectField, StringField
from wtforms.validators import Length, Optional

from portal.calendar.days import Calendar, Kind, SpecialDay
from portal.company.keeping import Listed, company_calendar, keep_turn, set_day
from portal.company.pages.calendar import KIND_LABELS, PickForm, calendar_page, today_of
from portal.company.pages.versions import version_of
from portal.company.pages.weeks import WEEKDAYS
from portal.kernel.i18n import N_
from portal.kernel.problems import NOT_FOUND, Problem
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.forms import Rejected, VersionedForm, asked, blank, submitted
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.people.guards import allow
from portal.people.roles import Role

# Years from the present one on in which days may be changed.
_BACK, _AHEAD = 1, 5
_USUAL = "usual"


class DayForm(VersionedForm):
    kind = SelectField(
        N_("What it is"),
        choices=lambda: [
            *((str(kind), label) for kind, label in KIND_LABELS.items()),
            (_USUAL, N_("As usual for its weekday")),
        ],
    )
    name = StringField(N_("Name"), [Length(max=60)])
    like = SelectField(
        N_("With the hours of"),
        [Optional()],
        choices=lambda: [(str(number), name) for number, name in enumerate(WEEKDAYS)],
        description=N_("Only for a make-up working day."),
    )

    def line(self, on: date) -> Listed | None:
        """What a valid form makes of ``on``; None for a day as usual."""
        if self.kind.data == _USUAL:
            return None
        kind = Kind(self.kind.data)
        like = int(self.like.data or 0) if kind is Kind.WORKING else None
        return Listed(on, kind, (self.name.data or "").strip(), like)


@dataclass(kw_only=True)
class DayPage(Page):
    """A day: its hours now, in minutes after midnight, and the form."""

    template: ClassVar[str] = "company/day.html"
    day: date
    spans: list[tuple[int, int]]
    form: DayForm


class CalendarDayController(Controller):
    path = "/calendar/days"
    guards = (allow(Role.ADMINISTRATOR),)

    @get()
    async def edit(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        """The day that is asked for, or today."""
        on = today_of(request, act)
        if "day" in request.query_params:
            on = await _picked(request, db, act)
        calendar = await company_calendar(db, request.app.state.settings.zone)
        form = blank(request, DayForm, _values(calendar, on))
        return render(request, _page(calendar, on, form))

    @post("/{day:date}")
    async def update(
        self, request: AnyRequest, db: Unit, act: ThisAct, day: FromPath[date]
    ) -> Answer:
        if not _may_change(day, today_of(request, act)):
            raise Problem(NOT_FOUND)
        form = await submitted(request, DayForm)
        await keep_turn(db)
        calendar = await company_calendar(db, request.app.state.settings.zone)
        if not form.validate():
            raise Rejected(_page(calendar, day, form))
        line = form.line(day)
        stored = _values(calendar, day)
        if line is None or line.like is None:
            form.like.data = None  # typed, perhaps, but it says nothing
        form.refuse_stale(stored)
        await set_day(db, act, line, day)
        return redirect(request, f"/calendar?year={day.year}", N_("The day is saved."))


async def _picked(request: AnyRequest, db: Unit, act: ThisAct) -> date:
    form = asked(request, PickForm)
    valid = form.validate()
    on: Any = form.day.data
    if valid and _may_change(on, today_of(request, act)):
        return date(on.year, on.month, on.day)
    if valid:
        form.say("day", N_("Only days from last year to five years ahead can be changed."))
    raise Rejected(await calendar_page(request, db, act, on.year if on else None, pick_form=form))


def _may_change(on: date, today: date) -> bool:
    return today.year - _BACK <= on.year <= today.year + _AHEAD


def _page(calendar: Calendar, on: date, form: DayForm) -> DayPage:
    spans = [span.minutes for span in calendar.spans_on(on)]
    return DayPage(status=200, day=on, spans=spans, form=form)


def _values(calendar: Calendar, on: date) -> dict[str, Any]:
    """A day as the form says it."""
    special: SpecialDay | None = calendar.exceptions.get(on)
    if special is None:
        return {"version": version_of(None), "kind": _USUAL, "name": "", "like": None}
    like = None if special.like is None else str(special.like)
    said = {"kind": str(special.kind), "name": special.name, "like": like}
    return {"version": version_of(said), **said}
