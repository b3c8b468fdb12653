"""A fresh, migrated database for each test: copied from a template made once."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Protocol

import psycopg

from portal.cases.effects import carrying_out
from portal.effects import EFFECTS
from portal.kernel.db.migrating import migrate
from portal.kernel.db.unit import Database
from tests.support.cast import make_cast

_numbers = count()


class Kind(Protocol):
    """One kind of database, with its template made."""

    def fresh(self) -> str:
        """The address of a new copy of the template."""


async def _fill(url: str) -> None:
    database = Database(url, info=carrying_out(EFFECTS))
    await migrate(database)
    await make_cast(database)
    await database.close()


class Sqlite:
    """SQLite in a file, as installed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.template = folder / "template.db"

    async def prepare(self) -> None:
        await _fill(f"sqlite+aiosqlite:///{self.template}")

    def fresh(self) -> str:
        copy = self.folder / f"{next(_numbers)}.db"
        shutil.copy(self.template, copy)
        return f"sqlite+aiosqlite:///{copy}"


class Postgres:
    """PostgreSQL in a cluster of our own."""

    def __init__(self, address: str) -> None:
        self.address = address

    async def prepare(self) -> None:
        self.execute("CREATE DATABASE template_bihuan")
        await _fill(self.address.format(database="template_bihuan"))

    def fresh(self) -> str:
        name = f"test_{next(_numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE template_bihuan")
        return self.address.format(database=name)

    def execute(self, statement: str) -> None:
        """Run a statement about databases."""
        address = self.address.format(database="postgres").replace("+psycopg", "")
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode())


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """The database at ``url``, closed at the end."""
    database = Database(url, info=carrying_out(EFFECTS))
    try:
        yield database
    finally:
        await database.close()
