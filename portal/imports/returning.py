"""What the list of rejected rows has beyond the rows themselves, put in and taken away again: it
opens in a spreadsheet, is mended there, and comes back. Pure."""

from collections.abc import Sequence
from functools import cache

from portal.kernel.i18n import LANGUAGES, N_, Language, language

# Words that no other system's heading begins with: what stands below them is left out.
_HEADING = (N_("Line in the file that was sent"), N_("Why the row was not imported"))
WIDTH = len(_HEADING)
# What spreadsheets take for the beginning of a formula.
_RUNS = ("=", "+", "-", "@", "\t", "\r")


def heading(reader: Language) -> list[str]:
    """The names of the columns that stand before those of the rows."""
    return [reader.gettext(name) for name in _HEADING]


def is_returned(cells: Sequence[str]) -> bool:
    """Whether a heading is that of such a list, in whichever language it was taken away."""
    return [cell.strip() for cell in cells[:WIDTH]] in _headings()


@cache
def _headings() -> list[list[str]]:
    return [heading(language(code)) for code in LANGUAGES]


def harmless(cell: str) -> str:
    """A cell with an apostrophe before what would run as a formula; a number stays one."""
    return f"'{cell}" if _is_guarded(cell) else cell


def as_it_was(cell: str) -> str:
    """A cell of such a list without the apostrophe that `harmless` gave it."""
    return cell[1:] if cell.startswith("'") and _is_guarded(cell[1:]) else cell


def _is_guarded(cell: str) -> bool:
    """Apostrophes that stood there before get one more, so that it is one that is taken away."""
    inner = cell.lstrip("'")
    return inner.startswith(_RUNS) and not _is_number(inner)


def _is_number(cell: str) -> bool:
    digits = cell[1:].replace(".", "", 1)
    return cell[0] in "+-" and digits.isascii() and digits.isdigit()
