"""Taking a case in, while somebody is on the phone: who calls is found as their number is typed,
what the procedure's first step asks is asked here, and everything is typed once."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from litestar import Controller, get, post
from sqlalchemy import select

from portal.cases.first_step import first_step
from portal.cases.models import Case
from portal.cases.opening import MAY_OPEN, Registration
from portal.cases.pages.intake_forms import (
    TAKEN,
    CaseForm,
    Known,
    StepPart,
    files_needed,
    fill_from,
    is_id,
    look_up,
    name_details,
    offer_channels,
    step_shape,
)
from portal.cases.pages.photos import MOST_AT_ONCE, take_photos, tokens_of
from portal.cases.problems import TAKEN_OVER
from portal.cases.step_forms import said
from portal.cases.taking_in import Intake, Photo, take_in
from portal.cases.taking_over import MAY_TAKE_OVER, take_over, taking_over_of
from portal.imports.access import find_record
from portal.imports.models import PastRecord
from portal.kernel.db.unit import Database
from portal.kernel.i18n import N_
from portal.kernel.once import begun, ended
from portal.kernel.problems import Problem
from portal.kernel.web.dependencies import TheDatabase, ThisAct, Unit
from portal.kernel.web.fields import in_zone
from portal.kernel.web.forms import Choices, Rejected, asked, once_key, read_form, submitted
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.people.access import require
from portal.people.guards import allow
from portal.procedures.definition import Definition
from portal.procedures.forms import is_needed, seen_by
from portal.procedures.storing import all_in_force, definition_of

LATER = "later"
# What most calls are about; the clerk chooses another procedure where it is not.
USUAL = "P06"
ANOTHER = N_("Open that case instead, or tick this if it is another matter.")


@dataclass(kw_only=True)
class IntakePage(Page):
    """The form; `photos` are name and token of files that came with it and need not come again."""

    template: ClassVar[str] = "cases/intake.html"
    form: CaseForm
    known: Known
    part: StepPart | None
    codes: Choices
    now: datetime
    past: PastRecord | None = None
    photos: list[tuple[str, str]] = field(default_factory=list)

    @property
    def errors(self) -> Any:
        """Both forms as one, for the list of errors."""
        return _Both([self.form, *([self.part.form] if self.part else [])])


@dataclass(kw_only=True)
class MatchesPage(IntakePage):
    """Who it may be, alone: it takes its place in the form while the clerk types."""

    template: ClassVar[str] = "cases/matches.html"


@dataclass(kw_only=True)
class StepPartPage(IntakePage):
    """What another procedure asks, alone: it takes its place when that is chosen."""

    template: ClassVar[str] = "cases/step_part.html"


class _Both:
    """Several forms, as the list of errors reads one."""

    form_errors: tuple[str, ...] = ()

    def __init__(self, forms: list[Any]) -> None:
        self._fields = [one for form in forms for one in form]
        self.errors = {one.name: one.errors for one in self._fields if one.errors}

    def __iter__(self) -> Any:
        return iter(self._fields)


class IntakeController(Controller):
    """What `CaseController` inherits: one address belongs to one controller."""

    path = "/cases"

    @get("/new", guards=[allow(*MAY_OPEN)])
    async def new(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        return render(request, await _blank(request, db, act, IntakePage))

    @get("/new/matches", guards=[allow(*MAY_OPEN)])
    async def matches(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        return render(request, await _blank(request, db, act, MatchesPage))

    @get("/new/step", guards=[allow(*MAY_OPEN)])
    async def step(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        return render(request, await _blank(request, db, act, StepPartPage))

    @post(guards=[allow(*MAY_OPEN)], request_max_body_size=MOST_AT_ONCE)
    async def create(self, request: AnyRequest, act: ThisAct, database: TheDatabase) -> Answer:
        # Kept before the unit begins: writing to a disk holds no lock.
        photos, wrong = await take_photos(request)
        key = await once_key(request)
        number, href = await _create(request, database, act, key, photos, wrong)
        return redirect(request, href, N_("%(number)s is registered."), number=number)


async def _create(
    request: AnyRequest, database: Database, act: ThisAct, key: str, photos: list[Photo], wrong: str
) -> tuple[str, str]:
    """Number and address of the case; raises `Rejected` with the form as it was typed."""
    zone = request.app.state.settings.zone
    async with database.writing() as db:
        if href := await begun(db, act, key):
            case_id = int(href.rpartition("/")[2])
            return await db.scalar(select(Case.number).where(Case.id == case_id)) or "", href
        page = await _submitted(request, db, act)
        later = _is_later((await read_form(request)).get("then"))
        _validate(page, act, zone, later=later, has_files=bool(photos))
        if wrong:
            page.form.say("photos", wrong)
        if any(str(one.id) not in page.form.seen for one in page.known.alike):
            page.form.say("another_matter", ANOTHER)
        if page.errors.errors:
            page.photos = tokens_of(request.app.state.settings, photos)
            raise Rejected(page)
        case = await take_in(db, act, _intake(page, photos, zone, later=later), zone)
        if page.past:
            await take_over(db, act, page.past, case)
        href = f"/cases/{case.id}"
        await ended(db, act, key, href)
        return case.number, href


def _validate(page: IntakePage, act: ThisAct, zone: Any, *, later: bool, has_files: bool) -> None:
    """Say next to each field what is wrong with it."""
    form, part = page.form, page.part
    form.validate()
    form.validate_caller_data(page.known)
    form.validate_times(act.at, zone)
    if part is None:
        return
    first = part.first
    outcome = None if later else first.outcome
    facts = {name: form[name].data for name in ("channel", "urgency", "severity")}
    if first.outcome:  # to be completed later, it requires nothing: see `FirstStep.form_step`
        part.form.validate_for(first.outcome, zone, act.at, facts)
    else:
        part.form.validate()
    value_of = seen_by(first.step, part.form.answer(zone), facts)
    needed = {one.key for one in first.step.fields if outcome and is_needed(one, outcome, value_of)}
    caller = form.who(page.known)
    if first.details and first.details.key in needed and not (form.details.data or "").strip():
        form.say("details", N_("This field is required."))
    has_device = caller.device_id or caller.device_model or caller.device_serial
    if first.device and first.device.key in needed and not has_device:
        form.say("device_model", N_("This field is required."))
    if first.files and first.files.key in needed and not has_files:
        form.say("photos", N_("This field is required."))


def _intake(page: IntakePage, photos: list[Photo], zone: Any, *, later: bool) -> Intake:
    form, part = page.form, page.part
    assert part, "a valid form names a procedure in force"
    registration = Registration(
        code=form.code.data,
        subject=form.subject.data or "",
        details=(form.details.data or "").strip(),
        caller=form.who(page.known),
        channel=form.channel.data,
        received_at=in_zone(form.received_at.data, zone),
        urgency=form.urgency.data,
        severity=form.severity.data,
    )
    typed = part.form.answer(zone)
    outcome = None if later else part.first.outcome
    return Intake(
        registration,
        photos,
        lambda case, files: part.first.answer(case, typed, files, TAKEN),
        outcome.key if outcome and part.first.is_answerable else "",
    )


async def _blank(
    request: AnyRequest, db: Unit, act: ThisAct, shape: type[IntakePage]
) -> IntakePage:
    """The form as first shown, with what its address brings."""
    page = await _page(request, db, act, asked(request, CaseForm), shape)
    form = page.form
    now = act.at.astimezone(request.app.state.settings.zone)
    usual = {
        "channel": "phone",
        "received_at": now.replace(second=0, microsecond=0, tzinfo=None),
        "urgency": "medium",
        "severity": "general",
    }
    for name, value in usual.items():
        if not form[name].raw_data and not form[name].data:
            form[name].data = value
    return page


async def _submitted(request: AnyRequest, db: Unit, act: ThisAct) -> IntakePage:
    return await _page(request, db, act, await submitted(request, CaseForm), IntakePage)


async def _page(
    request: AnyRequest, db: Unit, act: ThisAct, form: CaseForm, shape: type[IntakePage]
) -> IntakePage:
    language = request.state.language
    today = act.at.astimezone(request.app.state.settings.zone).date()
    in_force = [definition_of(one) for one in await all_in_force(db, today)]
    definitions = {one.code: one for one in in_force if not one.by_itself}
    codes = [(code, f"{code} {said(one.title, language)}") for code, one in definitions.items()]
    form.code.choices = codes
    is_sent = request.method == "POST"
    if form.code.data not in definitions and not is_sent:
        form.code.data = USUAL if USUAL in definitions else next(iter(definitions), "")
    if not is_sent and not form.customer_phone.data:
        form.customer_phone.data = request.query_params.get("phone", "")[:40]
    part = None
    if definition := definitions.get(form.code.data or ""):
        part = await _part(request, definition)
        name_details(form, definition, language)
        offer_channels(form, definition, language)
    past = await _past(db, act, form.record.data or "")
    if past and not is_sent:
        fill_from(form, past)
    known = await look_up(db, act, form, is_sent=is_sent)
    return shape(form=form, known=known, part=part, codes=codes, now=act.at, past=past)


async def _past(db: Unit, act: ThisAct, typed: str) -> PastRecord | None:
    """The record of the past that is taken over with this form; raises ``taken-over``."""
    if not typed:
        return None
    require(act.actor, *MAY_TAKE_OVER)
    past = await find_record(db, act.actor, int(typed) if is_id(typed) else 0)
    if await taking_over_of(db, past):
        raise Problem(TAKEN_OVER)
    return past


async def _part(request: AnyRequest, definition: Definition) -> StepPart:
    first = first_step(definition)
    is_sent = request.method == "POST"
    later = is_sent and _is_later((await read_form(request)).get("then"))
    shape = step_shape(first, request.state.language, later=later)
    form = await submitted(request, shape) if is_sent else asked(request, shape)
    return StepPart(definition, first, form, files_needed(first, request.state.language))


def _is_later(then: Any) -> bool:
    """Whether the first step is to be completed later: so for whoever does not say."""
    return then in (None, LATER)
