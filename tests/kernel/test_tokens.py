"""Tokens: random, stored as digests only; and what the portal signs."""

from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel import tokens

KEY = b"k" * 32


def test_a_token_is_new_each_time_and_fits_an_address() -> None:
    minted = {tokens.mint() for _ in range(100)}
    assert len(minted) == 100
    assert all(tokens.is_token(token) for token in minted)


@pytest.mark.parametrize(
    "text", [None, "", "short", "a" * 42, "a" * 44, "a" * 42 + "=", "a" * 42 + "\n", "中" * 43]
)
def test_nothing_else_passes_for_a_token(text: str | None) -> None:
    assert not tokens.is_token(text)


def test_only_a_digest_is_stored() -> None:
    token = tokens.mint()
    assert len(tokens.digest(token)) == 64
    assert token not in tokens.digest(token)
    assert tokens.digest(token) == tokens.digest(token) != tokens.digest(tokens.mint())


def test_a_code_is_for_one_key_one_purpose_and_one_text() -> None:
    code = tokens.keyed(KEY, "csrf", "a")
    assert code == tokens.keyed(KEY, "csrf", "a")
    others = {
        tokens.keyed(b"j" * 32, "csrf", "a"),
        tokens.keyed(KEY, "flash", "a"),
        tokens.keyed(KEY, "csrf", "b"),
    }
    assert code not in others


@given(st.binary())
def test_what_is_signed_comes_back(content: bytes) -> None:
    assert tokens.unsign(KEY, "flash", tokens.sign(KEY, "flash", content)) == content


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_nobody_signed_is_nothing(text: str) -> None:
    assert tokens.unsign(KEY, "flash", text) is None


@pytest.mark.parametrize("code", ["", "é", "错" * 64, "\xff", "0" * 64])
def test_a_foreign_signature_is_nothing(code: str) -> None:
    packed = urlsafe_b64encode(b"content").decode()
    assert tokens.unsign(KEY, "flash", f"{packed}.{code}") is None


def test_a_signature_is_for_one_purpose_and_one_key() -> None:
    signed = tokens.sign(KEY, "flash", b"content")
    assert tokens.unsign(KEY, "other", signed) is None
    assert tokens.unsign(b"j" * 32, "flash", signed) is None


def test_a_changed_content_is_nothing() -> None:
    code = tokens.sign(KEY, "flash", b"content").partition(".")[2]
    assert tokens.unsign(KEY, "flash", f"{urlsafe_b64encode(b'other').decode()}.{code}") is None
