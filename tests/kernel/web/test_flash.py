"""A notice survives one redirect, in the reader's language, and cannot be made up."""

import json
from collections.abc import Awaitable, Callable

import pytest

from portal.kernel.i18n import language
from portal.kernel.tokens import sign
from tests.support.browser import Browser

NewBrowser = Callable[..., Awaitable[Browser]]


def said(code: str) -> str:
    return language(code).gettext("%(name)s is saved.") % {"name": "led"}


@pytest.mark.parametrize("code", ["zh_CN", "en"])
async def test_a_notice_is_shown_once_on_the_page_after_the_change(
    browser: NewBrowser, code: str
) -> None:
    nobody = await browser(language=code.replace("_", "-"))
    answer = await nobody.post("/stand/notices")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert said(code) in (await nobody.get("/stand/page")).text
    assert said(code) not in (await nobody.get("/stand/page")).text


async def test_a_notice_waits_through_a_fragment_only_until_it_is_shown(
    browser: NewBrowser,
) -> None:
    nobody = await browser(language="en")
    await nobody.post("/stand/notices")
    shown = await nobody.get("/sign-in", **{"hx-request": "true"})
    assert said("en") in shown.text
    assert said("en") not in (await nobody.get("/sign-in")).text


@pytest.mark.parametrize("made_up", ["", "x", "x.y", "é.错", ".", "%00.%ff", "a" * 3000])
async def test_a_made_up_notice_is_not_shown(browser: NewBrowser, made_up: str) -> None:
    nobody = await browser()
    cookie = f"bihuan-flash={made_up}".encode()
    answer = await nobody.client.get("/sign-in", headers={b"cookie": cookie})
    assert answer.status_code == 200


async def test_a_notice_signed_for_another_purpose_is_not_shown(browser: NewBrowser) -> None:
    nobody = await browser()
    content = json.dumps(["made up", {}]).encode()
    for purpose, shown in (("other", False), ("flash", True)):
        signed = sign(nobody.portal.settings.secret, purpose, content)
        headers = {"cookie": f"bihuan-flash={signed}"}
        answer = await nobody.client.get("/sign-in", headers=headers)
        assert ("made up" in answer.text) is shown


async def test_what_a_notice_says_is_text_and_not_markup(browser: NewBrowser) -> None:
    nobody = await browser()
    content = json.dumps(["%(name)s", {"name": "<script>"}]).encode()
    signed = sign(nobody.portal.settings.secret, "flash", content)
    answer = await nobody.client.get("/sign-in", headers={"cookie": f"bihuan-flash={signed}"})
    assert "&lt;script&gt;" in answer.text
