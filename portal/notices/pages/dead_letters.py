"""Undelivered notices: administrators see to whom and why not, and try again or give up."""

from dataclasses import dataclass
from typing import ClassVar

from litestar import Controller, get, post
from litestar.params import FromQuery
from sqlalchemy.orm import joinedload
from wtforms import StringField
from wtforms.validators import InputRequired

from portal.kernel.db.keyset import Order, Slice, fetch
from portal.kernel.i18n import N_
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.forms import Form, Rejected, blank, submitted
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.notices.access import visible_dead_letters
from portal.notices.models import Letter
from portal.notices.retrying import drop, load_dead, retry
from portal.people.guards import allow
from portal.people.pages.fields import AtMost, Key, not_blank
from portal.people.roles import Role

_LONGEST_CURSOR = 600
CHANNEL_LABELS = {"mail": N_("Mail")}


class DropForm(Form):
    reason = StringField(N_("Reason"), [InputRequired(), AtMost(200), not_blank])


@dataclass(kw_only=True)
class DeadLettersPage(Page):
    template: ClassVar[str] = "notices/dead_letters.html"
    letters: Slice[Letter]
    channels: dict[str, str]


@dataclass(kw_only=True)
class DeadLetterPage(Page):
    """One of them, and the form that drops it."""

    template: ClassVar[str] = "notices/dead_letter.html"
    letter: Letter
    channels: dict[str, str]
    form: DropForm


class DeadLetterController(Controller):
    path = "/dead-letters"
    guards = (allow(Role.ADMINISTRATOR),)

    @get()
    async def index(
        self, request: AnyRequest, db: Unit, act: ThisAct, cursor: FromQuery[str] = ""
    ) -> Answer:
        query = visible_dead_letters(act.actor).options(
            joinedload(Letter.recipient), joinedload(Letter.notice)
        )
        newest_first = Order(Letter.id, Letter.id, falls=True)
        found = await fetch(db, query, newest_first, cursor[:_LONGEST_CURSOR])
        return render(request, DeadLettersPage(letters=found, channels=CHANNEL_LABELS))

    @get("/{letter_id:int}")
    async def show(self, request: AnyRequest, db: Unit, act: ThisAct, letter_id: Key) -> Answer:
        letter = await load_dead(db, act, letter_id)
        return render(request, _page(letter, blank(request, DropForm)))

    @post("/retry")
    async def create_retries(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        await retry(db, act)
        return redirect(request, "/dead-letters", N_("They are being sent again."))

    @post("/{letter_id:int}/retry")
    async def create_retry(
        self, request: AnyRequest, db: Unit, act: ThisAct, letter_id: Key
    ) -> Answer:
        letter = await load_dead(db, act, letter_id)
        await retry(db, act, letter.id)
        return redirect(request, "/dead-letters", N_("It is being sent again."))

    @post("/{letter_id:int}/drop")
    async def destroy(self, request: AnyRequest, db: Unit, act: ThisAct, letter_id: Key) -> Answer:
        letter = await load_dead(db, act, letter_id)
        form = await submitted(request, DropForm)
        if not form.validate():
            raise Rejected(_page(letter, form))
        await drop(db, act, letter, form.reason.data or "")
        return redirect(request, "/dead-letters", N_("It is dropped."))


def _page(letter: Letter, form: DropForm) -> DeadLetterPage:
    return DeadLetterPage(letter=letter, channels=CHANNEL_LABELS, form=form)
