"""Every text that templates and code show has its Chinese, with the same places for values."""

import re

from portal.locales.catalogue import chinese, gathered

PLACES = re.compile(r"%\((\w+)\)[sd]|%[sd]")


def _texts(value: object) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, tuple | list) else (str(value or ""),)


def test_the_texts_are_found_in_code_and_in_templates() -> None:
    ids = {message.id for message in gathered()}
    assert {"Please sign in", "Register a person", "Intake clerk", "Monday"} <= ids


def test_every_text_has_its_chinese() -> None:
    stored = chinese()
    missing = [
        message.id
        for message in gathered()
        if message.id and not ((known := stored.get(message.id)) and all(_texts(known.string)))
    ]
    assert missing == []


def test_no_chinese_is_a_guess() -> None:
    assert [message.id for message in chinese() if message.id and message.fuzzy] == []


def test_the_chinese_has_the_same_places_for_values() -> None:
    for message in chinese():
        if not message.id:
            continue
        wanted = {found for text in _texts(message.id) for found in PLACES.findall(text)}
        for text in _texts(message.string):
            assert set(PLACES.findall(text)) == wanted, message.id


def test_no_text_is_left_over_that_nothing_shows() -> None:
    used = {message.id for message in gathered()}
    assert [message.id for message in chinese() if message.id and message.id not in used] == []
