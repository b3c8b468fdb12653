"""A browser without a screen: cookies, forms with their token, no JavaScript."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from sqlalchemy import select

from portal.app import Portal
from portal.kernel import tokens
from portal.kernel.web.csrf import csrf_token
from portal.kernel.web.gate import cookie_name
from portal.people.models import Person, SignIn


class Browser:
    """One browser, in Chinese unless told otherwise."""

    def __init__(self, portal: Portal, client: httpx.AsyncClient) -> None:
        self.portal = portal
        self.client = client
        self.take(tokens.mint())

    @property
    def token(self) -> str:
        """The token in this browser's cookie."""
        return self.client.cookies.get(cookie_name(self.portal.settings)) or ""

    def take(self, token: str) -> None:
        """Hold ``token`` as the cookie."""
        self.client.cookies.set(cookie_name(self.portal.settings), token, domain="testserver.local")

    async def sign_in(self, login: str) -> "Browser":
        """Be signed in as ``login``, without the password's cost."""
        now = self.portal.state.clock()
        async with self.portal.database.writing() as db:
            person_id = await db.scalar(select(Person.id).where(Person.login == login))
            assert person_id is not None, login
            self.take(tokens.mint())
            browser = tokens.digest(self.token)
            db.add(SignIn(browser=browser, person_id=person_id, at=now, seen_at=now))
        return self

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers=headers)

    async def post(
        self, path: str, form: dict[str, Any] | None = None, **headers: str
    ) -> httpx.Response:
        """Send ``form`` as its page would: with the token."""
        token = csrf_token(self.portal.settings.secret, self.token)
        return await self.client.post(path, data={"_csrf": token, **(form or {})}, headers=headers)

    async def upload(self, path: str, form: dict[str, str], content: bytes) -> httpx.Response:
        """Send ``form`` with ``content`` as its file."""
        token = csrf_token(self.portal.settings.secret, self.token)
        files = {"file": ("file.csv", content)}
        return await self.client.post(path, data={"_csrf": token, **form}, files=files)


@asynccontextmanager
async def browsing(portal: Portal, language: str = "zh-CN") -> AsyncIterator[Browser]:
    """A new browser at ``portal``."""
    transport = httpx.ASGITransport(portal)  # type: ignore[arg-type]
    async with httpx.AsyncClient(
        transport=transport,
        base_url="http://testserver.local",
        headers={"accept": "text/html", "accept-language": language},
    ) as client:
        yield Browser(portal, client)
