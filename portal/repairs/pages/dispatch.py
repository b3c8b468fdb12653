"""Dispatching: the engineers ranked, with every figure and a reason for each (P06.3)."""

from dataclasses import dataclass
from typing import ClassVar

from litestar import Controller, get, post
from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired

from portal.cases.answering import answer
from portal.kernel.i18n import N_
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.forms import Form, Rejected, blank, submitted
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.people.guards import allow
from portal.people.pages.fields import AtMost, Key, not_blank
from portal.repairs.explaining import LEVELS, explain
from portal.repairs.pages.working import (
    LENGTHS,
    Need,
    Work,
    load_work,
    needed,
    written_with_day,
)
from portal.repairs.planning import load_plans
from portal.repairs.ranking import Candidate, Ranking, Why, rank

EXCUSES = {
    Why.LACKS_SKILL: N_("does not have this skill"),
    Why.AWAY: N_("does not work in these days"),
    Why.NO_WINDOW: N_("has no free window of this length in these days"),
}
SOURCES = {
    "arrival": N_("from the phone at the first arrival"),
    "typed": N_("typed in"),
    "region": N_("middle of the district"),
}


class ChoiceForm(Form):
    engineer = RadioField(N_("Engineer"), [InputRequired()])
    reason = TextAreaField(N_("Why this engineer"), [InputRequired(), AtMost(1000), not_blank])


@dataclass(kw_only=True)
class DispatchPage(Page):
    """`reasons` are by engineer id; `windows` write the first window of each candidate."""

    template: ClassVar[str] = "repairs/dispatch.html"
    work: Work
    need: Need
    ranking: Ranking
    reasons: dict[str, str]
    windows: dict[int, str]
    form: ChoiceForm
    lengths: list[tuple[str, str]]
    excuses: dict[Why, str]
    sources: dict[str, str]
    levels: dict[int, str]

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The candidates as the form offers them."""
        return [(str(one.engineer.id), one.engineer.name) for one in self.ranking.candidates]

    @property
    def address(self) -> str:
        """This page, asking for the same."""
        return f"{self.work.own}/dispatch?skill={self.need.skill}&minutes={self.need.minutes}"


class DispatchController(Controller):
    path = "/cases/{case_id:int}/tasks/{task_id:int}/dispatch"
    guards = (allow(),)

    @get()
    async def show(
        self, request: AnyRequest, db: Unit, act: ThisAct, case_id: Key, task_id: Key
    ) -> Answer:
        page = await _page(request, db, act, case_id, task_id)
        chosen = request.query_params.get("engineer") or page.form.engineer.data
        if chosen in page.reasons:
            page.form.engineer.data = chosen
            page.form.reason.data = page.reasons[chosen]
        return render(request, page)

    @post()
    async def create(
        self, request: AnyRequest, db: Unit, act: ThisAct, case_id: Key, task_id: Key
    ) -> Answer:
        page = await _page(request, db, act, case_id, task_id)
        page.form = await submitted(request, ChoiceForm, engineer=page.choices)
        if not page.form.validate():
            raise Rejected(page)
        chosen, reason = page.form.engineer.data, page.form.reason.data or ""
        if reason in page.reasons.values():
            # Prepared for somebody else, by a browser that does not follow the choice.
            reason = page.reasons[chosen]
        zone = request.app.state.settings.zone
        fields = {"engineer": chosen, "reason": reason}
        await answer(db, act, page.work.task, "assigned", fields, zone)
        name = dict(page.choices)[chosen]
        return redirect(request, f"/cases/{case_id}", N_("Dispatched to %(name)s."), name=name)


async def _page(
    request: AnyRequest, db: Unit, act: ThisAct, case_id: int, task_id: int
) -> DispatchPage:
    work = await load_work(request, db, act, case_id, task_id, "dispatch")
    need = await needed(request, db, act, work)
    plans = await load_plans(db, work.calendar, work.dates)
    ranking = rank(need.job, plans.engineers)
    candidates = ranking.candidates
    choices = [(str(one.engineer.id), one.engineer.name) for one in candidates]
    best = {"engineer": choices[0][0]} if choices else {}
    return DispatchPage(
        work=work,
        need=need,
        ranking=ranking,
        reasons={str(one.engineer.id): _reason(request, need, one) for one in candidates},
        windows={
            one.engineer.id: written_with_day(request, one.offer.window) for one in candidates
        },
        form=blank(request, ChoiceForm, best, engineer=choices),
        lengths=LENGTHS,
        excuses=EXCUSES,
        sources=SOURCES,
        levels=LEVELS,
    )


def _reason(request: AnyRequest, need: Need, candidate: Candidate) -> str:
    return explain(
        candidate,
        need.skill_name,
        request.state.language,
        lambda window: written_with_day(request, window),
    )
