"""Every page as an administrator meets it: nothing changes by looking, two whole languages."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment, TemplateNotFound
from sqlalchemy import JSON, String, select

import portal
from portal.app import ROOT
from portal.kernel import tokens
from portal.kernel.db.unit import Database
from portal.kernel.journal.chain import canonical
from portal.kernel.web.errors import ProblemPage
from portal.kernel.web.page import Page
from portal.tables import METADATA
from tests.crawl.conftest import Company
from tests.crawl.reading import PageReader
from tests.support.browser import browsing

CHINESE = re.compile(r"[\u3400-\u9fff]+")
# Two English words beside each other are a phrase; one alone may be a name or a login.
ENGLISH = re.compile(r"[A-Za-z]{2,}(?:[ ,'’-]+[A-Za-z]+)+")
# What a page may ask the database for, whatever it shows; most the page of a case, which stands
# for a file of paper, with what came from the site.
MOST_STATEMENTS = 26
REPORT = {
    "name": "张先生",
    "phone": "13900009999",
    "address": "成都市锦江区",
    "symptom": "不制冷",
    "consent": "y",
}
NO_PAGES = (
    "/static/",
    "/healthz",
    "/field/v1/",
    "/field/sw.js",
    "/field/app.webmanifest",
    "/field/texts.json",
)


async def _dump(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, without the one column that looking may change."""
    async with database.reading() as db:
        return {
            name: sorted(
                (
                    tuple(row)
                    for row in await db.execute(
                        select(
                            *(c for c in table.columns if (name, c.name) != ("sign_in", "seen_at"))
                        )
                    )
                ),
                key=repr,
            )
            for name, table in METADATA.tables.items()
        }


async def _data(database: Database) -> str:
    """Everything that people have typed, to tell it from what the portal says by itself."""
    found: list[str] = []
    async with database.reading() as db:
        for table in METADATA.tables.values():
            for column in table.columns:
                if isinstance(column.type, String) and table.name != "journal":
                    found += [text for text in await db.scalars(select(column)) if text]
                if isinstance(column.type, JSON) and table.name.startswith(("import", "past")):
                    found += [canonical(one) for one in await db.scalars(select(column))]
    return "\n".join(found)


async def test_looking_changes_nothing_but_when_one_was_seen(company: Company, link: str) -> None:
    await company.crawl("admin", "en")
    before = await _dump(company.portal.database)
    async with browsing(company.portal, "en") as browser:
        await browser.sign_in("admin")
        seen = await _dump(company.portal.database)
        company.clock.forward(minutes=30)
        for path in [*await company.crawl("", "en"), link]:
            await browser.get(path)
        walked = await company._walk(browser)
    after = await _dump(company.portal.database)
    assert len(walked) > 20
    assert after == seen
    assert {name for name in before if before[name] != after[name]} == {"sign_in"}


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_every_page_answers_and_links_lead_to_pages(company: Company, language: str) -> None:
    for path, answer in (await company.all_pages(language)).items():
        assert answer.status_code in (200, 303), path
        assert company.kind(path) != "nothing", path
    reached = {company.kind(path).split()[0] for path in await company.all_pages(language)}
    by_hand = {
        "/static/{digest:str}/{name:path}",
        "/invitations/{token:str}",
        "/cases/{case_id:int}/documents/{document_id:int}",
        "/o/{token:str}/documents/{document_id:int}",
    }
    assert reached | by_hand >= company.templates()


async def _pages(company: Company, language: str, link: str) -> dict[str, PageReader]:
    pages = await company.all_pages(language)
    async with browsing(company.portal, language) as browser:
        for path in ("/sign-in", "/field/", link, "/invitations/spent", f"/o/{tokens.mint()}"):
            pages[path] = await browser.get(path)
        # Sent once, and once more when its link is not given again.
        form = REPORT | {"_once": tokens.mint()}
        for attempt in ("first", "second"):
            pages[f"/service/repair {attempt}"] = await browser.post("/service/repair", form)
            company.clock.forward(hours=30)
        pages["/service/repair bad"] = await browser.post("/service/repair", {"phone": "x"})
        await browser.sign_in("chen")
        pages["/cases/1/link post"] = await browser.post("/cases/1/link", {})
        phone = "/contacts/1/phone"
        pages[f"{phone} whole"] = await browser.post(phone)
        pages[f"{phone} part"] = await browser.post(phone, None, **{"hx-request": "true"})
        for path in ("/nothing-here", "/skills"):
            pages[path] = await browser.get(path)
        pages["/sign-in post"] = await browser.post("/sign-in", {})
    return {
        path: PageReader(answer.text)
        for path, answer in pages.items()
        if answer.status_code != 303 and not path.startswith(NO_PAGES)
    }


async def test_english_pages_say_nothing_in_chinese(company: Company, link: str) -> None:
    data = await _data(company.portal.database) + "\n中文"
    for path, page in (await _pages(company, "en", link)).items():
        for text in page.texts:
            foreign = [run for run in CHINESE.findall(text) if run not in data]
            assert not foreign, (path, text)


async def test_chinese_pages_say_nothing_in_english(company: Company, link: str) -> None:
    data = await _data(company.portal.database)
    for path, page in (await _pages(company, "zh-CN", link)).items():
        for text in page.texts:
            foreign = [run for run in ENGLISH.findall(text) if run not in data]
            assert not foreign, (path, text)


async def test_a_chosen_language_stays_chosen(company: Company) -> None:
    async with browsing(company.portal, "zh-CN") as browser:
        assert "登录" in (await browser.get("/sign-in")).text
        assert "Sign in" in (await browser.get("/sign-in?lang=en")).text
        assert "Sign in" in (await browser.get("/sign-in")).text
        assert "Sign in" in (await browser.get("/sign-in?lang=xx")).text


async def test_no_page_asks_the_database_more_often_than_is_good(company: Company) -> None:
    async with browsing(company.portal, "en") as browser:
        await browser.sign_in("admin")
        counts = {}
        for path in await company.all_pages("en"):
            company.statements.clear()
            await browser.get(path)
            counts[path] = sum(not s.startswith("BEGIN") for s in company.statements)
    assert max(counts.values()) <= MOST_STATEMENTS, counts


async def test_a_longer_directory_takes_no_more_statements(company: Company) -> None:
    async with browsing(company.portal, "en") as browser:
        await browser.sign_in("admin")
        counts = set()
        for path in ("/people?q=zhao", "/people?q=", "/people?left=1"):
            company.statements.clear()
            await browser.get(path)
            counts.add(len(company.statements))
    assert len(counts) == 1


def _templates() -> list[str]:
    folder = ROOT / "templates"
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html"))


@pytest.fixture(scope="module")
async def environment(company: Company) -> Environment:
    made: Environment = company.portal.state.templates.environments["en"]
    return made


async def test_every_template_compiles_and_every_page_has_a_title(
    environment: Environment,
) -> None:
    for name in _templates():
        template = environment.get_template(name)
        if "{% extends layout %}" in (ROOT / "templates" / name).read_text(encoding="utf-8"):
            assert "title" in template.blocks, name


def _page_classes(below: type[Page] = Page) -> Iterator[type[Page]]:
    for one in below.__subclasses__():
        if one.__module__.startswith(("portal.", "field.")) and hasattr(one, "template"):
            yield one
        yield from _page_classes(one)


async def test_every_page_class_names_a_template_and_was_written_out(
    company: Company, environment: Environment, link: str
) -> None:
    """Undefined names in a template are errors: what was written out lacks nothing."""
    for module in pkgutil.walk_packages(portal.__path__, "portal."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    await _pages(company, "en", link)
    classes = set(_page_classes())
    assert ProblemPage in classes
    for page in classes:
        try:
            environment.get_template(page.template)
        except TemplateNotFound:
            pytest.fail(f"{page.__name__} names {page.template}, which is not there")
    assert {page.__name__ for page in classes - company.pages} == set()


async def test_every_page_template_belongs_to_a_page_class() -> None:
    named = {page.template for page in _page_classes()}
    pages = {
        name
        for name in _templates()
        if not Path(name).name.startswith("_") and "/layout/" not in name
    }
    assert pages - named == set()
