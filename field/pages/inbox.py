"""The office's inbox of what came from the field and needs a look (rule 16)."""

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from litestar import Controller, get, post
from litestar.params import FromPath
from wtforms import StringField
from wtforms.validators import InputRequired

from field.access import RULERS
from field.envelopes import read_operation
from field.inbox import Setting, accept, discard, find_job, find_operation, list_open, move
from field.models import FieldOp, Outcome
from field.wording import CODES, FIELDS, KINDS
from portal.cases.access import visible_cases
from portal.cases.models import Case
from portal.kernel.i18n import N_
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.forms import Form, Rejected, blank, submitted
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.people.guards import allow
from portal.people.pages.fields import AtMost, not_blank

PATH = "/field-inbox"
_LONGEST_ID = 36


class MoveForm(Form):
    number = StringField(
        N_("Case number"), [InputRequired(), AtMost(30), not_blank], id="move-number"
    )


class DiscardForm(Form):
    reason = StringField(N_("Reason"), [InputRequired(), AtMost(300), not_blank])


@dataclass(kw_only=True)
class FieldInboxPage(Page):
    """What waits for the office; `kinds` and `codes` say an operation's kind and why it waits."""

    template: ClassVar[str] = "field/inbox.html"
    operations: list[FieldOp]
    kinds: dict[str, str]
    codes: dict[str, str]


@dataclass(kw_only=True)
class OperationPage(Page):
    """One operation: what was sent, in lines of name and value, and the ways out that it has."""

    template: ClassVar[str] = "field/operation.html"
    operation: FieldOp
    content: list[tuple[str, str]]
    kinds: dict[str, str]
    codes: dict[str, str]
    fields: dict[str, str]
    sees_case: bool
    moving: MoveForm
    discarding: DiscardForm

    @property
    def is_parked(self) -> bool:
        return self.operation.outcome == Outcome.PARKED and self.operation.ruling is None

    @property
    def is_flagged(self) -> bool:
        return self.operation.outcome == Outcome.FLAGGED and self.operation.ruling is None


class FieldInboxController(Controller):
    path = PATH
    guards = (allow(*RULERS),)

    @get()
    async def index(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        found = await list_open(db, act)
        return render(request, FieldInboxPage(operations=found, kinds=KINDS, codes=CODES))

    @get("/{op_id:str}")
    async def show(
        self, request: AnyRequest, db: Unit, act: ThisAct, op_id: FromPath[str]
    ) -> Answer:
        operation = await find_operation(db, act, op_id[:_LONGEST_ID])
        return render(request, await _page(request, db, act, operation))

    @post("/{op_id:str}/acceptance")
    async def create_acceptance(
        self, request: AnyRequest, db: Unit, act: ThisAct, op_id: FromPath[str]
    ) -> Answer:
        await accept(db, act, op_id[:_LONGEST_ID], _setting(request))
        return redirect(request, PATH, N_("It is taken over."))

    @post("/{op_id:str}/move")
    async def create_move(
        self, request: AnyRequest, db: Unit, act: ThisAct, op_id: FromPath[str]
    ) -> Answer:
        operation = await find_operation(db, act, op_id[:_LONGEST_ID])
        form = await submitted(request, MoveForm)
        task = await find_job(db, act, form.number.data or "") if form.validate() else None
        if task is None:
            if not form.errors:
                form.say("number", N_("No case of this number has been on site."))
            raise Rejected(await _page(request, db, act, operation, moving=form))
        await move(db, act, operation.op_id, task, _setting(request))
        return redirect(request, PATH, N_("It is moved."))

    @post("/{op_id:str}/discard")
    async def destroy(
        self, request: AnyRequest, db: Unit, act: ThisAct, op_id: FromPath[str]
    ) -> Answer:
        operation = await find_operation(db, act, op_id[:_LONGEST_ID])
        form = await submitted(request, DiscardForm)
        if not form.validate():
            raise Rejected(await _page(request, db, act, operation, discarding=form))
        await discard(db, act, operation.op_id, form.reason.data or "")
        return redirect(request, PATH, N_("It is discarded; what was sent is kept."))


def _setting(request: AnyRequest) -> Setting:
    settings = request.app.state.settings
    return Setting(settings.zone, settings.home)


async def _page(
    request: AnyRequest,
    db: Unit,
    act: ThisAct,
    operation: FieldOp,
    *,
    moving: MoveForm | None = None,
    discarding: DiscardForm | None = None,
) -> OperationPage:
    seen = visible_cases(act.actor).where(Case.id == operation.case_id)
    return OperationPage(
        operation=operation,
        content=_lines(operation),
        kinds=KINDS,
        codes=CODES,
        fields=FIELDS,
        sees_case=operation.case_id is not None and await db.scalar(seen) is not None,
        moving=moving or blank(request, MoveForm),
        discarding=discarding or blank(request, DiscardForm),
    )


def _lines(operation: FieldOp) -> list[tuple[str, str]]:
    """What was sent, as somebody can read it: a field of the body a line, a picture by its size."""
    text = read_operation(operation.envelope).body
    try:
        body = json.loads(text)
    except ValueError:
        body = text
    return list(_flat("", body))


def _flat(name: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [
            line
            for key, inner in value.items()
            if key != "thumbnail"
            for line in _flat(f"{name}.{key}" if name else str(key), inner)
        ]
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return [(name, shown)] if shown not in ("", "null") else []
