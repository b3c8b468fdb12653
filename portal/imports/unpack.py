"""Writes the rows of a workbook to standard output; run by itself, with nothing of the portal in
reach.

A workbook of a few bytes may describe a table of billions of cells, which the library takes memory
for before it gives the first row: so this process has limits, and may be lost. Each line of what
it writes is JSON, the number of the row and its cells as text; rows without any are left out.
Arguments: the file, and the most rows, columns, and bytes it may unpack to.
"""

import json
import resource
import sys
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

MEMORY = 1 << 30
CPU_SECONDS = 60
MOST_WRITTEN = 256 * 1024 * 1024
# How it ends where it is not lost.
DAMAGED, TOO_LARGE, TOO_WIDE, TOO_LONG = 3, 4, 5, 6
# As for a text of separated values.
_LONGEST_CELL = 131_072
# As text: a whole number of a workbook has no decimal point, however Excel keeps it.
_LARGEST_WHOLE = 1e15


def main() -> int:
    """0 when all rows stand on standard output."""
    path, (rows, columns, unpacked) = sys.argv[1], map(int, sys.argv[2:])
    _limit()
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with zipfile.ZipFile(path) as packed:
            if sum(member.file_size for member in packed.infolist()) > unpacked:
                return TOO_LARGE
        with CalamineWorkbook.from_path(path) as book:
            return _write(book.get_sheet_by_index(0), rows, columns)
    except (zipfile.BadZipFile, CalamineError):
        return DAMAGED


def _write(sheet: Any, most_rows: int, most_columns: int) -> int:
    first = sheet.start[0] + 1 if sheet.start else 1
    width = count = 0
    for line, cells in enumerate(sheet.iter_rows(), 1):
        texts = [_as_text(cell) for cell in cells]
        used = _used(texts)
        if line < first or not used:
            continue
        if not count:
            width = used
        if width > most_columns:
            return TOO_WIDE
        # The heading is a row, too.
        if count > most_rows:
            return TOO_LONG
        if any(len(text) > _LONGEST_CELL for text in texts):
            return TOO_LARGE
        print(json.dumps([line, texts[: max(width, used)]]))
        count += 1
    return 0


def _used(texts: Sequence[str]) -> int:
    """How many cells there are up to the last that is not blank."""
    return next((place for place in range(len(texts), 0, -1) if texts[place - 1].strip()), 0)


def _as_text(cell: Any) -> str:
    """A cell as people read it: numbers come as floats, phones and ids among them."""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _LARGEST_WHOLE:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(" ", timespec="seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)


def _limit() -> None:
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, MOST_WRITTEN),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    sys.exit(main())
