"""What a notice says: a msgid and values now, a sentence in the reader's language when shown."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, NamedTuple

from portal.kernel.i18n import Language
from portal.kernel.web.formats import Bilingual, filters

# A time is written as the reader writes times, a bilingual label in the reader's language.
Value = str | int | datetime | Bilingual


class _Label(NamedTuple):
    zh: str
    en: str


def packed(values: Mapping[str, Value]) -> dict[str, Any]:
    """``values`` as JSON."""
    return {name: _pack(value) for name, value in values.items()}


def wording(language: Language, zone: tzinfo) -> Callable[[str, Mapping[str, Any]], str]:
    """A function from a title (msgid) and packed values to a sentence; times are in ``zone``."""
    write = filters(language, zone)

    def unpack(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        if "at" in value:
            return write["moment"](datetime.fromisoformat(value["at"]))
        return write["said"](_Label(**value))

    def say(title: str, values: Mapping[str, Any]) -> str:
        return language.gettext(title) % {name: unpack(value) for name, value in values.items()}

    return say


def _pack(value: Value) -> Any:
    if isinstance(value, str | int):
        return value
    if isinstance(value, datetime):
        return {"at": value.astimezone(UTC).isoformat()}
    return {"zh": value.zh, "en": value.en}
