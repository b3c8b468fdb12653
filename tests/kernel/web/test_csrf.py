"""Forgery: an unsafe request is taken only from our own pages, in the same browser."""

from collections.abc import Awaitable, Callable

import pytest
from litestar.routes import HTTPRoute

from portal.app import Portal
from portal.kernel import tokens
from portal.kernel.web.csrf import csrf_token
from tests.support.browser import Browser

NewBrowser = Callable[..., Awaitable[Browser]]
OWN = "http://testserver.local"


def own_token(browser: Browser) -> str:
    return csrf_token(browser.portal.settings.secret, browser.token)


async def test_the_token_may_come_in_the_form(browser: NewBrowser) -> None:
    clerk = await browser("clerk")
    assert (await clerk.post("/stand/fills", {"name": "焊接"})).status_code == 200


async def test_the_token_may_come_in_a_header(browser: NewBrowser) -> None:
    clerk = await browser("clerk")
    headers = {"x-csrftoken": own_token(clerk)}
    answer = await clerk.client.post("/stand/fills", data={"name": "焊接"}, headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize("sent", [None, "", "x", "0" * 64, "é", "错" * 64, "\x00"])
async def test_a_missing_or_made_up_token_is_refused(browser: NewBrowser, sent: str | None) -> None:
    clerk = await browser("clerk")
    form = {"name": "焊接"} | ({} if sent is None else {"_csrf": sent})
    answer = await clerk.client.post("/stand/fills", data=form)
    assert answer.status_code == 403
    assert (
        "expired-form"
        in (
            await clerk.client.post(
                "/stand/fills", data=form, headers={"accept": "application/json"}
            )
        ).text
    )


async def test_a_made_up_header_is_refused(browser: NewBrowser) -> None:
    clerk = await browser("clerk")
    for sent in (b"x", b"\xff\xfe", own_token(clerk).upper().encode()):
        headers = {b"x-csrftoken": sent}
        answer = await clerk.client.post("/stand/fills", data={"name": "a"}, headers=headers)
        assert answer.status_code == 403


async def test_the_token_of_another_browser_is_refused(browser: NewBrowser) -> None:
    clerk, stranger = await browser("clerk"), await browser()
    form = {"name": "焊接", "_csrf": own_token(stranger)}
    assert (await clerk.client.post("/stand/fills", data=form)).status_code == 403


async def test_the_token_of_the_browser_before_it_signed_in_is_refused(
    browser: NewBrowser,
) -> None:
    clerk = await browser()
    before = own_token(clerk)
    await clerk.sign_in("clerk")
    form = {"name": "焊接", "_csrf": before}
    assert (await clerk.client.post("/stand/fills", data=form)).status_code == 403


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("origin", OWN, 200),
        ("origin", "https://testserver.local", 200),
        ("origin", "http://evil.example", 403),
        ("origin", "http://testserver.local.evil.example", 403),
        ("origin", "http://testserver.local:81", 403),
        ("origin", "null", 403),
        ("origin", "", 403),
        ("sec-fetch-site", "same-origin", 200),
        ("sec-fetch-site", "none", 200),
        ("sec-fetch-site", "same-site", 403),
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "", 403),
    ],
)
async def test_a_request_from_elsewhere_is_refused_even_with_the_token(
    browser: NewBrowser, header: str, value: str, status: int
) -> None:
    clerk = await browser("clerk")
    answer = await clerk.post("/stand/fills", {"name": "焊接"}, **{header: value})
    assert answer.status_code == status


async def test_what_the_browser_itself_says_goes_before_the_origin(browser: NewBrowser) -> None:
    clerk = await browser("clerk")
    headers = {"origin": "http://evil.example", "sec-fetch-site": "same-origin"}
    assert (await clerk.post("/stand/fills", {"name": "a"}, **headers)).status_code == 200


async def test_asking_is_free(browser: NewBrowser) -> None:
    clerk = await browser("clerk")
    headers = {"origin": "http://evil.example", "sec-fetch-site": "cross-site"}
    assert (await clerk.get("/stand/page", **headers)).status_code == 200


async def test_no_route_goes_round_the_check(portal: Portal) -> None:
    # A `before_request` of a nearer layer would replace the portal's own.
    for route in portal.litestar.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else ():
            assert [layer.before_request is not None for layer in handler.ownership_layers] == [
                True,
                *[False] * (len(handler.ownership_layers) - 1),
            ], route.path
            # A key in a header, which no other site can send: the phone's own way in.
            by_key = route.path.startswith(("/field/v1/ops", "/field/v1/attachments/"))
            assert ("no_csrf" in handler.opt) is by_key, route.path


def test_a_token_is_of_one_browser_and_one_portal() -> None:
    browser = tokens.mint()
    assert csrf_token(b"a", browser) != csrf_token(b"b", browser)
    assert csrf_token(b"a", browser) != csrf_token(b"a", tokens.mint())
