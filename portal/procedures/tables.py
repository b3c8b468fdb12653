"""Reading TOML tables key by key, noting every fault instead of stopping at the first."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import TypeVar

from portal.procedures.faults import Findings
from portal.procedures.lines import Path

T = TypeVar("T")


class Table:
    """One table of the file. What is wrong is noted, and a harmless stand-in is returned.

    ``done`` must be called at the end: it notes the keys that nobody asked for.
    """

    def __init__(self, content: dict[str, object], path: Path, findings: Findings) -> None:
        self.path = path
        self.findings = findings
        self.content = content
        self.asked: set[str] = set()

    def _note(self, path: Path, reason: str, **names: str) -> None:
        self.findings.add(path, reason, **names)

    def note(self, reason: str, key: str = "", **names: str) -> None:
        """Note a fault of ``key``, or of the table itself."""
        self._note((*self.path, key) if key else self.path, reason, **names)

    def has(self, key: str) -> bool:
        """Whether the key is written at all."""
        return key in self.content

    def is_text(self, key: str) -> bool:
        """Whether the key is written as a text."""
        return isinstance(self.content.get(key), str)

    def is_list(self, key: str) -> bool:
        """Whether the key is written as a list."""
        return isinstance(self.content.get(key), list)

    def _get(self, key: str, kind: type[T], expected: str, default: T | None, stand_in: T) -> T:
        self.asked.add(key)
        if key not in self.content:
            if default is None:
                self.note("missing", name=key)
                return stand_in
            return default
        value = self.content[key]
        # TOML's true is no integer, and a date with a time is no date.
        if type(value) is not kind:
            self.note("wrong_kind", key, name=key, expected=expected)
            return stand_in
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """A text; missing is a fault unless there is a default."""
        value = self._get(key, str, "text", default, "")
        if key in self.content and value == "" and type(self.content[key]) is str:
            self.note("missing", key, name=key)
        return value

    def flag(self, key: str, default: bool = False) -> bool:
        """true or false."""
        return self._get(key, bool, "true or false", default, default)

    def whole(self, key: str) -> int | None:
        """A whole number, or nothing."""
        return self._get(key, int, "a whole number", 0, 0) if self.has(key) else None

    def day(self, key: str) -> date:
        """A day, as TOML writes it: 2026-01-01."""
        return self._get(key, date, "a date", None, date.min)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, maybe empty."""
        found = []
        for index, item in enumerate(self._get(key, list, "a list", [], [])):
            if isinstance(item, str) and item:
                found.append(item)
            else:
                self._note((*self.path, key, index), "wrong_kind", name=key, expected="texts")
        return tuple(found)

    def pairs(self, key: str) -> tuple[tuple[str, str], ...]:
        """A table of texts, maybe empty, as pairs."""
        self.asked.add(key)
        if not self.has(key):
            return ()
        return self._read(
            self.content[key],
            (*self.path, key),
            lambda inner: tuple((name, inner.text(name)) for name in inner.content),
        )

    def part(self, key: str, read: Callable[["Table"], T]) -> T:
        """The table ``key``, read by ``read``; missing is a fault."""
        self.asked.add(key)
        if key not in self.content:
            self.note("missing", name=key)
            return read(Table({}, (*self.path, key), Findings()))
        return self._read(self.content[key], (*self.path, key), read)

    def optional(self, key: str, read: Callable[["Table"], T]) -> T | None:
        """The table ``key``, or nothing where it is not written."""
        self.asked.add(key)
        return self.part(key, read) if self.has(key) else None

    def parts(self, key: str, read: Callable[["Table"], T]) -> tuple[T, ...]:
        """The list of tables ``key``, maybe empty."""
        return tuple(
            self._read(item, (*self.path, key, index), read)
            for index, item in enumerate(self._get(key, list, "a list of tables", [], []))
        )

    def lines(self, key: str, brief: str, read: Callable[["Table"], T]) -> tuple[T, ...]:
        """One text, one table, or a list of both; a text stands for ``{brief = text}``."""
        self.asked.add(key)
        if not self.has(key):
            return ()
        written = self.content[key]
        path: Path = (*self.path, key)
        if not isinstance(written, list):
            return (self._read(_spelled(written, brief), path, read),)
        return tuple(
            self._read(_spelled(item, brief), (*path, index), read)
            for index, item in enumerate(written)
        )

    def named(self, key: str, read: Callable[[str, "Table"], T]) -> tuple[T, ...]:
        """A table of tables, by name."""
        self.asked.add(key)
        if not self.has(key):
            return ()
        return self._read(self.content[key], (*self.path, key), lambda outer: outer._each(read))

    def _each(self, read: Callable[[str, "Table"], T]) -> tuple[T, ...]:
        return tuple(self.part(name, partial(read, name)) for name in self.content)

    def _read(self, content: object, path: Path, read: Callable[["Table"], T]) -> T:
        if not isinstance(content, dict):
            self._note(path, "wrong_kind", name=_last_name(path), expected="a table")
            return read(Table({}, path, Findings()))
        table = Table(content, path, self.findings)
        value = read(table)
        table.done()
        return value

    def done(self) -> None:
        """Note every key that nobody asked for."""
        for key in self.content:
            if key not in self.asked:
                self.note("unknown_key", key, name=key)


def _spelled(written: object, brief: str) -> object:
    return {brief: written} if isinstance(written, str) else written


def _last_name(path: Path) -> str:
    return next((part for part in reversed(path) if isinstance(part, str)), "")
