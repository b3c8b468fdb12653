"""When something happened, as another system wrote it, on the clock of its own place. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_YEAR_FIRST = r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?"
_YEAR_LAST = r"(?P<one>\d{1,2})[-/.](?P<other>\d{1,2})[-/.](?P<year>\d{4})"
_CLOCK = (
    r"(?:[T\s]\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?"
    r"\s*(?P<half>[AaPp][Mm])?)?"
)
_SHAPES = [re.compile(shape + _CLOCK) for shape in (_YEAR_FIRST, _YEAR_LAST)]

# What is odd about a time on the clock of a zone: it was shown twice, or never.
AMBIGUOUS, SKIPPED = "ambiguous_time", "skipped_time"


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment with the date on its own clock; `oddity` as above, or empty."""

    at: datetime
    on: date
    has_time: bool
    oddity: str = ""


def read_instant(text: str, zone: ZoneInfo, *, month_first: bool) -> Instant | None:
    """What ``text`` says on the clock of ``zone``; None for what is no time.

    ``03/04/2019`` is 4 March where ``month_first``. Of an hour that the clock shows twice the
    first is meant; an hour that it leaves out counts by the clock before the change.
    """
    found = next((match for shape in _SHAPES if (match := shape.fullmatch(text.strip()))), None)
    if found is None:
        return None
    try:
        local = _local(found.groupdict(), month_first=month_first)
    except ValueError:
        return None
    if not _FIRST_YEAR <= local.year <= _LAST_YEAR:
        return None
    here = local.replace(tzinfo=zone)
    at = here.astimezone(UTC)
    has_time = found["hour"] is not None
    return Instant(at, local.date(), has_time, _oddity(here) if has_time else "")


def _local(parts: dict[str, str | None], *, month_first: bool) -> datetime:
    if parts.get("one") is not None:
        month, day = ("one", "other") if month_first else ("other", "one")
        parts = parts | {"month": parts[month], "day": parts[day]}
    number = {name: int(text) for name, text in parts.items() if text and name != "half"}
    hour, half = number.get("hour", 0), (parts["half"] or "").lower()
    if half and not 1 <= hour <= 12:
        raise ValueError("no hour of half a day")
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    clock = (hour, number.get("minute", 0), number.get("second", 0))
    return datetime(number["year"], number["month"], number["day"], *clock)  # noqa: DTZ001


def _oddity(here: datetime) -> str:
    if here.replace(fold=0).utcoffset() == here.replace(fold=1).utcoffset():
        return ""
    back = here.astimezone(UTC).astimezone(here.tzinfo)
    return AMBIGUOUS if back.replace(tzinfo=None) == here.replace(tzinfo=None) else SKIPPED
