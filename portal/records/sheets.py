"""A controlled form filled in: what stands in it, and nothing of how it looks.

Labels are in both languages, since the paper is Chinese whoever reads it; values are written in
the reader's.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Any

from portal.kernel.i18n import Language, language
from portal.procedures.definition import Label
from portal.records.catalog import ControlledForm


@dataclass(frozen=True, slots=True)
class Entry:
    """A label and its value; a long one takes a line of its own."""

    label: Label
    value: str
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows under heads. `heads` are label and width, in twelfths of the sheet."""

    heads: tuple[tuple[Label, int], ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as a ``data:`` address, and what stands under it."""

    source: str
    caption: str


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part; what is empty of it does not show. `room` is left to sign by hand."""

    title: Label
    aside: str = ""
    entries: tuple[Entry, ...] = ()
    grid: Grid | None = None
    pictures: tuple[Picture, ...] = ()
    room: bool = False

    @property
    def lines(self) -> Iterator[tuple[Entry, ...]]:
        """The entries as they stand beside each other: two in a line, a wide one alone."""
        waiting: list[Entry] = []
        for entry in self.entries:
            if entry.is_wide or len(waiting) == 2:
                if waiting:
                    yield tuple(waiting)
                waiting = []
            if entry.is_wide:
                yield (entry,)
            else:
                waiting.append(entry)
        if waiting:
            yield tuple(waiting)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form of the case ``number`` begins with. `marks` are what a reader must not overlook;
    `basis` is the procedure that asks for the record; `printed` who made this copy and when."""

    form: ControlledForm
    number: str
    basis: str
    printed: str
    marks: tuple[Label, ...] = ()
    sections: tuple[Section, ...] = field(default=())


def both(msgid: str) -> Label:
    """A text of ours in both languages."""
    return Label(language("zh_CN").gettext(msgid), language("en").gettext(msgid))


def pair(msgid: str, value: object, *, is_wide: bool = False) -> Entry:
    """An entry under a label of ours; nothing stands as an empty value."""
    return Entry(both(msgid), "" if value is None else str(value), is_wide)


def wide(msgid: str, value: object) -> Entry:
    """An entry that takes a line of its own."""
    return pair(msgid, value, is_wide=True)


def grid(heads: Iterable[tuple[str, int]], rows: Iterable[tuple[str, ...]]) -> Grid | None:
    """A grid under heads of ours; None without rows."""
    kept = tuple(rows)
    return Grid(tuple((both(head), width) for head, width in heads), kept) if kept else None


@dataclass(frozen=True, slots=True)
class Pen:
    """How values are written: in the reader's language, times by the company's clock, and as
    figures: a form has narrow cells."""

    language: Language
    zone: tzinfo

    def say(self, msgid: str, **params: Any) -> str:
        return self.language.gettext(msgid) % params if params else self.language.gettext(msgid)

    def label(self, label: Label) -> str:
        return label.zh if self.language.code == "zh_CN" else label.en

    def moment(self, at: datetime | None) -> str:
        return f"{at.astimezone(self.zone):%Y-%m-%d %H:%M}" if at else ""

    def window(self, from_at: datetime, until_at: datetime) -> str:
        begin, end = from_at.astimezone(self.zone), until_at.astimezone(self.zone)
        same = "%H:%M" if begin.date() == end.date() else "%Y-%m-%d %H:%M"
        return f"{begin:%Y-%m-%d %H:%M} – {end.strftime(same)}"

    def plainly(self, value: Any) -> str:
        """A value of an answer as `shown_value` gives it."""
        if isinstance(value, datetime):
            return self.moment(value)
        return value.isoformat() if isinstance(value, date) else str(value)
