"""Phone numbers: one number is one text, however it was typed."""

import re

import phonenumbers

_HERE = "CN"
_EXTENSION = re.compile(r"\s*(?:转|转接|分机|内线)\s*(?=\d)")


def normal(typed: str) -> str:
    """``typed`` as it is kept: ``+8613912345678``, an extension after ``x``; empty for nothing.

    What is no possible number is kept as its digits: better a strange number than none.
    """
    try:
        number = phonenumbers.parse(_EXTENSION.sub(" ext ", typed), _HERE)
    except phonenumbers.NumberParseException:
        return "".join(sign for sign in typed if sign.isdigit())[:30]
    kept = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return (f"{kept}x{number.extension}" if number.extension else kept)[:30]


def is_dialable(typed: str) -> bool:
    """Whether ``typed`` can be a number that somebody answers, here or abroad, with an extension
    or without."""
    try:
        number = phonenumbers.parse(_EXTENSION.sub(" ext ", typed), _HERE)
    except phonenumbers.NumberParseException:
        return False
    length = phonenumbers.is_possible_number_with_reason(number)
    varied = len(set(str(number.national_number))) > 1
    return varied and bool(length == phonenumbers.ValidationResult.IS_POSSIBLE)


def shown(kept: str) -> str:
    """A kept number as people here write it: ``139 1234 5678``, ``+49 30 123456``."""
    digits, _, extension = kept.partition("x")
    try:
        number = phonenumbers.parse(digits, _HERE)
    except phonenumbers.NumberParseException:
        return kept
    national = number.country_code == phonenumbers.country_code_for_region(_HERE)
    form = phonenumbers.PhoneNumberFormat
    text = phonenumbers.format_number(number, form.NATIONAL if national else form.INTERNATIONAL)
    return f"{text} 转 {extension}" if extension else text


def dialled(kept: str) -> str:
    """A kept number as the target of a ``tel:`` link."""
    digits, _, extension = kept.partition("x")
    return f"tel:{digits};ext={extension}" if extension else f"tel:{digits}"


def patterns(typed: str) -> list[str]:
    """How a kept number may look (for LIKE) that begins or ends with what is typed so far."""
    digits = "".join(sign for sign in typed if sign.isascii() and sign.isdigit()).lstrip("0")
    if not digits:
        return []
    begins = [f"+{phonenumbers.country_code_for_region(_HERE)}{digits}%", f"+{digits}%"]
    return [*begins, f"{digits}%", f"%{digits}", f"%{digits}x%"]
