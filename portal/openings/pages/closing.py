"""What the customer decides at the end, on the page of their link: solved, not solved, how it was.
Each is a real button that posts; whoever presses it twice is shown what came of the first."""

from litestar import Controller, post
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.problems import NOT_REOPENABLE, REOPENED_LATE
from portal.kernel.act import Act
from portal.kernel.i18n import N_
from portal.kernel.once import led_to
from portal.kernel.problems import NOT_FOUND, Problem
from portal.kernel.web.dependencies import TheDatabase, ThisAct
from portal.kernel.web.forms import blank, once_key, submitted
from portal.kernel.web.render import Answer, AnyRequest, redirect
from portal.openings.access import find_link, holding
from portal.openings.closing import confirm, contest
from portal.openings.models import Link
from portal.openings.pages.status_page import (
    Forms,
    ObjectionForm,
    WordsForm,
    do_once,
    page_again,
    too_often,
)
from portal.openings.pages.trouble import FOR_CUSTOMERS
from portal.openings.photos import MOST_SENT, BadPhoto, keep_photos
from portal.openings.saying import refuse_flood
from portal.surveys.answering import rate
from portal.surveys.pages.opinion import opinion_form
from portal.surveys.reading import asked_of

CLOSED = N_("Thank you. Your request is closed.")
GOES_ON = N_("Thank you for telling us. We go on with it.")
MOVED_ON = N_("Your request has moved on in the meantime: see below how it stands.")
RATED = N_("Thank you for your opinion.")
RATED_BEFORE = N_("You have told us your opinion before; it is shown below.")


class ClosingController(Controller):
    path = "/o/{token:str}"
    exception_handlers = FOR_CUSTOMERS
    opt = {"no_referrer": True}  # noqa: RUF012 - the framework's own way

    @post("/closure")
    async def create_closure(
        self, request: AnyRequest, database: TheDatabase, act: ThisAct, token: FromPath[str]
    ) -> Answer:
        async def close(db: AsyncSession, mine: Act, link: Link) -> str | None:
            is_closed = await confirm(db, mine, link, request.app.state.settings.zone)
            return None if is_closed else MOVED_ON

        return await do_once(request, database, act, token, close, CLOSED)

    @post("/objection", request_max_body_size=MOST_SENT)
    async def create_objection(
        self, request: AnyRequest, database: TheDatabase, act: ThisAct, token: FromPath[str]
    ) -> Answer:
        async with database.reading() as db:
            await find_link(db, act, token)
        form = await submitted(request, ObjectionForm)
        forms = Forms(objection=form)
        photos = []
        if form.validate():
            key = await once_key(request)
            try:
                async with database.reading() as db:
                    link = await find_link(db, act, token)
                    if await led_to(db, holding(act, link), key) is not None:
                        return redirect(request, f"/o/{token}", GOES_ON)
                    # Before the photos take room; counted with the message, below.
                    await refuse_flood(db, act.at, link.case_id)
                photos = await keep_photos(request.app.state.settings.home, form.photos.data or [])
            except BadPhoto as bad:
                form.say("photos", str(bad))
            except Problem as problem:
                return await too_often(request, database, act, token, forms, problem)
        if form.errors:
            return await page_again(request, database, act, token, forms)

        async def object_(db: AsyncSession, mine: Act, link: Link) -> None:
            words = form.text.data or ""
            await contest(db, mine, link, words, photos, request.app.state.settings.zone)

        try:
            return await do_once(request, database, act, token, object_, GOES_ON)
        except Problem as problem:
            if problem.kind not in (NOT_REOPENABLE, REOPENED_LATE):
                return await too_often(request, database, act, token, forms, problem)
            # What was typed stands in the form for words, which reach us all the same.
            words = blank(request, WordsForm, {"text": form.text.data})
            words.say("text", problem.kind.title)
            forms = Forms(words=words)
            return await page_again(request, database, act, token, forms, problem.kind.status)

    @post("/survey")
    async def create_survey(
        self, request: AnyRequest, database: TheDatabase, act: ThisAct, token: FromPath[str]
    ) -> Answer:
        async with database.reading() as db:
            link = await find_link(db, act, token)
            asked = await asked_of(db, link.case_id)
        if asked is None:
            raise Problem(NOT_FOUND)
        if asked.survey.answered_at:
            return redirect(request, f"/o/{token}", RATED_BEFORE)
        form = await submitted(request, opinion_form(asked.template, request.state.language))
        if not form.validate():
            return await page_again(request, database, act, token, Forms(rating=form))
        given = form.opinion()

        async def say(db: AsyncSession, mine: Act, link: Link) -> str | None:
            counted = await rate(db, mine, link.case_id, given, request.app.state.settings.zone)
            return None if counted else RATED_BEFORE

        return await do_once(request, database, act, token, say, RATED)
