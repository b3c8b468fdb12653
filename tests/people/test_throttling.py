"""Guessing passwords is slowed down, by login and by address, alone and many at once."""

import asyncio
from typing import Any

import httpx
from sqlalchemy import func, select

from portal.app import Portal
from portal.kernel.db.unit import Database
from portal.people.models import FailedSignIn, SignIn
from portal.people.signing_in import MOST_PER_ADDRESS, MOST_PER_LOGIN
from tests.conftest import Clock
from tests.people.support import PASSWORD, NewBrowser, give_password
from tests.support.browser import Browser
from tests.support.cast import NOON


async def _fail(database: Database, times: int, *, login: str, address: str) -> None:
    async with database.writing() as db:
        db.add_all(FailedSignIn(login=login, address=address, at=NOON) for _ in range(times))


async def _try(browser: Browser, login: str = "clerk", password: str = PASSWORD) -> httpx.Response:
    return await browser.post("/sign-in", {"login": login, "password": password})


def _from(browser: Browser, portal: Portal, address: str) -> None:
    """Let ``browser`` come from another address of the network."""
    transport: Any = httpx.ASGITransport(portal, client=(address, 1234))  # type: ignore[arg-type]
    browser.client._transport = transport


async def test_ten_failures_close_a_login_until_the_window_has_passed(
    browser: NewBrowser, database: Database, clock: Clock
) -> None:
    await give_password(database, "clerk")
    someone = await browser(language="en")
    for _ in range(MOST_PER_LOGIN):
        assert (await _try(someone, password="wrong")).status_code == 422
    refused = await _try(someone)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "900")
    assert "Wait 15 minutes and try again." in refused.text
    clock.forward(minutes=14, seconds=59)
    assert (await _try(someone)).status_code == 429
    clock.forward(seconds=2)
    assert (await _try(someone)).status_code == 303


async def test_a_closed_login_closes_no_other(browser: NewBrowser, database: Database) -> None:
    await give_password(database, "clerk", "head")
    await _fail(database, MOST_PER_LOGIN, login="clerk", address="10.0.0.9")
    someone = await browser()
    assert (await _try(someone, "head")).status_code == 303
    assert (await _try(someone, " CLERK ")).status_code == 429


async def test_an_address_that_tries_many_logins_is_closed_and_no_other(
    browser: NewBrowser, database: Database, portal: Portal
) -> None:
    await give_password(database, "clerk")
    for number in range(MOST_PER_ADDRESS):
        await _fail(database, 1, login=f"guess{number}", address="10.0.0.9")
    someone = await browser()
    _from(someone, portal, "10.0.0.9")
    assert (await _try(someone)).status_code == 429
    _from(someone, portal, "10.0.0.8")
    assert (await _try(someone)).status_code == 303


async def test_the_right_password_after_nine_failures_counts_as_none(
    browser: NewBrowser, database: Database
) -> None:
    await give_password(database, "clerk")
    await _fail(database, MOST_PER_LOGIN - 1, login="clerk", address="10.0.0.9")
    someone = await browser()
    for _ in range(3):
        assert (await _try(someone)).status_code == 303


async def test_many_guesses_at_once_are_no_way_around(
    browser: NewBrowser, database: Database
) -> None:
    await give_password(database, "clerk")
    browsers = [await browser() for _ in range(30)]
    answers = await asyncio.gather(*(_try(one, password="wrong") for one in browsers))
    checked = sum(answer.status_code == 422 for answer in answers)
    # PostgreSQL's units overlap: as many again as there are connections may slip through.
    assert checked <= MOST_PER_LOGIN + (0 if database.is_sqlite else 20)
    assert {answer.status_code for answer in answers} <= {422, 429}
    assert (await _try(browsers[0])).status_code == 429
    async with database.reading() as db:
        assert not await db.scalar(select(func.count()).select_from(SignIn))


async def test_a_login_longer_than_the_column_is_counted_like_any_other(
    browser: NewBrowser, database: Database
) -> None:
    someone = await browser()
    assert (await _try(someone, "İ" * 60, "wrong")).status_code == 422
    async with database.reading() as db:
        assert await db.scalar(select(func.count()).select_from(FailedSignIn)) == 1
