"""One portal for each module: these tests change nothing that others would see."""

from collections.abc import AsyncIterator

import pytest
from litestar import Litestar

from portal.app import Portal
from portal.kernel.db.unit import Database
from portal.kernel.settings import Settings, read_settings
from tests.conftest import Clock
from tests.support.databases import Sqlite, opened


@pytest.fixture(scope="module")
async def database(sqlite: Sqlite) -> AsyncIterator[Database]:
    async with opened(sqlite.fresh()) as database:
        yield database


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return read_settings({"BIHUAN_HOME": str(tmp_path_factory.mktemp("home"))})


@pytest.fixture(scope="module")
def portal(assembled: Litestar, settings: Settings, database: Database) -> Portal:
    return Portal(settings, database, clock=Clock(), assembled=assembled)
