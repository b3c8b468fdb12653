"""One portal for each module: these tests change nothing that others would see."""

from collections.abc import AsyncIterator

import pytest

from portal.app import Portal
from portal.kernel.db.unit import Database
from portal.kernel.settings import Settings, read_settings
from tests.conftest import Clock
from tests.kernel.stand import HANDLERS
from tests.support.databases import Sqlite, opened


@pytest.fixture(scope="module")
async def database(sqlite: Sqlite) -> AsyncIterator[Database]:
    async with opened(sqlite.fresh()) as database:
        yield database


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return read_settings({"BIHUAN_HOME": str(tmp_path_factory.mktemp("home"))})


@pytest.fixture(scope="module")
def portal(settings: Settings, database: Database) -> Portal:
    made = Portal(settings, database, clock=Clock())
    for handler in HANDLERS:
        made.litestar.register(handler)
    return made
