"""Fixtures for what only one of the two databases has."""

from collections.abc import AsyncIterator

import pytest
from litestar import Litestar

from portal.app import assemble
from portal.kernel.db.unit import Database
from tests.kernel.stand import HANDLERS
from tests.support.databases import Kind, Postgres, Sqlite, opened


@pytest.fixture
async def database(database_kind: Kind) -> AsyncIterator[Database]:
    """One of their own: these tests add tables and take triggers away."""
    async with opened(database_kind.fresh()) as database:
        yield database


@pytest.fixture
async def sqlite_database(sqlite: Sqlite) -> AsyncIterator[Database]:
    async with opened(sqlite.fresh()) as database:
        yield database


@pytest.fixture
async def postgres_database(postgres: Postgres) -> AsyncIterator[Database]:
    async with opened(postgres.fresh()) as database:
        yield database


@pytest.fixture(scope="session")
def assembled() -> Litestar:
    """The routes, with the throw-away handlers of `stand` among them."""
    made = assemble()
    for handler in HANDLERS:
        made.register(handler)
    return made
