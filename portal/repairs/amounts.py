"""Exact numbers with decimals: as integers in the database, where sums stay exact, too."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from sqlalchemy import BigInteger, Dialect, TypeDecorator


class Scaled(TypeDecorator[Decimal]):
    """A `Decimal` with so many ``places``, kept as an integer; more of them are rounded away."""

    impl = BigInteger
    cache_ok = True

    def __init__(self, places: int) -> None:
        super().__init__()
        self.places = places

    @property
    def python_type(self) -> type[Decimal]:
        return Decimal

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        return int(Decimal(value).scaleb(self.places).to_integral_value(ROUND_HALF_EVEN))

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(int(value)).scaleb(-self.places)


def written(number: Decimal) -> str:
    """A number without needless zeros: ``2``, ``0.5``."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
