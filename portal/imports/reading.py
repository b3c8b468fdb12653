"""Reading a table that another system wrote: text in the encodings used here, or a workbook.

Nothing is kept in memory but one row: a file may be as large as `MOST_BYTES`.
"""

import codecs
import csv
import json
import os
import tempfile
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from portal.imports import returning, unpack
from portal.imports.unpacking import Lost, unpack_workbook
from portal.kernel.i18n import N_
from portal.kernel.sniffing import UNKNOWN, XLSX, mime_of

MOST_BYTES = 32 * 1024 * 1024
MOST_ROWS = 100_000
MOST_COLUMNS = 200
# A workbook is packed: what it unpacks to is limited, too.
_MOST_UNPACKED = 512 * 1024 * 1024
_LONGEST_NAME = 120
_ENCODINGS = ("utf-8", "gb18030")
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_DELIMITERS = (",", ";", "\t", "|")
_TEXT_NAMES = (".csv", ".txt", ".tsv")
_SAMPLE = 64 * 1024
_TOO_WIDE = N_("The file has more than %(most)s columns.")
TOO_LONG = N_("The file has more than %(most)s rows: split it.")
_NOT_READ = N_(
    "The workbook is too large, or a cell stands far outside of the table:"
    " save the sheet as CSV and send that."
)


class BadTable(Exception):
    """A file of which no table can be read; the message is a msgid, with ``params``."""

    def __init__(self, message: str, **params: Any) -> None:
        super().__init__(message)
        self.params = params


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it stands in the file: the number of its first line, and its cells as text.

    `fault` says (a msgid) why nothing can be read from here on; `cells` are then empty.
    """

    line: int
    cells: tuple[str, ...]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A file with its heading; `rows` reads it from the beginning each time."""

    header: tuple[str, ...]
    rows: Callable[[], Iterator[Row]]


def open_table(path: Path, name: str, *, is_stored: bool = False) -> Table:
    """The table in the file at ``path``, which its sender called ``name``; blocks.

    What a workbook unpacks to is kept beside one that ``is_stored``, for whoever opens it next,
    until `drop_rows`. Raises `BadTable` for what is no text of separated values and no workbook,
    and without rows.
    """
    mime = mime_of(path)
    if mime == XLSX:
        rows: Callable[[], Iterator[Row]] = _Workbook(path, is_stored=is_stored)
    elif mime == "text/plain" or (mime == UNKNOWN and name.lower().endswith(_TEXT_NAMES)):
        rows = _of_text(path)
    else:
        raise BadTable(N_("This is no table: send a CSV file or an Excel workbook (.xlsx)."))
    first = list(islice(rows(), 2))
    if not first:
        raise BadTable(N_("The file has no rows."))
    if first[0].fault:
        raise BadTable(first[0].fault)
    if returning.is_returned(first[0].cells):
        first, rows = [_returned(row) for row in first], _without_extras(rows)
    header = _named(first[0].cells)
    if len(header) > MOST_COLUMNS:
        raise BadTable(_TOO_WIDE, most=MOST_COLUMNS)
    if len(first) == 1:
        raise BadTable(N_("The file has a heading and no rows."))
    return Table(header, lambda: _shaped(rows(), len(header)))


def _without_extras(rows: Callable[[], Iterator[Row]]) -> Callable[[], Iterator[Row]]:
    """The rows of a list of rejected ones that was mended, as they would stand in the file itself:
    those and these are known as the same."""
    return lambda: map(_returned, rows())


def _returned(row: Row) -> Row:
    cells = tuple(map(returning.as_it_was, row.cells[returning.WIDTH :]))
    return Row(row.line, cells, row.fault)


def _named(cells: Sequence[str]) -> tuple[str, ...]:
    """A heading in which no name stands twice, and none is empty."""
    names: list[str] = []
    last = max((place for place, cell in enumerate(cells) if cell.strip()), default=0)
    for place, cell in enumerate(cells[: last + 1], 1):
        name = " ".join(cell.replace("\x00", "").split())[:_LONGEST_NAME] or f"#{place}"
        names.append(name if name not in names else f"{name} #{place}")
    return tuple(names)


def _shaped(rows: Iterator[Row], width: int) -> Iterator[Row]:
    """The rows below the heading; blanks beyond it are none."""
    for row in islice(rows, 1, None):
        beyond = row.cells[width:]
        if beyond and not any(cell.strip() for cell in beyond):
            yield Row(row.line, row.cells[:width])
        else:
            yield row


def _of_text(path: Path) -> Callable[[], Iterator[Row]]:
    encoding = _encoding_of(path)
    with path.open(encoding=encoding, newline="") as file:
        delimiter = _delimiter_of(file.read(_SAMPLE))

    def rows() -> Iterator[Row]:
        with path.open(encoding=encoding, newline="") as file:
            reader = csv.reader(file, delimiter=delimiter)
            line = 1
            try:
                for cells in reader:
                    if any(cell.strip() for cell in cells):
                        yield Row(line, tuple(cells))
                    line = reader.line_num + 1
            except csv.Error:
                yield Row(line, (), N_("From here on the file cannot be read: is a quote open?"))

    return rows


def _encoding_of(path: Path) -> str:
    """Spreadsheets in China write UTF-8, with a mark or without, or GB 18030."""
    with path.open("rb") as file:
        head = file.read(4)
    marked = next((name for mark, name in _MARKS.items() if head.startswith(mark)), "")
    for encoding in (marked,) if marked else _ENCODINGS:
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    decoder.decode(chunk)
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise BadTable(N_("The text of the file cannot be read: save it as UTF-8 and send it again."))


def _delimiter_of(sample: str) -> str:
    """What parts most of the first rows into as many cells as the heading has."""

    def fitness(delimiter: str) -> tuple[int, int]:
        lines = sample.splitlines(keepends=True)
        whole = lines[:-1] if len(sample) == _SAMPLE and len(lines) > 1 else lines
        try:
            rows = [row for row in islice(csv.reader(whole, delimiter=delimiter), 30) if row]
        except csv.Error:
            rows = []
        width = len(rows[0]) if rows else 0
        return (sum(len(row) == width for row in rows) if width > 1 else 0, width)

    return max(_DELIMITERS, key=fitness)


class _Workbook:
    """The rows of a workbook, as `unpack` wrote them."""

    def __init__(self, path: Path, *, is_stored: bool) -> None:
        self._path = path
        if is_stored:
            self._rows = _rows_beside(path)
        else:
            handle, name = tempfile.mkstemp(suffix=".rows")
            os.close(handle)
            self._rows = Path(name)
            weakref.finalize(self, self._rows.unlink, missing_ok=True)
            self._unpack()

    def __call__(self) -> Iterator[Row]:
        if not self._rows.exists():
            self._unpack()
        with self._rows.open("rb") as file:
            for written in file:
                line, cells = json.loads(written)
                yield Row(line, tuple(cells))

    def _unpack(self) -> None:
        try:
            unpack_workbook(self._path, self._rows, MOST_ROWS, MOST_COLUMNS, _MOST_UNPACKED)
        except Lost as lost:
            if lost.code == unpack.TOO_WIDE:
                raise BadTable(_TOO_WIDE, most=MOST_COLUMNS) from lost
            if lost.code == unpack.TOO_LONG:
                raise BadTable(TOO_LONG, most=MOST_ROWS) from lost
            damaged = lost.code == unpack.DAMAGED
            raise BadTable(N_("The workbook is damaged.") if damaged else _NOT_READ) from lost


def drop_rows(path: Path) -> None:
    """Drop what the stored workbook at ``path`` unpacked to; whoever needs it has it again."""
    _rows_beside(path).unlink(missing_ok=True)


def _rows_beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.rows")
