"""Passwords: what is taken, and changing one's own."""

import pytest

from portal.kernel.db.unit import Database
from portal.people.passwords import hash_password, is_right
from tests.people.support import PASSWORD, NewBrowser, give_password, person_id, words

NEW = "rain on the barley"


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("nine char", "A password has 10 to 200 characters."),
        ("x" * 201, "A password has 10 to 200 characters."),
        ("ababababab", "This password is easily guessed."),
        ("1234567890", "This password is easily guessed."),
        ("PASSWORD123", "This password is easily guessed."),
        ("", "This field is required."),
    ],
    ids=["short", "long", "three letters", "digits", "known", "empty"],
)
async def test_a_bad_new_password_is_refused_next_to_its_field(
    browser: NewBrowser, database: Database, password: str, says: str
) -> None:
    await give_password(database, "clerk")
    clerk = await browser("clerk", language="en")
    form = {"current": PASSWORD, "password": password, "again": password}
    answer = await clerk.post("/account/password", form)
    assert answer.status_code == 422
    assert 'id="password-error"' in answer.text
    assert says in answer.text
    assert PASSWORD not in answer.text


@pytest.mark.parametrize("password", ["ten chars!", "中文密码也可以用的吧！", "x y z " * 33])
async def test_a_good_one_lets_in_afterwards(
    browser: NewBrowser, database: Database, password: str
) -> None:
    await give_password(database, "clerk")
    clerk, later = await browser("clerk"), await browser()
    form = {"current": PASSWORD, "password": password, "again": password}
    assert (await clerk.post("/account/password", form)).status_code == 303
    answer = await later.post("/sign-in", {"login": "clerk", "password": password})
    assert answer.status_code == 303


async def test_changing_signs_out_every_other_browser_and_stays_here(
    browser: NewBrowser, database: Database
) -> None:
    await give_password(database, "clerk")
    here, there, colleague = await browser("clerk"), await browser("clerk"), await browser("head")
    form = {"current": PASSWORD, "password": NEW, "again": NEW}
    assert (await here.post("/account/password", form)).status_code == 303
    codes = [(await one.get("/")).status_code for one in (here, there, colleague)]
    assert codes == [200, 303, 200]
    clerk = await person_id(database, "clerk")
    assert (await words(database, f"person:{clerk}"))[-1] == "password.changed"


@pytest.mark.parametrize(("language", "says"), [("en", "differ"), ("zh-CN", "不一致")])
async def test_two_different_ones_are_refused(
    browser: NewBrowser, database: Database, language: str, says: str
) -> None:
    await give_password(database, "clerk")
    clerk = await browser("clerk", language=language)
    form = {"current": PASSWORD, "password": NEW, "again": NEW + "?"}
    answer = await clerk.post("/account/password", form)
    assert answer.status_code == 422
    assert says in answer.text


async def test_the_present_one_has_to_be_right(browser: NewBrowser, database: Database) -> None:
    await give_password(database, "clerk")
    clerk, later = await browser("clerk", language="en"), await browser()
    form = {"current": "not this one", "password": NEW, "again": NEW}
    answer = await clerk.post("/account/password", form)
    assert answer.status_code == 422
    assert "This is not your present password." in answer.text
    answer = await later.post("/sign-in", {"login": "clerk", "password": PASSWORD})
    assert answer.status_code == 303


async def test_a_hash_is_another_each_time_and_fits_its_password_only() -> None:
    one, two = await hash_password(NEW), await hash_password(NEW)
    assert one != two
    assert await is_right(one, NEW)
    assert not await is_right(one, NEW + " ")
    assert not await is_right(None, NEW)
    assert not await is_right("no hash at all", NEW)
