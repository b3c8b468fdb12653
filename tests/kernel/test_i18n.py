"""Which language a reader gets, and what it says."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel import i18n
from portal.kernel.i18n import LANGUAGES, N_, choose, language


@pytest.mark.parametrize(
    ("chosen", "accepted", "expected"),
    [
        (None, "", "zh_CN"),
        (None, "en", "en"),
        (None, "EN-US,en;q=0.9", "en"),
        (None, "en_GB", "en"),
        (None, "zh-TW,zh;q=0.9,en;q=0.8", "zh_CN"),
        (None, "zh-Hans-CN", "zh_CN"),
        (None, "ZH", "zh_CN"),
        (None, "fr-FR, en;q=0.5, zh;q=0.1", "en"),
        (None, "fr,de;q=0.8", "zh_CN"),
        (None, "*", "zh_CN"),
        (None, ",;,q=,;;-_", "zh_CN"),
        (None, "english", "zh_CN"),
        ("en", "zh-CN", "en"),
        ("zh_CN", "en", "zh_CN"),
        ("fr", "en", "en"),
        ("", "en", "en"),
    ],
)
def test_the_own_choice_goes_before_what_the_browser_accepts(
    chosen: str | None, accepted: str, expected: str
) -> None:
    assert choose(chosen, accepted) == expected


@given(st.text())
def test_whatever_a_browser_sends_there_is_a_language(accepted: str) -> None:
    assert choose(None, accepted) in LANGUAGES


def test_english_is_what_the_code_says() -> None:
    assert language("en").gettext(N_("Desk")) == "Desk"


@pytest.mark.parametrize("code", LANGUAGES)
def test_an_empty_text_stays_empty(code: str) -> None:
    # The catalogue keeps its own description under the empty text.
    assert language(code).gettext("") == ""


def test_the_number_chooses_the_form() -> None:
    say = language("en").ngettext
    assert (say("%d row", "%d rows", 1), say("%d row", "%d rows", 2)) == ("%d row", "%d rows")


def test_an_unknown_language_is_chinese() -> None:
    assert language("fr").code == "zh_CN"


def test_the_page_says_its_language_as_browsers_write_it() -> None:
    assert [language(code).tag for code in LANGUAGES] == ["zh-CN", "en"]


def test_a_catalogue_is_read_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(i18n, "CATALOGUES", tmp_path)
    (tmp_path / "zh_CN.po").write_text('msgid "Desk"\nmsgstr "工作台"\n')
    fresh = language.__wrapped__("zh_CN")
    assert fresh.gettext("Desk") == "工作台"
    assert fresh.gettext("Unknown") == "Unknown"
    assert language.__wrapped__("en").gettext("Desk") == "Desk"
