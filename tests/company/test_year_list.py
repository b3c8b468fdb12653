"""A year's list of holidays, in every spelling that spreadsheets write (R5)."""

from datetime import date

import pytest

from portal.calendar.days import Kind
from portal.company.keeping import Listed
from portal.company.year_list import (
    BAD_DATE,
    BAD_KIND,
    BAD_LIKE,
    OTHER_YEAR,
    TWICE,
    read_year_list,
)

NEW_YEAR = Listed(date(2027, 1, 1), Kind.HOLIDAY, "元旦")
MAKE_UP = Listed(date(2027, 1, 9), Kind.WORKING, "元旦调休", 4)


@pytest.mark.parametrize(
    "content",
    [
        "2027-01-01,放假,元旦\n2027-01-09,上班,元旦调休,5\n".encode(),
        "日期,类别,名称,星期\n2027/1/1,放假,元旦\n2027/1/9,上班,元旦调休,5".encode("gb18030"),
        "\ufeff2027.1.1,holiday,元旦\r\n\r\n2027.1.9,working,元旦调休,5\r\n".encode(),
        "2027-01-01, 放假 ,元旦\r2027-01-09,上班,元旦\x00调休,5".encode(),
    ],
)
def test_a_list_is_read_however_the_spreadsheet_wrote_it(content: bytes) -> None:
    assert read_year_list(content, 2027) == ([NEW_YEAR, MAKE_UP], [])


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("tomorrow,放假,元旦", BAD_DATE),
        ("2027-02-30,放假,元旦", BAD_DATE),
        ("2027-01,放假,元旦", BAD_DATE),
        ("2026-01-01,放假,元旦", OTHER_YEAR),
        ("2027-01-02,休息,元旦", BAD_KIND),
        ("2027-01-09,上班,元旦", BAD_LIKE),
        ("2027-01-09,上班,元旦,8", BAD_LIKE),
        ("2027-01-01,放假,再来一次", TWICE),
        ("9" * 200_000, BAD_DATE),
    ],
)
def test_a_line_that_is_not_understood_is_named_with_its_reason(line: str, why: str) -> None:
    days, refused = read_year_list(f"2027-01-01,放假,元旦\n{line}".encode(), 2027)
    assert days == [NEW_YEAR]
    assert [(one.line, one.why) for one in refused] == [(2, why)]
