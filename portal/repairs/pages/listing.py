"""What the lists of parts and tools share: both are found by number or name, and kept alike."""

from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from litestar.params import FromQuery, QueryParameter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from wtforms import StringField
from wtforms.validators import InputRequired

from portal.kernel.db.keyset import Slice
from portal.kernel.i18n import N_
from portal.kernel.web.forms import VersionedForm
from portal.kernel.web.list_page import ListPage
from portal.people.pages.fields import AtMost, not_blank
from portal.repairs.cataloguing import normal_number
from portal.repairs.models import Part, Tool
from portal.repairs.stock_reading import Wanted

Thing = TypeVar("Thing", Part, Tool)


class NumberedForm(VersionedForm):
    """A form of what has a number and a name."""

    number = StringField(N_("Number"), [InputRequired(), AtMost(40), not_blank])
    name = StringField(N_("Name"), [InputRequired(), AtMost(120), not_blank])

    async def is_taken(self, db: AsyncSession, model: type[Thing], own: Thing | None) -> bool:
        """Whether another than ``own`` has the number; then the form says so."""
        number = normal_number(self.number.data or "")
        query: Any = select(model.id).where(model.number == number)
        taken = await db.scalar(query.where(model.id != (own.id if own else 0))) is not None
        if taken:
            self.say("number", N_("This number is in use already."))
        return taken


@dataclass(kw_only=True)
class NumberedPage(ListPage, Generic[Thing]):
    """A list of what has a number and a name."""

    rows: Slice[Thing]
    wanted: Wanted

    def filters(self) -> dict[str, str]:
        return {"q": self.wanted.words}

    def order(self) -> dict[str, str]:
        return {"sort": self.wanted.sort}


async def wanted_by(
    words: Annotated[str, QueryParameter(name="q")] = "",
    sort: FromQuery[str] = "number",
    cursor: FromQuery[str] = "",
) -> Wanted:
    """What the address asks a list for."""
    return Wanted(words=words[:100].replace("\x00", " "), sort=sort, cursor=cursor[:600])
