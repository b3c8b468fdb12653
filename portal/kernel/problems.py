"""What can go wrong, as values: a stable key, a status, and words in the reader's language."""

from dataclasses import dataclass, field
from typing import Any

from portal.kernel.i18n import N_


@dataclass(frozen=True, slots=True)
class Kind:
    """One entry of the catalogue. Texts are English msgids with ``%(name)s`` places.

    `happened` says what went wrong, `kept` what was kept, `todo` what the reader can do.
    """

    key: str
    status: int
    title: str
    happened: str
    kept: str = N_("Nothing was changed.")
    todo: str = ""


FORBIDDEN = Kind(
    "forbidden",
    403,
    N_("Not allowed"),
    N_("Your role does not give you this page or this action."),
    todo=N_("If you need it for your work, ask an administrator to give you the role."),
)
EXPIRED_FORM = Kind(
    "expired-form",
    403,
    N_("This form is too old"),
    N_("The form was opened in another session, so it could not be accepted."),
    todo=N_("Go back, load the page again and send the form once more."),
)
SIGN_IN = Kind(
    "sign-in",
    401,
    N_("Please sign in"),
    N_("You are signed out, or your session has ended."),
    todo=N_("Sign in again; what you typed is kept in this browser."),
)
NOT_FOUND = Kind(
    "not-found",
    404,
    N_("Page not found"),
    N_("There is nothing under this address, or it is not yours to see."),
    todo=N_("Check the address, or start again from your desk."),
)
NOT_POSSIBLE = Kind(
    "method-not-allowed",
    405,
    N_("Not possible here"),
    N_("This address does not take that kind of request."),
    todo=N_("Start again from your desk."),
)
CONFLICT = Kind(
    "conflict",
    409,
    N_("Changed by somebody else"),
    N_("While you were editing, somebody else saved a change. Both versions are shown below."),
    kept=N_("The stored version stands; yours is shown beside it and was not saved."),
    todo=N_("Open the stored version again and enter what is still needed of yours."),
)
TAKEN = Kind(
    "taken",
    409,
    N_("Somebody was faster"),
    N_("The same thing was just saved by somebody else, or by a second press of the button."),
    todo=N_("Load the page again to see what is stored."),
)
TOO_LARGE = Kind(
    "too-large",
    413,
    N_("Too large"),
    N_("What you sent is larger than the portal accepts."),
    todo=N_("Send smaller files, or fewer at a time."),
)
INVALID = Kind(
    "invalid",
    422,
    N_("Please check what you entered"),
    N_("The portal could not understand the request."),
    todo=N_("Go back and check the marked places."),
)
TOO_MANY = Kind(
    "too-many",
    429,
    N_("Too many attempts"),
    N_("There were too many attempts in a short time."),
    todo=N_("Wait %(minutes)s minutes and try again."),
)
FAULT = Kind(
    "fault",
    500,
    N_("The portal has a fault"),
    N_("Something went wrong inside the portal. It has been recorded as %(reference)s."),
    todo=N_("Try again. If it happens again, tell the administrator this number."),
)
BUSY = Kind(
    "busy",
    503,
    N_("The portal is busy"),
    N_("The database did not answer in time."),
    todo=N_("Wait a minute and try again."),
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of a conflict: its label (translated), what the reader sent, what is stored."""

    label: str
    yours: str
    stored: str


@dataclass(slots=True, eq=False)
class Problem(Exception):
    """Raised by verbs and pages; the unit of work rolls back and the reader gets the page."""

    kind: Kind
    params: dict[str, Any] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.kind.key
