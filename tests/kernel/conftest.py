"""Fixtures for what only one of the two databases has."""

from collections.abc import AsyncIterator

import pytest

from portal.app import Portal
from portal.kernel.db.unit import Database
from portal.kernel.settings import Settings
from tests.conftest import Clock
from tests.kernel.stand import HANDLERS
from tests.support.databases import Postgres, Sqlite, opened


@pytest.fixture
async def sqlite_database(sqlite: Sqlite) -> AsyncIterator[Database]:
    async with opened(sqlite.fresh()) as database:
        yield database


@pytest.fixture
async def postgres_database(postgres: Postgres) -> AsyncIterator[Database]:
    async with opened(postgres.fresh()) as database:
        yield database


@pytest.fixture
async def portal(settings: Settings, database: Database, clock: Clock) -> Portal:
    """The portal, with the throw-away handlers of `stand` in it."""
    made = Portal(settings, database, clock=clock)
    for handler in HANDLERS:
        made.litestar.register(handler)
    return made
