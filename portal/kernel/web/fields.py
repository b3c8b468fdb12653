"""Fields that the form library lacks."""

import re
from datetime import datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from wtforms import DecimalField, StringField, ValidationError

from portal.kernel.i18n import N_

_SPAN = re.compile(r"(\d{1,2})[:：](\d\d)\s*[-–—~至]\s*(\d{1,2})[:：](\d\d)")


_FIRST_YEAR, _LAST_YEAR = 1990, 2100


def in_our_time(_: Any, field: Any) -> None:
    """A validator of dates: what lies centuries away is a slip, and no calendar counts it."""
    if field.data and not _FIRST_YEAR <= field.data.year <= _LAST_YEAR:
        kind = N_("Not a valid datetime value.")
        plain = N_("Not a valid date value.")
        raise ValidationError(field.gettext(kind if isinstance(field.data, datetime) else plain))


def in_zone(local: datetime | None, zone: tzinfo) -> datetime:
    """What a valid field of date and time holds, on the clock of ``zone``."""
    assert local is not None, "asked only of a field that is valid and required"
    return local.replace(tzinfo=zone)


class MoneyField(DecimalField):
    """An amount in yuan, to the fen; what is no finite number is none."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        amount = self.data
        if amount is None:
            return
        try:
            is_amount = amount.is_finite() and amount == amount.quantize(Decimal("0.01"))
        except InvalidOperation:  # more digits than anybody has money
            is_amount = False
        if not is_amount:
            self.data = None
            raise ValueError(self.gettext("Not a valid decimal value."))


class SpansField(StringField):
    """Spans of a day as people write them: ``08:30-12:00, 13:30-17:30``; empty for none.

    `spans` holds minutes after midnight once the form has read something valid.
    """

    spans: tuple[tuple[int, int], ...] = ()

    def process_data(self, value: Any) -> None:
        spans = value or ()
        self.data = ", ".join(f"{_written(start)}-{_written(end)}" for start, end in spans)

    def pre_validate(self, form: Any) -> None:
        parts = [part for part in re.split(r"[,，;；、]", self.data or "") if part.strip()]
        spans = []
        for part in parts:
            match = _SPAN.fullmatch(part.strip())
            if match is None:
                raise ValidationError(
                    self.gettext(N_("Write times like 08:30-12:00, 13:30-17:30."))
                )
            h1, m1, h2, m2 = map(int, match.groups())
            spans.append((h1 * 60 + m1, h2 * 60 + m2))
        edges = [edge for span in sorted(spans) for edge in span]
        if edges != sorted(set(edges)) or any(edge > 1440 for edge in edges):
            raise ValidationError(self.gettext(N_("Times must follow one another within the day.")))
        self.spans = tuple(sorted(spans))


def _written(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
