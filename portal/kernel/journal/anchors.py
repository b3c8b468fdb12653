"""Day heads: the last entry of each day, also kept in a file outside the database."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.kernel.files import write_whole
from portal.kernel.i18n import N_, Worded
from portal.kernel.journal.models import JournalDay, JournalEntry

_LINE = re.compile(rb"(\d{4}-\d\d-\d\d) (\d{1,18}) ([0-9a-f]{64})")


class BadDayHead(Worded, ValueError):
    """A line of the file of day heads that is none."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A day that is over, its last revision and that entry's hash."""

    day: date
    rev: int
    hash: str

    def __str__(self) -> str:
        return f"{self.day.isoformat()} {self.rev} {self.hash}"


def read_anchors(path: Path) -> list[Anchor]:
    """The anchors kept in ``path``; none when there is no file. `BadDayHead` names a bad line."""
    if not path.exists():
        return []
    lines = path.read_bytes().splitlines()
    return [_anchor(line, f"{path.name}, line {number}") for number, line in enumerate(lines, 1)]


def _anchor(line: bytes, place: str) -> Anchor:
    match = _LINE.fullmatch(line)
    try:
        if match is None:
            raise ValueError("not in the form of one")
        day, rev, digest = (part.decode() for part in match.groups())
        return Anchor(date.fromisoformat(day), int(rev), digest)
    except ValueError as error:
        raise BadDayHead(N_("%(place)s: not a day head"), place=place) from error


async def anchor_days(db: AsyncSession, now: datetime, zone: tzinfo) -> None:
    """Write the head of each day before today that has entries and no head yet.

    Revisions are the order; clocks only say which day it was. They run out of order by the time
    an act takes to commit, so a day ends where the first entry of a later day stands, and what
    comes after a headed day belongs to a later one whatever its clock says. A clock that was
    ahead of ``now`` says nothing: else one wrong clock would put off all heads until its day.
    """
    last = await db.scalar(select(JournalDay).order_by(JournalDay.rev.desc()).limit(1))
    today = now.astimezone(zone).date()
    day = last.day + timedelta(days=1) if last else date.min
    query = select(JournalEntry.rev, JournalEntry.at, JournalEntry.hash)
    query = query.where(JournalEntry.rev > (last.rev if last else 0)).order_by(JournalEntry.rev)
    heads: dict[date, tuple[int, str]] = {}
    for rev, at, digest in await db.execute(query):
        if at <= now:
            day = max(day, at.astimezone(zone).date())
        if day >= today:
            break
        heads[day] = (rev, digest)
    db.add_all(JournalDay(day=day, rev=rev, hash=digest) for day, (rev, digest) in heads.items())


async def keep_anchors(db: AsyncSession, path: Path) -> None:
    """Add to ``path`` the day heads that it lacks; what it holds is never changed. Runs after
    they are committed, and again after a crash in between, with the same end."""
    kept = read_anchors(path)
    known = {anchor.day for anchor in kept}
    days = await db.scalars(select(JournalDay).order_by(JournalDay.day))
    new = [Anchor(day.day, day.rev, day.hash) for day in days if day.day not in known]
    if new:
        write_whole(path, "".join(f"{anchor}\n" for anchor in kept + new).encode())
