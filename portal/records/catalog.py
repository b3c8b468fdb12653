"""The controlled forms of the company, as its list of records names them."""

from collections.abc import Mapping
from dataclasses import dataclass

from portal.procedures.definition import Label


@dataclass(frozen=True, slots=True)
class ControlledForm:
    """What the head of a form prints. `procedure` and `clause` ask for the record, `years` is how
    long it is kept. Of a form with a `step` there is one each time that the step was worked on;
    of any other one for the case."""

    number: str
    title: Label
    edition: str
    years: int
    procedure: str
    clause: str
    step: str = ""


# The source gives neither editions nor retention of these two: both are ours.
REPAIR_RECORD = ControlledForm(
    number="F10",
    title=Label("报修记录", "Repair record"),
    edition="A/0",
    years=3,
    procedure="P06",
    clause="P06.1",
)
SERVICE_REPORT = ControlledForm(
    number="F11",
    title=Label("现场服务报告", "On-site service report"),
    edition="A/0",
    years=3,
    procedure="P06",
    clause="P06.5",
    step="visit",
)
FORMS: Mapping[str, ControlledForm] = {
    form.number: form for form in (REPAIR_RECORD, SERVICE_REPORT)
}
