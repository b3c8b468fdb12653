"""The gate: which browser is asking, and the headers of every answer."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from portal.app import Portal
from portal.kernel import tokens
from portal.kernel.act import Actor, Anonymous
from portal.kernel.db.unit import Database
from portal.kernel.settings import Settings, read_settings
from portal.kernel.web.gate import CSP, Gate
from portal.people.models import SignIn
from tests.support.browser import Browser, browsing

NewBrowser = Callable[..., Awaitable[Browser]]


def cookies(answer: httpx.Response) -> dict[str, str]:
    return {
        line.partition("=")[0]: line.partition("=")[2]
        for line in answer.headers.get_list("set-cookie")
    }


async def test_a_new_browser_gets_a_token(browser: NewBrowser) -> None:
    nobody = await browser()
    nobody.client.cookies.clear()
    cookie = cookies(await nobody.get("/sign-in"))["bihuan"]
    assert tokens.is_token(cookie.partition(";")[0])
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie
    assert cookies(await nobody.get("/sign-in")) == {}


@pytest.mark.parametrize("held", ["x", "a" * 42, "a" * 44, "%00" * 15, '"quoted"', "é" * 43])
async def test_a_malformed_token_is_never_taken(browser: NewBrowser, held: str) -> None:
    nobody = await browser()
    nobody.client.cookies.clear()
    answer = await nobody.client.get("/sign-in", headers={b"cookie": f"bihuan={held}".encode()})
    assert answer.status_code == 200
    assert tokens.is_token(cookies(answer)["bihuan"].partition(";")[0])


@pytest.mark.parametrize(
    "header", ["a@b=1; bihuan={}", "x[]=1;bihuan={}", ";;=;=x; bihuan={}", '"; bihuan={}; \x01=2']
)
async def test_cookies_of_others_do_not_hide_the_own_one(browser: NewBrowser, header: str) -> None:
    clerk = await browser("clerk")
    token = clerk.token
    clerk.client.cookies.clear()
    answer = await clerk.get("/", cookie=header.format(token))
    assert (answer.status_code, cookies(answer)) == (200, {})


async def test_behind_tls_the_cookie_is_bound_to_the_host(
    database: Database, tmp_path: Path
) -> None:
    settings = read_settings({"BIHUAN_HOME": str(tmp_path), "BIHUAN_TLS": "1"})
    async with browsing(Portal(settings, database)) as nobody:
        nobody.client.cookies.clear()
        answer = await nobody.get("/sign-in")
    assert "Secure" in cookies(answer)["__Host-bihuan"]
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/sign-in", 200),
        ("GET", "/", 303),
        ("GET", "/healthz", 200),
        ("POST", "/healthz", 405),
        ("GET", "/healthz-nowhere", 404),
        ("GET", "/nowhere", 404),
        ("DELETE", "/sign-in", 405),
        ("GET", "/static/css/nowhere.css", 404),
        ("POST", "/static/css/bihuan.css", 405),
        ("GET", "/static/../pyproject.toml", 404),
        ("GET", "/stand/fault", 500),
        ("POST", "/stand/adds", 403),
    ],
)
async def test_every_answer_carries_the_headers(
    browser: NewBrowser, method: str, path: str, status: int
) -> None:
    nobody = await browser()
    with capture_logs():
        answer = await nobody.client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-security-policy"] == CSP
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert "geolocation=(self)" in answer.headers["permissions-policy"]
    assert "cache-control" in answer.headers
    assert "strict-transport-security" not in answer.headers


async def test_pages_are_never_stored(browser: NewBrowser) -> None:
    clerk = await browser("clerk")
    assert (await clerk.get("/")).headers["cache-control"] == "no-store"


async def test_files_and_health_know_no_browser(browser: NewBrowser) -> None:
    nobody = await browser()
    nobody.client.cookies.clear()
    for path in ("/static/css/bihuan.css", "/healthz", "/healthz?lang=en"):
        assert cookies(await nobody.get(path)) == {}


async def test_a_language_that_is_asked_for_lasts(browser: NewBrowser) -> None:
    nobody = await browser()
    answer = await nobody.get("/sign-in?lang=en")
    assert cookies(answer)["bihuan-lang"].startswith("en;")
    assert 'lang="en"' in answer.text
    assert 'lang="en"' in (await nobody.get("/sign-in")).text
    assert 'lang="zh-CN"' in (await nobody.get("/sign-in?lang=zh_CN")).text


async def test_a_language_that_is_not_there_is_not_remembered(browser: NewBrowser) -> None:
    nobody = await browser()
    answer = await nobody.get("/sign-in?lang=fr&lang=%ff%00")
    assert cookies(answer) == {}
    assert '<html lang="zh-CN"' in answer.text


async def test_the_token_of_a_browser_is_not_what_is_stored(browser: NewBrowser) -> None:
    clerk = await browser("clerk")
    async with clerk.portal.database.reading() as db:
        sign_in = (await db.scalars(SignIn.__table__.select())).first()
    assert sign_in is not None
    assert clerk.token not in str(sign_in)


@pytest.mark.parametrize(
    "error", [OperationalError("select", {}, Exception("locked")), RuntimeError("broken")]
)
async def test_a_database_that_does_not_answer_is_said_so(
    settings: Settings, portal: Portal, error: Exception
) -> None:
    async def identify(_: str, __: bool) -> Actor:
        raise error

    gate = Gate(portal.app, settings, identify)
    transport = httpx.ASGITransport(gate)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        with capture_logs() as logs:
            answer = await client.get("/")
    assert answer.status_code == 503
    assert "数据库" in answer.text
    assert "database" in answer.text
    assert answer.headers["retry-after"] == "30"
    assert answer.headers["content-security-policy"] == CSP
    assert [line["event"] for line in logs] == ["gate.failed"]


async def test_what_is_not_http_passes(settings: Settings) -> None:
    seen: list[str] = []

    async def app(scope: object, *_: object) -> None:
        seen.append(scope["type"])  # type: ignore[index]

    async def nobody(*_: object) -> Actor:
        raise AssertionError("asked")

    await Gate(app, settings, nobody)({"type": "lifespan"}, None, None)  # type: ignore[arg-type]
    assert seen == ["lifespan"]


async def test_the_clock_of_the_portal_ends_a_session(browser: NewBrowser) -> None:
    clerk = await browser("clerk")
    clock = clerk.portal.state.clock
    assert (await clerk.get("/")).status_code == 200
    clock.forward(days=8)
    assert (await clerk.get("/")).status_code == 303
    clock.forward(days=-8)


async def through_gate(settings: Settings, app: object) -> tuple[httpx.Response | None, list[str]]:
    async def nobody(_: str, __: bool) -> Actor:
        return Anonymous()

    transport = httpx.ASGITransport(Gate(app, settings, nobody))  # type: ignore[arg-type]
    with capture_logs() as logs:
        async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
            try:
                answer = await client.get("/")
            except RuntimeError:
                answer = None
    return answer, [line["event"] for line in logs]


async def test_a_problem_page_that_fails_itself_is_still_an_answer(settings: Settings) -> None:
    async def app(*_: object) -> None:
        raise RuntimeError("the template of the problem page")

    answer, logged = await through_gate(settings, app)
    assert answer is not None
    assert (answer.status_code, logged) == (500, ["gate.failed"])
    assert answer.headers["content-security-policy"] == CSP
    assert "has a fault" in answer.text


async def test_an_answer_that_breaks_off_is_not_answered_twice(settings: Settings) -> None:
    async def app(_: object, __: object, send: Callable[..., Awaitable[None]]) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("in the middle")

    assert await through_gate(settings, app) == (None, ["gate.failed"])


@pytest.mark.parametrize("host", ["", "[", "a b", "a/b", "a:b", "a:123456", "é", "@", "[::1"])
async def test_a_host_that_nobody_can_type_is_refused(browser: NewBrowser, host: str) -> None:
    nobody = await browser()
    answer = await nobody.client.get("/sign-in", headers={b"host": host.encode()})
    assert answer.status_code == 400
    assert answer.headers["content-security-policy"] == CSP


@pytest.mark.parametrize("host", ["a", "portal.example.cn:8000", "127.0.0.1:80", "[::1]:8000"])
async def test_any_other_host_is_taken(browser: NewBrowser, host: str) -> None:
    nobody = await browser()
    assert (await nobody.get("/sign-in", host=host)).status_code == 200
