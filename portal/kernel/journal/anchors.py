"""Day heads: the last entry of each day, also kept in a file outside the database."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.kernel.journal.models import JournalDay, JournalEntry

_LINE = re.compile(r"(\d{4}-\d\d-\d\d) (\d+) ([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Anchor:
    """A day that is over, its last revision and that entry's hash."""

    day: date
    rev: int
    hash: str

    def __str__(self) -> str:
        return f"{self.day.isoformat()} {self.rev} {self.hash}"


def read_anchors(path: Path) -> list[Anchor]:
    """The anchors kept in ``path``; none when there is no file. `ValueError` names a bad line."""
    if not path.exists():
        return []
    anchors = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"{path.name}, line {number}: not a day head")
        anchors.append(Anchor(date.fromisoformat(match[1]), int(match[2]), match[3]))
    return anchors


async def anchor_days(db: AsyncSession, now: datetime, zone: tzinfo) -> None:
    """Write the head of each day before today that has entries and no head yet."""
    last = await db.scalar(select(func.max(JournalDay.rev))) or 0
    today = datetime.combine(now.astimezone(zone).date(), time(), zone)
    query = select(JournalEntry.rev, JournalEntry.at, JournalEntry.hash)
    query = query.where(JournalEntry.rev > last).order_by(JournalEntry.rev)
    heads: dict[date, tuple[int, str]] = {}
    for rev, at, digest in await db.execute(query):
        # A day ends at the last entry before the first one of a later day: revisions are the
        # order, clocks only say which day it was.
        if at >= today:
            break
        heads[at.astimezone(zone).date()] = (rev, digest)
    db.add_all(JournalDay(day=day, rev=rev, hash=digest) for day, (rev, digest) in heads.items())


async def keep_anchors(db: AsyncSession, path: Path) -> None:
    """Append to ``path`` the day heads that it lacks. Runs after they are committed, and again
    after a crash in between, with the same end."""
    kept = {anchor.day for anchor in read_anchors(path)}
    days = (await db.scalars(select(JournalDay).order_by(JournalDay.day))).all()
    lines = [f"{Anchor(d.day, d.rev, d.hash)}\n" for d in days if d.day not in kept]
    if lines:
        with path.open("a") as file:
            file.writelines(lines)
