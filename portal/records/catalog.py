"""The controlled forms of the company, as its list of records names them."""

from collections.abc import Mapping
from dataclasses import dataclass

from portal.procedures.definition import Label


@dataclass(frozen=True, slots=True)
class ControlledForm:
    """What the head of a form prints. `procedure` and `clause` ask for the record, `years` is how
    long it is kept. Of a form with a `step` there is one each time that the step was worked on;
    of any other one for the case, from the time that one of its `steps`, if it names any, is open.
    """

    number: str
    title: Label
    edition: str
    years: int
    procedure: str
    clause: str
    step: str = ""
    steps: tuple[str, ...] = ()


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
# The source names these three and says what two of them carry (4.3.2, 4.5.2, 4.5.5); editions,
# retention and the rest are ours.
COMPLAINT_REGISTER = ControlledForm(
    number="F02",
    title=Label("投诉登记表", "Complaint register"),
    edition="A/0",
    years=3,
    procedure="P04",
    clause="P04.1",
)
INFORMATION_REPORT = ControlledForm(
    number="F03",
    title=Label("投诉信息汇报表", "Complaint information report"),
    edition="A/0",
    years=3,
    procedure="P04",
    clause="P04.2",
    steps=("inform_leader", "pass_on"),
)
HANDLING_SHEET = ControlledForm(
    number="F04",
    title=Label("投诉处理单", "Complaint handling sheet"),
    edition="A/0",
    years=3,
    procedure="P04",
    clause="P04.3",
    steps=(
        "preliminary",
        "contact",
        "delegate_investigates",
        "measures",
        "delegate_plans",
        "countersign",
        "consult_counsel",
        "forward",
        "decide",
        "decide_major",
        "replan",
        "negotiate",
        "execute",
        "repair",
        "verify_on_site",
        "verify",
    ),
)
FORMS: Mapping[str, ControlledForm] = {
    form.number: form
    for form in (
        COMPLAINT_REGISTER,
        INFORMATION_REPORT,
        HANDLING_SHEET,
        REPAIR_RECORD,
        SERVICE_REPORT,
    )
}
