"""A year's list of holidays and make-up days, as a CSV file that people write in a spreadsheet.

Columns: date, kind (holiday, day_off, working; or 放假, 公司休息, 上班), name, and for working days
the weekday whose hours they have (1 = Monday … 7 = Sunday). A heading line is optional.
"""

import csv
import re
from dataclasses import dataclass
from datetime import date

from portal.calendar.days import Kind
from portal.company.keeping import Listed
from portal.kernel.i18n import N_

_LONGEST_LINE = 500
_KINDS = {
    "放假": Kind.HOLIDAY,
    "holiday": Kind.HOLIDAY,
    "公司休息": Kind.DAY_OFF,
    "day_off": Kind.DAY_OFF,
    "上班": Kind.WORKING,
    "working": Kind.WORKING,
}
BAD_DATE = N_("The date is not like 2027-01-01.")
BAD_KIND = N_("The kind is not holiday, day_off or working.")
BAD_LIKE = N_("A working day needs the weekday whose hours it has, 1 to 7.")
OTHER_YEAR = N_("The date is not in that year.")
TWICE = N_("The date stands in the list twice.")


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that was not understood: its number, its text and why (a msgid)."""

    line: int
    text: str
    why: str


def read_year_list(content: bytes, year: int) -> tuple[list[Listed], list[Refused]]:
    """The days that the file lists for ``year``, and the lines it refuses."""
    text = _decode(content)
    days: dict[date, Listed] = {}
    refused = []
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, row in enumerate((_cells(line) for line in lines), 1):
        if not any(cell.strip() for cell in row) or (number == 1 and not row[0][:1].isdigit()):
            continue
        read = _read_line([cell.strip() for cell in row], year)
        if isinstance(read, Listed) and read.day in days:
            read = TWICE
        if isinstance(read, Listed):
            days[read.day] = read
        else:
            refused.append(Refused(number, ",".join(row), read))
    return list(days.values()), refused


def _cells(line: str) -> list[str]:
    try:
        return next(csv.reader([line[:_LONGEST_LINE]]), [])
    except csv.Error:
        return [line[:_LONGEST_LINE]]


def _read_line(cells: list[str], year: int) -> Listed | str:
    on, kind_name, name, like = [*cells, "", "", "", ""][:4]
    try:
        # Spreadsheets write 2027/1/1 as well as 2027-01-01.
        day = date(*map(int, re.split("[-/.]", on)))
    except (OverflowError, TypeError, ValueError):
        return BAD_DATE
    if day.year != year:
        return OTHER_YEAR
    kind = _KINDS.get(kind_name.lower())
    if kind is None:
        return BAD_KIND
    if kind is not Kind.WORKING:
        return Listed(day, kind, name[:60])
    if like not in tuple("1234567"):
        return BAD_LIKE
    return Listed(day, kind, name[:60], int(like) - 1)


def _decode(content: bytes) -> str:
    """Spreadsheets in China write UTF-8 with a mark, or GB 18030."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", errors="replace")
    return text.replace("\x00", "")
