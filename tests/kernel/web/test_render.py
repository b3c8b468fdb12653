"""A page is answered whole, or as its main part when HTMX asks for that."""

from collections.abc import Awaitable, Callable

import pytest
from jinja2 import TemplateNotFound

from portal.kernel.i18n import language
from portal.kernel.web.page import Here
from tests.kernel.stand import BrokenPage
from tests.support.browser import Browser

NewBrowser = Callable[..., Awaitable[Browser]]


async def test_a_reader_inside_gets_the_whole_page(browser: NewBrowser) -> None:
    clerk = await browser("clerk")
    answer = await clerk.get("/")
    assert answer.text.lstrip().startswith("<!doctype html>")
    assert '<body class="shell"' in answer.text
    assert answer.headers["vary"] == "HX-Request, Cookie, Accept-Language"


async def test_a_reader_outside_gets_the_page_without_navigation(browser: NewBrowser) -> None:
    nobody = await browser()
    assert '<body class="bare"' in (await nobody.get("/sign-in")).text


async def test_htmx_gets_the_main_part_only(browser: NewBrowser) -> None:
    clerk = await browser("clerk")
    answer = await clerk.get("/", **{"hx-request": "true"})
    assert answer.status_code == 200
    assert "<body" not in answer.text
    assert "<h1>" in answer.text


@pytest.mark.parametrize("said", ["false", "1", "TRUE", ""])
async def test_only_htmx_says_true(browser: NewBrowser, said: str) -> None:
    clerk = await browser("clerk")
    assert "<body" in (await clerk.get("/", **{"hx-request": said})).text


async def test_a_page_whose_template_is_missing_fails_loudly(browser: NewBrowser) -> None:
    clerk = await browser()
    state = clerk.portal.state
    here = Here(language=language("en"), path="/", csrf="")
    assert here.locale == "en"
    with pytest.raises(TemplateNotFound, match="nowhere"):
        state.templates.html(BrokenPage(), here, layout="kernel/layout/bare.html")
