"""Fields of forms that several pages of this room and of cases share."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from wtforms import Field, ValidationError

from portal.customers.phones import is_dialable
from portal.kernel.i18n import N_
from portal.kernel.web.forms import Choices
from portal.people.models import Region
from portal.people.pages.fields import AtMost, matching

PHONE = matching(
    r"[+\d(（][\d\s()（）-]{4,28}(?:\s*(?:转|转接|分机|内线|x|ext\.?)\s*\d{1,6})?",
    N_("This is not a phone number."),
)


def dialable(_: Any, field: Field) -> None:
    """A validator for who types their own number: somebody can be reached there."""
    field.data = (field.data or "").strip()
    if not is_dialable(field.data):
        raise ValidationError(
            field.gettext(
                N_("Please enter a number at which we can reach you; a landline with area code.")
            )
        )


EMAIL: list[Any] = [
    AtMost(120),
    matching(r"[^@\s]+@[^@\s]+\.[^@\s]+", N_("This is not an e-mail address.")),
]


async def region_choices(db: AsyncSession) -> Choices:
    """Every region by name, and at first none."""
    regions = await db.scalars(select(Region).order_by(Region.name))
    return [("", "—"), *((str(region.id), region.name) for region in regions)]
