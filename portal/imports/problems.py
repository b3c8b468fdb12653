"""What can go wrong with imports, as values."""

from portal.kernel.i18n import N_
from portal.kernel.problems import Kind

NOT_A_DRAFT = Kind(
    "not-a-draft",
    409,
    N_("This import has begun"),
    N_("Its columns cannot be changed, and it cannot be started again: it has begun or is over."),
    todo=N_("Open the import again to see how far it is."),
)
OVER_ALREADY = Kind(
    "over-already",
    409,
    N_("This import is over"),
    N_("There was nothing left to cancel: the import had ended before."),
    todo=N_("Open the import again to see what came of it."),
)
NOT_MAPPED = Kind(
    "not-mapped",
    422,
    N_("The columns are not complete"),
    N_("An import needs to know which columns say what it was about and when it was created."),
)
