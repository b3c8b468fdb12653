"""Accepting an invitation: choose a password; on an empty portal, become its administrator."""

import re
from dataclasses import dataclass
from typing import ClassVar

from litestar import Controller, get, post
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession
from wtforms import StringField, ValidationError
from wtforms.validators import InputRequired

from portal.kernel import tokens
from portal.kernel.act import Act
from portal.kernel.i18n import N_
from portal.kernel.web.dependencies import TheDatabase, ThisAct, Unit
from portal.kernel.web.forms import Rejected, blank, submitted
from portal.kernel.web.gate import browser_cookie
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.people.inviting import accept, found, open_invitation
from portal.people.models import Person
from portal.people.pages.fields import AtMost, not_blank
from portal.people.passwords import PasswordForm, hash_password
from portal.people.signing_in import remember_browser, sign_out

LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,59}")


def check_login(field: StringField) -> None:
    """Fold the login to lower case; a login is plain ASCII, so that it can be typed anywhere."""
    field.data = (field.data or "").strip().lower()
    if not LOGIN.fullmatch(field.data):
        raise ValidationError(
            field.gettext(N_("A login has 2 to 60 letters, digits, dots or hyphens."))
        )


class FounderForm(PasswordForm):
    login = StringField(N_("Login"), [InputRequired()])
    name = StringField(N_("Full name"), [InputRequired(), AtMost(60), not_blank])

    def validate_login(self, field: StringField) -> None:
        check_login(field)


@dataclass(kw_only=True)
class InvitationPage(Page):
    """Choose a password; `person` is nobody when the first administrator is to be named."""

    template: ClassVar[str] = "people/invitation.html"
    form: PasswordForm
    token: str
    person: Person | None


class InvitationController(Controller):
    path = "/invitations"

    @get("/{token:str}")
    async def edit(
        self, request: AnyRequest, db: Unit, act: ThisAct, token: FromPath[str]
    ) -> Answer:
        person = await _invited(db, act, token)
        form = blank(request, PasswordForm if person else FounderForm)
        return render(request, InvitationPage(form=form, token=token, person=person))

    @post("/{token:str}")
    async def update(
        self, request: AnyRequest, act: ThisAct, database: TheDatabase, token: FromPath[str]
    ) -> Answer:
        async with database.reading() as db:
            person = await _invited(db, act, token)
        form = await submitted(request, PasswordForm if person else FounderForm)
        if not form.validate():
            raise Rejected(InvitationPage(form=form, token=token, person=person))
        hashed = await hash_password(form.password.data or "")
        browser = tokens.mint()
        async with database.writing() as db:
            invitation = await open_invitation(db, act, token)
            if isinstance(form, FounderForm):
                login, name = form.login.data or "", form.name.data or ""
                who = await found(db, act, invitation, login=login, name=name, hashed=hashed)
            else:
                who = await db.get_one(Person, invitation.person_id)
                await accept(db, act, invitation, who, hashed)
            await sign_out(db, act, tokens.digest(request.state.browser))
            await remember_browser(db, act, who, tokens.digest(browser))
        answer = redirect(request, "/", N_("Welcome. Your password is set."))
        answer.set_cookie(browser_cookie(request.app.state.settings, browser))
        return answer


async def _invited(db: AsyncSession, act: Act, token: str) -> Person | None:
    invitation = await open_invitation(db, act, token)
    return await db.get(Person, invitation.person_id) if invitation.person_id else None
