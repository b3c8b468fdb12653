"""How times, phones and sizes are written for people, as template filters."""

from collections.abc import Callable
from datetime import date, datetime, tzinfo
from typing import Any, Protocol

from babel.dates import format_date, format_datetime, get_day_names, get_month_names

from portal.kernel.i18n import Language

_MOMENT = {"zh_CN": "y年M月d日 HH:mm", "en": "d MMM y, HH:mm"}
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
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) > 7 else "****"


def filters(language: Language, zone: tzinfo) -> dict[str, Callable[..., Any]]:
    """Filters of one language; times are shown in ``zone``, the company's."""

    def moment(at: datetime | None) -> str:
        if at is None:
            return ""
        local = at.astimezone(zone)
        return format_datetime(local, _MOMENT[language.code], locale=language.locale)

    def day(on: date | None) -> str:
        return format_date(on, _DAY[language.code], locale=language.locale) if on else ""

    def iso(at: datetime) -> str:
        return at.astimezone(zone).isoformat(timespec="minutes")

    def weekday(number: int) -> str:
        return str(get_day_names("wide", locale=language.locale)[number])

    def weekday_short(number: int) -> str:
        return str(get_day_names("narrow", locale=language.locale)[number])

    def month(number: int) -> str:
        return str(get_month_names("abbreviated", "stand-alone", locale=language.locale)[number])

    def clock(minutes: int) -> str:
        return f"{minutes // 60:02}:{minutes % 60:02}"

    def said(label: Bilingual) -> str:
        return label.zh if language.code == "zh_CN" else label.en

    named = (said, moment, day, iso, weekday, weekday_short, month, clock, masked_phone)
    return {function.__name__: function for function in named}
