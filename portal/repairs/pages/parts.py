"""The list of parts: searched, entered and amended by those who keep it."""

from dataclasses import dataclass
from typing import ClassVar

from litestar import Controller, get, post
from litestar.di import NamedDependency, Provide
from wtforms import BooleanField, StringField
from wtforms.validators import InputRequired, NumberRange, Optional

from portal.kernel.act import Act
from portal.kernel.i18n import N_
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.fields import MoneyField
from portal.kernel.web.forms import Rejected, blank, submitted
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.people.guards import allow
from portal.people.pages.fields import AtMost, Key, not_blank
from portal.repairs.access import KEEPERS
from portal.repairs.cataloguing import PartCard, save_part
from portal.repairs.models import Part
from portal.repairs.pages.listing import NumberedForm, NumberedPage, wanted_by
from portal.repairs.stock_reading import Wanted, find_part, list_parts

PATH = "/parts"
_MOST_YUAN = 9_999_999


class PartForm(NumberedForm):
    unit = StringField(N_("Unit"), [InputRequired(), AtMost(20), not_blank])
    price = MoneyField(N_("Price (yuan)"), [Optional(), NumberRange(0, _MOST_YUAN)])
    is_current = BooleanField(
        N_("In use"),
        description=N_("Phones carry the parts in use; what was fitted before stays on record."),
    )


@dataclass(kw_only=True)
class PartsPage(NumberedPage[Part]):
    template: ClassVar[str] = "repairs/parts.html"
    path: ClassVar[str] = PATH


@dataclass(kw_only=True)
class PartFormPage(Page):
    """Enter (`part` is None) or amend."""

    template: ClassVar[str] = "repairs/part_form.html"
    form: PartForm
    part: Part | None = None


class PartController(Controller):
    path = PATH
    dependencies = {"wanted": Provide(wanted_by)}  # noqa: RUF012 - the framework's own way
    guards = (allow(*KEEPERS),)

    @get()
    async def index(
        self, request: AnyRequest, db: Unit, act: ThisAct, wanted: NamedDependency[Wanted]
    ) -> Answer:
        rows = await list_parts(db, act.actor, wanted)
        return render(request, PartsPage(rows=rows, wanted=wanted))

    @get("/new")
    async def new(self, request: AnyRequest) -> Answer:
        return render(request, PartFormPage(form=blank(request, PartForm, {"is_current": True})))

    @post()
    async def create(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        return await self._save(request, db, act, None)

    @get("/{part_id:int}/edit")
    async def edit(self, request: AnyRequest, db: Unit, act: ThisAct, part_id: Key) -> Answer:
        part = await find_part(db, act.actor, part_id)
        return render(
            request, PartFormPage(form=blank(request, PartForm, _values(part)), part=part)
        )

    @post("/{part_id:int}")
    async def update(self, request: AnyRequest, db: Unit, act: ThisAct, part_id: Key) -> Answer:
        return await self._save(request, db, act, await find_part(db, act.actor, part_id))

    async def _save(self, request: AnyRequest, db: Unit, act: Act, part: Part | None) -> Answer:
        form = await submitted(request, PartForm)
        if not form.validate() or await form.is_taken(db, Part, part):
            raise Rejected(PartFormPage(form=form, part=part))
        if part:
            form.refuse_stale(_values(part))
        card = PartCard(
            number=form.number.data or "",
            name=form.name.data or "",
            unit=form.unit.data or "",
            price=form.price.data,
            is_current=bool(form.is_current.data),
        )
        await save_part(db, act, part or Part(), card)
        return redirect(request, PATH, N_("%(name)s is saved."), name=card.name)


def _values(part: Part) -> dict[str, object]:
    return {
        "version": part.version,
        "number": part.number,
        "name": part.name,
        "unit": part.unit,
        "price": part.price,
        "is_current": part.is_current,
    }
