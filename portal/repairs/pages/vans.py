"""What is in the vans: one engineer's stock with all that moved it, and handing parts out."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from litestar import Controller, get, post
from wtforms import DecimalField, RadioField, SelectField, StringField, ValidationError
from wtforms.validators import InputRequired

from portal.kernel.act import Act
from portal.kernel.i18n import N_
from portal.kernel.once import begun, ended
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.forms import Choices, Form, Rejected, blank, once_key, submitted
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.people.guards import allow
from portal.people.models import Person
from portal.people.pages.fields import AtMost, Key
from portal.people.roles import Role
from portal.repairs.access import KEEPERS, keeps_stock, visible_parts
from portal.repairs.amounts import written
from portal.repairs.models import Movement, Part, StockMovement
from portal.repairs.stock_reading import (
    Held,
    Van,
    find_part,
    find_van,
    list_vans,
    movements_of,
    stock_of,
)
from portal.repairs.stocking import hand_out

PATH = "/van-stock"
_MOST = Decimal(1_000_000)
MOVEMENTS = {
    Movement.HANDED_OUT: N_("Handed out"),
    Movement.TAKEN_BACK: N_("Taken back"),
    Movement.USED: N_("Used on site"),
    Movement.RETURNED: N_("Back from the site"),
    Movement.VOIDED: N_("Entry voided"),
}
_WAYS = [
    (str(Movement.HANDED_OUT), N_("Hand out")),
    (str(Movement.TAKEN_BACK), N_("Take back")),
]


def _is_quantity(_: Any, field: Any) -> None:
    number = field.data
    if number is None or not number.is_finite() or not 0 < number <= _MOST:
        raise ValidationError(field.gettext(N_("A number above 0 is needed.")))
    if number != number.quantize(Decimal("0.001")):
        raise ValidationError(field.gettext(N_("At most three decimals.")))


class MovementForm(Form):
    way = RadioField(N_("What happens"), [InputRequired()], default=str(Movement.HANDED_OUT))
    part = SelectField(N_("Part"), [InputRequired()])
    quantity = DecimalField(N_("Quantity"), [InputRequired(), _is_quantity])
    note = StringField(N_("Note"), [AtMost(200)])


@dataclass(kw_only=True)
class VansPage(Page):
    template: ClassVar[str] = "repairs/vans.html"
    vans: list[Van]


@dataclass(kw_only=True)
class VanPage(Page):
    """One van; `form` for those who hand out."""

    template: ClassVar[str] = "repairs/van.html"
    person: Person
    stock: list[Held]
    movements: list[StockMovement]
    kinds: dict[Movement, str]
    form: MovementForm | None

    def amount(self, number: Decimal) -> str:
        """A number as people write it."""
        return written(number)

    def signed(self, number: Decimal) -> str:
        """The same, with its sign."""
        return written(number) if number < 0 else f"+{written(number)}"


class VanController(Controller):
    path = PATH
    guards = (allow(*KEEPERS, Role.ENGINEER),)

    @get()
    async def index(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        return render(request, VansPage(vans=await list_vans(db, act.actor)))

    @get("/{person_id:int}")
    async def show(self, request: AnyRequest, db: Unit, act: ThisAct, person_id: Key) -> Answer:
        person = await find_van(db, act.actor, person_id)
        form = None
        if keeps_stock(act.actor):
            form = blank(request, MovementForm, None, **await _choices(db, act))
        return render(request, await _page(db, person, form))

    @post("/{person_id:int}/movements", guards=[allow(*KEEPERS)])
    async def create_movement(
        self, request: AnyRequest, db: Unit, act: ThisAct, person_id: Key
    ) -> Answer:
        person = await find_van(db, act.actor, person_id)
        form = await submitted(request, MovementForm, **await _choices(db, act))
        if not form.validate():
            raise Rejected(await _page(db, person, form))
        own, key = f"{PATH}/{person.id}", await once_key(request)
        if await begun(db, act, key) is None:
            part = await find_part(db, act.actor, int(form.part.data))
            quantity = form.quantity.data or Decimal(0)
            if form.way.data == Movement.TAKEN_BACK:
                quantity = -quantity
            await hand_out(db, act, person.id, part, quantity, (form.note.data or "").strip())
            await ended(db, act, key, own)
        return redirect(request, own, N_("The movement is entered."))


async def _page(db: Unit, person: Person, form: MovementForm | None) -> VanPage:
    return VanPage(
        person=person,
        stock=await stock_of(db, person.id),
        movements=await movements_of(db, person.id),
        kinds=MOVEMENTS,
        form=form,
    )


async def _choices(db: Unit, act: Act) -> dict[str, Choices]:
    query = visible_parts(act.actor).where(Part.is_current).order_by(Part.number)
    parts = [(str(part.id), f"{part.number} {part.name}") for part in await db.scalars(query)]
    return {"part": [("", "—"), *parts], "way": _WAYS}
