"""Archives: everything there is, in one moment, out of one database and into any other."""

import asyncio
import gzip
import io
import json
import tarfile
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from portal.kernel.attachments import open_file, path_of, store
from portal.kernel.db.archive import BadArchive, dump, load
from portal.kernel.db.unit import Database
from portal.kernel.journal.anchors import Anchor, read_anchors
from portal.kernel.journal.models import JournalEntry
from portal.kernel.journal.recording import record
from portal.kernel.journal.verifying import verify
from portal.people.models import Department, Person, Skill
from portal.tables import METADATA
from tests.conftest import BothDatabases
from tests.kernel.writing import write
from tests.support.cast import NOON, system
from tests.support.databases import Kind, opened

pytestmark = pytest.mark.every_value

Told = list[tuple[str, int]]


@pytest.fixture(params=BothDatabases)
def other_kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.getfixturevalue(request.param)
    return found


@pytest.fixture
async def empty(other_kind: Kind) -> AsyncIterator[Database]:
    """A fresh, migrated database with nothing in it."""
    async with opened(other_kind.bare()) as database:
        yield database


async def back_up(database: Database, file: Path, extra: list[Path] | None = None) -> Told:
    told: Told = []
    sent = file.parent / "attachments"
    async with database.reading() as db:
        await dump(
            db,
            METADATA,
            file,
            extra or [],
            attachments=sent,
            progress=lambda *said: told.append(said),
        )
    return told


async def restore(database: Database, file: Path, extra: list[Path] | None = None) -> Told:
    told: Told = []
    restored = file.parent / "restored"
    async with database.writing() as db:
        await load(
            db,
            METADATA,
            file,
            extra or [],
            attachments=restored,
            progress=lambda *said: told.append(said),
        )
    return told


async def content(database: Database) -> dict[str, list[Any]]:
    async with database.reading() as db:
        return {
            table.name: sorted((tuple(row) for row in await db.execute(select(table))), key=repr)
            for table in METADATA.sorted_tables
        }


async def furnish(database: Database) -> None:
    """Rows that are easily lost: ties to themselves, no values, odd characters, exact times."""
    async with database.writing() as db:
        inner = Department(name="甲\n\t\"'\\ 𠮷", headship=None)
        outer = Department(name="乙", headship=None)
        db.add_all([inner, outer])
        await db.flush()
        inner.parent_id = outer.id  # an earlier row points to a later one
        record(db, system(NOON.replace(microsecond=123456)), "thing.done", "thing:1", a=[1, None])


async def test_what_is_restored_is_what_was_backed_up_whatever_the_databases(
    database: Database, empty: Database, tmp_path: Path
) -> None:
    await furnish(database)
    file = tmp_path / "backup.tar.gz"
    told = await back_up(database, file)
    assert dict(told)["person"] == 11
    assert await restore(empty, file) == told
    assert await content(empty) == await content(database)
    async with empty.reading() as db:
        assert (await verify(db, [])).is_sound


async def test_more_rows_than_are_read_at_once_come_along(
    sqlite_database: Database, empty: Database, tmp_path: Path
) -> None:
    async with sqlite_database.writing() as db:
        db.add_all(Skill(name=f"s{number}") for number in range(2_500))
    await back_up(sqlite_database, tmp_path / "b.tar.gz")
    await restore(empty, tmp_path / "b.tar.gz")
    assert (await content(empty))["skill"] == (await content(sqlite_database))["skill"]


async def test_ids_and_revisions_go_on_where_they_were(
    database: Database, empty: Database, tmp_path: Path
) -> None:
    await back_up(database, tmp_path / "b.tar.gz")
    await restore(empty, tmp_path / "b.tar.gz")
    async with empty.writing() as db:
        person = Person(login="new", name="新", edited_at=NOON)
        db.add_all([person, Skill(name="焊接")])
    await write(empty)
    async with empty.reading() as db:
        assert person.id == await db.scalar(select(func.max(Person.id)))
        assert (await verify(db, [])).is_sound


async def test_files_beside_the_database_come_along(
    database: Database, empty: Database, tmp_path: Path
) -> None:
    heads = tmp_path / "heads.txt"
    heads.write_text(f"{Anchor(date(2026, 11, 19), 1, 'e' * 64)}\n")
    await back_up(database, tmp_path / "b.tar.gz", [heads, tmp_path / "nowhere.txt"])
    (tmp_path / "home").mkdir()
    there = tmp_path / "home" / "heads.txt"
    await restore(empty, tmp_path / "b.tar.gz", [there, tmp_path / "home" / "nowhere.txt"])
    assert read_anchors(there) == read_anchors(heads)
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["heads.txt"]


async def test_no_file_is_written_that_was_not_asked_for(
    database: Database, empty: Database, tmp_path: Path
) -> None:
    for name in ("secret.key", "heads.txt"):
        (tmp_path / name).write_text("foreign")
    extra = [tmp_path / "secret.key", tmp_path / "heads.txt"]
    await back_up(database, tmp_path / "b.tar.gz", extra)
    home = tmp_path / "home"
    home.mkdir()
    await restore(empty, tmp_path / "b.tar.gz", [home / "heads.txt"])
    assert [path.name for path in home.iterdir()] == ["heads.txt"]


async def test_an_archive_made_while_others_write_is_of_one_moment(
    database: Database, empty: Database, tmp_path: Path
) -> None:
    stop = asyncio.Event()
    both = 0

    async def keep_writing() -> None:
        nonlocal both
        while not stop.is_set():
            async with database.writing() as db:
                db.add(Skill(name=f"s{both}"))
                record(db, system(), "skill.saved", f"skill:s{both}")
            both += 1

    writer = asyncio.create_task(keep_writing())
    while both < 5:
        await asyncio.sleep(0)
    seen: list[int] = []

    async with database.reading() as db:
        await dump(
            db,
            METADATA,
            tmp_path / "b.tar.gz",
            [],
            attachments=tmp_path / "none",
            progress=lambda *_: seen.append(both),
        )
    stop.set()
    await writer
    assert seen[-1] > seen[0]  # the writer was busy while the tables were read
    await restore(empty, tmp_path / "b.tar.gz")
    async with empty.reading() as db:
        assert (await verify(db, [])).is_sound
        skills = await db.scalar(
            select(func.count()).select_from(Skill).where(Skill.name.like("s%"))
        )
        saved = select(func.count()).where(JournalEntry.word == "skill.saved")
        saved = saved.where(JournalEntry.subject.like("skill:s%"))
        assert skills == await db.scalar(saved)


async def test_a_backup_that_fails_leaves_nothing(database: Database, tmp_path: Path) -> None:
    def fail(table: str, _: int) -> None:
        raise OSError("no space left")

    file = tmp_path / "backups" / "b.tar.gz"
    file.parent.mkdir()
    async with database.reading() as db:
        with pytest.raises(OSError, match="no space left"):
            await dump(db, METADATA, file, [], attachments=tmp_path / "none", progress=fail)
    assert list(file.parent.iterdir()) == []


async def test_while_it_is_written_an_archive_has_another_name(
    database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "b.tar.gz"
    there: set[bool] = set()
    async with database.reading() as db:
        await dump(
            db,
            METADATA,
            file,
            [],
            attachments=tmp_path / "none",
            progress=lambda *_: there.add(file.exists()),
        )
    assert (there, file.exists()) == ({False}, True)


# Damage.


async def refused(database: Database, file: Path) -> str:
    before = await content(database)
    with pytest.raises(BadArchive) as problem:
        await restore(database, file)
    assert "\n" not in str(problem.value)
    assert await content(database) == before
    return str(problem.value)


@pytest.fixture
async def archive(sqlite_database: Database, tmp_path: Path) -> Path:
    file = tmp_path / "good.tar.gz"
    await back_up(sqlite_database, file)
    return file


async def test_a_truncated_archive_is_refused(archive: Path, empty: Database) -> None:
    whole = archive.read_bytes()
    for length in (0, 1, 20, len(whole) // 2, len(whole) - 20, len(whole) - 1):
        archive.write_bytes(whole[:length])
        assert "not a whole backup" in await refused(empty, archive)


async def test_a_damaged_archive_is_refused(archive: Path, empty: Database) -> None:
    whole = archive.read_bytes()
    for place in range(64, len(whole), len(whole) // 25):  # after the name in its header
        damaged = bytearray(whole)
        damaged[place] ^= 0x55
        archive.write_bytes(damaged)
        await refused(empty, archive)


def rewritten(archive: Path, **changes: bytes | None) -> None:
    """The archive with other members (dots are written as underscores), or without them."""
    with tarfile.open(archive) as tar:
        members = {m.name: tar.extractfile(m).read() for m in tar}  # type: ignore[union-attr]
    members |= {name.replace("__", "."): content for name, content in changes.items()}
    with tarfile.open(archive, "w:gz") as tar:
        for name, content in members.items():
            if content is not None:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))


async def test_an_archive_whose_content_was_changed_is_refused(
    archive: Path, empty: Database
) -> None:
    rewritten(archive, skill__jsonl=b'[1, 1, "other"]\n')
    assert await refused(empty, archive) == "skill.jsonl in it is damaged"


async def test_an_archive_without_a_table_is_refused(archive: Path, empty: Database) -> None:
    rewritten(archive, skill__jsonl=None)
    assert "skill.jsonl" in await refused(empty, archive)


async def test_an_archive_of_another_version_is_refused(archive: Path, empty: Database) -> None:
    rewritten(archive, manifest__json=json.dumps({"version": "0000", "sha256": {}}).encode())
    assert "it is of database version 0000, not" in await refused(empty, archive)


@pytest.mark.parametrize(
    "manifest", [b"", b"[]", b"null", b"{}", b"\xff", b'{"version": 1}', b"[" * 100_000]
)
async def test_an_archive_of_something_else_is_refused(
    archive: Path, empty: Database, manifest: bytes
) -> None:
    rewritten(archive, manifest__json=manifest)
    await refused(empty, archive)


@pytest.mark.parametrize("foreign", [b"", b"PK\x03\x04", b"text", gzip.compress(b"text", mtime=0)])
async def test_a_file_of_another_kind_is_refused(
    tmp_path: Path, empty: Database, foreign: bytes
) -> None:
    file = tmp_path / "foreign"
    file.write_bytes(foreign)
    await refused(empty, file)


async def test_rows_that_do_not_fit_are_refused_without_showing_them(
    archive: Path, empty: Database
) -> None:
    async with empty.reading() as db:
        version = await db.scalar(text("select version_num from alembic_version"))
    rows = b'[1, 1, "13912345678"]\n[1, 1, "13912345678"]\n'
    manifest = json.dumps({"version": version, "sha256": {}}).encode()
    rewritten(archive, skill__jsonl=rows, manifest__json=manifest)
    assert "13912345678" not in await refused(empty, archive)


async def test_attachments_come_back_under_the_digest_of_their_content(
    database: Database, empty: Database, tmp_path: Path
) -> None:
    stored = await store(tmp_path / "attachments", "现场照片".encode(), limit=1000)
    await back_up(database, tmp_path / "b.tar.gz")
    await restore(empty, tmp_path / "b.tar.gz")
    with open_file(tmp_path / "restored", stored.sha256, verify=True) as file:
        assert file.read() == "现场照片".encode()


async def test_an_attachment_that_was_changed_on_the_disk_is_not_restored_as_whole(
    database: Database, empty: Database, tmp_path: Path
) -> None:
    stored = await store(tmp_path / "attachments", b"whole", limit=1000)
    path_of(tmp_path / "attachments", stored.sha256).write_bytes(b"other")
    await back_up(database, tmp_path / "b.tar.gz")
    with pytest.raises(BadArchive, match="attachment"):
        await restore(empty, tmp_path / "b.tar.gz")
