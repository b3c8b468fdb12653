"""Nonsense in every address and every field: refused or ignored, never a fault."""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from litestar.routes import HTTPRoute
from sqlalchemy import select

from portal.app import Portal
from portal.kernel.db.unit import Database
from portal.people.going_away import Absence, go_away
from portal.people.models import Department, Region, Skill
from tests.crawl.conftest import STREAMS
from tests.crawl.reading import Form, PageReader
from tests.people.support import NewBrowser, person_id
from tests.support.cast import NOON, system

LONG = "长" * 3000
NONSENSE = [
    LONG,
    "a\x00b",
    "'\"><script>alert(1)</script>",
    "\U0001f600\u202e\u200b",
    "-1",
    "0",
    "9" * 30,
    "9" * 5000,
    "1e400",
    "NaN",
    "0001-01-01T00:00",
    "٣",
    "%(x)s %s %",
    "{sort}",
    "\\",
]

# What a database refuses by itself: all that is worth asking a second one.
FOR_DATABASES = [
    LONG,
    "a\x00b",
    "\U0001f600\u202e\u200b",
    "9" * 30,
    "0001-01-01T00:00",
    "%(x)s %s %",
]


def nonsense_for(database: Database) -> list[str]:
    """All of it on SQLite; on PostgreSQL what may make a difference there."""
    return NONSENSE if database.is_sqlite else FOR_DATABASES


def cursor(*place: Any) -> str:
    """A cursor as the portal makes them, with what it would never put into one."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def token_of(page: PageReader) -> str:
    """The token that a page's forms send."""
    return next(form.values["_csrf"] for form in page.forms if form.method == "post")


CURSORS = [
    cursor(">", "x", 10**30),
    cursor(">", "x", 1e999),
    cursor(">", "\ud800", 1),
    cursor(">", "a\x00", 1),
    cursor(">", None, 1),
    cursor(">", {"a": 1}, [1]),
    cursor("<", 5, "1"),
    cursor(1),
    base64.urlsafe_b64encode(b"[" * 3000).decode(),
    "é",
    "====",
]


async def _places(database: Database) -> dict[str, list[str]]:
    """Real keys and impossible ones, by the name of the place in a path."""
    async with database.reading() as db:
        things = {
            "department_id": await db.scalar(select(Department.id)),
            "thing_id": await db.scalar(select(Skill.id)),
        }
    wrong = ["9" * 18, "9" * 30, "%00", "%F0%9F%98%80"]
    if database.is_sqlite:
        wrong += ["0", "-1", "9" * 19, "9" * 5000, "1e3"]
    real = {name: str(value) for name, value in things.items()}
    real["person_id"] = str(await person_id(database, "engineer"))
    return {name: [value, *wrong] for name, value in real.items()} | {
        "": ["1", *wrong, "x" * 43, "..", "%2e%2e%2f"]
    }


def _routes(portal: Portal) -> Iterator[HTTPRoute]:
    for route in portal.litestar.routes:
        if not isinstance(route, HTTPRoute) or route.path in STREAMS:
            continue
        if not route.path.startswith("/static"):
            yield route


_CALLER = ("phone", "customer_phone", "customer_name", "code", "record")
# What a handler reads from its address without naming it as a parameter.
_BY_HAND = {
    **dict.fromkeys(("/cases/new", "/cases/new/matches", "/cases/new/step"), _CALLER),
    "/calendar/days": ("day",),
    "/dispatch": ("day",),
    "/parts": ("which", "sort"),
}


@pytest.mark.slow
async def test_no_address_is_a_fault(
    browser: NewBrowser, portal: Portal, database: Database
) -> None:
    admin = await browser("admin")
    places = await _places(database)
    for route in _routes(portal):
        await admin.sign_in("admin")
        for number in range(len(places["person_id"])):
            path = re.sub(
                r"\{(\w+):\w+\}",
                lambda found, n=number: places.get(found[1], places[""])[n],  # type: ignore[misc]
                route.path,
            )
            # What a method does with an address that it does not know is asked once.
            others = ("PUT", "DELETE", "HEAD") if number <= 1 else ()
            for method in ("GET", *(("POST",) if number else ()), *others):
                ask = admin.post(path) if method == "POST" else admin.client.request(method, path)
                answer = await ask
                assert answer.status_code < 500, (method, path[:80])
            if "{" not in route.path:
                break


@pytest.mark.slow
async def test_no_parameter_of_an_address_is_a_fault(
    browser: NewBrowser, portal: Portal, database: Database
) -> None:
    admin = await browser("admin")
    for route in _routes(portal):
        if "{" in route.path or "GET" not in route.methods:
            continue
        handler, _ = route.route_handler_map["GET"]
        names = set(handler.parsed_fn_signature.parameters) - {"request", "db", "act", "database"}
        names |= {"lang", *_BY_HAND.get(route.path, ())}
        for name in sorted(names):
            values = nonsense_for(database)
            for value in [*values, *(CURSORS if name == "cursor" else [])]:
                query = f"{name}={quote(value[:1000], safe='')}"
                answer = await admin.get(f"{route.path}?{query}")
                assert answer.status_code < 500, (route.path, name, value[:40])
        for query in ("q=%ff%fe", "%00=%00", "&&==", "q[]=1", "q=1&q=2"):
            answer = await admin.get(f"{route.path}?{query}")
            assert answer.status_code < 500, (route.path, query)


async def _forms(browser: NewBrowser, database: Database) -> dict[str, Form]:
    """Every form of the room that takes something typed, by its action."""
    engineer = await person_id(database, "engineer")
    async with database.reading() as db:
        department = await db.scalar(select(Department.id))
        skill, region = await db.scalar(select(Skill.id)), await db.scalar(select(Region.id))
    own = await person_id(database, "admin")
    async with database.writing() as db:
        await go_away(db, system(), own, Absence(NOON, NOON.replace(year=2027), "", None))
    admin = await browser("admin")
    found = {}
    for path in (
        "/sign-in",
        "/account",
        "/account/password",
        "/people/new",
        f"/people/{engineer}",
        f"/people/{engineer}/edit",
        f"/people/{engineer}/qualification",
        f"/people/{engineer}/hours",
        "/departments/new",
        f"/departments/{department}/edit",
        "/skills/new",
        f"/skills/{skill}/edit",
        "/regions/new",
        f"/regions/{region}/edit",
    ):
        reader = admin if path != "/sign-in" else await browser()
        for form in PageReader((await reader.get(path)).text).forms:
            if form.method == "post" and set(form.values) - {"_csrf"}:
                found[form.action] = form
    assert len(found) == 14
    return found


@pytest.mark.slow
async def test_nonsense_in_a_field_is_no_fault(browser: NewBrowser, database: Database) -> None:
    admin = await browser("admin")
    for action, form in (await _forms(browser, database)).items():
        for name in sorted(set(form.values) - {"_csrf"}):
            for value in nonsense_for(database):
                values = {**form.values, name: value}
                del values["_csrf"]
                answer = await admin.post(action, values)
                assert answer.status_code < 500, (action, name, value[:40])


async def test_a_field_sent_twice_or_as_a_file_or_not_at_all_is_no_fault(
    browser: NewBrowser, database: Database
) -> None:
    admin = await browser("admin")
    for action, form in (await _forms(browser, database)).items():
        names = sorted(set(form.values) - {"_csrf"})
        twice = {name: ["1", "2"] for name in names}
        for values in ({}, twice, {f"{name}[]": "1" for name in names}):
            answer = await admin.post(action, values)
            assert answer.status_code < 500, (action, values)
        page = PageReader((await admin.get("/account")).text)
        token = token_of(page)
        files = dict.fromkeys(names, ("x.txt", b"\xff\x00", "text/plain"))
        answer = await admin.client.post(action, data={"_csrf": token}, files=files)
        assert answer.status_code < 500, (action, "files")


@pytest.mark.every_value
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"_csrf=%ff&name=%ff%fe"),
        ("application/x-www-form-urlencoded", b"\xff\xfe=1"),
        ("application/x-www-form-urlencoded; charset=nonsense", b"name=x"),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense"),
        ("application/json", b"{"),
        ("text/plain", b"x"),
        ("nonsense", b"x"),
    ],
)
async def test_a_body_that_cannot_be_read_is_no_fault(
    browser: NewBrowser, kind: str, body: bytes
) -> None:
    admin = await browser("admin")
    page = PageReader((await admin.get("/people/new")).text)
    headers = {"content-type": kind, "x-csrftoken": token_of(page)}
    for path in ("/people", "/sign-in", "/account/absences"):
        for sent in (headers, {"content-type": kind}):
            answer = await admin.client.post(path, content=body, headers=sent)
            assert answer.status_code < 500
