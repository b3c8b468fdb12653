"""What can go wrong with cases."""

from portal.kernel.i18n import N_
from portal.kernel.problems import Kind
from portal.procedures import events

_RELOAD = N_("Load the case again to see where it stands.")

NOT_YOURS = Kind(
    "task-not-yours",
    403,
    N_("This task is somebody else's"),
    N_("Only the owner of a task, or who stands in, can answer it."),
    todo=N_("Ask the owner, or have the task reassigned to you."),
)
SECOND_PERSON = Kind(
    "second-person",
    403,
    N_("This takes a second person"),
    N_("Whoever did the step before cannot decide this one as well."),
    todo=N_("Have the task reassigned to somebody else."),
)
ROLE_MISSING = Kind(
    "role-missing",
    403,
    N_("This person does not hold the role"),
    N_("The procedure gives this task to a role. It can go to somebody who holds it, or up."),
    todo=N_("Choose somebody with the role, or whoever stands above the present owner."),
)
TASK_NOT_OPEN = Kind(
    "task-not-open",
    409,
    N_("This task is closed already"),
    N_("Somebody answered it, or the case has moved on, since you opened the page."),
    todo=_RELOAD,
)
CASE_NOT_OPEN = Kind(
    "case-not-open",
    409,
    N_("This case is closed"),
    N_("A closed case takes no more answers, pauses or changes."),
    todo=_RELOAD,
)
NOT_ANSWERABLE = Kind(
    "not-answerable",
    422,
    N_("This answer is not possible"),
    N_("The step does not take this outcome, or the form is incomplete."),
    todo=_RELOAD,
)
REASON_MISSING = Kind(
    "reason-missing",
    422,
    N_("A reason is needed"),
    N_("This goes on record and needs a reason in words."),
)
LOOK_AGAIN_LATER = Kind(
    "look-again-later",
    422,
    N_("This is not a possible time for the review"),
    N_("The clock can be stopped until a time in the future, within three months."),
)
DONE_ALREADY = Kind(
    "done-already",
    409,
    N_("This is done already"),
    N_("Nothing was left to change: it had been done before."),
    todo=_RELOAD,
)
NOT_REOPENABLE = Kind(
    "not-reopenable",
    409,
    N_("This case cannot be reopened"),
    N_("It is not closed, or its procedure starts a new case instead."),
    todo=_RELOAD,
)
REOPENED_LATE = Kind(
    "reopened-too-late",
    409,
    N_("It is too late to reopen this here"),
    N_("The case has been closed for longer than customers may reopen it themselves."),
    todo=N_("Write to us below, or call us: we can reopen it."),
)
NOT_WITHDRAWABLE = Kind(
    "not-withdrawable",
    409,
    N_("This case cannot be withdrawn"),
    N_("Its procedure names nobody who makes sure and closes it."),
    todo=_RELOAD,
)

TAKEN_OVER = Kind(
    "taken-over",
    409,
    N_("This record is a case already"),
    N_("Somebody took it over before; it cannot become a second case."),
    todo=N_("Open the record to see its case."),
)
NOBODY_RECEIVES = Kind(
    "nobody-receives",
    503,
    N_("No one can take this now"),
    N_("The company has nobody registered who takes in what customers report."),
    todo=N_("Please call the company instead."),
)

_KINDS: dict[type[events.Refusal], Kind] = {
    events.TaskNotOpen: TASK_NOT_OPEN,
    events.CaseNotOpen: CASE_NOT_OPEN,
    events.CaseAlreadyOpened: DONE_ALREADY,
    events.CaseNotClosed: NOT_REOPENABLE,
    events.NotReopenable: NOT_REOPENABLE,
    events.NotWithdrawable: NOT_WITHDRAWABLE,
    events.ReasonMissing: REASON_MISSING,
    events.AlreadyPaused: DONE_ALREADY,
    events.NotPaused: DONE_ALREADY,
    events.AlreadyReceived: DONE_ALREADY,
    events.NothingChanges: DONE_ALREADY,
    events.LimitNotRunning: DONE_ALREADY,
    events.ClockStopped: DONE_ALREADY,
}


def kind_of(refusal: events.Refusal) -> Kind:
    """How a refusal of the engine is told to people."""
    return _KINDS.get(type(refusal), NOT_ANSWERABLE)
