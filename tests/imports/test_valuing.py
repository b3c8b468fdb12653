"""From a row to what is kept: times on the source's clock, amounts, guesses, keys, flags."""

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.imports.instants import read_instant
from portal.imports.judging import Judge, Judged
from portal.imports.keys import Keys, digest_of
from portal.imports.mapping import Mapping, guess
from portal.imports.profiles import PROFILES, recognise
from portal.imports.reading import Row, open_table
from portal.imports.rejected import rejected_csv
from portal.imports.returning import harmless
from portal.imports.valuing import Reader, Value
from portal.kernel.i18n import language
from tests.imports.support import DATA, table_of

NEW_YORK = ZoneInfo("America/New_York")
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "at", "oddity"),
    [
        ("06/26/2018 10:58:54 AM", "2018-06-26T14:58:54", ""),  # summer time
        ("01/31/2019 12:05:00 AM", "2019-01-31T05:05:00", ""),  # winter time, the hour after 0
        ("11/04/2018 01:30:00 AM", "2018-11-04T05:30:00", "ambiguous_time"),  # shown twice
        ("11/04/2018 02:30:00 AM", "2018-11-04T07:30:00", ""),
        ("03/10/2019 02:30:00 AM", "2019-03-10T07:30:00", "skipped_time"),  # never shown
        ("03/10/2019 03:30:00 AM", "2019-03-10T07:30:00", ""),
        ("2019-03-10", "2019-03-10T05:00:00", ""),
    ],
)
def test_times_are_on_the_clock_of_their_place(text: str, at: str, oddity: str) -> None:
    found = read_instant(text, NEW_YORK, month_first=True)
    assert found
    assert found.at == datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert found.oddity == oddity


@pytest.mark.parametrize(
    "text",
    ["2024-05-06", "2024/5/6", "2024.05.06", "2024年5月6日", "05/06/2024", "2024 年 5 月 6 日"],
)
def test_dates_are_read_as_people_write_them(text: str) -> None:
    found = read_instant(text, SHANGHAI, month_first=True)
    assert found
    assert (found.on, found.has_time) == (date(2024, 5, 6), False)


def test_a_day_may_come_before_its_month() -> None:
    first = read_instant("03/04/2019", SHANGHAI, month_first=True)
    last = read_instant("03/04/2019", SHANGHAI, month_first=False)
    assert first
    assert last
    assert (first.on, last.on) == (date(2019, 3, 4), date(2019, 4, 3))


@given(st.text(max_size=30))
def test_no_text_is_a_fault(text: str) -> None:
    found = read_instant(text, NEW_YORK, month_first=True)
    assert found is None or 1899 <= found.at.year <= 2101


@pytest.mark.parametrize(
    "text",
    [
        *("", "gestern", "2024-13-01", "2024-02-30", "13:00", "1024-01-01", "9999-01-01"),
        *("01/02/2019 13:00:00 PM", "01/02/2019 00:10:00 AM", "2024-01-01 25:00", "31/12/2019"),
    ],
)
def test_what_is_no_time_is_none(text: str) -> None:
    assert read_instant(text, SHANGHAI, month_first=True) is None


def read(header: str, cells: str, **more: str) -> Value | list[str]:
    """A row read by guessed columns; the msgids of reasons against it."""
    names = header.split(",")
    reader = Reader(names, Mapping(columns=guess(names), zone="Asia/Shanghai", **more))  # type: ignore[arg-type]
    found = reader.read(Row(2, tuple(cells.split(","))))
    return found if isinstance(found, Value) else [reason.text for reason in found]


def test_every_reason_against_a_row_is_told_at_once() -> None:
    reasons = read("标题,日期,金额,电话,纬度,经度", ",gestern,PM01,x,91,abc")
    assert isinstance(reasons, list)
    assert [text.partition("“")[0].partition("is")[0] for text in reasons] == [
        "%(field)s ",
        "%(field)s ",
        "%(field)s ",
        "%(field)s ",
        "%(field)s ",
        "%(field)s ",
    ]
    assert len(set(reasons)) == 5  # both degrees are refused by one sentence


@pytest.mark.parametrize(
    ("cells", "why"),
    [("漏水", "cells"), ("漏水,2024-01-01,3,4", "cells"), ("漏\x00水,2024-01-01,1", "NUL")],
)
def test_a_row_that_is_not_whole_is_refused(cells: str, why: str) -> None:
    (reason,) = read("标题,日期,金额", cells)  # type: ignore[misc]
    assert why in reason


@pytest.mark.parametrize(
    ("text", "kept"),
    [("0", "0"), ("-25.76", "-25.76"), ("1,281.36", "1281.36"), ("￥320", "320"), ("", "")],
)
def test_amounts_are_kept_as_numbers(text: str, kept: str) -> None:
    names = ["标题", "日期", "金额"]
    reader = Reader(names, Mapping(columns=guess(names), zone="Asia/Shanghai"))
    found = reader.read(Row(2, ("漏水", "2024-01-01", text)))
    assert isinstance(found, Value)
    assert found.cost == kept


@pytest.mark.parametrize(
    ("state", "is_open"),
    [("Closed", False), ("已完成", False), ("处理中", True), ("In Progress", True), ("", False)],
)
def test_a_record_is_open_where_its_source_says_so(state: str, is_open: bool) -> None:
    found = read("标题,日期,状态", f"漏水,2024-01-01,{state}")
    assert isinstance(found, Value)
    assert found.is_open is is_open


@pytest.mark.parametrize(
    ("created", "closed", "flags"),
    [
        ("2024-01-02 10:00", "2024-01-02 09:00", ("closed_before_created",)),
        ("2024-01-02 10:00", "2024-01-02", ()),  # a day is not before a time of it
        ("2024-01-02", "2024-01-01", ("closed_before_created",)),
        ("2024-01-02", "2024-01-02", ()),
        ("2024-01-02 10:00", "", ()),
    ],
)
def test_what_was_closed_before_it_was_created_is_flagged(
    created: str, closed: str, flags: tuple[str, ...]
) -> None:
    found = read("标题,创建时间,完成时间", f"漏水,{created},{closed}")
    assert isinstance(found, Value)
    assert found.flags == flags


def test_columns_are_guessed_in_chinese_and_english() -> None:
    chinese = ["工单号", "故障现象", "报修时间", "完成时间", "客户名称", "联系电话", "备注"]
    assert guess(chinese) == {
        "id": "工单号",
        "title": "故障现象",
        "happened": "报修时间",
        "closed": "完成时间",
        "customer": "客户名称",
        "phone": "联系电话",
    }
    english = ["Ticket ID", "Subject", "Created At", "Status Date", "Status", "Latitude"]
    found = guess(english)
    assert found["title"] == "Subject"
    assert found["happened"] == "Created At"
    assert found["state"] == "Status"
    assert found["latitude"] == "Latitude"
    assert len(set(found.values())) == len(found)


@given(st.lists(st.text(max_size=20), max_size=30))
def test_a_guess_takes_no_column_twice(header: list[str]) -> None:
    found = list(guess(header).values())
    assert len(found) == len(set(found))
    assert set(found) <= set(header)


def judged(name: str) -> list[Judged]:
    table = open_table(DATA / name, name)
    profile = recognise(table.header)
    assert profile
    return list(Judge(table, profile.mapping).all())


def test_known_sources_are_recognised_by_their_heading() -> None:
    for name, key in (("nyc311.csv", "nyc311"), ("excavators.csv", "excavators")):
        profile = recognise(open_table(DATA / name, name).header)
        assert profile is PROFILES[key]
    assert recognise(["a", "b"]) is None


def test_all_of_the_real_rows_are_read_and_the_ten_odd_ones_flagged() -> None:
    rows = judged("nyc311.csv")
    assert len(rows) == 40
    assert all(one.value for one in rows)
    assert sum("closed_before_created" in one.value.flags for one in rows if one.value) == 10
    assert sum(one.value.is_open for one in rows if one.value) == 16


def test_of_the_work_orders_the_broken_one_is_refused_for_what_stands_in_it() -> None:
    refused = [one for one in judged("excavators.csv") if one.reasons]
    assert [[(r.text, r.params["value"]) for r in one.reasons] for one in refused] == [
        [("%(field)s “%(value)s” is no amount.", "PM01")]
    ]


def test_equal_rows_have_keys_of_their_own_and_the_same_ones_the_next_time() -> None:
    first, second = judged("excavators.csv"), judged("excavators.csv")
    keys = [one.key for one in first if one.value]
    assert len(set(keys)) == len(keys)
    assert [one.key for one in second if one.value] == keys
    digests = [one.digest for one in first]
    assert max(map(digests.count, digests)) == 4


def test_a_row_is_the_same_whatever_the_order_of_its_columns() -> None:
    assert digest_of(["a", "b"], ["1", "2"]) == digest_of(["b", "a"], ["2", " 1"])
    assert digest_of(["a", "b"], ["1", "2"]) != digest_of(["a", "b"], ["2", "1"])


def test_a_key_is_never_longer_than_its_column() -> None:
    keys = Keys()
    assert keys.key("7" * 200, "") != keys.key("7" * 201, "")
    assert len(keys.key("7" * 200, "")) <= 80
    assert len(keys.key("", "a" * 64)) <= 80


def test_a_phone_is_not_kept_a_second_time(folder: Path) -> None:
    table = table_of(folder, "标题,日期,电话\n漏水,2024-01-01,13912345678\n".encode())
    (one,) = Judge(table, Mapping(columns=guess(table.header), zone="UTC")).all()
    assert one.value
    assert one.value.phone == "13912345678"
    assert one.cells[2] == ["电话", "139****5678"]


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-x", "@SUM(A1)", "\t=1", "\r=1", "+1-2"])
def test_a_rejected_cell_runs_nothing_in_a_spreadsheet(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-139.52", "+5", "漏水", "", "a=b"])
def test_a_number_and_a_plain_text_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


def test_the_list_of_rejected_rows_opens_in_a_spreadsheet_in_the_readers_language() -> None:
    reasons = [["%(field)s “%(value)s” is no amount.", {"field": "Cost", "value": "PM01"}]]
    rows = [(7, reasons, ["=x", "PM01"])]
    english = rejected_csv(["a", "Cost"], rows, language("en"))
    head = "\ufeffLine in the file that was sent,Why the row was not imported,a,Cost\r\n"
    assert english == head + "7,Cost “PM01” is no amount.,'=x,PM01\r\n"
    assert "“费用”的值“PM01”不是金额。" in rejected_csv(["a"], rows, language("zh_CN"))
