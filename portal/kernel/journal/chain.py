"""The hash of an entry: over everything in it and the hash before it. Pure."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any, Protocol

START = "0" * 64


class Chained(Protocol):
    """What is hashed of an entry."""

    rev: Any
    at: Any
    happened_at: Any
    actor: Any
    on_behalf_of: Any
    via: Any
    request_id: Any
    word: Any
    subject: Any
    body: Any


def canonical(value: Any) -> str:
    """JSON with one spelling only: sorted keys, no spaces, text as it is."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def instant(at: datetime) -> str:
    """The one spelling of a time that is hashed: ``2026-11-21T08:30:00.000000Z``."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def hash_of(entry: Chained, prev: str) -> str:
    """The sha256 (hex) that chains ``entry`` to the entry whose hash is ``prev``."""
    parts = [
        entry.rev,
        instant(entry.at),
        instant(entry.happened_at),
        entry.actor,
        entry.on_behalf_of,
        entry.via,
        entry.request_id,
        entry.word,
        entry.subject,
        entry.body,
        prev,
    ]
    return hashlib.sha256(canonical(parts).encode()).hexdigest()
