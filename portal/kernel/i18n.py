"""Two languages: English in the code, Chinese from ``zh_CN.po``. Chinese is the default."""

import io
import re
from dataclasses import dataclass
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

DEFAULT = "zh_CN"
LANGUAGES = {"zh_CN": "中文", "en": "English"}
_BY_LANGUAGE = {code.partition("_")[0]: code for code in LANGUAGES}
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


class Worded(Exception):
    """A fault that whoever sits at the machine reads in one line: a msgid with its params, of
    which `reason` may be a msgid, too. Its `str` is the English."""

    def __init__(self, text: str, **params: Any) -> None:
        super().__init__(text % params)
        self.text, self.params = text, params

    def words(self, reader: Language) -> str:
        """The line in the reader's language."""
        reason = self.params.get("reason")
        more = {"reason": reader.gettext(reason)} if isinstance(reason, str) else {}
        return reader.gettext(self.text) % (self.params | more)


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
    # By the language alone: zh-Hans-CN or zh-TW, every Chinese reads the one Chinese there is.
    wanted = (re.split("[-_;]", part.strip().lower())[0] for part in accepted.split(","))
    return next((_BY_LANGUAGE[tag] for tag in wanted if tag in _BY_LANGUAGE), DEFAULT)
