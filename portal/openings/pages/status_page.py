"""The customer's page as it is shown, and how what is done there ends: by what all who answer on it
share."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncSession
from wtforms import MultipleFileField, RadioField, TextAreaField
from wtforms.validators import InputRequired

from portal.kernel.act import Act
from portal.kernel.db.unit import Database
from portal.kernel.i18n import N_
from portal.kernel.once import begun
from portal.kernel.problems import Problem
from portal.kernel.web.forms import Form, blank, once_key
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.openings.access import find_link, holding
from portal.openings.models import Link
from portal.openings.pages.opening_page import OpeningPage
from portal.openings.photos import ACCEPTED
from portal.openings.problems import TOO_OFTEN
from portal.openings.reading import Standing, standing_of
from portal.people.pages.fields import AtMost, not_blank
from portal.surveys.pages.opinion import OpinionForm, opinion_form
from portal.surveys.reading import Asked

FLOOD = N_("That was a lot within an hour. Please send the rest later, or call us.")


class WordsForm(Form):
    text = TextAreaField(N_("Your message"), [AtMost(2000)])
    photos = MultipleFileField(N_("Photos or PDF"), description=N_("At most 5 files, 10 MB each."))


class CancelForm(Form):
    reason = TextAreaField(N_("Why?"), [InputRequired(), AtMost(300), not_blank])


class ObjectionForm(Form):
    text = TextAreaField(
        N_("What is still wrong?"), [InputRequired(), AtMost(2000), not_blank], id="objection-text"
    )
    photos = MultipleFileField(
        N_("Photos or PDF"),
        description=N_("At most 5 files, 10 MB each."),
        id="objection-photos",
    )


class WindowForm(Form):
    window = RadioField(N_("Time"), validate_choice=False)


@dataclass(kw_only=True)
class StatusPage(OpeningPage):
    """A case as its customer sees it; the forms are blank unless they come back with errors."""

    template: ClassVar[str] = "openings/show.html"
    standing: Standing
    at: datetime
    words: WordsForm
    cancelling: CancelForm
    window: WindowForm
    objection: ObjectionForm
    # Where there is a survey to answer.
    rating: OpinionForm | None
    # The page comes right after the public form.
    is_new: bool = False
    full_address: str = ""
    # The last form came back with an error.
    failed: str = ""

    @property
    def accepted(self) -> str:
        return ACCEPTED


@dataclass(frozen=True, slots=True)
class Forms:
    """Forms that come back with errors."""

    words: WordsForm | None = None
    cancelling: CancelForm | None = None
    window: WindowForm | None = None
    objection: ObjectionForm | None = None
    rating: OpinionForm | None = None


async def do_once(
    request: AnyRequest,
    database: Database,
    act: Act,
    token: str,
    verb: Callable[[AsyncSession, Act, Link], Awaitable[str | None]],
    flash: str,
) -> Answer:
    """Let the holder of the link do something once, and go back to the page; what the verb returns
    is said there instead of ``flash``."""
    key = await once_key(request)
    async with database.writing() as db:
        link = await find_link(db, act, token)
        mine = holding(act, link)
        if await begun(db, mine, key) is None:
            flash = await verb(db, mine, link) or flash
    return redirect(request, f"/o/{token}", flash)


async def too_often(
    request: AnyRequest,
    database: Database,
    act: Act,
    token: str,
    forms: Forms,
    problem: Problem,
) -> Answer:
    """The page with what was written, and that it was too much; any other problem goes on."""
    if problem.kind is not TOO_OFTEN:
        raise problem
    for form in filter(None, (forms.words, forms.objection)):
        form.say("text", FLOOD)
    answer = await page_again(request, database, act, token, forms, problem.kind.status)
    answer.headers.update(problem.headers)
    return answer


async def page_again(
    request: AnyRequest, database: Database, act: Act, token: str, forms: Forms, status: int = 422
) -> Answer:
    async with database.reading() as db:
        page = await status_page(request, db, act, token, forms)
    page.status = status
    page.failed = N_("Not sent. Please look at the marked place.")
    return render(request, page)


async def status_page(
    request: AnyRequest, db: AsyncSession, act: Act, token: str, forms: Forms
) -> StatusPage:
    settings = request.app.state.settings
    link = await find_link(db, act, token)
    standing = await standing_of(db, act.at, link, settings.zone)
    return StatusPage(
        address=f"/o/{token}",
        full_address=f"{origin_of(request)}/o/{token}",
        standing=standing,
        at=act.at,
        words=forms.words or blank(request, WordsForm),
        cancelling=forms.cancelling or blank(request, CancelForm),
        window=forms.window or blank(request, WindowForm),
        objection=forms.objection or blank(request, ObjectionForm),
        rating=forms.rating or _rating(request, standing.survey),
    )


def _rating(request: AnyRequest, asked: Asked | None) -> OpinionForm | None:
    if asked is None or asked.survey.answered_at:
        return None
    shape: type[OpinionForm] = opinion_form(asked.template, request.state.language)
    return blank(request, shape)


def origin_of(request: AnyRequest) -> str:
    """Under which address customers reach the portal: as it is set, else as it is asked."""
    public: str = request.app.state.settings.public_url
    return public.rstrip("/") or f"{request.url.scheme}://{request.headers.get('host', '')}"
