"""The form of a survey, made from its template: the same for the customer and on the phone."""

from typing import Any

from wtforms import RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired

from portal.cases.step_forms import said
from portal.kernel.i18n import N_, Language
from portal.kernel.web.forms import Choices, Form
from portal.people.pages.fields import AtMost, not_blank
from portal.surveys.answering import Opinion
from portal.surveys.templates import Group, Template

SCALE: Choices = [
    ("1", N_("Very dissatisfied")),
    ("2", N_("Dissatisfied")),
    ("3", N_("Fair")),
    ("4", N_("Satisfied")),
    ("5", N_("Very satisfied")),
]


class OpinionForm(Form):
    """Base of the forms made here; `asks` is what they ask."""

    asks: Template

    def of(self, group: Group) -> list[Any]:
        """The fields of a group."""
        return [self[f"item_{item.key}"] for item in group.items]

    def opinion(self) -> Opinion:
        """The valid form as the verbs take it."""
        ratings = {item.key: int(self[f"item_{item.key}"].data) for item in self.asks.items}
        return Opinion(ratings, (self["comment"].data or "").strip())


class PhoneOpinionForm(OpinionForm):
    """With whom it was talked over."""

    spoken_with = StringField(N_("Spoken with"), [InputRequired(), AtMost(80), not_blank])


def opinion_form(
    template: Template, language: Language, base: type[OpinionForm] = OpinionForm
) -> type[Any]:
    """A form with a choice from 1 to 5 for each item of ``template``, and words."""
    fields: dict[str, Any] = {
        f"item_{item.key}": RadioField(
            said(item.label, language), [InputRequired()], choices=lambda: SCALE
        )
        for item in template.items
    }
    fields["comment"] = TextAreaField(N_("Anything else?"), [AtMost(2000)])
    return type("ThisOpinionForm", (base,), fields | {"asks": template})
