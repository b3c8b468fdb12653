"""Pieces of forms and addresses that several pages of this room share."""

import re
from collections.abc import Callable
from typing import Annotated, Any

from litestar.params import PathParameter
from wtforms import Field, ValidationError
from wtforms.validators import Length

from portal.kernel.i18n import N_

# A key in an address: no larger than either database can hold.
Key = Annotated[int, PathParameter(le=2**63 - 1)]


def not_blank(_: Any, field: Field) -> None:
    """Strip what was typed; spaces alone are nothing."""
    field.data = (field.data or "").strip()
    if not field.data:
        raise ValidationError(field.gettext("This field is required."))


class AtMost(Length):
    """So many characters; the form library leaves messages of one's own untranslated."""

    def __init__(self, most: int) -> None:
        super().__init__(max=most)

    def __call__(self, form: Any, field: Field) -> None:
        if len(field.data or "") > self.max:
            text = field.gettext(N_("At most %(max)d characters."))
            raise ValidationError(text % {"max": self.max})


def matching(pattern: str, message: str) -> Callable[[Any, Field], None]:
    """A validator: the whole of what was typed has ``pattern``, or ``message`` (a msgid)."""
    known = re.compile(pattern)

    def check(_: Any, field: Field) -> None:
        field.data = (field.data or "").strip()
        if not known.fullmatch(field.data):
            raise ValidationError(field.gettext(message))

    return check
