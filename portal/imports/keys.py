"""By what a row is known again: the source's own number, else the row itself and which of its
equals it is. Pure."""

import hashlib
from collections import Counter
from collections.abc import Sequence

from portal.kernel.journal.chain import canonical

LONGEST_KEY = 80


def digest_of(header: Sequence[str], cells: Sequence[str]) -> str:
    """The sha256 (hex) of a row: of its cells with the names of their columns, in any order."""
    named = sorted([name, cell.strip()] for name, cell in zip(header, cells, strict=False))
    # A row that is no text for UTF-8 is refused, but first it gets its digest.
    return hashlib.sha256(canonical(named).encode(errors="replace")).hexdigest()


class Keys:
    """Gives each row of one file its key. Equal rows get numbers by their order in the file, so
    that all of them are found again when the file comes a second time."""

    def __init__(self) -> None:
        self._seen: Counter[bytes] = Counter()

    def key(self, source_id: str, digest: str) -> str:
        """The key of a row, unique within its source."""
        if source_id:
            key = f"id:{source_id}"
            return key if len(key) <= LONGEST_KEY else f"id#{digest_of(['id'], [source_id])}"
        short = bytes.fromhex(digest)[:16]
        self._seen[short] += 1
        return f"row:{digest}:{self._seen[short]}"
