"""The list of cases, opening one, and the page of a case with its next step in place."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar
from urllib.parse import urlencode

from litestar import Controller, get, post
from litestar.params import FromQuery, QueryParameter
from wtforms import (
    DateTimeLocalField,
    RadioField,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Optional

from portal.cases.access import acts_for, oversees
from portal.cases.models import Case
from portal.cases.opening import MAY_OPEN, Registration, open_case
from portal.cases.pages.case_page import Forms, case_page
from portal.cases.reading import Wanted, list_cases
from portal.customers.registering import Caller
from portal.kernel.db.keyset import Slice
from portal.kernel.i18n import N_
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.fields import in_our_time
from portal.kernel.web.forms import Choices, Form, Rejected, blank, submitted
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.people.access import me
from portal.people.guards import allow
from portal.people.pages.fields import AtMost, Key, matching, not_blank
from portal.procedures.definition import Definition
from portal.procedures.pages.procedures import SEVERITIES, URGENCIES
from portal.procedures.storing import all_in_force, definition_of

CHANNELS = [
    ("phone", N_("Phone")),
    ("email", N_("E-mail")),
    ("chat", N_("Chat")),
    ("site", N_("Website")),
    ("app", N_("App")),
    ("in_person", N_("In person")),
]
STATES = [
    ("open", N_("Open")),
    ("overdue", N_("Overdue")),
    ("closed", N_("Closed")),
    ("all", N_("All")),
]


class CaseForm(Form):
    code = SelectField(N_("Procedure"), [InputRequired()])
    received_at = DateTimeLocalField(
        N_("Received at"),
        [InputRequired(), in_our_time],
        description=N_("When it reached the company by its channel; the clock starts there."),
    )
    channel = SelectField(N_("Channel"), choices=lambda: CHANNELS)
    customer_name = StringField(N_("Customer"), [InputRequired(), AtMost(80), not_blank])
    customer_phone = TelField(
        N_("Phone"),
        [Optional(), matching(r"[+\d][\d\s()-]{4,28}", N_("This is not a phone number."))],
    )
    customer_address = StringField(N_("Address"), [AtMost(200)])
    subject = StringField(N_("What it is about"), [InputRequired(), AtMost(120), not_blank])
    details = TextAreaField(N_("Details"), [AtMost(4000)])
    urgency = RadioField(N_("Urgency"), choices=lambda: URGENCIES)
    severity = RadioField(N_("Severity"), choices=lambda: SEVERITIES)


@dataclass(kw_only=True)
class CasesPage(Page):
    """The list; `definitions` by version id name the next steps."""

    template: ClassVar[str] = "cases/index.html"
    cases: Slice[Case]
    wanted: Wanted
    now: datetime
    mine: bool
    definitions: dict[int, Definition]
    codes: Choices
    may_open: bool
    sees_all: bool

    @property
    def states(self) -> Choices:
        return STATES

    @property
    def urgencies(self) -> Choices:
        return [("", "—"), *URGENCIES]

    @property
    def active(self) -> int:
        """How many filters are on."""
        wanted = self.wanted
        return sum(map(bool, (wanted.words, wanted.code, wanted.urgency, self.mine)))

    def address(self, **changes: str) -> str:
        """This list with other parameters."""
        given = {
            "q": self.wanted.words,
            "state": "" if self.wanted.state == "open" else self.wanted.state,
            "code": self.wanted.code,
            "urgency": self.wanted.urgency,
            "mine": "1" if self.mine else "",
            "sort": self.wanted.sort,
        }
        kept = {name: value for name, value in (given | changes).items() if value}
        return "/cases?" + urlencode(kept, safe="{}")


@dataclass(kw_only=True)
class CaseFormPage(Page):
    template: ClassVar[str] = "cases/form.html"
    form: CaseForm


class CaseController(Controller):
    path = "/cases"
    guards = (allow(),)

    @get()
    async def index(
        self,
        request: AnyRequest,
        db: Unit,
        act: ThisAct,
        words: Annotated[str, QueryParameter(name="q")] = "",
        which: Annotated[str, QueryParameter(name="state")] = "open",
        code: FromQuery[str] = "",
        urgency: FromQuery[str] = "",
        mine: FromQuery[str] = "",
        sort: FromQuery[str] = "-received",
        cursor: FromQuery[str] = "",
    ) -> Answer:
        wanted = Wanted(
            words=words[:100].replace("\x00", " "),
            code=code[:20].replace("\x00", ""),
            urgency=urgency if urgency in dict(URGENCIES) else "",
            # Words are looked for everywhere: what is closed is what people look for most.
            state="all" if words.strip() and which == "open" else which,
            owner_id=me(act) if mine == "1" else None,
            sort=sort,
            cursor=cursor[:600],
        )
        versions = await all_in_force(db, _today(request, act))
        also = await acts_for(db, act, request.app.state.settings.zone)
        found = await list_cases(db, act.actor, wanted, act.at, also)
        page = CasesPage(
            cases=found,
            wanted=wanted,
            now=act.at,
            mine=mine == "1",
            definitions={case.version_id: definition_of(case.version) for case in found.rows},
            codes=[("", "—"), *((version.code, version.code) for version in versions)],
            may_open=bool(request.state.actor.roles & set(MAY_OPEN)),
            sees_all=oversees(act.actor),
        )
        return render(request, page)

    @get("/new", guards=[allow(*MAY_OPEN)])
    async def new(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        now = act.at.astimezone(request.app.state.settings.zone)
        usual = {
            "received_at": now.replace(second=0, microsecond=0, tzinfo=None),
            "urgency": "medium",
            "severity": "general",
        }
        codes = await _codes(request, db, act)
        return render(request, CaseFormPage(form=blank(request, CaseForm, usual, code=codes)))

    @post(guards=[allow(*MAY_OPEN)])
    async def create(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        zone = request.app.state.settings.zone
        form = await submitted(request, CaseForm, code=await _codes(request, db, act))
        form.validate()
        if not form.received_at.errors:
            received_at = _in_zone(form.received_at.data, zone)
            if received_at > act.at:
                form.say("received_at", N_("This time is still to come."))
        if form.errors:
            raise Rejected(CaseFormPage(form=form))
        given = Registration(
            code=form.code.data,
            subject=form.subject.data or "",
            details=(form.details.data or "").strip(),
            caller=Caller(
                name=(form.customer_name.data or "").strip(),
                phone=form.customer_phone.data or "",
                address=(form.customer_address.data or "").strip(),
            ),
            channel=form.channel.data,
            received_at=received_at,
            urgency=form.urgency.data,
            severity=form.severity.data,
        )
        case = await open_case(db, act, given, zone)
        return redirect(
            request, f"/cases/{case.id}", N_("%(number)s is registered."), number=case.number
        )

    @get("/{case_id:int}")
    async def show(self, request: AnyRequest, db: Unit, act: ThisAct, case_id: Key) -> Answer:
        return render(request, await case_page(request, db, act, case_id, Forms()))


async def _codes(request: AnyRequest, db: Unit, act: ThisAct) -> Choices:
    language = request.state.language
    versions = await all_in_force(db, _today(request, act))
    titles = {version.code: definition_of(version).title for version in versions}
    said = {c: t.zh if language.code == "zh_CN" else t.en for c, t in titles.items()}
    return [(code, f"{code} {title}") for code, title in said.items()]


def _in_zone(local: Any, zone: Any) -> datetime:
    at: datetime = local.replace(tzinfo=zone)
    return at


def _today(request: AnyRequest, act: ThisAct) -> Any:
    return act.at.astimezone(request.app.state.settings.zone).date()
