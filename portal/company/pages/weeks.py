"""The usual week: the working time of each weekday."""

from dataclasses import dataclass
from typing import Any, ClassVar

from litestar import Controller, get, post

from portal.calendar.days import Calendar
from portal.company.keeping import company_calendar, keep_turn, set_week
from portal.company.pages.calendar import minutes_of
from portal.company.pages.versions import version_of
from portal.kernel.i18n import N_
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.fields import SpansField
from portal.kernel.web.forms import Rejected, VersionedForm, blank, submitted
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.people.guards import allow
from portal.people.roles import Role

WEEKDAYS = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)


class WeekForm(VersionedForm):
    """One field for each weekday."""

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        if valid and not any(self.week):
            self.say("day_0", N_("There must be some working time in the week."))
            return False
        return valid

    @property
    def days(self) -> list[Any]:
        """The fields, Monday first."""
        return [self[f"day_{number}"] for number in range(7)]

    @property
    def week(self) -> list[tuple[tuple[int, int], ...]]:
        """The spans that a valid form gives, Monday first."""
        return [field.spans for field in self.days]


for _number, _name in enumerate(WEEKDAYS):
    setattr(WeekForm, f"day_{_number}", SpansField(_name))


@dataclass(kw_only=True)
class WeekPage(Page):
    template: ClassVar[str] = "company/week.html"
    form: WeekForm


class WeekController(Controller):
    path = "/calendar/week"
    guards = (allow(Role.ADMINISTRATOR),)

    @get()
    async def edit(self, request: AnyRequest, db: Unit) -> Answer:
        calendar = await company_calendar(db, request.app.state.settings.zone)
        return render(request, WeekPage(form=_shown(request, calendar)))

    @post()
    async def update(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        form = await submitted(request, WeekForm)
        if not form.validate():
            raise Rejected(WeekPage(form=form))
        await keep_turn(db)
        stored = _shown(request, await company_calendar(db, request.app.state.settings.zone))
        for field in form.days:
            field.process_data(field.spans)  # however it was typed, it is compared as it is shown
        form.refuse_stale(stored.data)
        await set_week(db, act, form.week)
        return redirect(request, "/calendar", N_("The usual week is saved."))


def _shown(request: AnyRequest, calendar: Calendar) -> WeekForm:
    week = minutes_of(calendar)
    days = {f"day_{number}": spans for number, spans in enumerate(week)}
    return blank(request, WeekForm, {"version": version_of(week), **days})
