"""Fixtures for every test: both databases, a clock that stands, a portal, browsers."""

import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import hypothesis
import pytest
from litestar import Litestar

from portal.app import Portal, assemble
from portal.kernel.db.unit import Database
from portal.kernel.logs import configure_logs
from portal.kernel.settings import Settings, read_settings
from tests.support.browser import Browser, browsing
from tests.support.cast import NOON
from tests.support.databases import Kind, Postgres, Sqlite
from tests.support.postgres import cluster

BothDatabases = (
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgres", id="postgres", marks=pytest.mark.postgresql),
)


# What is made once for a whole folder is not made in each worker: its tests go to one.
TOGETHER = ("commands", "crawl", "matrix")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Every test runs on both databases; with each of its values on one of them, unless it is
    marked: most values are refused or sorted before a database hears of them. What is drawn of
    rows that were read is drawn once."""
    seen: set[str] = set()
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        if item.path.parent.name in TOGETHER:
            item.add_marker(pytest.mark.xdist_group(item.path.parent.name))
        name = item.nodeid.partition("[")[0]
        again = name in seen and not item.get_closest_marker("every_value")
        if item.get_closest_marker("postgresql"):
            is_left = again or item.get_closest_marker("any_database")
            (left if is_left else kept).append(item)
            seen.add(name)
        else:
            kept.append(item)
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = kept


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **parts: float) -> None:
        """Move on, as ``timedelta(**parts)``."""
        self.now += timedelta(**parts)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What is loaded stays: looking for rubbish in it again and again takes a seventh of the time
    of a test that works on a database."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


configure_logs()
# How long an example takes says more of the machine than of the code.
hypothesis.settings.register_profile("unhurried", deadline=None, max_examples=60)
hypothesis.settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
async def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Sqlite:
    kind = Sqlite(tmp_path_factory.mktemp("sqlite"))
    await kind.prepare()
    return kind


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[str]:
    with cluster() as address:
        yield address


@pytest.fixture(scope="session")
async def postgres(postgres_cluster: str) -> AsyncIterator[Postgres]:
    kind = Postgres(postgres_cluster)
    await kind.prepare()
    yield kind
    kind.keeper.close()


@pytest.fixture(params=BothDatabases)
def database_kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.getfixturevalue(request.param)
    return found


@pytest.fixture
async def database(database_kind: Kind) -> AsyncIterator[Database]:
    """The database as the cast left it."""
    database = await database_kind.renewed()
    yield database
    await database.close()


@pytest.fixture
def database_url(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return read_settings({"BIHUAN_HOME": str(tmp_path), "BIHUAN_DATABASE_URL": database_url})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def assembled() -> Litestar:
    """The routes, put together once."""
    return assemble()


@pytest.fixture
async def portal(
    assembled: Litestar, settings: Settings, database: Database, clock: Clock
) -> Portal:
    return Portal(settings, database, clock=clock, assembled=assembled)


@pytest.fixture
async def browser(portal: Portal) -> AsyncIterator[Callable[..., Awaitable[Browser]]]:
    """``await browser("clerk")``: a browser signed in as a member of the cast; "" as nobody."""
    async with AsyncExitStack() as stack:

        async def new(login: str = "", language: str = "zh-CN") -> Browser:
            fresh = await stack.enter_async_context(browsing(portal, language))
            return await fresh.sign_in(login) if login else fresh

        yield new
