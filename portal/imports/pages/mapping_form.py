"""The form that says which column of a file holds what."""

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from typing import Any

import msgspec
from wtforms import RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Optional

from portal.imports.mapping import FIELDS, Mapping
from portal.imports.models import ImportRun
from portal.imports.preparing import LONGEST_SOURCE
from portal.kernel.i18n import N_
from portal.kernel.web.forms import Choices, VersionedForm
from portal.people.pages.fields import AtMost, not_blank

_SAMPLE = 24
ZONES = (
    *("Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Tokyo", "Asia/Singapore"),
    *("Asia/Kolkata", "Asia/Dubai", "Europe/Moscow", "Europe/Berlin", "Europe/London"),
    *("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"),
    *("America/Sao_Paulo", "Australia/Perth", "Australia/Sydney", "UTC"),
)


class MappingForm(VersionedForm):
    """Its fields for columns, `column_<field>`, are added by `mapping_form`."""

    source = StringField(
        N_("Name of the source"),
        [InputRequired(), AtMost(LONGEST_SOURCE), not_blank],
        description=N_("Rows are recognised within a source: keep its name for its next file."),
    )
    zone = SelectField(N_("Time zone of the source"), [InputRequired()])
    order = RadioField(
        N_("Dates like 03/04/2019"),
        choices=lambda: [("month", N_("Month first")), ("day", N_("Day first"))],
    )
    owner = StringField(
        N_("Everything belongs to"),
        [AtMost(80)],
        description=N_("A customer, where no column names one; empty for none."),
    )

    @property
    def columns(self) -> list[Any]:
        """The fields for columns, in the order of the catalogue."""
        return [self[f"column_{one.key}"] for one in FIELDS]

    def validate_whole(self) -> bool:
        """Whether the form is valid; no column says two things."""
        valid = self.validate()
        taken: set[str] = set()
        for field in self.columns:
            if field.data and field.data in taken:
                self.say(field.name, N_("This column is chosen twice."))
                valid = False
            taken.add(field.data)
        return valid

    def mapping(self, header: Sequence[str]) -> Mapping:
        """What a valid form says."""
        chosen = {one.key: self[f"column_{one.key}"].data for one in FIELDS}
        return Mapping(
            columns={key: header[int(place)] for key, place in chosen.items() if place},
            zone=self.zone.data,
            month_first=self.order.data == "month",
            owner=(self.owner.data or "").strip(),
        )


def mapping_form() -> type[MappingForm]:
    """The form with a choice of columns for everything that a file can say."""
    fields = {
        f"column_{one.key}": SelectField(
            one.label, [InputRequired() if one.required else Optional()]
        )
        for one in FIELDS
    }
    return type("WholeMappingForm", (MappingForm,), fields)


def column_choices(run: ImportRun, sample: Sequence[str]) -> dict[str, Choices]:
    """What every field may be: a column by its place, named with what its first row holds."""
    columns = [("", "—")]
    for place, name in enumerate(run.header):
        text = sample[place].strip()[:_SAMPLE] if place < len(sample) else ""
        columns.append((str(place), f"{name} · {text}" if text else name))
    zones = dict.fromkeys([run.mapping["zone"], *ZONES])
    choices: dict[str, Choices] = {f"column_{one.key}": columns for one in FIELDS}
    return {**choices, "zone": [(zone, zone) for zone in zones]}


def mapping_values(run: ImportRun) -> AnyMapping[str, Any]:
    """The mapping of an import as the form says it."""
    mapping = msgspec.convert(run.mapping, Mapping)
    places = {name: str(place) for place, name in enumerate(run.header)}
    return {
        "version": run.version,
        "source": run.source,
        "zone": mapping.zone,
        "order": "month" if mapping.month_first else "day",
        "owner": mapping.owner,
        **{f"column_{one.key}": places.get(mapping.columns.get(one.key, ""), "") for one in FIELDS},
    }
