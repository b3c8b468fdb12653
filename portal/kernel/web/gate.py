"""The outermost layer: which browser is asking, as whom, and the headers of every answer.

It wraps the whole application, because the framework's own middleware does not see requests
that find no route, and a "not found" page needs its reader and its headers too.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

import structlog
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, Headers, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from portal.kernel import tokens
from portal.kernel.act import Actor, Anonymous
from portal.kernel.i18n import LANGUAGES, choose, language
from portal.kernel.settings import Settings
from portal.kernel.web.csrf import csrf_token

log = structlog.get_logger()
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "geolocation=(self), camera=(self), microphone=()",
}
# A name or an address, perhaps with a port: from anything else no address can be built.
_HOST = re.compile(r"([\w.-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?", re.ASCII)
# Asked by open pages without anybody touching them: they do not keep a session alive.
_UNATTENDED = frozenset({"/events", "/inbox/count", "/field/v1/ops"})
# Addresses that know no reader: asking the database who they are would be waste, and a cookie
# would keep what everybody shares from being cached.
_IMPERSONAL = ("/static/", "/healthz")
# Addresses that are themselves the key: nobody else is told them, and nobody lists them.
_SECRET = "/o/"
# What phones talk to: a reply without this header is somebody else's, a hotel's sign-in page.
_SYNC = "/field/v1/"
_A_MONTH = 30 * 24 * 3600
_LANGUAGE_COOKIE = "bihuan-lang"


class Gate:
    """ASGI middleware; ``identify`` turns the digest of a browser's cookie into an actor, told
    whether a person is at it or a page left open asks by itself."""

    def __init__(
        self, app: ASGIApp, settings: Settings, identify: Callable[[str, bool], Awaitable[Actor]]
    ) -> None:
        self.app = app
        self.settings = settings
        self.identify = identify

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        cookies: list[Cookie] = []
        has_begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                for cookie in cookies:
                    headers.add("set-cookie", cookie.to_header(header=""))
                _add_fixed(headers, self.settings, scope["path"])
            await send(message)

        host = Headers.from_scope(scope).get("host")
        if host is not None and not _HOST.fullmatch(host):
            await _BAD(scope, receive, send_with_headers)
            return
        fresh = self._recognise(scope)
        if not scope["path"].startswith(_IMPERSONAL):
            cookies += fresh
            browser = tokens.digest(scope["state"]["browser"])
            try:
                attended = scope["path"] not in _UNATTENDED
                scope["state"]["actor"] = await self.identify(browser, attended)
            except Exception as error:
                # Nothing inside can answer for somebody unknown.
                log.error("gate.failed", exc_info=error)
                await _BUSY(scope, receive, send_with_headers)
                return
        try:
            await self.app(scope, receive, send_with_headers)
        except Exception as error:
            # The page that was to tell of a problem has failed itself.
            log.error("gate.failed", exc_info=error)
            if has_begun:
                raise
            await _FAULT(scope, receive, send_with_headers)

    def _recognise(self, scope: Scope) -> list[Cookie]:
        """Put browser and language into the scope; the cookies that would have to be set."""
        state = scope.setdefault("state", {})
        cookies = []
        held = ASGIConnection[Any, Any, Any, Any](scope).cookies
        token = held.get(cookie_name(self.settings))
        if token is None or not tokens.is_token(token):
            token = tokens.mint()
            cookies.append(browser_cookie(self.settings, token))
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("lang", [""])[-1]
        if asked in LANGUAGES:
            cookies.append(_lasting(self.settings, _LANGUAGE_COOKIE, asked))
        chosen = asked if asked in LANGUAGES else held.get(_LANGUAGE_COOKIE)
        accepted = Headers.from_scope(scope).get("accept-language", "")
        state["browser"] = token
        state["csrf"] = csrf_token(self.settings.secret, token)
        state["language"] = language(choose(chosen, accepted))
        state["actor"] = Anonymous()
        return cookies


def cookie_name(settings: Settings) -> str:
    """``__Host-`` binds the cookie to this host and to TLS; without TLS browsers refuse it."""
    return "__Host-bihuan" if settings.secure else "bihuan"


def browser_cookie(settings: Settings, token: str) -> Cookie:
    """The cookie that gives a browser its token."""
    return _lasting(settings, cookie_name(settings), token)


def _lasting(settings: Settings, name: str, value: str) -> Cookie:
    return Cookie(
        name, value=value, max_age=_A_MONTH, httponly=True, samesite="lax", secure=settings.secure
    )


def _add_fixed(headers: MutableScopeHeaders, settings: Settings, path: str) -> None:
    if path.startswith(_SECRET):
        headers.setdefault("referrer-policy", "no-referrer")
        headers.setdefault("x-robots-tag", "noindex, nofollow")
    if path.startswith(_SYNC):
        headers["x-field-sync"] = "1"
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("cache-control", "no-store")
    if settings.secure:
        headers.setdefault("strict-transport-security", "max-age=31536000")


_BAD = ASGIResponse(body=b"", status_code=400)
_FAULT = ASGIResponse(
    body="系统出错，已记录。\nThe portal has a fault; it has been recorded.\n".encode(),
    media_type="text/plain; charset=utf-8",
    status_code=500,
)
_BUSY = ASGIResponse(
    body="数据库暂时没有响应，请稍后再试。\nThe database did not answer; try again.\n".encode(),
    media_type="text/plain; charset=utf-8",
    status_code=503,
    headers={"retry-after": "30"},
)
