"""Which SQLite runs: one that cannot corrupt its write-ahead log."""

import sqlite3
import sys

import aiosqlite.core
import pytest
from sqlalchemy import text

from portal.kernel.db import sqlite_library
from portal.kernel.db.sqlite_library import UnsafeSqlite, refuse_unsafe
from portal.kernel.db.unit import Database


def test_the_bundled_library_is_safe() -> None:
    refuse_unsafe(sqlite3.sqlite_version)


async def test_the_driver_runs_on_the_bundled_library() -> None:
    database = Database("sqlite+aiosqlite://")
    async with database.reading() as db:
        running = await db.scalar(text("select sqlite_version()"))
    await database.close()
    assert running == sqlite3.sqlite_version
    assert vars(aiosqlite.core)["sqlite3"] is sqlite3
    if sys.platform == "linux":
        assert sqlite3.__name__ == "pysqlite3"


@pytest.mark.parametrize("version", ["3.40.1", "3.51.2", "3.9.99", "2.8.17"])
def test_a_library_with_the_fault_is_refused(version: str) -> None:
    with pytest.raises(UnsafeSqlite, match=f"SQLite {version} can corrupt"):
        refuse_unsafe(version)


@pytest.mark.parametrize("version", ["3.51.3", "3.52.0", "4.0.0"])
def test_a_library_without_the_fault_is_taken(version: str) -> None:
    refuse_unsafe(version)


def test_where_no_library_is_bundled_the_standard_one_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = sys.modules["sqlite3"]
    monkeypatch.setitem(sys.modules, "pysqlite3", None)
    sqlite_library.prefer_bundled()
    assert sys.modules["sqlite3"] is before
