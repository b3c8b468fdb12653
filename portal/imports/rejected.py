"""The list of rejected rows, as a file that opens in a spreadsheet and runs nothing there. Pure."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from portal.imports.returning import harmless, heading
from portal.imports.wording import reason_words
from portal.kernel.i18n import Language


def rejected_csv(
    header: Sequence[str],
    rows: Iterable[tuple[int, Sequence[Any], Sequence[str]]],
    language: Language,
) -> str:
    """CSV with the mark that spreadsheets know UTF-8 by: of each row (line, reasons, cells) the
    line, the reasons in ``language``, and its columns as they came."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*heading(language), *map(harmless, header)])
    for line, reasons, cells in rows:
        why = "; ".join(reason_words(reasons, language))
        writer.writerow([line, harmless(why), *map(harmless, cells)])
    return "\ufeff" + out.getvalue()
