"""Texts cut into terms, and what is typed cut into words."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from portal.kernel.words import LONGEST_QUESTION, LONGEST_TEXT, MOST_WORDS, flat, terms, words


def seeks(question: str) -> list[str]:
    return [word.flat for word in words(question)]


def test_chinese_is_cut_in_twos_and_ends_with_its_last_character() -> None:
    assert terms(flat("水龙头漏水。")) == ["水龙", "龙头", "头漏", "漏水", "水"]


def test_letters_and_digits_are_cut_in_fours() -> None:
    assert terms(flat("SN88A")) == ["sn88", "n88a", "88a", "8a", "a"]


def test_each_script_has_its_own_terms() -> None:
    assert terms(flat("3号楼A座")) == ["3", "号楼", "楼", "a", "座"]


def test_width_case_and_compatible_forms_are_levelled() -> None:
    assert flat("ＡＢＣ　ｘ９ Ⅷ ㈱ Straße") == "abc x9 viii株strasse"


def test_traditional_characters_stay_as_they_are() -> None:
    assert flat("漏水維修") == "漏水維修" != flat("漏水维修")


def test_characters_beyond_the_first_plane_are_characters() -> None:
    assert terms(flat("𠮷野家")) == ["𠮷野", "野家", "家"]


def test_punctuation_keeps_runs_of_one_script_apart() -> None:
    assert flat("漏水。水管") == "漏水 水管"
    assert flat("1.5/2") == "1 5 2"


def test_punctuation_and_blanks_between_scripts_do_not_count() -> None:
    assert flat("型号 SN88，三台") == flat("型号SN88三台") == "型号sn88三台"


def test_hyphens_and_blanks_inside_numbers_do_not_count() -> None:
    assert flat("138-0000 1234") == flat("138 0000－1234") == "13800001234"
    assert flat("P06–2026‑0001") == "p0620260001"
    assert flat("漏水-维修") == "漏水 维修"


def test_characters_of_no_width_do_not_part_a_word() -> None:
    assert flat("漏\u200b水\ufe0f管\u00ad") == "漏水管"


def test_emoji_nul_and_half_a_character_are_punctuation() -> None:
    assert flat("漏\0水🔥管\ud800") == "漏 水 管"


def test_a_question_has_several_words() -> None:
    assert seeks("漏水　水管，138  漏水、SN-88A/012") == ["漏水", "水管", "138", "sn88a 012"]


def test_a_word_shorter_than_a_term_is_the_start_of_one() -> None:
    one, two, three = words("漏 漏水 012")
    assert (one.terms, one.is_start) == (("漏",), True)
    assert (two.terms, two.is_start) == (("漏水",), False)
    assert (three.terms, three.is_start) == (("012",), True)


def test_only_the_last_run_of_a_word_is_open_at_its_end() -> None:
    (word,) = words("水管sn8")
    assert (word.terms, word.is_start) == (("水管", "管", "sn8"), True)


def test_nothing_can_be_sought_by_marks_alone() -> None:
    assert words("") == words("？！* \" ' \0 🔥 - ( )") == []


def test_the_longest_input_is_cut() -> None:
    assert len(flat("漏" * 10 * LONGEST_TEXT)) == LONGEST_TEXT
    assert len(flat("\ufdfa" * LONGEST_TEXT)) == LONGEST_TEXT
    assert len(words("漏" * 10 * LONGEST_QUESTION)[0].flat) == LONGEST_QUESTION
    assert len(words("的 了 在 和 是 已 请 于 前 后 上 下")) == MOST_WORDS


@given(st.text(st.characters(codec=None)))
@example("a\u0345-\u0130")
def test_terms_and_words_hold_letters_and_digits_only(text: str) -> None:
    whole = flat(text)
    found = terms(whole)
    assert all(term.isalnum() and len(term) <= 4 for term in found)
    assert len(found) == len(whole.replace(" ", ""))
    sought = [term for word in words(text) for term in word.terms]
    assert all(re.fullmatch(r"[^\W_]{1,4}", term) for term in sought)
