"""The list of rejected rows, as a file that opens in a spreadsheet and runs nothing there. Pure."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from portal.imports.wording import reason_words
from portal.kernel.i18n import N_, Language

# What spreadsheets take for the beginning of a formula.
_RUNS = ("=", "+", "-", "@", "\t", "\r")


def rejected_csv(
    header: Sequence[str],
    rows: Iterable[tuple[int, Sequence[Any], Sequence[str]]],
    language: Language,
) -> str:
    """CSV with the mark that spreadsheets know UTF-8 by: of each row (line, reasons, cells) the
    line, the reasons in ``language``, and its columns as they came."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    first = [language.gettext(N_("Line")), language.gettext(N_("Reason"))]
    writer.writerow([*first, *map(harmless, header)])
    for line, reasons, cells in rows:
        why = "; ".join(reason_words(reasons, language))
        writer.writerow([line, harmless(why), *map(harmless, cells)])
    return "\ufeff" + out.getvalue()


def harmless(cell: str) -> str:
    """A cell with an apostrophe before what would run as a formula; a number stays one."""
    if not cell.startswith(_RUNS) or _is_number(cell):
        return cell
    return f"'{cell}"


def _is_number(cell: str) -> bool:
    digits = cell[1:].replace(".", "", 1)
    return cell[0] in "+-" and digits.isascii() and digits.isdigit()
