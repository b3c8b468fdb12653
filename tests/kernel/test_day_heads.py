"""Day heads: the last entry of each day that is over, also kept outside the database."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from portal.kernel.db.unit import Database
from portal.kernel.journal.anchors import Anchor, anchor_days, keep_anchors, read_anchors
from portal.kernel.journal.models import JournalDay, JournalEntry
from portal.kernel.journal.verifying import verify
from tests.kernel.writing import last_rev, write

SHANGHAI = ZoneInfo("Asia/Shanghai")
# The cast was made on the 20th.
MIDNIGHT = datetime(2026, 11, 21, 0, 0, tzinfo=SHANGHAI)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


async def head(database: Database, now: datetime) -> None:
    async with database.writing() as db:
        await anchor_days(db, now, SHANGHAI)


async def heads(database: Database) -> dict[int, int]:
    """Day of the month to last revision; days and revisions must rise together."""
    async with database.reading() as db:
        days = (await db.scalars(select(JournalDay).order_by(JournalDay.day))).all()
    revs = [day.rev for day in days]
    assert revs == sorted(set(revs))
    return {day.day.day: day.rev for day in days}


async def test_a_day_is_headed_when_it_is_over_in_the_companys_zone(database: Database) -> None:
    cast = await last_rev(database)
    await write(database, MIDNIGHT - SECOND, MIDNIGHT)
    await head(database, MIDNIGHT - SECOND)
    assert await heads(database) == {}
    await head(database, MIDNIGHT)
    assert await heads(database) == {20: cast + 1}
    await head(database, MIDNIGHT + DAY)
    assert await heads(database) == {20: cast + 1, 21: cast + 2}


async def test_a_head_carries_the_hash_of_its_entry(database: Database) -> None:
    await head(database, MIDNIGHT)
    async with database.reading() as db:
        day = (await db.scalars(select(JournalDay))).one()
        entry = await db.get_one(JournalEntry, day.rev)
    assert (day.day, day.hash) == (date(2026, 11, 20), entry.hash)


async def test_days_without_entries_have_no_head(database: Database) -> None:
    cast = await last_rev(database)
    await write(database, MIDNIGHT + 5 * DAY)
    await head(database, MIDNIGHT + 9 * DAY)
    assert await heads(database) == {20: cast, 26: cast + 1}


async def test_heading_twice_does_nothing(database: Database) -> None:
    await head(database, MIDNIGHT)
    once = await heads(database)
    await head(database, MIDNIGHT)
    assert await heads(database) == once


async def test_an_act_that_commits_after_midnight_belongs_to_the_day_it_follows(
    database: Database,
) -> None:
    cast = await last_rev(database)
    await write(database, MIDNIGHT + SECOND, MIDNIGHT - SECOND, MIDNIGHT + 2 * SECOND)
    await head(database, MIDNIGHT + DAY)
    assert await heads(database) == {20: cast, 21: cast + 3}


async def test_an_act_of_a_day_already_headed_belongs_to_the_next(database: Database) -> None:
    cast = await last_rev(database)
    await head(database, MIDNIGHT)
    await write(database, MIDNIGHT - SECOND)  # its unit took long to commit
    await head(database, MIDNIGHT + SECOND)
    assert await heads(database) == {20: cast}
    await write(database, MIDNIGHT + SECOND)
    await head(database, MIDNIGHT + DAY)
    assert await heads(database) == {20: cast, 21: cast + 2}


async def test_a_clock_that_was_ahead_does_not_put_heads_off(database: Database) -> None:
    cast = await last_rev(database)
    await write(database, MIDNIGHT + 1000 * DAY, MIDNIGHT + SECOND)
    await head(database, MIDNIGHT + 2 * DAY)
    assert await heads(database) == {20: cast + 1, 21: cast + 2}


async def test_a_clock_that_was_behind_does_not_bring_a_day_back(database: Database) -> None:
    cast = await last_rev(database)
    await head(database, MIDNIGHT)
    await write(database, datetime(1970, 1, 1, tzinfo=UTC), MIDNIGHT + SECOND)
    await head(database, MIDNIGHT + DAY)
    assert await heads(database) == {20: cast, 21: cast + 2}


async def keep(database: Database, path: Path) -> list[Anchor]:
    async with database.reading() as db:
        await keep_anchors(db, path)
    return read_anchors(path)


async def test_heads_are_kept_outside_one_line_a_day(database: Database, tmp_path: Path) -> None:
    await head(database, MIDNIGHT)
    path = tmp_path / "heads.txt"
    kept = await keep(database, path)
    assert [(anchor.day.day, anchor.rev) for anchor in kept] == list(
        (await heads(database)).items()
    )
    assert path.read_text() == f"{kept[0]}\n"
    async with database.reading() as db:
        assert (await verify(db, kept)).is_sound


async def test_keeping_twice_does_nothing(database: Database, tmp_path: Path) -> None:
    await head(database, MIDNIGHT)
    path = tmp_path / "heads.txt"
    await keep(database, path)
    once = path.read_bytes()
    await keep(database, path)
    assert path.read_bytes() == once
    assert [file.name for file in tmp_path.iterdir()] == ["heads.txt"]


async def test_what_a_crash_left_unkept_is_kept_by_the_next_run(
    database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "heads.txt"
    await head(database, MIDNIGHT)
    await keep(database, path)
    await write(database, MIDNIGHT)
    await head(database, MIDNIGHT + DAY)  # and here the power failed
    await write(database, MIDNIGHT + DAY)
    await head(database, MIDNIGHT + 2 * DAY)
    assert [anchor.day.day for anchor in await keep(database, path)] == [20, 21, 22]


async def test_what_is_kept_is_never_replaced(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "heads.txt"
    other = Anchor(date(2026, 11, 20), 3, "e" * 64)
    path.write_text(f"{other}\n")
    await head(database, MIDNIGHT)
    assert await keep(database, path) == [other]


def test_without_a_file_nothing_is_kept(tmp_path: Path) -> None:
    assert read_anchors(tmp_path / "heads.txt") == []


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense",
        b"2026-11-20 3",
        b"2026-13-45 3 " + b"e" * 64,
        b"2026-11-20 3 " + b"e" * 63,
        b"2026-11-20 " + b"9" * 5000 + b" " + b"e" * 64,
        b"\xff\xfe",
    ],
)
def test_a_line_that_is_no_head_is_named(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "heads.txt"
    good = f"{Anchor(date(2026, 11, 20), 3, 'e' * 64)}\n".encode()
    path.write_bytes(good + line + b"\n")
    with pytest.raises(ValueError, match=r"^heads.txt, line 2: not a day head$"):
        read_anchors(path)
