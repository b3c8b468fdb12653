"""Times in which a limit's clock stands still."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from portal.calendar.instants import instant_of
from portal.calendar.workdays import Stretch


class Pause(NamedTuple):
    """From when to when; ``until_at`` is None while the pause lasts."""

    from_at: datetime
    until_at: datetime | None = None


def as_gaps(pauses: Iterable[Pause], *, lasting: int) -> list[Stretch]:
    """Pauses as sorted stretches; an open one is taken to have lasted ``lasting`` microseconds.

    ``ValueError`` for a naive time or a pause that ends before it begins.
    """
    gaps = []
    for pause in pauses:
        begin = instant_of(pause.from_at)
        end = begin + lasting if pause.until_at is None else instant_of(pause.until_at)
        if end < begin:
            raise ValueError(f"a pause ends after it begins: {pause.from_at} to {pause.until_at}")
        gaps.append((begin, end))
    return sorted(gaps)
