"""Invitations: links that work once, for one purpose, and end."""

import asyncio
import re

import pytest
from sqlalchemy import delete, func, select

from portal.kernel import tokens
from portal.kernel.db.unit import Database
from portal.kernel.problems import Problem
from portal.people.employing import depart
from portal.people.inviting import accept, invite, open_invitation
from portal.people.models import (
    Department,
    Departure,
    Headship,
    Invitation,
    Person,
    RoleGrant,
)
from portal.people.problems import HAS_LEFT
from tests.conftest import Clock
from tests.people.support import PASSWORD, NewBrowser, give_password, person, person_id, words
from tests.support.cast import system

NEW = "the geese fly south"
CHOICE = {"password": NEW, "again": NEW}


async def _link(database: Database, login: str | None) -> str:
    async with database.writing() as db:
        token = await invite(db, system(), await person(db, login) if login else None)
    return f"/invitations/{token}"


async def _empty(database: Database) -> None:
    """As on the first day: nobody there."""
    async with database.writing() as db:
        for table in (Headship, Departure, RoleGrant, Person, Department):
            await db.execute(delete(table))


async def test_an_administrator_makes_a_link_by_which_a_password_is_chosen(
    browser: NewBrowser, database: Database
) -> None:
    admin, new = await browser("admin"), await browser()
    clerk = await person_id(database, "clerk")
    page = await admin.post(f"/people/{clerk}/invitation")
    assert page.status_code == 200
    assert page.headers["hx-push-url"] == f"/people/{clerk}"
    found = re.search(r"/invitations/[\w-]{43}", page.text)
    assert found
    assert "陈晓燕" in (await new.get(found[0])).text
    answer = await new.post(found[0], CHOICE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "陈晓燕" in (await new.get("/")).text
    again = await browser()
    assert (await again.post("/sign-in", {"login": "clerk", "password": NEW})).status_code == 303


async def test_only_the_digest_of_a_link_is_stored(database: Database) -> None:
    link = await _link(database, "clerk")
    async with database.reading() as db:
        stored = (await db.scalars(select(Invitation))).one()
    assert stored.token == tokens.digest(link.rpartition("/")[2])


async def test_a_link_works_once(browser: NewBrowser, database: Database) -> None:
    link = await _link(database, "clerk")
    first, second = await browser(), await browser(language="en")
    assert (await first.post(link, CHOICE)).status_code == 303
    for answer in (await second.get(link), await second.post(link, CHOICE)):
        assert answer.status_code == 404
        assert "Ask your administrator for a new one." in answer.text


async def test_looking_at_a_link_uses_nothing_up(browser: NewBrowser, database: Database) -> None:
    link = await _link(database, "clerk")
    scanner, new = await browser(), await browser()
    for _ in range(3):
        assert (await scanner.get(link)).status_code == 200
    assert (await new.post(link, CHOICE)).status_code == 303


async def test_a_link_ends_after_three_days(
    browser: NewBrowser, database: Database, clock: Clock
) -> None:
    link = await _link(database, "clerk")
    new = await browser()
    clock.forward(days=2, hours=23, minutes=59)
    assert (await new.get(link)).status_code == 200
    clock.forward(minutes=1)
    assert (await new.get(link)).status_code == 404
    assert (await new.post(link, CHOICE)).status_code == 404


async def test_a_newer_link_ends_the_older_of_the_same_person_only(
    browser: NewBrowser, database: Database
) -> None:
    older, other = await _link(database, "clerk"), await _link(database, "head")
    newer = await _link(database, "clerk")
    someone = await browser()
    codes = [(await someone.get(link)).status_code for link in (older, other, newer)]
    assert codes == [404, 200, 200]


async def test_a_link_accepted_by_two_at_once_is_accepted_once(
    browser: NewBrowser, database: Database
) -> None:
    link = await _link(database, "clerk")
    two = [await browser() for _ in range(2)]
    typed = ["the first of two pairs", "the second of the two"]
    answers = await asyncio.gather(
        *(one.post(link, {"password": t, "again": t}) for one, t in zip(two, typed, strict=True))
    )
    assert sorted(answer.status_code for answer in answers) == [303, 404]
    winner = answers[0].status_code != 303
    for number, password in enumerate(typed):
        someone = await browser()
        answer = await someone.post("/sign-in", {"login": "clerk", "password": password})
        assert answer.status_code == (303 if number == winner else 422)


async def test_a_new_password_signs_out_every_browser_of_the_person(
    browser: NewBrowser, database: Database
) -> None:
    await give_password(database, "clerk")
    link = await _link(database, "clerk")
    office, new, other = await browser("clerk"), await browser(), await browser("head")
    assert (await new.post(link, CHOICE)).status_code == 303
    assert (await office.get("/")).status_code == 303
    assert (await other.get("/")).status_code == 200
    late = await browser()
    answer = await late.post("/sign-in", {"login": "clerk", "password": PASSWORD})
    assert answer.status_code == 422


async def test_accepting_in_the_browser_of_somebody_else_signs_that_person_out_there(
    browser: NewBrowser, database: Database
) -> None:
    link = await _link(database, "clerk")
    shared = await browser("admin")
    former = shared.token
    assert (await shared.post(link, CHOICE)).status_code == 303
    assert "陈晓燕" in (await shared.get("/")).text
    shared.take(former)
    assert (await shared.get("/")).status_code == 303


async def test_who_has_left_gets_no_link_and_an_older_one_ends(
    browser: NewBrowser, database: Database
) -> None:
    link = await _link(database, "clerk")
    async with database.writing() as db:
        await depart(db, system(), await person(db, "clerk"))
    someone, admin = await browser(), await browser("admin")
    assert (await someone.get(link)).status_code == 404
    assert (await someone.post(link, CHOICE)).status_code == 404
    clerk = await person_id(database, "clerk")
    assert (await admin.post(f"/people/{clerk}/invitation")).status_code == 409
    with pytest.raises(Problem) as raised:
        await _link(database, "clerk")
    assert raised.value.kind is HAS_LEFT


async def test_an_invitation_serves_nobody_but_its_owner(database: Database) -> None:
    token = (await _link(database, "clerk")).rpartition("/")[2]
    async with database.reading() as db:
        invitation = await open_invitation(db, system(), token)
        with pytest.raises(Problem, match="forbidden"):
            await accept(db, system(), invitation, await person(db, "admin"), "hash")


async def test_the_first_administrator_takes_over_an_empty_portal(
    browser: NewBrowser, database: Database
) -> None:
    await _empty(database)
    link = await _link(database, None)
    new = await browser(language="en")
    page = await new.get(link)
    assert "The first administrator" in page.text
    wrong = await new.post(link, {"login": "Boss", "name": "   ", **CHOICE})
    assert wrong.status_code == 422
    assert 'value="boss"' in wrong.text
    answer = await new.post(link, {"login": " Boss ", "name": " 老板 ", **CHOICE})
    assert answer.status_code == 303
    assert (await new.get("/skills")).status_code == 200
    boss = await person_id(database, "boss")
    assert (await words(database, f"person:{boss}"))[-3:] == [
        "person.registered",
        "password.chosen",
        "person.signed_in",
    ]


async def test_two_first_administrators_at_once_are_one(
    browser: NewBrowser, database: Database
) -> None:
    await _empty(database)
    link = await _link(database, None)
    two = [await browser() for _ in range(2)]
    answers = await asyncio.gather(
        *(
            one.post(link, {"login": f"boss{n}", "name": "老板", **CHOICE})
            for n, one in enumerate(two)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [303, 404]
    async with database.reading() as db:
        assert await db.scalar(select(func.count()).select_from(Person)) == 1


async def test_the_link_of_the_first_administrator_ends_when_somebody_is_there(
    browser: NewBrowser, database: Database
) -> None:
    link = await _link(database, None)
    late = await browser()
    answer = await late.post(link, {"login": "boss", "name": "老板", **CHOICE})
    assert answer.status_code == 404
    async with database.reading() as db:
        assert not await db.scalar(select(Person.id).where(Person.login == "boss"))


async def test_nonsense_in_place_of_a_token_finds_nothing(browser: NewBrowser) -> None:
    someone = await browser()
    for token in ("x", "x" * 43, "%00", "%F0%9F%98%80", "x" * 4000):
        assert (await someone.get(f"/invitations/{token}")).status_code == 404
