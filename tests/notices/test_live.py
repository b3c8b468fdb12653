"""The live count: over a real server, to those who listen, until they should not."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from sqlalchemy import delete

from portal.app import Portal
from portal.commands.serve import Server
from portal.kernel.db.unit import Database
from portal.kernel.web.gate import cookie_name
from portal.notices.live import Count, Live
from portal.people.models import SignIn
from tests.notices.support import ids, told
from tests.people.support import NewBrowser

PATIENCE = 10.0


async def welcome() -> bool:
    return True


@asynccontextmanager
async def served(portal: Portal) -> AsyncIterator[tuple[Server, str]]:
    """The portal on a free port, as `serve` runs it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            portal, log_config=None, lifespan="on", timeout_graceful_shutdown=30
        )
        server = Server(config, portal.state.live)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield server, f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await running


@asynccontextmanager
async def stream(address: str, cookies: httpx.Cookies) -> AsyncIterator[AsyncIterator[str]]:
    """The lines of the stream as a browser with ``cookies`` gets them."""
    async with (
        httpx.AsyncClient(base_url=address, cookies=cookies, timeout=PATIENCE) as client,
        client.stream("GET", "/events", headers={"accept": "text/event-stream"}) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield answer.aiter_lines()


async def event(lines: AsyncIterator[str]) -> dict[str, str]:
    """The next event, or the next sign of life, by field."""
    found: dict[str, str] = {}
    async for line in lines:
        if not line and found:
            return found
        name, _, value = line.partition(":")
        if line:
            found[name] = value.strip()
    return {}


async def cookies_of(browser: NewBrowser, portal: Portal, login: str) -> httpx.Cookies:
    signed_in = await browser(login)
    return httpx.Cookies({cookie_name(portal.settings): signed_in.token})


async def test_the_count_arrives_at_once_and_after_each_change(
    browser: NewBrowser, portal: Portal, database: Database
) -> None:
    portal.state.live = Live(database, every=0.02)
    cookies = await cookies_of(browser, portal, "clerk")
    clerk, manager = await ids(database, "clerk", "manager")
    async with served(portal) as (_, address), stream(address, cookies) as lines:
        first = await event(lines)
        assert (first["event"], first["data"]) == ("inbox", "0")
        await told(database, [manager])
        await told(database, [clerk], dedupe="b")
        second = await event(lines)
        assert (second["event"], second["data"]) == ("inbox", "1")
        assert int(second["id"]) > int(first["id"])


async def test_there_are_signs_of_life_until_the_session_ends(
    browser: NewBrowser, portal: Portal, database: Database
) -> None:
    portal.state.live = Live(database, heartbeat=0.02)
    cookies = await cookies_of(browser, portal, "clerk")
    async with served(portal) as (_, address), stream(address, cookies) as lines:
        await event(lines)
        assert await event(lines) == {"": "still here"}
        async with database.writing() as db:
            await db.execute(delete(SignIn))
        async with asyncio.timeout(PATIENCE):
            while await event(lines):
                pass


async def test_stopping_the_server_ends_the_streams_at_once(
    browser: NewBrowser, portal: Portal
) -> None:
    cookies = await cookies_of(browser, portal, "clerk")
    async with asyncio.timeout(PATIENCE):
        async with served(portal) as (server, address), stream(address, cookies) as lines:
            await event(lines)
            server.should_exit = True
            assert await event(lines) == {}


async def test_a_stream_ends_after_its_time(database: Database) -> None:
    (clerk,) = await ids(database, "clerk")
    live = Live(database, heartbeat=0.01, longest=0.05)
    async with asyncio.timeout(PATIENCE):
        heard = [count async for count in live.listen(clerk, welcome)]
    assert isinstance(heard[0], Count)
    assert set(heard[1:]) == {None}
    live.stop()


async def test_after_the_stop_nobody_can_listen(database: Database) -> None:
    (clerk,) = await ids(database, "clerk")
    live = Live(database)
    live.stop()
    assert [count async for count in live.listen(clerk, welcome)] == []


async def test_many_who_listen_hold_no_connection(database: Database) -> None:
    (clerk,) = await ids(database, "clerk")
    live = Live(database, every=0.01)
    streams = [live.listen(clerk, welcome) for _ in range(50)]
    for one in streams:
        assert (await anext(one)) is not None
    await told(database, [clerk])
    async with asyncio.timeout(PATIENCE):
        counts = await asyncio.gather(*(anext(one) for one in streams))
    assert {count.unread for count in counts if count} == {1}
    assert database.engine.pool.checkedout() <= 1  # type: ignore[attr-defined]
    live.stop()
    assert await asyncio.gather(*(anext(one, None) for one in streams)) == [None] * 50


async def test_a_database_that_fails_for_a_while_does_not_end_the_watch(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    (clerk,) = await ids(database, "clerk")
    live = Live(database, every=0.01)
    one = live.listen(clerk, welcome)
    await anext(one)
    failed = asyncio.Event()

    async def fail() -> int:
        failed.set()
        raise OSError("away")

    with monkeypatch.context() as broken:
        broken.setattr(live, "_rev", fail)
        await failed.wait()
    await told(database, [clerk])
    async with asyncio.timeout(PATIENCE):
        count = await anext(one)
    assert count is not None
    assert count.unread == 1
    live.stop()
    assert await anext(one, None) is None
