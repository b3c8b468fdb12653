"""Tables as other systems write them: encodings, separators, quotes, workbooks."""

import resource
from pathlib import Path
from typing import Any

import pytest

from portal.imports import reading, unpacking
from portal.imports.reading import BadTable, open_table
from tests.imports.support import DATA, EXCAVATORS, rows_of, table_of, workbook

TEXT = "编号,标题\nA-1,漏水\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_the_encodings_used_here_are_read(folder: Path, encoding: str) -> None:
    content = TEXT.encode(encoding)
    assert table_of(folder, content).header == ("编号", "标题")
    assert [row.cells for row in rows_of(folder, content)] == [("A-1", "漏水")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends_are_found(folder: Path, delimiter: str, end: str) -> None:
    lines = ["a,b,c", "1,x,2", "3,y,4"]
    content = end.join(line.replace(",", delimiter) for line in lines).encode()
    assert [row.cells for row in rows_of(folder, content)] == [("1", "x", "2"), ("3", "y", "4")]


def test_a_separator_inside_a_text_is_not_taken_for_one(folder: Path) -> None:
    content = b"a;b\n1,5;2,5\n3,5;4,5\n"
    assert [row.cells for row in rows_of(folder, content)] == [("1,5", "2,5"), ("3,5", "4,5")]


def test_a_quoted_text_may_hold_lines_and_each_row_knows_its_first_line(folder: Path) -> None:
    content = b'a,b\n"one\ntwo",1\n\n"say ""no""",2\n'
    rows = rows_of(folder, content)
    assert [(row.line, row.cells) for row in rows] == [
        (2, ("one\ntwo", "1")),
        (5, ('say "no"', "2")),
    ]


def test_ragged_rows_keep_their_cells_and_blanks_beyond_the_heading_are_none(folder: Path) -> None:
    rows = rows_of(folder, b"a,b\n1,2,,\n1\n1,2,3\n")
    assert [row.cells for row in rows] == [("1", "2"), ("1",), ("1", "2", "3")]


def test_an_open_quote_ends_the_reading_with_a_reason(folder: Path) -> None:
    content = b'a,b\n1,2\n"' + b"x" * 200_000
    first, last = rows_of(folder, content)
    assert first.cells == ("1", "2")
    assert "quote" in last.fault


def test_a_heading_has_every_name_once(folder: Path) -> None:
    assert table_of(folder, b"a,,a,b,\n1,2,3,4,5\n").header == ("a", "#2", "a #3", "b")


def test_a_workbook_gives_whole_numbers_without_a_point(folder: Path) -> None:
    content = workbook([["编号", "电话", "费用"], [40157411.0, 13912345678.0, 12.5]])
    rows = rows_of(folder, content, "file.xlsx")
    assert [(row.line, row.cells) for row in rows] == [(2, ("40157411", "13912345678", "12.5"))]


@pytest.mark.parametrize(
    ("content", "name", "why"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "file.csv", "no table"),
        (b"%PDF-1.7", "file.csv", "no table"),
        (b"<html><body>1,2</body></html>", "file.html", "no table"),
        (b"\xff\xfe\xfd,\x81\n\x00\xff", "file.bin", "no table"),
        (b"\n\n , \n", "file.csv", "no rows"),
        (b"a,b\n", "file.csv", "heading"),
        (b",".join([b"a"] * 300) + b"\n" + b",".join([b"1"] * 300), "file.csv", "columns"),
        ("a,b\n漏,水\n".encode()[:-2] + b"\xff\xff\xff,\n", "file.csv", "cannot be read"),
        (workbook([]), "file.xlsx", "no rows"),
        (workbook([["a"], ["1"]])[:-200], "file.xlsx", "damaged"),
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(
    folder: Path, content: bytes, name: str, why: str
) -> None:
    with pytest.raises(BadTable, match=why):
        table_of(folder, content, name)


def test_a_workbook_that_unpacks_to_too_much_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_MOST_UNPACKED", 100)
    with pytest.raises(BadTable, match="too large"):
        table_of(folder, workbook([["a"], ["1"]]), "file.xlsx")


@pytest.mark.parametrize("far", ["XFD1048576", "XFD5000"])
def test_a_workbook_with_one_far_cell_costs_the_server_nothing(folder: Path, far: str) -> None:
    """The library takes memory for the whole rectangle: a process of its own is lost for it."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    content = workbook([["a"], ["1"]], far=far)
    assert len(content) < 2000
    with pytest.raises(BadTable, match="far outside"):
        table_of(folder, content, "file.xlsx")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024


def test_a_workbook_that_takes_too_long_is_given_up(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "WALL_SECONDS", 0.0)
    with pytest.raises(BadTable, match="too large"):
        table_of(folder, workbook([["a"], ["1"]]), "file.xlsx")
    assert [path.name for path in folder.iterdir()] == ["content"]


def test_a_workbook_with_too_many_rows_or_columns_is_refused_as_such(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_ROWS", 2)
    assert len(rows_of(folder, workbook([["a"], ["1"], ["2"]]), "file.xlsx")) == 2
    with pytest.raises(BadTable, match=r"more than %.most.s rows"):
        table_of(folder, workbook([["a"], ["1"], ["2"], ["3"]]), "file.xlsx")
    monkeypatch.setattr(reading, "MOST_COLUMNS", 1)
    with pytest.raises(BadTable, match=r"more than %.most.s columns"):
        table_of(folder, workbook([["a", "b"], ["1", "2"]]), "file.xlsx")


def test_a_stored_workbook_is_unpacked_once_until_its_rows_are_dropped(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unpacked = []

    def counted(*args: Any) -> None:
        unpacked.append(args)
        unpacking.unpack_workbook(*args)

    monkeypatch.setattr(reading, "unpack_workbook", counted)
    path = folder / "book"
    path.write_bytes(workbook([["a", "b"], ["1", ""], ["2", "3"]]))
    for _ in range(2):
        table = open_table(path, "book.xlsx", is_stored=True)
        assert [row.cells for row in table.rows()] == [("1", ""), ("2", "3")]
    assert len(unpacked) == 1
    reading.drop_rows(path)
    assert [one.name for one in folder.iterdir()] == ["book"]
    assert len(list(table.rows())) == 2


def test_a_file_is_read_row_by_row(folder: Path) -> None:
    """Memory is bounded: nothing is read ahead of what is asked for."""
    path = folder / "big.csv"
    path.write_bytes(b"a,b\n" + b"1,2\n" * 1_000_000)
    rows = open_table(path, "big.csv").rows()
    assert next(rows).line == 2


def test_the_broken_row_of_real_data_is_where_it_is() -> None:
    rows = list(open_table(DATA / "excavators.csv", "excavators.csv").rows())
    assert len(rows) == EXCAVATORS.count(b"\n") - 1
    (broken,) = [row for row in rows if row.cells[2] == "won"]
    assert broken.cells == ("2003-12-31", "B", "won", "t swing", "PM01")
