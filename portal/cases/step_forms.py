"""The form of a step, made from its definition, and its answer read back as the engine's values."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any, ClassVar

from wtforms import (
    DateField,
    DateTimeLocalField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from portal.kernel.i18n import N_, Language
from portal.kernel.web.fields import MoneyField, in_our_time
from portal.kernel.web.forms import Choices, Form
from portal.people.pages.fields import AtMost
from portal.procedures import definition as procedure
from portal.procedures.definition import FieldType, Label, Outcome, Step
from portal.procedures.forms import NONE, NOTHING, Value, is_needed, seen_by, time_fault
from portal.procedures.wording import needed_words

_LONGEST_TEXT = 200
_LONGEST_LONG_TEXT = 4000
_LARGEST = 999_999_999
# A signature is given on the engineer's phone, over the summary that the customer reads there.
_NOT_HERE = {FieldType.SIGNATURE}
_ONE_OF = {
    FieldType.CHOICE,
    FieldType.BOOL,
    FieldType.PERSON,
    FieldType.DEPARTMENT,
    FieldType.DEVICE,
    FieldType.SKILL,
}
_UNTIMELY = {
    "coming": N_("This time is still to come."),
    "over": N_("This time is over."),
    "early": N_("This is long before the case was received."),
}
_LISTS = {
    FieldType.MULTI_CHOICE,
    FieldType.PEOPLE,
    FieldType.DEPARTMENTS,
    FieldType.ATTACHMENTS,
}


class StepForm(Form):
    """Base of the forms made here; `step` is the step whose form it is."""

    step: Step
    # The step with the fields, too, that this form leaves out.
    whole: Step
    # What a field that only some outcomes need is needed for, in the reader's language.
    needed_for: ClassVar[dict[str, str]]

    def answer(self, zone: tzinfo) -> dict[str, Value]:
        """The valid form as the engine takes it; empty fields are left out."""
        return self._values(zone)

    def _values(self, zone: tzinfo) -> dict[str, Value]:
        fields = (one for one in self.step.fields if name_of(one.key) in self)
        values = {one.key: _value(one, self[name_of(one.key)].data, zone) for one in fields}
        return {key: value for key, value in values.items() if value is not None}

    def validate_for(
        self,
        outcome: Outcome,
        zone: tzinfo,
        now: datetime,
        facts: Mapping[str, Any],
        since: datetime | None = None,
    ) -> bool:
        """Whether the form may go with ``outcome`` at ``now``, in a case with these ``facts``;
        nothing that it tells of is older than ``since``. What is missing or wrong is said next to
        its field, all at once."""
        self.validate()
        value_of = seen_by(self.whole, self._values(zone), facts)
        for field in self.step.fields:
            name = name_of(field.key)
            if name not in self or self[name].errors:
                continue
            value = _value(field, self[name].data, zone)
            if value is None:
                if is_needed(field, outcome, value_of):
                    self.say(name, N_("This field is required."))
            elif fault := time_fault(field, value, zone, now, since):
                self.say(name, _UNTIMELY[fault])
        return not self.errors


def name_of(key: str) -> str:
    """How the form calls the field ``key``: a procedure may call a field ``answer`` or ``data``,
    which a form has already, and ``outcome`` is the button."""
    is_taken = key in ("outcome", "step") or hasattr(StepForm, key)
    return f"{key}_" if is_taken else key


def form_class(
    step: Step,
    language: Language,
    offered: Mapping[str, Choices],
    place: str = "",
    whole: Step | None = None,
) -> type[StepForm]:
    """A form with a field for each field of ``step``.

    ``offered`` holds the choices that are not in the definition: ``people``, ``departments``,
    ``documents``, ``skills`` and ``devices``. Labels come from the definition in ``language``.
    Ids begin with ``place``: a page may show the forms of several tasks. ``whole`` is the step
    where ``step`` is but a part of it.
    """
    fields: dict[str, Any] = {
        name_of(field.key): _field(field, language, offered, f"{place}{field.key}")
        for field in step.fields
        if field.type not in _NOT_HERE
    }
    whole = whole or step
    said_of = {outcome.key: said(outcome.label, language) for outcome in step.outcomes}
    needed_for = {
        name_of(field.key): " / ".join(
            [
                *(said_of[key] for key in field.required_for),
                *([said(needed_words(whole, field), language)] if field.required_when else []),
            ]
        )
        for field in step.fields
        if field.required_for or field.required_when
    }
    own = {"step": step, "whole": whole, "needed_for": needed_for}
    return type("ThisStepForm", (StepForm,), fields | own)


def role_key(role: str) -> str:
    """Under which key the choices offered hold those who have a role."""
    return f"role:{role}"


def known_values(step: Step, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What the case knows already of a step's fields, as the form shows it."""
    known = {field: facts.get(field.sets) for field in step.fields if field.sets}
    words = {True: "yes", False: "no"}
    return {
        name_of(field.key): words[value] if isinstance(value, bool) else value
        for field, value in known.items()
        if value is not None
    }


def draft_values(step: Step, draft: Mapping[str, Any], zone: tzinfo) -> dict[str, Any]:
    """What was typed of a step's answer before, kept as answers are, as the form shows it."""
    return {
        name_of(field.key): _typed(field, draft[field.key], zone)
        for field in step.fields
        if field.key in draft
    }


def said(label: Label, language: Language) -> str:
    """A label of the definition in ``language``."""
    return label.zh if language.code == "zh_CN" else label.en


def _field(
    field: procedure.Field, language: Language, offered: Mapping[str, Choices], id_: str
) -> Any:
    label = said(field.label, language)
    kind = field.type
    needed = InputRequired() if field.required else Optional()
    if kind in _LISTS:
        return SelectMultipleField(
            label,
            [needed],
            choices=lambda: _choices(field, language, offered),
            id=id_,
            description=_where_files_come_from(field, offered),
            widget=ListWidget(prefix_label=False),
            option_widget=CheckboxInput(),
        )
    if kind in _ONE_OF:
        choices = [("", "—"), *_choices(field, language, offered)]
        return SelectField(label, [needed], choices=lambda: choices, id=id_)
    if kind is FieldType.LONG_TEXT:
        return TextAreaField(label, [needed, AtMost(field.maximum or _LONGEST_LONG_TEXT)], id=id_)
    if kind is FieldType.NUMBER:
        return IntegerField(label, [needed, NumberRange(0, field.maximum or _LARGEST)], id=id_)
    if kind is FieldType.MONEY:
        return MoneyField(label, [needed, NumberRange(0, field.maximum or _LARGEST)], id=id_)
    if kind is FieldType.DATE:
        return DateField(label, [needed, in_our_time], id=id_)
    if kind is FieldType.DATETIME:
        return DateTimeLocalField(label, [needed, in_our_time], id=id_)
    return StringField(label, [needed, AtMost(field.maximum or _LONGEST_TEXT)], id=id_)


def _at_most(most: int | None) -> Callable[[Any, Any], None]:
    def check(_: Any, field: Any) -> None:
        if most is not None and len(field.data or ()) > most:
            raise ValidationError(field.gettext(N_("Invalid input.")))

    return check


def _where_files_come_from(field: procedure.Field, offered: Mapping[str, Choices]) -> str:
    """A word (a msgid) where a field could name files and the case has none yet."""
    is_empty = field.type is FieldType.ATTACHMENTS and not offered["documents"]
    return N_("No files yet: add them under Documents.") if is_empty else ""


def _choices(
    field: procedure.Field, language: Language, offered: Mapping[str, Choices]
) -> list[tuple[str, str]]:
    if field.type is FieldType.BOOL:
        return [("yes", language.gettext(N_("Yes"))), ("no", language.gettext(N_("No")))]
    if field.type in (FieldType.PERSON, FieldType.PEOPLE):
        return list(offered[role_key(field.role) if field.role else "people"])
    if field.type in (FieldType.DEPARTMENT, FieldType.DEPARTMENTS):
        return list(offered["departments"])
    if field.type is FieldType.ATTACHMENTS:
        return list(offered["documents"])
    if field.type is FieldType.SKILL:
        return list(offered["skills"])
    if field.type is FieldType.DEVICE:
        return list(offered["devices"])
    return [(choice.key, said(choice.label, language)) for choice in field.choices]


def _value(field: procedure.Field, typed: Any, zone: tzinfo) -> Value | None:
    if typed in (None, "", []):
        return None
    if field.type is FieldType.BOOL:
        return bool(typed == "yes")
    if isinstance(typed, list):
        return tuple(dict.fromkeys(map(str, typed)))
    if isinstance(typed, datetime):
        return typed.replace(tzinfo=zone).isoformat()
    if isinstance(typed, date):
        return typed.isoformat()
    if isinstance(typed, Decimal | int):
        return typed
    return str(typed).strip()


def _typed(field: procedure.Field, value: Any, zone: tzinfo) -> Any:
    """The inverse of `_value`, of a value as it is stored."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if field.type is FieldType.DATETIME:
        return datetime.fromisoformat(value).astimezone(zone).replace(tzinfo=None)
    if field.type is FieldType.DATE:
        return date.fromisoformat(value)
    return Decimal(value) if field.type is FieldType.MONEY else value


def shown_value(
    field: procedure.Field, value: Any, language: Language, offered: Mapping[str, Mapping[str, str]]
) -> Any:
    """A stored value as people read it: choices by their labels, people by name; times stay."""
    if isinstance(value, bool):
        return language.gettext(N_("Yes") if value else N_("No"))
    if field.type is FieldType.DATETIME:
        return datetime.fromisoformat(value)
    if field.type is FieldType.DATE:
        return date.fromisoformat(value)
    if field.type is FieldType.SIGNATURE:  # the entry of the phone that has it: no word for people
        return language.gettext(N_("Signed electronically"))
    if value == NOTHING:
        return said(NONE, language)
    names = {choice.key: said(choice.label, language) for choice in field.choices}
    names |= offered.get(field.type, {})
    if isinstance(value, list):
        return ", ".join(str(names.get(key, key)) for key in value)
    return names.get(value, value) if isinstance(value, str) else value
