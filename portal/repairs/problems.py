"""What can go wrong with visits, and with parts."""

from portal.kernel.i18n import N_
from portal.kernel.problems import Kind

SLOT_TAKEN = Kind(
    "slot-taken",
    409,
    N_("The engineer is taken at this time"),
    N_("Another visit of this engineer was agreed for a time that overlaps."),
    todo=N_("Open the appointment again: it shows the windows that are free now."),
)
WINDOW_IMPOSSIBLE = Kind(
    "window-impossible",
    422,
    N_("This window is not possible"),
    N_("A visit lies in the future, ends after it begins, and lasts a day at most."),
    todo=N_("Go back and choose another window."),
)
ENGINEER_MISSING = Kind(
    "engineer-missing",
    422,
    N_("No engineer is chosen"),
    N_("A visit needs an engineer who works here, and this case has none."),
    todo=N_("Have the case dispatched to an engineer first."),
)
DISCREPANCY_SETTLED = Kind(
    "discrepancy-settled",
    409,
    N_("This is settled already"),
    N_("Somebody settled this difference since you opened the page."),
    todo=N_("Load the page again to see the reason that was given."),
)
