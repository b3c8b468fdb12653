"""The public forms: what customers fill in, without an account."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from wtforms import (
    BooleanField,
    HiddenField,
    MultipleFileField,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Optional

from portal.customers.pages.fields import PHONE, dialable
from portal.kernel.i18n import N_
from portal.kernel.web.forms import Form
from portal.people.pages.fields import AtMost, not_blank

CALL_OR_COME = N_("When to call or come")


def agreed(_: Any, field: Any) -> None:
    """A validator: the box is ticked."""
    if not field.data:
        raise ValidationError(
            field.gettext(N_("Without your consent we may not keep your name and phone number."))
        )


def has_letters(_: Any, field: Any) -> None:
    """A validator: what was typed is more than signs."""
    if field.data and not any(sign.isalpha() for sign in field.data):
        raise ValidationError(field.gettext(N_("Please tell us how to address you.")))


def left_empty(_: Any, field: Any) -> None:
    """A validator of the field that people do not see and programs fill in."""
    if field.data:
        raise ValidationError(field.gettext(N_("Please leave this field empty.")))


class ServiceForm(Form):
    """What every form asks for; `told` is what is told in words beside the symptom, in order, and
    `on_record` how the company's papers call what the form asks somebody for: they speak to
    nobody."""

    told: tuple[str, ...]
    on_record: Mapping[str, str]

    device = HiddenField()
    name = StringField(N_("Your name"), [InputRequired(), AtMost(80), not_blank, has_letters])
    phone = TelField(N_("Phone"), [InputRequired(), PHONE, dialable])
    address = StringField(N_("Address of the device"), [AtMost(200)])
    device_model = StringField(N_("Which device (model)"), [AtMost(80)])
    symptom = TextAreaField(N_("What is wrong"), [InputRequired(), AtMost(2000), not_blank])
    region = SelectField(N_("District"), [Optional()])
    happened = StringField(N_("Since when"), [AtMost(100)])
    preferred = StringField(N_("When may we call or come"), [AtMost(100)])
    photos = MultipleFileField(N_("Photos or PDF"), description=N_("At most 5 files, 10 MB each."))
    consent = BooleanField(
        N_("I have read the notice on personal information and agree."), [agreed]
    )
    website = StringField(N_("Leave this empty"), [left_empty])


class RepairForm(ServiceForm):
    told = ("device_model", "address", "region", "happened", "preferred")
    on_record = MappingProxyType({"device_model": N_("Device model"), "preferred": CALL_OR_COME})


class ComplaintForm(ServiceForm):
    address = StringField(N_("Address it is about"), [AtMost(200)])
    device_model = StringField(N_("Product or service it is about"), [AtMost(80)])
    symptom = TextAreaField(
        N_("What you complain about"), [InputRequired(), AtMost(2000), not_blank]
    )
    demand = TextAreaField(N_("What you ask us to do"), [AtMost(1000)])
    told = ("demand", "device_model", "address", "region", "happened", "preferred")
    on_record = MappingProxyType(
        {"demand": N_("What the customer asks for"), "preferred": CALL_OR_COME}
    )


@dataclass(frozen=True, slots=True)
class Service:
    """What a public form is for: its address, the procedure that its cases run by, its fields.
    `needs_place`: nobody can be sent without an address."""

    address: str
    procedure: str
    title: str
    fields: type[ServiceForm]
    needs_place: bool


SERVICES = {
    service.address: service
    for service in (
        Service("/service/repair", "P06", N_("Report a repair"), RepairForm, needs_place=True),
        Service(
            "/service/complaint", "P04", N_("Make a complaint"), ComplaintForm, needs_place=False
        ),
    )
}
