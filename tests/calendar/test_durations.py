"""Durations as procedures write them."""

from decimal import Decimal

import pytest

from portal.calendar.durations import Duration, Unit, parse_duration


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("24 h", "24", Unit.CLOCK_HOUR),
        ("2wh", "2", Unit.WORKING_HOUR),
        (" 0.5 wd ", "0.5", Unit.WORKING_DAY),
        ("1 month", "1", Unit.MONTH),
        ("3 months", "3", Unit.MONTH),
    ],
)
def test_a_written_duration_is_read(text: str, amount: str, unit: Unit) -> None:
    assert parse_duration(text) == Duration(Decimal(amount), unit)


@pytest.mark.parametrize("text", ["24 h", "0.5 wd", "1 month", "3 months", "0 months"])
def test_a_duration_is_written_as_it_was_read(text: str) -> None:
    assert str(parse_duration(text)) == text


@pytest.mark.parametrize(
    "text", ["", "3", "wd", "3 days", "-1 wd", "1 wd 2 h", "1.2.3 h", "1234567 wd"]
)
def test_what_is_no_duration_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration") as refused:
        parse_duration(text)
    assert repr(text) in str(refused.value)


@pytest.mark.parametrize(
    ("amount", "unit", "why"),
    [
        ("-1", Unit.CLOCK_HOUR, "not negative"),
        ("NaN", Unit.WORKING_HOUR, "is a number"),
        ("Infinity", Unit.CLOCK_HOUR, "is a number"),
        ("0.3", Unit.WORKING_DAY, "in halves"),
        ("1.5", Unit.MONTH, "whole"),
    ],
)
def test_a_duration_that_cannot_be_counted_is_refused(amount: str, unit: Unit, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Duration(Decimal(amount), unit)
