"""Signing in and out."""

from dataclasses import dataclass
from typing import ClassVar

from litestar import Controller, get, post
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired

from portal.kernel import tokens
from portal.kernel.act import Staff
from portal.kernel.i18n import N_
from portal.kernel.problems import Problem
from portal.kernel.web.dependencies import TheDatabase, ThisAct, Unit
from portal.kernel.web.forms import Form, Rejected, asked, submitted
from portal.kernel.web.gate import browser_cookie
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.people.pages.fields import AtMost
from portal.people.problems import WRONG_PASSWORD
from portal.people.signing_in import Credentials, sign_in, sign_out


class SignInForm(Form):
    login = StringField(N_("Login"), [InputRequired(), AtMost(60)])
    password = PasswordField(N_("Password"), [InputRequired(), AtMost(200)])
    next = HiddenField()


@dataclass(frozen=True, slots=True)
class DemoAccounts:
    """What a demonstration company shows at its door: (login, name, role label) and one
    password."""

    accounts: tuple[tuple[str, str, str], ...] = ()
    password: str = ""


@dataclass(kw_only=True)
class SignInPage(Page):
    """The way in."""

    template: ClassVar[str] = "people/sign_in.html"
    form: SignInForm
    demo: DemoAccounts


class SignInController(Controller):
    @get("/sign-in")
    async def new(self, request: AnyRequest) -> Answer:
        form = asked(request, SignInForm)
        if isinstance(request.state.actor, Staff):
            return redirect(request, _inside(form.next.data))
        return render(request, _page(request, form))

    @post("/sign-in")
    async def create(self, request: AnyRequest, act: ThisAct, database: TheDatabase) -> Answer:
        form = await submitted(request, SignInForm)
        page = _page(request, form)
        if not form.validate():
            raise Rejected(page)
        # A new token at every sign-in: one that somebody else has planted or seen is worth nothing.
        token = tokens.mint()
        address = request.client.host if request.client else ""
        given = Credentials(
            form.login.data or "",
            form.password.data or "",
            address,
            browser=tokens.digest(token),
            former=tokens.digest(request.state.browser),
        )
        try:
            await sign_in(database, act, given)
        except Problem as problem:
            if problem.kind is not WRONG_PASSWORD:
                raise
            form.say("password", problem.kind.happened)
            raise Rejected(page) from problem
        answer = redirect(request, _inside(form.next.data))
        answer.set_cookie(browser_cookie(request.app.state.settings, token))
        return answer

    @post("/sign-out")
    async def destroy(self, request: AnyRequest, act: ThisAct, db: Unit) -> Answer:
        await sign_out(db, act, tokens.digest(request.state.browser))
        answer = redirect(request, "/sign-in", N_("You are signed out."))
        answer.set_cookie(browser_cookie(request.app.state.settings, tokens.mint()))
        return answer


def _page(request: AnyRequest, form: SignInForm) -> SignInPage:
    return SignInPage(form=form, demo=request.app.state.demo_accounts)


def _inside(path: str | None) -> str:
    """``path`` when it leads to a page of this portal, else the desk: never to another host."""
    is_ours = path is not None and path.startswith("/") and path[1:2] not in ("/", "\\")
    return path if path is not None and is_ours else "/"
