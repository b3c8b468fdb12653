"""Versions of what has no row of its own: a day as usual, a week of spans."""

import hashlib
from typing import Any

from portal.kernel.journal.chain import canonical


def version_of(content: Any) -> str:
    """A short word for ``content`` (JSON values): the same content has the same version."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()[:16]
