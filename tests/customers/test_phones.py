"""Phone numbers as they are typed, kept, looked for and dialled."""

import fnmatch

import pytest

from portal.customers.phones import dialled, is_dialable, normal, patterns

TYPED = ["13912345678", "139 1234", "+86139123", "0086 139 1234 5678", "345678", "1391"]


@pytest.mark.parametrize("typed", TYPED)
def test_a_number_is_found_by_its_beginning_or_end_in_any_form(typed: str) -> None:
    kept = normal("139-1234-5678")
    assert any(fnmatch.fnmatch(kept, one.replace("%", "*")) for one in patterns(typed))


@pytest.mark.parametrize("typed", ["028 8765", "87654321", "2887654321"])
def test_an_extension_hides_no_number(typed: str) -> None:
    kept = normal("028-8765 4321 转 12")
    assert any(fnmatch.fnmatch(kept, one.replace("%", "*")) for one in patterns(typed))


@pytest.mark.parametrize("typed", ["", "-", "0", "٣٤٥٦"])
def test_nothing_typed_looks_for_nothing(typed: str) -> None:
    assert patterns(typed) == []


def test_a_link_dials_the_extension_too() -> None:
    assert dialled("+862887654321x12") == "tel:+862887654321;ext=12"
    assert dialled("+8613912345678") == "tel:+8613912345678"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("139 1234 5678", True),
        ("028-8765 4321 转 12", True),
        ("8765 4321", True),
        ("+49 30 123456", True),
        ("+1 (212) 555-0100 ext. 7", True),
        ("400-800-1234", True),
        ("1", False),
        ("12345", False),
        ("1((((", False),
        ("11111111111", False),
        ("+999 123456", False),
        ("没有", False),
        ("", False),
    ],
)
def test_what_nobody_can_answer_is_no_number(typed: str, said: bool) -> None:
    assert is_dialable(typed) is said
