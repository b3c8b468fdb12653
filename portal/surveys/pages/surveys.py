"""The list of surveys with its averages, and one survey: as answered, or to take down on the
phone."""

from dataclasses import dataclass
from typing import Annotated, ClassVar
from urllib.parse import urlencode

from litestar import Controller, get, post
from litestar.params import FromQuery, QueryParameter

from portal.kernel.db.keyset import Slice
from portal.kernel.i18n import N_
from portal.kernel.problems import Problem
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.forms import Choices, Rejected, blank, submitted
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.people.access import require
from portal.people.guards import allow
from portal.people.pages.fields import Key
from portal.people.roles import OVERSEERS
from portal.surveys.access import READERS
from portal.surveys.answering import MAY_ENTER, enter
from portal.surveys.models import Survey
from portal.surveys.pages.opinion import SCALE, PhoneOpinionForm, opinion_form
from portal.surveys.problems import ANSWERED
from portal.surveys.reading import (
    PERIODS,
    STATES,
    Asked,
    Figures,
    Wanted,
    figures,
    find_survey,
    list_surveys,
)

STATE_LABELS = {
    "answered": N_("Answered"),
    "low": N_("Low ratings"),
    "waiting": N_("Not answered yet"),
    "all": N_("All"),
}
PERIOD_LABELS: Choices = [
    ("30", N_("The last 30 days")),
    ("90", N_("The last 90 days")),
    ("365", N_("The last year")),
    ("", N_("All the time")),
]


@dataclass(kw_only=True)
class SurveysPage(Page):
    """The list, with the figures of its period."""

    template: ClassVar[str] = "surveys/index.html"
    surveys: Slice[Survey]
    figures: Figures
    wanted: Wanted

    @property
    def periods(self) -> Choices:
        return PERIOD_LABELS

    @property
    def states(self) -> list[tuple[str, str]]:
        return [(state, STATE_LABELS[state]) for state in STATES]

    def address(self, **changes: str) -> str:
        """This list with other parameters."""
        given = {"state": self.wanted.state, "period": self.wanted.period} | changes
        return f"/surveys?{urlencode(given)}"


@dataclass(kw_only=True)
class SurveyPage(Page):
    """A survey; `form` where the reader may take down an answer."""

    template: ClassVar[str] = "surveys/show.html"
    asked: Asked
    form: PhoneOpinionForm | None
    reads_all: bool

    @property
    def scale(self) -> dict[int, str]:
        return {int(value): label for value, label in SCALE}


class SurveyController(Controller):
    path = "/surveys"

    @get(guards=[allow(*READERS)])
    async def index(
        self,
        request: AnyRequest,
        db: Unit,
        act: ThisAct,
        shown: Annotated[str, QueryParameter(name="state")] = "answered",
        period: FromQuery[str] = "90",
        cursor: FromQuery[str] = "",
    ) -> Answer:
        wanted = Wanted(
            state=shown if shown in STATES else "answered",
            period=period if period in PERIODS else "90",
            cursor=cursor,
        )
        page = SurveysPage(
            surveys=await list_surveys(db, act.actor, wanted, act.at),
            figures=await figures(db, act.actor, wanted, act.at),
            wanted=wanted,
        )
        return render(request, page)

    @get("/{survey_id:int}", guards=[allow(*OVERSEERS)])
    async def show(self, request: AnyRequest, db: Unit, act: ThisAct, survey_id: Key) -> Answer:
        return render(request, await _page(request, db, act, survey_id))

    @post("/{survey_id:int}/answer", guards=[allow(*MAY_ENTER)])
    async def create_answer(
        self, request: AnyRequest, db: Unit, act: ThisAct, survey_id: Key
    ) -> Answer:
        require(act.actor, *MAY_ENTER)
        asked = await find_survey(db, act.actor, survey_id)
        if asked.survey.answered_at:
            raise Problem(ANSWERED)
        shape = opinion_form(asked.template, request.state.language, PhoneOpinionForm)
        form = await submitted(request, shape)
        if not form.validate():
            page = await _page(request, db, act, survey_id)
            page.form = form
            raise Rejected(page)
        zone = request.app.state.settings.zone
        await enter(db, act, survey_id, form.spoken_with.data or "", form.opinion(), zone)
        return redirect(request, f"/surveys/{survey_id}", N_("The answer is on record."))


async def _page(request: AnyRequest, db: Unit, act: ThisAct, survey_id: int) -> SurveyPage:
    asked = await find_survey(db, act.actor, survey_id)
    roles = request.state.actor.roles
    takes = asked.survey.answered_at is None and not asked.survey.case.is_open
    form = None
    if takes and roles & set(MAY_ENTER):
        shape = opinion_form(asked.template, request.state.language, PhoneOpinionForm)
        form = blank(request, shape)
    return SurveyPage(asked=asked, form=form, reads_all=bool(roles & set(READERS)))
