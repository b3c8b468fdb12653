"""What can go wrong with surveys."""

from portal.kernel.i18n import N_
from portal.kernel.problems import Kind

ANSWERED = Kind(
    "survey-answered",
    409,
    N_("This survey has been answered"),
    N_("The customer, or a colleague on the phone, has answered it in the meantime."),
    todo=N_("Load the page again to see the answer."),
)
NOT_OPEN = Kind(
    "survey-not-open",
    409,
    N_("This survey cannot be answered now"),
    N_("The case has been taken up again; it is rated when it is closed."),
)
OWN_WORK = Kind(
    "own-work",
    403,
    N_("Not for your own work"),
    N_("Whoever did the repair does not take down how it is rated."),
    todo=N_("Ask a colleague to call the customer."),
)
