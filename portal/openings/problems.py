"""What can go wrong for customers."""

from portal.kernel.i18n import N_
from portal.kernel.problems import Kind

# One answer for a link that never was, is over, or was called back: none tells which.
LINK_OVER = Kind(
    "link-over",
    404,
    N_("This link is no longer valid"),
    N_("It may be mistyped or too old, or the company has made a newer one."),
    kept=N_("Your request itself is not lost: the company goes on with it."),
    todo=N_("Check that you copied the whole address, or call the company for a new link."),
)
TOO_OFTEN = Kind(
    "too-often",
    429,
    N_("Too many requests"),
    N_("Many requests came from this phone number or connection within an hour."),
    todo=N_("Wait %(minutes)s minutes and try again, or call the company."),
)
MOVED_OFTEN = Kind(
    "moved-too-often",
    429,
    N_("The time was changed here 5 times within a day. To change it again, please call us."),
    N_("Each change calls on several people."),
    todo=N_("Please call us."),
)
NOTHING_LEFT = Kind(
    "nothing-left-to-cancel",
    409,
    N_("There is nothing left to cancel"),
    N_("The work was reported as done in the meantime."),
    todo=N_("Go back and tell us whether it is solved."),
)
TOO_LATE = Kind(
    "too-late-to-move",
    409,
    N_("It is too late to change the time here"),
    N_("The engineer is about to set out."),
    todo=N_("Please call the engineer."),
)
