"""Signing in and out."""

from collections.abc import Awaitable, Callable

from tests.support.browser import Browser

NewBrowser = Callable[..., Awaitable[Browser]]


async def test_a_page_leads_the_unknown_to_the_sign_in_and_back(browser: NewBrowser) -> None:
    nobody = await browser()
    answer = await nobody.get("/people?q=%E9%99%88")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Fpeople%3Fq%3D%25E9%2599%2588"


async def test_staff_see_the_directory(browser: NewBrowser) -> None:
    clerk = await browser("clerk")
    answer = await clerk.get("/people")
    assert answer.status_code == 200
    assert "陈晓燕" in answer.text
