"""My inbox: what I was told, newest first; what of it is mailed, too."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from urllib.parse import urlencode

from litestar import Controller, get, post
from litestar.params import FromQuery
from sqlalchemy import Select
from wtforms import IntegerField, RadioField, SelectField
from wtforms.validators import InputRequired, NumberRange

from portal.kernel.db.keyset import Order, Slice, fetch
from portal.kernel.i18n import LANGUAGES, N_
from portal.kernel.problems import INVALID, Problem
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.forms import Form, Rejected, blank, submitted
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.notices.access import visible_notices
from portal.notices.channels import channels_of
from portal.notices.models import Mailing, Notice
from portal.notices.preferring import prefer, preference_of
from portal.notices.reading import read, read_all, unread_of
from portal.notices.wording import wording
from portal.people.access import me
from portal.people.guards import allow
from portal.people.pages.fields import Key

_LONGEST_CURSOR = 600
_NEWEST_FIRST = Order(Notice.id, Notice.id, falls=True)


class ReadingForm(Form):
    """All the notices that the page showed, and older ones."""

    up_to = IntegerField(validators=[InputRequired(), NumberRange(0, 2**63 - 1)])


class PreferenceForm(Form):
    mailing = RadioField(
        N_("Mail me"),
        [InputRequired()],
        choices=lambda: [
            (Mailing.ALL, N_("Every notice")),
            (Mailing.URGENT, N_("Urgent ones only")),
            (Mailing.NONE, N_("Nothing")),
        ],
    )
    language = SelectField(
        N_("Language of the mails"), [InputRequired()], choices=lambda: list(LANGUAGES.items())
    )


@dataclass(frozen=True, slots=True)
class Line:
    """A notice as its reader reads it."""

    id: int
    title: str
    at: datetime
    is_urgent: bool
    is_unread: bool


@dataclass(kw_only=True)
class InboxPage(Page):
    """A page of the inbox; `show` is "" for what is unread or "all"; `newest` of all lines."""

    template: ClassVar[str] = "notices/index.html"
    lines: Sequence[Line]
    newer: str | None
    older: str | None
    show: str
    cursor: str
    unread: int
    newest: int
    has_mail: bool

    def address(self, path: str = "/inbox", cursor: str | None = None) -> str:
        """``path`` with what is shown, at ``cursor`` or (None) where this page is."""
        return _address(path, self.show, self.cursor if cursor is None else cursor)


@dataclass(kw_only=True)
class PreferencePage(Page):
    template: ClassVar[str] = "notices/preference.html"
    form: PreferenceForm


class InboxController(Controller):
    path = "/inbox"
    guards = (allow(),)

    @get()
    async def index(
        self,
        request: AnyRequest,
        db: Unit,
        act: ThisAct,
        show: FromQuery[str] = "",
        cursor: FromQuery[str] = "",
    ) -> Answer:
        mine = visible_notices(act.actor)
        query = mine if show == "all" else mine.where(Notice.read_at.is_(None))
        found = await fetch(db, query, _NEWEST_FIRST, cursor[:_LONGEST_CURSOR])
        newest = await db.scalar(_newest(mine))
        page = InboxPage(
            lines=_lines(request, found),
            newer=found.newer,
            older=found.older,
            show="all" if show == "all" else "",
            cursor=cursor[:_LONGEST_CURSOR],
            unread=(await unread_of(db, [me(act)]))[me(act)],
            newest=newest or 0,
            has_mail="mail" in channels_of(db),
        )
        return render(request, page)

    @post("/{notice_id:int}/opening")
    async def open(self, request: AnyRequest, db: Unit, act: ThisAct, notice_id: Key) -> Answer:
        notice = await read(db, act, notice_id)
        return redirect(request, notice.href)

    @post("/{notice_id:int}/reading")
    async def create_reading(
        self,
        request: AnyRequest,
        db: Unit,
        act: ThisAct,
        notice_id: Key,
        show: FromQuery[str] = "",
        cursor: FromQuery[str] = "",
    ) -> Answer:
        await read(db, act, notice_id)
        return redirect(request, _address("/inbox", show, cursor))

    @post("/reading")
    async def create_readings(
        self, request: AnyRequest, db: Unit, act: ThisAct, show: FromQuery[str] = ""
    ) -> Answer:
        form = await submitted(request, ReadingForm)
        if not form.validate():
            raise Problem(INVALID)
        await read_all(db, act, form.up_to.data or 0)
        return redirect(request, _address("/inbox", show, ""), N_("Everything is marked as read."))

    @get("/preference")
    async def edit_preference(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        chosen = await preference_of(db, act)
        values = {
            "mailing": chosen.mailing if chosen else Mailing.ALL,
            "language": chosen.language if chosen else request.state.language.code,
        }
        return render(request, PreferencePage(form=blank(request, PreferenceForm, values)))

    @post("/preference")
    async def update_preference(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        form = await submitted(request, PreferenceForm)
        if not form.validate():
            raise Rejected(PreferencePage(form=form))
        await prefer(db, act, Mailing(form.mailing.data), form.language.data)
        return redirect(request, "/inbox", N_("Your choice is saved."))


def _lines(request: AnyRequest, found: Slice[Notice]) -> list[Line]:
    say = wording(request.state.language, request.app.state.settings.zone)
    return [
        Line(
            id=notice.id,
            title=say(notice.title, notice.values),
            at=notice.at,
            is_urgent=notice.urgent,
            is_unread=notice.read_at is None,
        )
        for notice in found.rows
    ]


def _newest(mine: Select[Notice]) -> Select[int]:
    return mine.with_only_columns(Notice.id).order_by(Notice.id.desc()).limit(1)


def _address(path: str, show: str, cursor: str) -> str:
    kept = {name: value for name, value in (("show", show), ("cursor", cursor)) if value}
    return f"{path}?{urlencode(kept)}" if kept else path
