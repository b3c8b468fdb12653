"""What can go wrong with printing. Every form also prints from its page, by the browser."""

from portal.kernel.i18n import N_
from portal.kernel.problems import Kind

_BY_BROWSER = N_("The form itself is there: open it and print it from the browser.")

PRINTING_MISSING = Kind(
    "printing-missing",
    503,
    N_("This portal cannot make PDF files yet"),
    N_("For PDF files the server needs: %(packages)s"),
    kept=_BY_BROWSER,
    todo=N_("Tell the administrator: apt-get install %(packages)s"),
)
PRINTING_BUSY = Kind(
    "printing-busy",
    503,
    N_("Many forms are being printed"),
    N_("Others wait for a PDF file already."),
    kept=_BY_BROWSER,
    todo=N_("Wait a minute and try again."),
)
PRINTING_FAILED = Kind(
    "printing-failed",
    503,
    N_("The PDF file could not be made"),
    N_("It took more time or memory than a form may take. It has been recorded."),
    kept=_BY_BROWSER,
    todo=N_("If it happens again, tell the administrator which form it was."),
)
