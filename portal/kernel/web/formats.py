"""How times, phones and sizes are written for people, as template filters."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import ROUND_DOWN, Decimal
from typing import Any, Protocol

from babel.dates import format_date, format_datetime, get_day_names, get_month_names

from portal.kernel.i18n import Language

_MOMENT = {"zh_CN": "y年M月d日 HH:mm", "en": "d MMM y, HH:mm"}
_SHORT = {"zh_CN": "M月d日 HH:mm", "en": "d MMM, HH:mm"}
_DAY = {"zh_CN": "y年M月d日 EEE", "en": "EEE, d MMM y"}


class Bilingual(Protocol):
    """A text that data brings in both languages."""

    @property
    def zh(self) -> str: ...
    @property
    def en(self) -> str: ...


def masked_phone(phone: str | None) -> str:
    """``138****5678``: enough to recognise, not enough to call."""
    if not phone:
        return ""
    phone = phone.removeprefix("+86")
    # A shorter one would show more than it hides.
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else "****"


def size(bytes_: int) -> str:
    """A file's size: 512 B, 3.4 KB, 12 MB."""
    amount, unit = float(bytes_), "B"
    for unit in ("B", "KB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if amount >= 10 or unit == "B" else f"{amount:.1f} {unit}"


@dataclass(frozen=True, slots=True)
class _Writing:
    """How one language writes things; times are shown in ``zone``, the company's."""

    language: Language
    zone: tzinfo

    def moment(self, at: datetime | None) -> str:
        return self._time(at, _MOMENT)

    def short(self, at: datetime | None) -> str:
        return self._time(at, _SHORT)

    def _time(self, at: datetime | None, patterns: dict[str, str]) -> str:
        if at is None:
            return ""
        pattern = patterns[self.language.code]
        return format_datetime(at.astimezone(self.zone), pattern, locale=self.language.locale)

    def day(self, on: date | None) -> str:
        pattern = _DAY[self.language.code]
        return format_date(on, pattern, locale=self.language.locale) if on else ""

    def hour(self, at: datetime) -> str:
        """The time of the day, in the company's zone: 09:00."""
        return f"{at.astimezone(self.zone):%H:%M}"

    def weekly_day(self, at: datetime) -> str:
        """The day of a time, in the company's zone, with its weekday."""
        return self.day(at.astimezone(self.zone).date())

    def iso(self, at: datetime) -> str:
        return at.astimezone(self.zone).isoformat(timespec="minutes")

    def weekday(self, number: int) -> str:
        return str(get_day_names("wide", locale=self.language.locale)[number])

    def weekday_short(self, number: int) -> str:
        return str(get_day_names("narrow", locale=self.language.locale)[number])

    def month(self, number: int) -> str:
        names = get_month_names("abbreviated", "stand-alone", locale=self.language.locale)
        return str(names[number])

    def said(self, label: Bilingual) -> str:
        return label.zh if self.language.code == "zh_CN" else label.en

    def plainly(self, value: Any) -> str:
        """A form's value: a time as people write it, anything else as it is."""
        if isinstance(value, datetime):
            return self.moment(value)
        return self.day(value) if isinstance(value, date) else str(value)


def number(value: Decimal | int, places: int = 0) -> str:
    """With so many decimal places, cut and not rounded: 89.99 is no 90.0."""
    return str(Decimal(value).quantize(Decimal(1).scaleb(-places), rounding=ROUND_DOWN))


def clock(minutes: int) -> str:
    """Minutes after midnight as 08:30."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def filters(language: Language, zone: tzinfo) -> dict[str, Callable[..., Any]]:
    """The template filters of one language."""
    own = _Writing(language, zone)
    named = [getattr(own, name) for name in vars(_Writing) if not name.startswith("_")]
    methods = [one for one in named if callable(one)]
    return {one.__name__: one for one in (*methods, clock, number, size, masked_phone)}
