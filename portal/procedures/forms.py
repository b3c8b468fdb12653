"""What a form's answer may hold. The browser checks too, but this is the check that counts."""

from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from decimal import Decimal

import msgspec

from portal.procedures.definition import Field, FieldType, Label, Outcome, Step, Tense

Value = str | bool | int | Decimal | tuple[str, ...]
"""As stored: keys and ISO dates as text, numbers as int or Decimal (never float), lists of keys."""

# What is stored where nothing was used: the product's own word, shown in the reader's language.
NOTHING = "无"
NONE = Label(NOTHING, "None")
LISTS = {FieldType.MULTI_CHOICE, FieldType.PEOPLE, FieldType.DEPARTMENTS, FieldType.ATTACHMENTS}
_NUMBERS = {FieldType.NUMBER, FieldType.MONEY}


class FieldFault(msgspec.Struct, frozen=True):
    """Why one value is refused: ``unknown``, ``type``, ``choice`` or ``maximum``."""

    field: str
    reason: str


def missing_fields(step: Step, outcome: Outcome, answer: Mapping[str, Value]) -> tuple[str, ...]:
    """The fields that ``outcome`` needs and ``answer`` leaves out or empty."""
    return tuple(
        field.key
        for field in step.fields
        if (field.required or outcome.key in field.required_for)
        and answer.get(field.key) in (None, "", ())
    )


def field_faults(step: Step, answer: Mapping[str, Value]) -> tuple[FieldFault, ...]:
    """Every value of ``answer`` that the step's form does not take."""
    faults = []
    for key, value in answer.items():
        field = step.field(key)
        reason = "unknown" if field is None else value_fault(field, value)
        if reason:
            faults.append(FieldFault(key, reason))
    return tuple(faults)


def is_untimely(field: Field, value: Value, zone: tzinfo, now: datetime) -> bool:
    """Whether a time that must lie in the past or the future at ``now`` does not. A day is past
    until it ends, and to come from its beginning, on the clock of ``zone``."""
    if field.tense is None or not isinstance(value, str) or not value:
        return False
    at = datetime.fromisoformat(value)
    if field.type is FieldType.DATE:
        today = now.astimezone(zone).date()
        return at.date() > today if field.tense is Tense.PAST else at.date() < today
    return at > now if field.tense is Tense.PAST else at <= now


def value_fault(field: Field, value: Value) -> str:
    """Why ``field`` does not take ``value``, or nothing. Empty text and lists are no answer yet."""
    if not _has_type(field.type, value):
        return "type"
    choices = {choice.key for choice in field.choices}
    chosen = value if isinstance(value, tuple) else (value,)
    if choices and value != "" and not choices.issuperset(chosen):
        return "choice"
    if field.maximum is not None and _size(value) > field.maximum:
        return "maximum"
    return ""


def _has_type(kind: FieldType, value: Value) -> bool:
    if kind is FieldType.BOOL:
        return isinstance(value, bool)
    if kind in _NUMBERS:
        return _is_amount(value)
    if kind in LISTS:
        return isinstance(value, tuple) and len(set(value)) == len(value) and "" not in value
    if kind in {FieldType.DATE, FieldType.DATETIME}:
        return isinstance(value, str) and (value == "" or _is_moment(kind, value))
    return isinstance(value, str)


def _is_amount(value: Value) -> bool:
    if isinstance(value, Decimal):
        return value.is_finite()
    return isinstance(value, int) and not isinstance(value, bool)


def _is_moment(kind: FieldType, value: str) -> bool:
    try:
        if kind is FieldType.DATE:
            date.fromisoformat(value)
            return True
        return datetime.fromisoformat(value).utcoffset() is not None
    except ValueError:
        return False


def _size(value: Value) -> Decimal:
    if isinstance(value, str | tuple):
        return Decimal(len(value))
    return Decimal(value)
