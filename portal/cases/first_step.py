"""The first step of a procedure, as far as whoever takes a case in can answer it at once.

What a case holds of its own (channel, urgency, device, what is the matter, files) is asked once,
for the case and for the step.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from portal.cases.models import Case
from portal.procedures.definition import Choice, Definition, Field, FieldType, Outcome, Step
from portal.procedures.forms import Value

_OF_THE_CASE = {"channel", "urgency", "severity"}
# What names a row of ours is chosen on the page of the case, where the rows are offered.
_PLAIN = {
    FieldType.TEXT,
    FieldType.LONG_TEXT,
    FieldType.CHOICE,
    FieldType.MULTI_CHOICE,
    FieldType.NUMBER,
    FieldType.MONEY,
    FieldType.DATE,
    FieldType.DATETIME,
    FieldType.BOOL,
}


@dataclass(frozen=True, slots=True)
class FirstStep:
    """A step by what becomes of its fields: `details`, `device` and `files` are what the case is
    asked for anyway, `asked` is left to ask."""

    step: Step
    details: Field | None
    device: Field | None
    files: Field | None
    asked: tuple[Field, ...]

    @property
    def channels(self) -> tuple[Choice, ...]:
        """By which channels such a case comes in; empty where the procedure does not say."""
        return next((one.choices for one in self.step.fields if one.sets == "channel"), ())

    @property
    def outcome(self) -> Outcome | None:
        """Its first outcome that people give."""
        return next((outcome for outcome in self.step.outcomes if not outcome.silent), None)

    @property
    def is_answerable(self) -> bool:
        """Whether nothing that the first outcome needs is left out of the form."""
        if self.outcome is None:
            return False
        here = {self.details, self.device, self.files, *self.asked}
        needed = (
            field
            for field in self.step.fields
            if field.required or self.outcome.key in field.required_for
        )
        return all(field in here or field.sets in _OF_THE_CASE for field in needed)

    def form_step(self, *, later: bool, taken: Sequence[str]) -> Step:
        """The step with what is left to ask; nothing is required where it is answered ``later``.
        A field that is called like one of ``taken`` gets another name."""
        fields = [msgspec.structs.replace(one, key=_own(one.key, taken)) for one in self.asked]
        if later:
            fields = [
                msgspec.structs.replace(one, required=False, required_for=(), required_when=())
                for one in fields
            ]
        return msgspec.structs.replace(self.step, fields=tuple(fields))

    def answer(
        self, case: Case, typed: Mapping[str, Value], files: Sequence[str], taken: Sequence[str]
    ) -> dict[str, Value]:
        """What the step is answered with: the case's own, and what was ``typed`` in the form."""
        values: dict[str, Value] = {
            field.key: case.facts[field.sets]
            for field in self.step.fields
            if field.sets in _OF_THE_CASE and field.sets in case.facts
        }
        if self.details and case.details:
            values[self.details.key] = case.details
        if self.device and case.device_id is not None:
            values[self.device.key] = str(case.device_id)
        if self.files and files:
            values[self.files.key] = tuple(files)
        names = {_own(field.key, taken): field.key for field in self.asked}
        return values | {names[name]: value for name, value in typed.items()}


def first_step(definition: Definition) -> FirstStep:
    """The step that opens with a case of ``definition``."""
    step = definition.steps[0]
    fields = [field for field in step.fields if field.sets not in _OF_THE_CASE]
    details = _first(fields, FieldType.LONG_TEXT)
    return FirstStep(
        step=step,
        details=details,
        device=_first(fields, FieldType.DEVICE),
        files=_first(fields, FieldType.ATTACHMENTS),
        asked=tuple(one for one in fields if one.type in _PLAIN and one is not details),
    )


def _first(fields: Sequence[Field], kind: FieldType) -> Field | None:
    return next((field for field in fields if field.type is kind), None)


def _own(key: str, taken: Sequence[str]) -> str:
    return f"step_{key}" if key in taken else key
