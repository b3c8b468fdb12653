"""The directory: finding, filtering, sorting, paging; what is shown to whom."""

import re

import pytest
from sqlalchemy import select

from portal.kernel.db.unit import Database
from portal.people.employing import Particulars, register
from portal.people.models import Department
from portal.people.roles import Role
from tests.people.support import NewBrowser, person_id
from tests.support.cast import system

NAMES = re.compile(r'<a href="/people/\d+">([^<]+)</a>')


async def _crowd(database: Database, count: int = 120) -> None:
    async with database.writing() as db:
        for number in range(count):
            given = Particulars(
                f"p{number:03}", f"员工{number % 40:02}", "", "", None, frozenset({Role.ENGINEER})
            )
            await register(db, system(), given)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=陈", ["陈晓燕"]),
        ("q=CLERK", ["陈晓燕"]),
        ("q=13800000002", ["周敏"]),
        ("q=陈 clerk", ["陈晓燕"]),
        ("q=陈 head", []),
        ("q=%25", []),
        ("q=_", []),
        ("q=%5C", []),
        ("q=老张", []),
        ("q=老张&left=1", ["老张"]),
        ("role=quality", ["郑海涛"]),
        ("role=emperor&q=郑", ["郑海涛"]),
        ("department=999", []),
        ("department=abc&q=郑", ["郑海涛"]),
        ("department=-1&q=郑", ["郑海涛"]),
    ],
)
async def test_people_are_found_by_name_login_phone_role_and_department(
    browser: NewBrowser, query: str, names: list[str]
) -> None:
    clerk = await browser("clerk", language="en")
    page = await clerk.get(f"/people?{query}")
    assert page.status_code == 200
    assert NAMES.findall(page.text) == names
    assert ("Nobody matches" in page.text) is (not names)


async def test_a_department_lists_its_people(browser: NewBrowser, database: Database) -> None:
    clerk = await browser("clerk")
    async with database.reading() as db:
        own = await db.scalar(select(Department.id))
    page = await clerk.get(f"/people?department={own}")
    assert len(NAMES.findall(page.text)) == 10
    assert f'<option value="{own}" selected>' in page.text


@pytest.mark.parametrize("sort", ["name", "-name", "login", "-login"])
async def test_paging_on_and_back_shows_everybody_once(
    browser: NewBrowser, database: Database, sort: str
) -> None:
    """Many bear the same name: the order stays whole all the same."""
    await _crowd(database)
    clerk = await browser("clerk")
    seen: list[str] = []
    pages: list[list[str]] = []
    path = f"/people?q=p&sort={sort}"
    while path:
        page = (await clerk.get(path)).text
        pages.append(re.findall(r'href="/people/(\d+)"', page))
        seen += pages[-1]
        found = re.search(r'rel="next" href="([^"]+)"', page)
        path = found[1].replace("&amp;", "&") if found else ""
    assert len(seen) == len(set(seen))
    assert len(seen) >= 120
    back = re.search(r'rel="prev" href="([^"]+)"', page)
    assert back
    before = (await clerk.get(back[1].replace("&amp;", "&"))).text
    assert re.findall(r'href="/people/(\d+)"', before) == pages[-2]


async def test_phones_are_masked_in_the_list(browser: NewBrowser) -> None:
    clerk = await browser("clerk")
    page = await clerk.get("/people")
    assert "138****0002" in page.text
    assert "13800000002" not in page.text


@pytest.mark.parametrize(
    ("who", "edit", "qualify"),
    [("clerk", False, False), ("dispatcher", False, True), ("admin", True, True)],
)
async def test_a_person_is_shown_with_what_the_reader_may_do(
    browser: NewBrowser, database: Database, who: str, edit: bool, qualify: bool
) -> None:
    reader = await browser(who)
    path = f"/people/{await person_id(database, 'engineer')}"
    page = (await reader.get(path)).text
    assert (f"{path}/edit" in page, f"{path}/departure" in page) == (edit, edit)
    assert (f"{path}/qualification" in page, f"{path}/hours" in page) == (qualify, qualify)


async def test_a_name_is_shown_as_it_is_written(browser: NewBrowser, database: Database) -> None:
    name = "<script>alert(1)</script> 100% %(x)s"
    admin = await browser("admin")
    answer = await admin.post("/people", {"name": name, "login": "mallory"})
    page = await admin.get(answer.headers["location"])
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert page.text.count("&lt;script&gt;alert(1)&lt;/script&gt; 100% %(x)s") >= 3
