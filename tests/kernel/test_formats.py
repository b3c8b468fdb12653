"""How times and phones are written for people."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from portal.kernel.i18n import language
from portal.kernel.web.formats import filters, masked_phone

SHANGHAI = ZoneInfo("Asia/Shanghai")
EVENING = datetime(2026, 11, 20, 16, 5, tzinfo=UTC)


def written(code: str, name: str, value: object) -> str:
    return str(filters(language(code), SHANGHAI)[name](value))


@pytest.mark.parametrize(
    ("code", "name", "value", "expected"),
    [
        ("zh_CN", "moment", EVENING, "2026年11月21日 00:05"),
        ("en", "moment", EVENING, "21 Nov 2026, 00:05"),
        ("zh_CN", "moment", None, ""),
        ("zh_CN", "day", date(2026, 11, 21), "2026年11月21日 周六"),
        ("en", "day", date(2026, 11, 21), "Sat, 21 Nov 2026"),
        ("en", "day", None, ""),
        ("en", "iso", EVENING, "2026-11-21T00:05+08:00"),
        ("zh_CN", "weekday", 0, "星期一"),
        ("en", "weekday", 6, "Sunday"),
        ("en", "clock", 0, "00:00"),
        ("en", "clock", 8 * 60 + 5, "08:05"),
        ("en", "clock", 24 * 60, "24:00"),
    ],
)
def test_times_are_written_as_readers_write_them(
    code: str, name: str, value: object, expected: str
) -> None:
    assert written(code, name, value) == expected


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13812345678", "138****5678"),
        ("+8613812345678", "138****5678"),
        ("85551234", "****"),
        ("110", "****"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_phone_is_shown_to_recognise_and_not_to_call(phone: str | None, shown: str) -> None:
    assert masked_phone(phone) == shown
    assert written("zh_CN", "masked_phone", phone) == shown
