"""Conditions as procedures write them: ``case.urgency = high and review.cost >= 5000``."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from portal.procedures.definition import LISTS, Condition, Field, FieldType, Operator, Predicate

if TYPE_CHECKING:
    from collections.abc import Callable

    # Forms ask whether a condition holds, too.
    from portal.procedures.forms import Value

_SUBJECT = r"([a-z][a-z0-9_]*\.[a-z][a-z0-9_]*)"
_VALUES = r"([^\s,]+(?:\s*,\s*[^\s,]+)*)"
_COMPARISON = re.compile(_SUBJECT + r"\s+(=|!=|>=|<=|>|<|in|has)\s+" + _VALUES)
_PRESENCE = re.compile(_SUBJECT + r"\s+(is set|is not set)")
_ORDER = {Operator.AT_LEAST, Operator.AT_MOST, Operator.ABOVE, Operator.BELOW}
_SAME = {Operator.EQUALS, Operator.DIFFERS}
_PRESENT = {Operator.IS_SET, Operator.IS_NOT_SET}
_NUMBERS = {FieldType.NUMBER, FieldType.MONEY}
_NAMES = {
    FieldType.TEXT,
    FieldType.CHOICE,
    FieldType.PERSON,
    FieldType.DEPARTMENT,
    FieldType.DEVICE,
    FieldType.SKILL,
}


def parse_conditions(text: str) -> tuple[Condition, ...]:
    """Read conditions joined by ``and``; ``ValueError`` names the one that is none."""
    return tuple(_parse_one(part.strip()) for part in re.split(r"\sand\s", text))


def _parse_one(text: str) -> Condition:
    if match := _PRESENCE.fullmatch(text):
        return Condition(match[1], Operator(match[2]))
    match = _COMPARISON.fullmatch(text)
    values = tuple(value.strip() for value in match[3].split(",")) if match else ()
    if match is None or (len(values) > 1 and match[2] != Operator.AMONG):
        raise ValueError(f"not a condition (like 'case.urgency = high'): {text!r}")
    return Condition(match[1], Operator(match[2]), values)


def fits(condition: Condition, field: Field) -> bool:
    """Whether ``field`` can be compared so, with such values; a condition that fits is total."""
    if condition.operator in _PRESENT:
        return True
    if field.type in _NUMBERS:
        return condition.operator in _ORDER | _SAME and _is_number(condition.values[0])
    if field.type is FieldType.BOOL:
        return condition.operator is Operator.EQUALS and condition.values[0] in {"yes", "no"}
    if field.type in LISTS:
        known = condition.operator is Operator.HAS
    else:
        known = field.type in _NAMES and condition.operator in _SAME | {Operator.AMONG}
    choices = {choice.key for choice in field.choices}
    return known and (not choices or set(condition.values) <= choices)


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def holds(predicate: Predicate, value_of: Callable[[str], Value | None]) -> bool:
    """Whether any line of ``predicate`` holds. What is not known satisfies only ``is not set``."""
    return not predicate or any(
        all(_true(condition, value_of(condition.subject)) for condition in line)
        for line in predicate
    )


def _true(condition: Condition, value: Value | None) -> bool:
    operator = condition.operator
    if operator in _PRESENT:
        return (value is not None) is (operator is Operator.IS_SET)
    if value is None:
        return False
    if isinstance(value, bool):
        return value is (condition.values[0] == "yes")
    if isinstance(value, tuple):
        return condition.values[0] in value
    if isinstance(value, str):
        return (value in condition.values) is (operator is not Operator.DIFFERS)
    return _ordered(operator, Decimal(str(value)), Decimal(condition.values[0]))


def _ordered(operator: Operator, left: Decimal, right: Decimal) -> bool:
    sign = (left > right) - (left < right)
    return (
        sign
        in {
            Operator.EQUALS: {0},
            Operator.DIFFERS: {-1, 1},
            Operator.AT_LEAST: {0, 1},
            Operator.AT_MOST: {-1, 0},
            Operator.ABOVE: {1},
            Operator.BELOW: {-1},
        }[operator]
    )
