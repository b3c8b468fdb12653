"""The app writes times as the portal does, and minutes as the form does."""

import json
import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from field.folding import minutes_of
from portal.kernel.i18n import language
from portal.kernel.web.formats import filters
from tests.cases.support import ZONE
from tests.field.test_client import HERE, node
from tests.support.cast import NOON

ENGLISH = filters(language("en"), ZONE)


def _written(calls: Iterable[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    given = "".join(json.dumps(call) + "\n" for call in calls)
    return [json.loads(line) for line in node(str(HERE / "formats.js"), given=given).splitlines()]


def _call(tag: str, at: datetime, seconds: float = 0) -> dict[str, Any]:
    now = NOON.timestamp() * 1000
    return {"language": tag, "at": at.timestamp() * 1000, "now": now, "seconds": seconds}


@pytest.mark.parametrize("tag", ["zh-CN", "en"])
def test_the_app_writes_times_as_the_portal_does(tag: str) -> None:
    chance = random.Random(8)
    begin = datetime(2024, 1, 1, tzinfo=UTC)
    moments = [begin + timedelta(minutes=chance.randrange(4 * 366 * 1440)) for _ in range(200)]
    moments += [datetime(2026, month, 9, 16, 5, tzinfo=UTC) for month in range(1, 13)]
    portal = filters(language(tag.replace("-", "_")), ZONE)
    for at, said in zip(moments, _written(_call(tag, at) for at in moments), strict=True):
        assert said["moment"] == portal["moment"](at)
        assert said["short"] == portal["short"](at)
        assert said["date"] == portal["weekly_day"](at)
        assert said["clock"] == portal["hour"](at)


def test_what_is_near_is_told_shortly_and_what_is_not_has_its_year() -> None:
    """By the company's days, not the server's: noon there is 20:00 in China."""
    ways = [0, -1, 1, -3, -400]
    said = _written(_call("en", NOON + timedelta(days=days)) for days in ways)
    hour = ENGLISH["hour"](NOON)
    short = ENGLISH["short"](NOON - timedelta(days=3))
    moment = ENGLISH["moment"](NOON - timedelta(days=400))
    far = ENGLISH["weekly_day"](NOON - timedelta(days=400))
    near = ENGLISH["weekly_day"](NOON - timedelta(days=3))
    assert [one["when"] for one in said[:2]] == [hour, f"Yesterday {hour}"]
    assert [one["when"] for one in said[3:]] == [short, moment]
    assert [one["day"] for one in said[:3]] == ["Today", "Yesterday", "Tomorrow"]
    assert [one["day"] for one in said[3:]] == [near.removesuffix(" 2026"), far]


def test_a_time_is_the_same_minutes_on_every_screen_and_on_the_form_f11() -> None:
    chance = random.Random(11)
    times = [0, 20, 30, 89, 90, 91, 150, 3599, 3600, 5430]
    seconds = times + [chance.randrange(40_000_000) / 1000 for _ in range(300)]
    for one, said in zip(seconds, _written(_call("en", NOON, one) for one in seconds), strict=True):
        minutes = minutes_of(timedelta(seconds=one))
        hours = f"{minutes // 60} h {minutes % 60} min"
        assert said["minutes"] == minutes
        assert said["duration"] == (f"{minutes} min" if minutes < 60 else hours)
