"""Fixtures of the company room."""

from datetime import date

import pytest
from chinese_calendar.constants import holidays


@pytest.fixture
def known_2027(monkeypatch: pytest.MonkeyPatch) -> dict[date, str]:
    """The program knows the holidays of 2027, too: two of them."""
    days = {date(2027, 1, 1): "New Year's Day", date(2027, 10, 1): "National Day"}
    for day, name in days.items():
        monkeypatch.setitem(holidays, day, name)
    return days
