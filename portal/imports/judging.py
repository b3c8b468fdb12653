"""Judging the rows of one file in their order: each gets its key, and a value or reasons. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from portal.imports.keys import Keys, digest_of
from portal.imports.mapping import Mapping
from portal.imports.reading import Row, Table
from portal.imports.valuing import Reader, Reason, Value
from portal.kernel.web.formats import masked_phone


@dataclass(frozen=True, slots=True)
class Judged:
    """A row with its digest; `value` and `key` where it is taken, else `reasons`."""

    row: Row
    digest: str
    cells: list[list[str]]
    key: str = ""
    value: Value | None = None
    reasons: tuple[Reason, ...] = ()


class Judge:
    """Judges a table from its first row on; what is a row's equal depends on those before it."""

    def __init__(self, table: Table, mapping: Mapping) -> None:
        self._header = table.header
        self._reader = Reader(table.header, mapping)
        self._private = self._reader.private()
        self._keys = Keys()
        self._rows = table.rows()

    def next(self, count: int) -> list[Judged]:
        """The next rows, at most ``count``; none at the end of the file. Blocks."""
        return [self._judge(row) for row in islice(self._rows, count)]

    def all(self) -> Iterator[Judged]:
        """The rows that are left."""
        return map(self._judge, self._rows)

    def _judge(self, row: Row) -> Judged:
        digest = digest_of(self._header, row.cells)
        read = self._reader.read(row)
        if not isinstance(read, Value):
            return Judged(row, digest, [], reasons=tuple(read))
        key = self._keys.key(read.source_id, digest)
        return Judged(row, digest, self._kept(row), key, read)

    def _kept(self, row: Row) -> list[list[str]]:
        """The cells with their names; a phone or an address of mail stands in the files only."""
        return [
            [name, masked_phone(cell) if place in self._private else cell]
            for place, (name, cell) in enumerate(zip(self._header, row.cells, strict=True))
        ]
