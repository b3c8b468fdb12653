"""Two languages: English in the code, Chinese from ``zh_CN.po``. Chinese is the default."""

import io
from dataclasses import dataclass
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel import Locale, negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

DEFAULT = "zh_CN"
LANGUAGES = {"zh_CN": "中文", "en": "English"}
CATALOGUES = Path(__file__).parent.parent / "locales"


def N_(text: str) -> str:  # noqa: N802 - the name that extraction tools know
    """Mark ``text`` for translation where no language is known yet."""
    return text


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its translations and how it writes dates."""

    code: str
    translations: NullTranslations
    locale: Locale

    def gettext(self, text: str) -> str:
        """``text`` in this language; an empty text stays empty."""
        return self.translations.gettext(text) if text else ""

    def ngettext(self, one: str, many: str, n: int) -> str:
        """The form of the text that goes with ``n``."""
        return self.translations.ngettext(one, many, n)

    @property
    def tag(self) -> str:
        """As HTML's ``lang`` wants it."""
        return self.code.replace("_", "-")


@cache
def language(code: str) -> Language:
    """The language ``code``; the default for an unknown one."""
    code = code if code in LANGUAGES else DEFAULT
    return Language(code, _translations(code), Locale.parse(code))


def _translations(code: str) -> NullTranslations:
    source = CATALOGUES / f"{code}.po"
    if not source.exists():
        return NullTranslations()
    with source.open("rb") as file:
        catalogue = read_po(file, locale=code)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def choose(chosen: str | None, accepted: str) -> str:
    """The language of a reader: by own choice, else by what the browser accepts, else Chinese.

    ``accepted`` is an ``Accept-Language`` header.
    """
    if chosen in LANGUAGES:
        return chosen
    wanted = [part.split(";")[0].strip().replace("-", "_") for part in accepted.split(",")]
    # zh_Hans_CN, zh_TW: every Chinese reads the one Chinese there is.
    wanted = ["zh_CN" if tag.lower().startswith("zh") else tag for tag in wanted if tag]
    return negotiate_locale(wanted, list(LANGUAGES)) or DEFAULT
