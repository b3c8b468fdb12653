"""Signing in and out, and how long a browser is known."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.app import Portal
from portal.kernel import tokens
from portal.kernel.act import Staff
from portal.kernel.db.unit import Database
from portal.people.employing import depart
from portal.people.models import FailedSignIn, RoleGrant, SignIn
from portal.people.signing_in import forget_old, identify
from tests.conftest import Clock
from tests.people.support import PASSWORD, NewBrowser, give_password, person, words
from tests.support.browser import browsing
from tests.support.cast import system

WRONG = {"zh-CN": "登录名或密码不正确。", "en": "The login or the password is wrong."}


async def _failures(database: Database) -> int:
    async with database.reading() as db:
        return await db.scalar(select(func.count()).select_from(FailedSignIn)) or 0


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


@pytest.mark.parametrize("typed", ["clerk", "CLERK", "  Clerk "])
async def test_the_right_password_lets_in_however_the_login_is_typed(
    browser: NewBrowser, database: Database, typed: str
) -> None:
    await give_password(database, "clerk")
    someone = await browser()
    answer = await someone.post("/sign-in", {"login": typed, "password": PASSWORD, "next": "/"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "陈晓燕" in (await someone.get("/")).text
    assert await _failures(database) == 0


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("clerk", "not the password"),
        ("nobody-has-this", PASSWORD),
        ("gone", PASSWORD),
        ("head", ""),
        ("head", "never chosen"),
    ],
    ids=["wrong", "unknown", "departed", "empty", "none chosen yet"],
)
async def test_a_failure_says_the_same_to_everybody_and_is_recorded(
    browser: NewBrowser, database: Database, login: str, password: str, language: str
) -> None:
    await give_password(database, "clerk", "gone")
    someone = await browser(language=language)
    answer = await someone.post("/sign-in", {"login": login, "password": password})
    assert answer.status_code == 422
    assert f'value="{login}"' in answer.text
    if password:
        assert WRONG[language] in answer.text
        assert password not in answer.text
        assert await _failures(database) == 1
    assert (await someone.get("/")).status_code == 303


async def test_the_cookie_is_another_after_signing_in_and_after_signing_out(
    browser: NewBrowser, database: Database
) -> None:
    await give_password(database, "clerk")
    someone = await browser()
    before = someone.token
    await someone.post("/sign-in", {"login": "clerk", "password": PASSWORD})
    inside = someone.token
    await someone.post("/sign-out")
    assert len({before, inside, someone.token}) == 3
    assert (await someone.get("/")).status_code == 303
    someone.take(inside)
    assert (await someone.get("/")).status_code == 303


async def test_a_planted_cookie_is_worth_nothing(browser: NewBrowser, database: Database) -> None:
    await give_password(database, "clerk")
    planted = tokens.mint()
    victim, thief = await browser(), await browser()
    victim.take(planted)
    thief.take(planted)
    await victim.post("/sign-in", {"login": "clerk", "password": PASSWORD})
    assert (await victim.get("/")).status_code == 200
    assert (await thief.get("/")).status_code == 303


async def test_signing_in_again_ends_what_the_browser_was_before(
    browser: NewBrowser, database: Database
) -> None:
    await give_password(database, "clerk")
    someone = await browser("admin")
    former = someone.token
    await someone.post("/sign-in", {"login": "clerk", "password": PASSWORD})
    someone.take(former)
    assert (await someone.get("/")).status_code == 303


@pytest.mark.parametrize("planted", ["", "short", "x" * 44, "ä" * 43, "' or 1=1 --"])
async def test_what_is_no_token_is_nobody_and_gets_a_token(portal: Portal, planted: str) -> None:
    async with browsing(portal) as someone:
        someone.client.cookies.clear()
        answer = await someone.client.get(
            "/sign-in", headers=[(b"cookie", f"bihuan={planted}".encode())]
        )
        assert answer.status_code == 200
        assert tokens.is_token(answer.cookies["bihuan"])


async def test_twelve_idle_hours_end_a_session(browser: NewBrowser, clock: Clock) -> None:
    clerk = await browser("clerk")
    clock.forward(hours=11, minutes=59)
    assert (await clerk.get("/")).status_code == 200
    clock.forward(hours=11, minutes=59)
    assert (await clerk.get("/")).status_code == 200
    clock.forward(hours=12)
    assert (await clerk.get("/")).status_code == 303


async def test_seven_days_end_a_session_that_is_never_idle(
    browser: NewBrowser, clock: Clock
) -> None:
    clerk = await browser("clerk")
    for _ in range(6 * 4 + 3):
        clock.forward(hours=6)
        assert (await clerk.get("/")).status_code == 200
    clock.forward(hours=6)
    assert (await clerk.get("/")).status_code == 303


async def test_who_leaves_is_out_at_once(browser: NewBrowser, database: Database) -> None:
    clerk = await browser("clerk")
    assert (await clerk.get("/")).status_code == 200
    async with database.writing() as db:
        await depart(db, system(), await person(db, "clerk"))
    assert (await clerk.get("/")).status_code == 303


async def test_a_role_taken_away_is_gone_at_the_next_request(
    browser: NewBrowser, database: Database
) -> None:
    admin = await browser("admin")
    assert (await admin.get("/skills")).status_code == 200
    async with database.writing() as db:
        grant = await db.scalar(select(RoleGrant).where(RoleGrant.role == "administrator"))
        await db.delete(grant)
    assert (await admin.get("/skills")).status_code == 403


async def test_being_seen_while_signed_out_elsewhere_is_no_fault(
    browser: NewBrowser, database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row that is to be marked as seen goes between its reading and its writing."""
    clerk = await browser("clerk")
    clock.forward(hours=1)
    writing = database.writing

    @asynccontextmanager
    async def after_the_other() -> AsyncIterator[AsyncSession]:
        async with writing() as other:
            await other.execute(delete(SignIn))
        async with writing() as db:
            yield db

    monkeypatch.setattr(database, "writing", after_the_other)
    who = await identify(database, tokens.digest(clerk.token), clock())
    assert isinstance(who, Staff)


ELSEWHERE = [
    "//evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "https://evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "///evil.example",
    "people",
    "",
]


async def test_nobody_is_sent_to_another_host(browser: NewBrowser, database: Database) -> None:
    await give_password(database, "clerk")
    someone = await browser()
    for place in ELSEWHERE:
        form = {"login": "clerk", "password": PASSWORD, "next": place}
        by_form = await someone.post("/sign-in", form)
        by_link = await someone.client.get("/sign-in", params={"next": place})
        for answer in (by_form, by_link):
            assert answer.status_code == 303
            # Browsers drop tabs and line ends from an address before they read it.
            location = answer.headers["location"].translate({9: None, 10: None, 13: None})
            assert location.startswith("/")
            assert location[1:2] not in ("/", "\\")


async def test_signing_in_leads_back_to_where_one_was_going(
    browser: NewBrowser, database: Database
) -> None:
    await give_password(database, "clerk")
    someone = await browser()
    page = await someone.get("/sign-in?next=%2Fpeople%3Fq%3Dx")
    assert 'value="/people?q=x"' in page.text
    form = {"login": "clerk", "password": PASSWORD, "next": "/people?q=x"}
    answer = await someone.post("/sign-in", form)
    assert answer.headers["location"] == "/people?q=x"


async def test_what_is_over_is_forgotten_and_what_holds_is_kept(
    browser: NewBrowser, database: Database, clock: Clock
) -> None:
    clerk = await browser("clerk")
    await clerk.post("/sign-in", {"login": "x1", "password": "wrong"})
    async with database.writing() as db:
        await forget_old(db, clock())
    assert (await clerk.get("/")).status_code == 200
    assert await _failures(database) == 1
    clock.forward(hours=13)
    async with database.writing() as db:
        await forget_old(db, clock())
    assert await _failures(database) == 0
    async with database.reading() as db:
        assert not (await db.scalars(select(SignIn))).all()


async def test_signing_out_twice_changes_nothing_more(
    browser: NewBrowser, database: Database
) -> None:
    clerk = await browser("clerk")
    for _ in range(2):
        answer = await clerk.post("/sign-out")
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert (await clerk.get("/sign-out")).status_code == 405
    assert (await words(database)).count("person.signed_out") == 1


async def test_a_page_left_open_does_not_keep_a_session_alive(
    browser: NewBrowser, clock: Clock
) -> None:
    clerk = await browser("clerk")
    for _ in range(13):
        clock.forward(hours=1)
        await clerk.get("/inbox/count")
    assert (await clerk.get("/people")).status_code == 303
