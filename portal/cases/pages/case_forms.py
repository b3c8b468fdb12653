"""The forms of a case's page, apart from those that its steps make."""

from typing import Any

from wtforms import DateTimeLocalField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired

from portal.cases.models import Task
from portal.kernel.i18n import N_
from portal.kernel.web.fields import in_our_time
from portal.kernel.web.forms import Form
from portal.people.pages.fields import AtMost, not_blank
from portal.procedures.pages.procedures import SEVERITIES, URGENCIES


class NoteForm(Form):
    text = TextAreaField(
        N_("Internal note"),
        [InputRequired(), AtMost(4000), not_blank],
        description=N_("Write @ and a name, and that person is told."),
    )


class CallForm(Form):
    called_at = DateTimeLocalField(N_("When"), [InputRequired(), in_our_time])
    direction = RadioField(
        N_("Direction"), choices=lambda: [("out", N_("We called")), ("in", N_("They called"))]
    )
    reached = RadioField(
        N_("Reached"), choices=lambda: [("yes", N_("Spoken")), ("no", N_("Not reached"))]
    )
    with_whom = StringField(N_("With whom"), [InputRequired(), AtMost(80), not_blank])
    text = TextAreaField(
        N_("What was said"), [InputRequired(), AtMost(4000), not_blank], id="call-text"
    )


class PauseForm(Form):
    reason = StringField(
        N_("Why the clock stands still"),
        [InputRequired(), AtMost(300), not_blank],
        id="pause-reason",
    )
    look_again_at = DateTimeLocalField(
        N_("Review on"),
        [InputRequired(), in_our_time],
        id="pause-look-again",
        description=N_("From then on it rings every working day until the clock runs."),
    )


class PriorityForm(Form):
    urgency = SelectField(N_("Urgency"), choices=lambda: URGENCIES, id="priority-urgency")
    severity = SelectField(N_("Severity"), choices=lambda: SEVERITIES, id="priority-severity")
    reason = StringField(
        N_("Reason"), [InputRequired(), AtMost(300), not_blank], id="priority-reason"
    )


class ReopeningForm(Form):
    reason = TextAreaField(
        N_("Why it is taken up again"),
        [InputRequired(), AtMost(2000), not_blank],
        id="reopening-reason",
    )


class AssignmentForm(Form):
    person: Any
    reason: Any


def assignment_form(task: Task) -> type[AssignmentForm]:
    """The form that hands ``task`` over, with ids of its own: a page may show several."""

    class ThisAssignmentForm(AssignmentForm):
        person = SelectField(N_("To whom"), [InputRequired()], id=f"assign-{task.id}-person")
        reason = StringField(
            N_("Reason"),
            [InputRequired(), AtMost(300), not_blank],
            id=f"assign-{task.id}-reason",
        )

    return ThisAssignmentForm


class OwnerForm(Form):
    person = SelectField(N_("To whom"), [InputRequired()], id="owner-person")
    reason = StringField(N_("Reason"), [InputRequired(), AtMost(300), not_blank], id="owner-reason")
