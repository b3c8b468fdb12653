"""What a form's answer may hold. The browser checks too, but this is the check that counts."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, tzinfo
from decimal import Decimal

import msgspec

from portal.procedures.conditions import holds
from portal.procedures.definition import LISTS, Field, FieldType, Label, Outcome, Step, Tense

Value = str | bool | int | Decimal | tuple[str, ...]
"""As stored: keys and ISO dates as text, numbers as int or Decimal (never float), lists of keys."""

# What is stored where nothing was used: the product's own word, shown in the reader's language.
NOTHING = "无"
NONE = Label(NOTHING, "None")
_NUMBERS = {FieldType.NUMBER, FieldType.MONEY}


class FieldFault(msgspec.Struct, frozen=True):
    """Why one value is refused: ``unknown``, ``type``, ``choice`` or ``maximum``."""

    field: str
    reason: str


def missing_fields(
    step: Step,
    outcome: Outcome,
    answer: Mapping[str, Value],
    facts: Mapping[str, Value] | None = None,
) -> tuple[str, ...]:
    """The fields that ``outcome`` needs and ``answer`` leaves out or empty."""
    value_of = seen_by(step, answer, facts or {})
    return tuple(
        field.key
        for field in step.fields
        if is_needed(field, outcome, value_of) and answer.get(field.key) in (None, "", ())
    )


def is_needed(field: Field, outcome: Outcome, value_of: Callable[[str], Value | None]) -> bool:
    """Whether ``outcome`` cannot be given without ``field``."""
    if field.required or outcome.key in field.required_for:
        return True
    return bool(field.required_when) and holds(field.required_when, value_of)


def seen_by(
    step: Step, answer: Mapping[str, Value], facts: Mapping[str, Value]
) -> Callable[[str], Value | None]:
    """What ``required_when`` sees: the form as it is about to be answered, and the case's facts. A
    field that is left out of the form, because the case knows it, has the fact that it sets."""

    def value_of(subject: str) -> Value | None:
        place, _, name = subject.partition(".")
        if place == "case":
            value = facts.get(name)
        else:
            field = step.field(name)
            known = facts.get(field.sets) if field and field.sets else None
            value = answer.get(name, known)
        return None if value in ("", ()) else value

    return value_of


def field_faults(step: Step, answer: Mapping[str, Value]) -> tuple[FieldFault, ...]:
    """Every value of ``answer`` that the step's form does not take."""
    faults = []
    for key, value in answer.items():
        field = step.field(key)
        reason = "unknown" if field is None else value_fault(field, value)
        if reason:
            faults.append(FieldFault(key, reason))
    return tuple(faults)


def time_fault(
    field: Field, value: Value, zone: tzinfo, now: datetime, since: datetime | None = None
) -> str:
    """Why ``field`` does not take a time, or nothing: "coming" and "over" where it must lie in the
    past or in the future at ``now`` and does not; "early" where it must lie in the past and lies
    before ``since``. A day is past until it ends, and to come from its
    beginning, on the clock of ``zone``; seconds do not count."""
    if field.tense is None or not isinstance(value, str) or not value:
        return ""
    at = datetime.fromisoformat(value)
    if field.type is FieldType.DATE:
        day, today = at.date(), now.astimezone(zone).date()
        is_coming, is_over = day > today, day < today
        is_early = since is not None and day < since.astimezone(zone).date()
    else:
        is_coming, is_over = at > now, at <= now
        is_early = since is not None and at < since.replace(second=0, microsecond=0)
    if field.tense is Tense.FUTURE:
        return "over" if is_over else ""
    return "coming" if is_coming else "early" if is_early else ""


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
