"""Agreeing a visit: who comes, and the windows that the engineer has free (P06.4)."""

from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import ClassVar

from litestar import Controller, get, post
from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired, Optional

from portal.cases.answering import answer
from portal.kernel.i18n import N_
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.forms import Form, Rejected, blank, submitted
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.people.guards import allow
from portal.people.models import Person
from portal.people.pages.fields import AtMost, Key
from portal.procedures.forms import Value
from portal.repairs.pages.working import (
    LENGTHS,
    Need,
    Work,
    load_work,
    needed_of,
    written,
    written_with_day,
)
from portal.repairs.planning import load_plans
from portal.repairs.windows import Offer, offers


class AppointmentForm(Form):
    # Checked by the page: what was free a minute ago deserves better words than "not a choice".
    window = RadioField(N_("Window"), [InputRequired()], validate_choice=False)
    note = TextAreaField(N_("What was said"), [Optional(), AtMost(1000)])


@dataclass(frozen=True, slots=True)
class FreeDay:
    """A day with its windows: the value to send, how it is written, and the way it adds."""

    on: date
    windows: list[tuple[str, str, Offer]]


@dataclass(kw_only=True)
class AppointmentPage(Page):
    """`engineer` is none where the case has none, or one who has left; `shortest` is the least
    way that any window adds."""

    template: ClassVar[str] = "repairs/appointment.html"
    work: Work
    need: Need
    engineer: Person | None
    days: list[FreeDay]
    form: AppointmentForm
    lengths: list[tuple[str, str]]

    @property
    def address(self) -> str:
        return f"{self.work.own}/appointment?minutes={self.need.minutes}"

    @property
    def offered(self) -> dict[str, Offer]:
        return {value: offer for day in self.days for value, _, offer in day.windows}

    @property
    def shortest(self) -> int:
        return min((offer.extra.minutes for offer in self.offered.values()), default=0)

    @property
    def differ(self) -> bool:
        """Whether one window is further out of the way than another."""
        return any(offer.extra.minutes != self.shortest for offer in self.offered.values())


class AppointmentController(Controller):
    path = "/cases/{case_id:int}/tasks/{task_id:int}/appointment"
    guards = (allow(),)

    @get()
    async def show(
        self, request: AnyRequest, db: Unit, act: ThisAct, case_id: Key, task_id: Key
    ) -> Answer:
        return render(request, await _page(request, db, act, case_id, task_id))

    @post()
    async def create(
        self, request: AnyRequest, db: Unit, act: ThisAct, case_id: Key, task_id: Key
    ) -> Answer:
        page = await _page(request, db, act, case_id, task_id)
        page.form = await submitted(request, AppointmentForm, window=_choices(page))
        page.form.validate()
        offer = page.offered.get(page.form.window.data or "")
        if offer is None and not page.form.window.errors:
            page.form.say("window", N_("This window is no longer free. Choose another."))
        if offer is None or page.form.errors:
            raise Rejected(page)
        zone = request.app.state.settings.zone
        begin, end = (at.astimezone(zone).isoformat() for at in offer.window)
        fields: dict[str, Value] = {"window_from": begin, "window_to": end}
        if note := (page.form.note.data or "").strip():
            fields["note"] = note
        await answer(db, act, page.work.task, "agreed", fields, zone)
        when = written_with_day(request, offer.window)
        flash = N_("Agreed: %(name)s comes %(when)s.")
        name = page.engineer.name if page.engineer else ""
        return redirect(request, f"/cases/{case_id}", flash, name=name, when=when)


async def _page(
    request: AnyRequest, db: Unit, act: ThisAct, case_id: int, task_id: int
) -> AppointmentPage:
    work = await load_work(request, db, act, case_id, task_id, "appointment")
    need = needed_of(request, act, work)
    engineer: Person | None = None
    found: list[Offer] = []
    if chosen := work.case.facts.get("engineer"):
        dates, own = work.dates, work.case.id
        plans = await load_plans(db, work.calendar, dates, only=int(chosen), but_case=own)
        engineer = plans.people.get(int(chosen))
        found = [offer for one in plans.engineers for offer in offers(one, need.job)]
    zone = request.app.state.settings.zone
    days = [
        FreeDay(on, [(_value(offer), written(offer.window, zone), offer) for offer in of_day])
        for on, of_day in groupby(found, key=lambda offer: offer.on)
    ]
    page = AppointmentPage(
        work=work,
        need=need,
        engineer=engineer,
        days=days,
        form=blank(request, AppointmentForm),
        lengths=LENGTHS,
    )
    page.form.window.choices = _choices(page)
    return page


def _choices(page: AppointmentPage) -> list[tuple[str, str]]:
    return [(value, label) for day in page.days for value, label, _ in day.windows]


def _value(offer: Offer) -> str:
    return offer.window.from_at.isoformat()
