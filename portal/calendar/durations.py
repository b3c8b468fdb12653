"""Durations as procedures write them: ``24 h``, ``2 wh``, ``0.5 wd``, ``3 wd``, ``3 months``."""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Unit(StrEnum):
    """What a duration is counted in."""

    CLOCK_HOUR = "h"
    WORKING_HOUR = "wh"
    WORKING_DAY = "wd"
    MONTH = "month"


_WRITTEN = re.compile(r"\s*(\d{1,6}(?:\.\d{1,4})?)\s*(h|wh|wd|months?)\s*")


@dataclass(frozen=True, slots=True)
class Duration:
    """An amount of clock hours, working hours, working days (halves allowed) or calendar months."""

    amount: Decimal
    unit: Unit

    def __post_init__(self) -> None:
        if not self.amount.is_finite() or self.amount < 0:
            raise ValueError(f"a duration is a number and not negative: {self.amount}")
        if self.unit is Unit.WORKING_DAY and self.amount % Decimal("0.5"):
            raise ValueError(f"working days are counted in halves: {self}")
        if self.unit is Unit.MONTH and self.amount % 1:
            raise ValueError(f"months are whole: {self}")

    def __str__(self) -> str:
        plural = "s" if self.unit is Unit.MONTH and self.amount != 1 else ""
        return f"{self.amount} {self.unit}{plural}"


def parse_duration(text: str) -> Duration:
    """Read ``"0.5 wd"``; ``ValueError`` names the text when it is not a duration."""
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise ValueError(f"not a duration (like '24 h', '0.5 wd', '3 months'): {text!r}")
    amount, unit = match.groups()
    return Duration(Decimal(amount), Unit(unit.removesuffix("s")))
