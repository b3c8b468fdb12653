"""The customer's status page, and what is done on it. Looking at it never decides anything: mail
programs and scanners open links too."""

from datetime import datetime

from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import File
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.documenting import folder_of
from portal.kernel.act import Act
from portal.kernel.attachments import Stored
from portal.kernel.i18n import N_
from portal.kernel.once import led_to
from portal.kernel.problems import Problem
from portal.kernel.web.dependencies import TheDatabase, ThisAct, Unit
from portal.kernel.web.downloads import serve
from portal.kernel.web.forms import once_key, submitted
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.openings.access import find_link, holding
from portal.openings.appointing import choose
from portal.openings.cancelling import cancel
from portal.openings.models import Link
from portal.openings.pages.status_page import (
    CancelForm,
    Forms,
    WindowForm,
    WordsForm,
    do_once,
    page_again,
    status_page,
    too_often,
)
from portal.openings.pages.trouble import FOR_CUSTOMERS
from portal.openings.photos import MOST_SENT, BadPhoto, keep_photos
from portal.openings.problems import MOVED_OFTEN, TOO_LATE
from portal.openings.reading import find_sent
from portal.openings.saying import press, refuse_flood, write
from portal.people.pages.fields import Key
from portal.repairs.problems import SLOT_TAKEN
from portal.repairs.windows import Window

TAKEN = N_("This time has just been taken. Please choose one of the times below.")
WRONG_WINDOW = {
    SLOT_TAKEN: TAKEN,
    TOO_LATE: TOO_LATE.title,
    MOVED_OFTEN: MOVED_OFTEN.title,
}
THANKS = N_("Thank you. We have it.")


class StatusController(Controller):
    path = "/o/{token:str}"
    exception_handlers = FOR_CUSTOMERS
    opt = {"no_referrer": True}  # noqa: RUF012 - the framework's own way

    @get()
    async def show(
        self,
        request: AnyRequest,
        db: Unit,
        act: ThisAct,
        token: FromPath[str],
        received: FromQuery[str] = "",
    ) -> Answer:
        page = await status_page(request, db, act, token, Forms())
        page.is_new = received == "1"
        return render(request, page)

    @post("/messages", request_max_body_size=MOST_SENT)
    async def create_message(
        self, request: AnyRequest, database: TheDatabase, act: ThisAct, token: FromPath[str]
    ) -> Answer:
        async with database.reading() as db:
            await find_link(db, act, token)
        form = await submitted(request, WordsForm)
        if form.validate():
            key = await once_key(request)
            try:
                async with database.reading() as db:
                    link = await find_link(db, act, token)
                    if await led_to(db, holding(act, link), key) is not None:
                        return redirect(request, f"/o/{token}", THANKS)
                    # Before the photos take room; counted with the message, below.
                    await refuse_flood(db, act.at, link.case_id)
            except Problem as problem:
                return await too_often(request, database, act, token, Forms(words=form), problem)
        text = (form.text.data or "").strip()
        photos = []
        if not form.errors:
            try:
                photos = await keep_photos(request.app.state.settings.home, form.photos.data or [])
            except BadPhoto as bad:
                form.say("photos", str(bad))
            if not text and not photos and not form.errors:
                form.say("text", N_("Write something, or add a photo."))
        if form.errors:
            return await page_again(request, database, act, token, Forms(words=form))

        async def say(db: AsyncSession, mine: Act, link: Link) -> None:
            await write(db, mine, link, text, photos, request.app.state.settings.zone)

        try:
            return await do_once(request, database, act, token, say, THANKS)
        except Problem as problem:
            return await too_often(request, database, act, token, Forms(words=form), problem)

    @post("/press")
    async def create_press(
        self, request: AnyRequest, database: TheDatabase, act: ThisAct, token: FromPath[str]
    ) -> Answer:
        async def push(db: AsyncSession, mine: Act, link: Link) -> None:
            await press(db, mine, link, request.app.state.settings.zone)

        return await do_once(
            request, database, act, token, push, N_("Those who work on it have been told.")
        )

    @post("/withdrawal")
    async def create_withdrawal(
        self, request: AnyRequest, database: TheDatabase, act: ThisAct, token: FromPath[str]
    ) -> Answer:
        async with database.reading() as db:
            await find_link(db, act, token)
        form = await submitted(request, CancelForm)
        if not form.validate():
            return await page_again(request, database, act, token, Forms(cancelling=form))

        async def stop(db: AsyncSession, mine: Act, link: Link) -> None:
            reason = form.reason.data or ""
            await cancel(db, mine, link, reason, request.app.state.settings.zone)

        return await do_once(
            request, database, act, token, stop, N_("You asked to cancel. We will call you.")
        )

    @post("/appointment")
    async def update_appointment(
        self, request: AnyRequest, database: TheDatabase, act: ThisAct, token: FromPath[str]
    ) -> Answer:
        async with database.reading() as db:
            await find_link(db, act, token)
        form = await submitted(request, WindowForm)
        window = _read_window(form.window.data)
        if window is None:
            form.say("window", N_("Please choose a time."))
            return await page_again(request, database, act, token, Forms(window=form))

        async def agree(db: AsyncSession, mine: Act, link: Link) -> None:
            await choose(db, mine, link, window, request.app.state.settings.zone)

        try:
            return await do_once(
                request, database, act, token, agree, N_("The time is agreed. Thank you.")
            )
        except Problem as problem:
            if problem.kind not in WRONG_WINDOW:
                raise
            # What is left, read anew: nothing of this unit was written.
            form.say("window", WRONG_WINDOW[problem.kind])
            forms = Forms(window=form)
            return await page_again(request, database, act, token, forms, problem.kind.status)

    @get("/documents/{document_id:int}")
    async def show_document(
        self, request: AnyRequest, db: Unit, act: ThisAct, token: FromPath[str], document_id: Key
    ) -> File:
        link = await find_link(db, act, token)
        document = await find_sent(db, link, document_id)
        stored = Stored(document.sha256, document.size, document.mime)
        folder = folder_of(request.app.state.settings.home)
        # Pictures from here are our own, written anew: they are shown.
        answer = serve(folder, stored, document.name, inline=True)
        answer.headers["cache-control"] = "private, no-store"
        return answer


def _read_window(text: str | None) -> Window | None:
    """``<begin>/<end>`` as the page offers it; None for anything else."""
    begin, _, end = (text or "").partition("/")
    try:
        window = Window(datetime.fromisoformat(begin), datetime.fromisoformat(end))
    except ValueError:
        return None
    return window if all(edge.tzinfo for edge in window) else None
