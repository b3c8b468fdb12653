"""Where each key of a TOML file stands, because ``tomllib`` forgets the lines it read."""

import re
import tomllib
from bisect import bisect_right

Path = tuple[str | int, ...]
"""Keys and list positions from the top of the file: ``("step", 2, "outcome", 0, "then")``."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:\\.|[^"\\])*"|'[^']*'""")
_STRING = re.compile(
    r'''"""(?:\\.|[^\\])*?"{3,5}'''
    r"""|'''.*?'{3,5}"""
    r'''|"(?:\\.|[^"\\])*"'''
    r"""|'[^']*'""",
    re.DOTALL,
)
_BARE = re.compile(r"[^,\]}#\n]+")


def key_lines(text: str) -> dict[Path, int]:
    """The line (from 1) of every table, key and list item of ``text``, which must be valid TOML."""
    return _Reader(text).read()


class _Reader:
    """Walks valid TOML once; being valid, it needs no error handling of its own."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self.last_index: dict[Path, int] = {}
        self.breaks = [match.start() for match in re.finditer("\n", text)]

    def read(self) -> dict[Path, int]:
        table: Path = ()
        self._skip()
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip()
        return self.lines

    def _header(self) -> Path:
        listed = self.text.startswith("[[", self.at)
        line = self._line()
        self.at += 2 if listed else 1
        *outer, last = self._dotted()
        self.at += 2 if listed else 1
        path: Path = ()
        for name in outer:
            path = self._inside(self._mark((*path, name), line))
        path = self._mark((*path, last), line)
        if listed:
            self.last_index[path] = self.last_index.get(path, -1) + 1
            path = self._mark(self._inside(path), line)
        return path

    def _inside(self, path: Path) -> Path:
        return (*path, self.last_index[path]) if path in self.last_index else path

    def _mark(self, path: Path, line: int) -> Path:
        self.lines.setdefault(path, line)
        return path

    def _pair(self, table: Path) -> None:
        line = self._line()
        path = table
        for name in self._dotted():
            path = self._mark((*path, name), line)
        self.at += 1
        self._value(path)

    def _dotted(self) -> list[str]:
        names = []
        while True:
            self._skip()
            match = _KEY.match(self.text, self.at)
            assert match, "valid TOML has a key here"
            names.append(_unquoted(match[0]))
            self.at = match.end()
            self._skip()
            if self.text[self.at] != ".":
                return names
            self.at += 1

    def _value(self, path: Path) -> None:
        self._skip()
        opening = self.text[self.at]
        if opening == "[":
            self._items(path)
        elif opening == "{":
            self._inline(path)
        else:
            match = (_STRING if opening in "\"'" else _BARE).match(self.text, self.at)
            assert match, "valid TOML has a value here"
            self.at = match.end()

    def _items(self, path: Path) -> None:
        self.at += 1
        index = 0
        while self._next_is_not("]"):
            self._value(self._mark((*path, index), self._line()))
            index += 1

    def _inline(self, path: Path) -> None:
        self.at += 1
        while self._next_is_not("}"):
            self._pair(path)

    def _next_is_not(self, closing: str) -> bool:
        """Step over blanks and a comma; at ``closing``, step over that and say no."""
        self._skip()
        if self.text[self.at] == ",":
            self.at += 1
            self._skip()
        if self.text[self.at] == closing:
            self.at += 1
            return False
        return True

    def _skip(self) -> None:
        match = _BLANK.match(self.text, self.at)
        assert match, "blank matches the empty string too"
        self.at = match.end()

    def _line(self) -> int:
        return bisect_right(self.breaks, self.at) + 1


def _unquoted(key: str) -> str:
    if key[0] in "\"'":
        return next(iter(tomllib.loads(f"{key} = 0")))
    return key
