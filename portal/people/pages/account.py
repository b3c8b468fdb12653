"""My own account: particulars, password, absences, deputy."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from litestar import Controller, get, post
from sqlalchemy.ext.asyncio import AsyncSession
from wtforms import DateTimeLocalField, PasswordField, SelectField, StringField, ValidationError
from wtforms.validators import InputRequired, Optional

from portal.kernel import tokens
from portal.kernel.act import Act
from portal.kernel.i18n import N_
from portal.kernel.web.dependencies import TheDatabase, ThisAct, Unit
from portal.kernel.web.forms import Form, Rejected, blank, submitted
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.people.access import me
from portal.people.going_away import Absence, call_off, deputise, go_away
from portal.people.guards import allow
from portal.people.inviting import change_password
from portal.people.listing import Listed, absences_of, colleagues, deputy_of, load_person
from portal.people.models import Person
from portal.people.pages.fields import AtMost, Key
from portal.people.passwords import PasswordForm, hash_password, is_right


class NewPasswordForm(PasswordForm):
    current = PasswordField(N_("Present password"), [InputRequired()])


class AbsenceForm(Form):
    from_at = DateTimeLocalField(N_("Away from"), [InputRequired()])
    until_at = DateTimeLocalField(N_("Back at"), [InputRequired()])
    reason = StringField(N_("Reason"), [AtMost(200)])
    deputy = SelectField(N_("Deputy for this time"), [Optional()])

    def validate_from_at(self, field: DateTimeLocalField) -> None:
        # Times near the first and the last year cannot be counted from one zone to another.
        if field.data and not 2000 <= field.data.year <= 2999:
            raise ValidationError(field.gettext("Not a valid datetime value."))

    def validate_until_at(self, field: DateTimeLocalField) -> None:
        if field.data and self.from_at.data and field.data <= self.from_at.data:
            raise ValidationError(field.gettext(N_("You are back after you have left.")))
        self.validate_from_at(field)


class DeputyForm(Form):
    standing_deputy = SelectField(N_("Standing deputy"), [Optional()])


@dataclass(kw_only=True)
class AccountPage(Page):
    """What I may change about myself."""

    template: ClassVar[str] = "people/account.html"
    person: Person
    absences: list[Listed]
    absence: AbsenceForm
    deputy: DeputyForm


@dataclass(kw_only=True)
class PasswordPage(Page):
    template: ClassVar[str] = "people/password.html"
    form: NewPasswordForm


class AccountController(Controller):
    path = "/account"
    guards = (allow(),)

    @get()
    async def show(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        return render(request, await _page(request, db, act))

    @get("/password")
    async def edit_password(self, request: AnyRequest) -> Answer:
        return render(request, PasswordPage(form=blank(request, NewPasswordForm)))

    @post("/password")
    async def update_password(
        self, request: AnyRequest, act: ThisAct, database: TheDatabase
    ) -> Answer:
        form = await submitted(request, NewPasswordForm)
        page = PasswordPage(form=form)
        if not form.validate():
            raise Rejected(page)
        async with database.reading() as db:
            person = await load_person(db, act.actor, me(act))
        if not await is_right(person.password_hash, form.current.data or ""):
            form.say("current", N_("This is not your present password."))
            raise Rejected(page)
        hashed = await hash_password(form.password.data or "")
        async with database.writing() as db:
            person = await load_person(db, act.actor, me(act))
            await change_password(db, act, person, hashed, tokens.digest(request.state.browser))
        return redirect(
            request, "/account", N_("Your password is changed; other browsers are signed out.")
        )

    @post("/absences")
    async def create_absence(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        choices = await deputy_choices(db, act, me(act))
        form = await submitted(request, AbsenceForm, deputy=choices)
        if not form.validate():
            raise Rejected(await _page(request, db, act, absence=form))
        await go_away(db, act, me(act), absence_from(request, form))
        return redirect(request, "/account", N_("Your absence is entered."))

    @post("/deputy")
    async def update_deputy(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        choices = await deputy_choices(db, act, me(act))
        form = await submitted(request, DeputyForm, standing_deputy=choices)
        if not form.validate():
            raise Rejected(await _page(request, db, act, deputy=form))
        today = act.at.astimezone(request.app.state.settings.zone).date()
        chosen = int(form.standing_deputy.data) if form.standing_deputy.data else None
        await deputise(db, act, me(act), chosen, today)
        return redirect(request, "/account", N_("Your deputy is saved."))


class AbsenceController(Controller):
    path = "/absences"
    guards = (allow(),)

    @post("/{leave_id:int}/withdrawal")
    async def destroy(self, request: AnyRequest, db: Unit, act: ThisAct, leave_id: Key) -> Answer:
        leave = await call_off(db, act, leave_id)
        back = "/account" if leave.person_id == me(act) else f"/people/{leave.person_id}"
        return redirect(request, back, N_("The absence is called off."))


async def deputy_choices(db: AsyncSession, act: Act, person_id: int) -> list[tuple[str, str]]:
    """Everybody who works here but ``person_id``, and at first nobody."""
    people = await colleagues(db, act.actor)
    return [("", "—"), *((str(p.id), p.name) for p in people if p.id != person_id)]


def absence_from(request: AnyRequest, form: AbsenceForm) -> Absence:
    """What a valid ``form`` says; its times are the company's."""
    zone = request.app.state.settings.zone
    from_at: Any = form.from_at.data
    until_at: Any = form.until_at.data
    return Absence(
        from_at=datetime.combine(from_at.date(), from_at.time(), zone),
        until_at=datetime.combine(until_at.date(), until_at.time(), zone),
        reason=(form.reason.data or "").strip(),
        deputy_id=int(form.deputy.data) if form.deputy.data else None,
    )


async def _page(
    request: AnyRequest,
    db: AsyncSession,
    act: Act,
    absence: AbsenceForm | None = None,
    deputy: DeputyForm | None = None,
) -> AccountPage:
    person = await load_person(db, act.actor, me(act))
    today = act.at.astimezone(request.app.state.settings.zone).date()
    standing = await deputy_of(db, person.id, today)
    choices = await deputy_choices(db, act, person.id)
    chosen = {"standing_deputy": str(standing.id) if standing else ""}
    return AccountPage(
        person=person,
        absences=await absences_of(db, person.id, act.at),
        absence=absence or blank(request, AbsenceForm, deputy=choices),
        deputy=deputy or blank(request, DeputyForm, chosen, standing_deputy=choices),
    )
