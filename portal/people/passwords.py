"""Passwords: argon2id, checked outside any transaction because it is meant to be slow."""

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from wtforms import PasswordField, ValidationError
from wtforms.validators import InputRequired

from portal.kernel.i18n import N_
from portal.kernel.web.forms import Form

SHORTEST = 10
LONGEST = 200
_hasher = PasswordHasher()
# What people choose when they are made to choose, at this length or longer.
_GUESSED_FIRST = frozenset(
    {"1234567890", "12345678910", "0123456789", "password123", "qwertyuiop", "1q2w3e4r5t"}
)


async def hash_password(password: str) -> str:
    """The argon2id hash to store; takes about 50 ms of one core."""
    return await asyncio.to_thread(_hasher.hash, password)


async def is_right(stored: str | None, password: str) -> bool:
    """Whether ``password`` is the one stored. As slow for a login that does not exist."""
    return await asyncio.to_thread(_verify, stored or _nobody(), password) and stored is not None


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    return _hasher.hash("nobody's password")


class PasswordForm(Form):
    """Choose a password, typed twice."""

    password = PasswordField(
        N_("New password"),
        [InputRequired()],
        description=N_("At least 10 characters. A short sentence is good."),
    )
    again = PasswordField(N_("The same again"), [InputRequired()])

    def validate_password(self, field: PasswordField) -> None:
        text = field.data or ""
        if not SHORTEST <= len(text) <= LONGEST:
            raise ValidationError(field.gettext(N_("A password has 10 to 200 characters.")))
        if text.lower() in _GUESSED_FIRST or len(set(text)) < 4:
            raise ValidationError(field.gettext(N_("This password is easily guessed.")))

    def validate_again(self, field: PasswordField) -> None:
        if field.data != self.password.data:
            raise ValidationError(field.gettext(N_("The two passwords differ.")))
