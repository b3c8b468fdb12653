"""Documents of a case: handed out to be saved, found only through their own case."""

import httpx
import pytest
from sqlalchemy import select

from portal.cases.documenting import MOST_BYTES
from portal.cases.models import Document
from portal.kernel.db.unit import Database
from portal.kernel.web.csrf import csrf_token
from tests.cases.support import journal, matter
from tests.people.support import NewBrowser
from tests.support.browser import Browser


async def send(
    browser: Browser, case_id: int, content: bytes, name: str = "现场.jpg"
) -> httpx.Response:
    token = csrf_token(browser.portal.settings.secret, browser.token)
    return await browser.client.post(
        f"/cases/{case_id}/documents", data={"_csrf": token}, files={"file": (name, content)}
    )


async def document(company: Database) -> Document:
    async with company.reading() as db:
        return (await db.scalars(select(Document))).one()


async def test_a_document_is_handed_out_to_be_saved_never_to_be_run(
    company: Database, browser: NewBrowser
) -> None:
    it = await matter(company)
    page = await browser("clerk")
    assert (await send(page, it.id, b"<script>alert(1)</script>", "a.html")).status_code == 303
    kept = await document(company)
    answer = await page.get(f"/cases/{it.id}/documents/{kept.id}")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.content == b"<script>alert(1)</script>"
    assert "document.added" in await journal(company)


async def test_another_cases_document_is_not_found_through_ones_own(
    company: Database, browser: NewBrowser
) -> None:
    one, two = await matter(company), await matter(company)
    page = await browser("clerk")
    await send(page, one.id, b"secret")
    kept = await document(company)
    assert (await page.get(f"/cases/{two.id}/documents/{kept.id}")).status_code == 404
    stranger = await browser("plain")
    assert (await stranger.get(f"/cases/{one.id}/documents/{kept.id}")).status_code == 404
    assert (await send(stranger, one.id, b"x")).status_code == 404


@pytest.mark.parametrize("size", [MOST_BYTES + 1, MOST_BYTES + 200_000])
async def test_what_is_too_large_gets_a_page_that_says_so(
    company: Database, browser: NewBrowser, size: int
) -> None:
    it = await matter(company)
    page = await browser("clerk")
    answer = await send(page, it.id, b"x" * size)
    assert answer.status_code == 413
    assert "<html" in answer.text
    async with company.reading() as db:
        assert list(await db.scalars(select(Document))) == []


async def test_an_empty_file_is_refused_and_no_file_is_told_so(
    company: Database, browser: NewBrowser
) -> None:
    it = await matter(company)
    page = await browser("clerk")
    assert (await send(page, it.id, b"")).status_code == 422
    assert (await page.post(f"/cases/{it.id}/documents", {})).status_code == 303
    async with company.reading() as db:
        assert list(await db.scalars(select(Document))) == []


@pytest.mark.parametrize(
    "name", ["a\x00b.txt", "长" * 300 + ".txt", "../../etc/passwd", '"\r\n.txt']
)
async def test_whatever_a_file_is_called_it_is_kept_and_found(
    company: Database, browser: NewBrowser, name: str
) -> None:
    it = await matter(company)
    page = await browser("clerk")
    assert (await send(page, it.id, b"x", name)).status_code == 303
    kept = await document(company)
    assert len(kept.name) <= 200
    assert (await page.get(f"/cases/{it.id}/documents/{kept.id}")).status_code == 200
    assert (await page.get(f"/cases/{it.id}")).status_code == 200
