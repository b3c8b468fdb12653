"""A database for each test, as the cast left it.

Two ways to one: `Kind.renewed` puts the database of this process back, so that what SQLAlchemy
compiled for one test serves the next; `Kind.fresh` makes another one beside it.
"""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import psycopg
from sqlalchemy import event

from portal.cases.effects import carrying_out
from portal.effects import EFFECTS
from portal.kernel.db.migrating import migrate
from portal.kernel.db.unit import Database
from tests.support.cast import make_cast

_numbers = count()


class Kind(Protocol):
    """One kind of database, with its template made."""

    async def renewed(self) -> Database:
        """The one of this process; whoever had it before has ended."""

    def fresh(self) -> str:
        """The address of a new copy of the template."""

    def bare(self) -> str:
        """The address of a new database with every table, and nothing in them."""


def _made(url: str) -> Database:
    database = Database(url, info=carrying_out(EFFECTS))
    if url.startswith("sqlite"):
        event.listen(database.engine.sync_engine, "connect", _do_not_wait_for_the_disk)
    return database


def _as_made(database: Database) -> Database:
    """``database`` without what the test before let its sessions know."""
    database.info.clear()
    database.info.update(carrying_out(EFFECTS))
    return database


async def _migrate(url: str) -> None:
    async with opened(url) as database:
        await migrate(database)


async def _fill(url: str) -> None:
    async with opened(url) as database:
        await make_cast(database)


class Sqlite:
    """SQLite in a file, as installed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.empty = folder / "empty.db"
        self.template = folder / "template.db"
        self.kept = folder / "kept.db"
        self.database = _made(_address(self.kept))

    async def prepare(self) -> None:
        await _migrate(_address(self.empty))
        shutil.copy(self.empty, self.template)
        await _fill(_address(self.template))

    async def renewed(self) -> Database:
        await self.database.close()
        for old in self.folder.glob("kept.db*"):
            old.unlink()
        shutil.copy(self.template, self.kept)
        return _as_made(self.database)

    def fresh(self) -> str:
        return self._copy(self.template)

    def bare(self) -> str:
        return self._copy(self.empty)

    def _copy(self, template: Path) -> str:
        copy = self.folder / f"{next(_numbers)}.db"
        shutil.copy(template, copy)
        return _address(copy)


def _address(file: Path) -> str:
    return f"sqlite+aiosqlite:///{file}"


def _do_not_wait_for_the_disk(dbapi: Any, _record: Any) -> None:
    """What is durable is for the tests that kill a server; the others lose nothing by this."""
    dbapi.execute("PRAGMA synchronous=OFF")


class Postgres:
    """PostgreSQL in a cluster of our own."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.database: Database
        self.keeper: psycopg.Connection

    async def prepare(self) -> None:
        self.execute("CREATE DATABASE template_empty")
        await _migrate(self.address.format(database="template_empty"))
        self.execute("CREATE DATABASE template_bihuan TEMPLATE template_empty")
        await _fill(self.address.format(database="template_bihuan"))
        kept = self.fresh()
        self.database = _made(kept)
        self.keeper = psycopg.connect(_plain(kept), autocommit=True)
        _learn_to_restore(self.keeper)

    async def renewed(self) -> Database:
        """Its rows are put back, by a session that stays and has planned it once: making a database
        anew takes many times as long."""
        self.keeper.execute("SELECT as_filled.restore()")
        return _as_made(self.database)

    def fresh(self) -> str:
        return self._copy("template_bihuan")

    def bare(self) -> str:
        return self._copy("template_empty")

    def _copy(self, template: str) -> str:
        name = f"test_{next(_numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.address.format(database=name)

    def execute(self, statement: str) -> None:
        """Run a statement about databases."""
        address = _plain(self.address.format(database="postgres"))
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode())


def _plain(url: str) -> str:
    return url.replace("+psycopg", "")


def _learn_to_restore(db: psycopg.Connection) -> None:
    """A function that puts every row and every sequence back to what they are now.

    A copy of what is there is kept in a schema beside it.
    """
    tables = [name for (name,) in db.execute(_TABLES)]
    filled = [
        name for name in tables if db.execute(f'SELECT FROM "{name}" LIMIT 1'.encode()).rowcount
    ]
    db.execute("CREATE SCHEMA as_filled")
    for name in filled:
        db.execute(f'CREATE TABLE as_filled."{name}" AS TABLE "{name}"'.encode())
    steps = [
        *[f'DELETE FROM "{name}"' for name in tables],
        *[
            f'INSERT INTO "{name}" OVERRIDING SYSTEM VALUE TABLE as_filled."{name}"'
            for name in filled
        ],
        *[
            f"PERFORM setval('{name}', {value}, {'true' if called else 'false'})"
            for name, value, called in db.execute(_SEQUENCES)
        ],
    ]
    # Neither foreign keys nor what makes a table append-only are asked.
    db.execute(
        "CREATE FUNCTION as_filled.restore() RETURNS void LANGUAGE plpgsql"
        f" SET session_replication_role = replica AS $$ BEGIN {';'.join(steps)}; END $$".encode()
    )


_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_SEQUENCES = """
    SELECT quote_ident(sequencename), coalesce(last_value, start_value), last_value IS NOT NULL
    FROM pg_sequences WHERE schemaname = 'public'
"""


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """The database at ``url``, closed at the end."""
    database = _made(url)
    try:
        yield database
    finally:
        await database.close()
