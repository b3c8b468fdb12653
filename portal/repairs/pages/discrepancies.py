"""Where the books and a van differ: what is open, and settling it with a reason (rule 20)."""

from dataclasses import dataclass
from typing import ClassVar

from litestar import Controller, get, post
from wtforms import StringField
from wtforms.validators import InputRequired

from portal.kernel.i18n import N_
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.forms import Form, Rejected, blank, submitted
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.people.guards import allow
from portal.people.pages.fields import AtMost, Key, not_blank
from portal.repairs.access import KEEPERS
from portal.repairs.amounts import written
from portal.repairs.models import StockDiscrepancy
from portal.repairs.stock_reading import find_discrepancy, list_discrepancies
from portal.repairs.stocking import DISCREPANCIES, settle


class SettlementForm(Form):
    reason = StringField(
        N_("Reason"),
        [InputRequired(), AtMost(300), not_blank],
        description=N_("Why the van held more than the books: a delivery not entered, say."),
    )


@dataclass(kw_only=True)
class DiscrepanciesPage(Page):
    template: ClassVar[str] = "repairs/discrepancies.html"
    discrepancies: list[StockDiscrepancy]

    def balance(self, one: StockDiscrepancy) -> str:
        """What the books said."""
        return written(one.balance)


@dataclass(kw_only=True)
class DiscrepancyPage(Page):
    template: ClassVar[str] = "repairs/discrepancy.html"
    discrepancy: StockDiscrepancy
    form: SettlementForm

    @property
    def balance(self) -> str:
        """What the books said."""
        return written(self.discrepancy.balance)


class DiscrepancyController(Controller):
    path = DISCREPANCIES
    guards = (allow(*KEEPERS),)

    @get()
    async def index(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        found = await list_discrepancies(db, act.actor)
        return render(request, DiscrepanciesPage(discrepancies=found))

    @get("/{discrepancy_id:int}")
    async def show(
        self, request: AnyRequest, db: Unit, act: ThisAct, discrepancy_id: Key
    ) -> Answer:
        found = await find_discrepancy(db, act.actor, discrepancy_id)
        page = DiscrepancyPage(discrepancy=found, form=blank(request, SettlementForm))
        return render(request, page)

    @post("/{discrepancy_id:int}/settlement")
    async def create_settlement(
        self, request: AnyRequest, db: Unit, act: ThisAct, discrepancy_id: Key
    ) -> Answer:
        found = await find_discrepancy(db, act.actor, discrepancy_id)
        form = await submitted(request, SettlementForm)
        if not form.validate():
            raise Rejected(DiscrepancyPage(discrepancy=found, form=form))
        await settle(db, act, found, form.reason.data or "")
        return redirect(request, DISCREPANCIES, N_("It is settled."))
