"""Random tokens for cookies and links: only their digest is ever stored."""

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def mint() -> str:
    """32 random bytes, as 43 characters that may stand in an address."""
    return secrets.token_urlsafe(32)


def is_token(text: str | None) -> bool:
    """Whether ``text`` could have come from `mint`."""
    return text is not None and _TOKEN.fullmatch(text) is not None


def digest(token: str) -> str:
    """What is stored of a token: its sha256 in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def keyed(secret: bytes, purpose: str, text: str) -> str:
    """A code that only this portal can make for ``text``, and for one ``purpose``."""
    return hmac.new(secret, f"{purpose}:{text}".encode(), "sha256").hexdigest()


def sign(secret: bytes, purpose: str, content: bytes) -> str:
    """``content`` in a form that may stand in a cookie and that nobody else can make."""
    packed = urlsafe_b64encode(content).decode()
    return f"{packed}.{keyed(secret, purpose, packed)}"


def unsign(secret: bytes, purpose: str, text: str) -> bytes | None:
    """The content of what `sign` made; nothing for anything else."""
    packed, _, code = text.partition(".")
    # As bytes: only ASCII texts can be compared in constant time, and a cookie may hold any.
    if not hmac.compare_digest(code.encode(), keyed(secret, purpose, packed).encode()):
        return None
    return urlsafe_b64decode(packed)
