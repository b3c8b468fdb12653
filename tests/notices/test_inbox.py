"""The inbox: mine alone, newest first; only a POST reads anything."""

import re

import pytest
from sqlalchemy import select

from portal.kernel.db.unit import Database
from portal.kernel.settings import Settings
from portal.notices.models import Letter, NoticePreference
from tests.conftest import Clock
from tests.notices.support import Post, ids, letters, notices, told, use
from tests.people.support import NewBrowser, words
from tests.support.cast import NOON

MINE = ("/opening", "/reading")


async def fill(database: Database, *logins: str, count: int = 1) -> list[int]:
    """Tell each of them ``count`` things; the ids of the notices."""
    people = await ids(database, *logins)
    for number in range(count):
        await told(database, people, dedupe=str(number), values={"name": f"N-{number:03}"})
    return [notice.id for notice in await notices(database)]


def shown(text: str) -> list[str]:
    return re.findall(r"N-\d{3}", text)


async def test_the_inbox_shows_what_is_unread_in_the_readers_language(
    browser: NewBrowser, database: Database
) -> None:
    await fill(database, "clerk")
    chinese, english = await browser("clerk"), await browser("clerk", "en")
    assert "N-000已保存。" in (await chinese.get("/inbox")).text
    assert "N-000 is saved." in (await english.get("/inbox")).text


async def test_every_page_carries_the_number_of_unread_notices(
    browser: NewBrowser, database: Database
) -> None:
    clerk, manager = await browser("clerk"), await browser("manager")
    await fill(database, "clerk", count=3)
    count = '<span id="inbox-count" class="count">{}</span>'
    assert count.format(3) in (await clerk.get("/")).text
    assert count.format("") in (await manager.get("/")).text
    assert (await clerk.get("/inbox/count", accept="application/json")).json() == 3


async def test_nobody_has_no_inbox(browser: NewBrowser) -> None:
    nobody = await browser()
    assert "inbox-count" not in (await nobody.get("/sign-in")).text
    for path in ("/inbox", "/inbox/preference", "/events", "/dead-letters"):
        assert (await nobody.get(path)).headers["location"].startswith("/sign-in?next=")
    for path in ("/inbox/count", "/events"):
        assert (await nobody.get(path, accept="application/json")).status_code == 401


async def test_opening_marks_as_read_and_leads_to_the_page_once_and_again(
    browser: NewBrowser, database: Database
) -> None:
    (notice_id,) = await fill(database, "clerk")
    clerk = await browser("clerk")
    for _ in range(2):
        answer = await clerk.post(f"/inbox/{notice_id}/opening")
        assert (answer.status_code, answer.headers["location"]) == (303, "/people")
    (notice,) = await notices(database)
    assert notice.seen_at == notice.read_at == NOON
    assert await words(database, f"notice:{notice_id}") == ["notice.seen"]
    assert shown((await clerk.get("/inbox")).text) == []
    assert shown((await clerk.get("/inbox?show=all")).text) == ["N-000"]


async def test_marking_one_as_read_comes_back_to_where_it_was(
    browser: NewBrowser, database: Database
) -> None:
    first, _ = await fill(database, "clerk", count=2)
    clerk = await browser("clerk")
    answer = await clerk.post(f"/inbox/{first}/reading?show=all&cursor=x")
    assert answer.headers["location"] == "/inbox?show=all&cursor=x"
    assert shown((await clerk.get("/inbox")).text) == ["N-001"]


async def test_marking_all_as_read_spares_what_came_after_the_page(
    browser: NewBrowser, database: Database
) -> None:
    first, second, _ = await fill(database, "clerk", count=3)
    clerk = await browser("clerk")
    await clerk.post("/inbox/reading", {"up_to": second})
    assert shown((await clerk.get("/inbox")).text) == ["N-002"]
    await clerk.post("/inbox/reading", {"up_to": second})
    assert await words(database, "person:{}".format(*await ids(database, "clerk"))) == [
        "person.registered",
        "notice.all_read",
    ]
    # Read, but no proof that this very notice was looked at; opening it is.
    assert (await notices(database))[0].seen_at is None
    await clerk.post(f"/inbox/{first}/opening")
    assert (await notices(database))[0].seen_at == NOON


async def test_all_is_marked_up_to_a_number_only(browser: NewBrowser) -> None:
    clerk = await browser("clerk")
    for up_to in ("", "x", "-1", str(2**63)):
        assert (await clerk.post("/inbox/reading", {"up_to": up_to})).status_code == 422


@pytest.mark.parametrize("action", MINE)
async def test_another_persons_notice_is_not_there(
    browser: NewBrowser, database: Database, action: str
) -> None:
    (notice_id,) = await fill(database, "clerk")
    for login in ("manager", "admin"):
        other = await browser(login)
        assert shown((await other.get("/inbox?show=all")).text) == []
        assert (await other.post(f"/inbox/{notice_id}{action}")).status_code == 404
        await other.post("/inbox/reading", {"up_to": notice_id})
    assert (await notices(database))[0].read_at is None


async def test_looking_changes_nothing(browser: NewBrowser, database: Database) -> None:
    (notice_id,) = await fill(database, "clerk")
    clerk = await browser("clerk")
    before = await words(database)
    for path in ("/inbox", "/inbox?show=all", "/inbox/count", "/inbox/preference"):
        assert (await clerk.get(path)).status_code == 200
    for action in MINE:
        assert (await clerk.get(f"/inbox/{notice_id}{action}")).status_code == 405
    assert (await notices(database))[0].read_at is None
    assert await words(database) == before


async def test_pages_follow_one_another_newest_first_without_gaps(
    browser: NewBrowser, database: Database
) -> None:
    await fill(database, "clerk", count=120)
    clerk = await browser("clerk")
    path, seen = "/inbox", []
    while path:
        text = (await clerk.get(path)).text
        seen += list(dict.fromkeys(shown(text)))
        older = re.search(r'rel="next" href="([^"]+)"', text)
        path = older[1].replace("&amp;", "&") if older else ""
    assert seen == [f"N-{number:03}" for number in reversed(range(120))]


@pytest.mark.parametrize("cursor", ["x", "%00", "W10", "a" * 2000])
async def test_a_cursor_that_is_none_leads_to_the_first_page(
    browser: NewBrowser, database: Database, cursor: str
) -> None:
    await fill(database, "clerk")
    clerk = await browser("clerk")
    assert shown((await clerk.get(f"/inbox?cursor={cursor}")).text) == ["N-000"]


async def test_a_person_chooses_what_is_mailed_and_how(
    browser: NewBrowser, database: Database, settings: Settings
) -> None:
    clerk = await browser("clerk")
    assert "/inbox/preference" not in (await clerk.get("/inbox")).text
    use(database, settings, Post())
    assert "/inbox/preference" in (await clerk.get("/inbox")).text
    for mailing in ("all", "urgent"):
        form = {"mailing": mailing, "language": "en"}
        answer = await clerk.post("/inbox/preference", form)
        assert answer.headers["location"] == "/inbox"
    async with database.reading() as db:
        chosen = (await db.scalars(select(NoticePreference))).one()
    assert (chosen.mailing, chosen.language) == ("urgent", "en")
    wrong = {"mailing": "some", "language": "fr"}
    assert (await clerk.post("/inbox/preference", wrong)).status_code == 422


async def dead(database: Database, settings: Settings, count: int = 1) -> list[Letter]:
    """Letters to the clerk that nobody took."""
    use(database, settings, Post())
    await fill(database, "clerk", count=count)
    async with database.writing() as db:
        for letter in await db.scalars(select(Letter)):
            letter.dead_at, letter.next_try_at, letter.tries = NOON, None, 12
            letter.error = "550 nobody of that name"
    return await letters(database)


async def test_an_administrator_sees_to_whom_and_why_not_but_not_what(
    browser: NewBrowser, database: Database, settings: Settings
) -> None:
    (letter,) = await dead(database, settings)
    admin = await browser("admin")
    for path in ("/dead-letters", f"/dead-letters/{letter.id}"):
        text = (await admin.get(path)).text
        assert "陈晓燕" in text
        assert "550 nobody of that name" in text
        assert "N-000" not in text


@pytest.mark.parametrize("login", ["clerk", "manager", "plain"])
async def test_nobody_else_sees_or_touches_dead_letters(
    browser: NewBrowser, database: Database, settings: Settings, login: str
) -> None:
    (letter,) = await dead(database, settings)
    other = await browser(login)
    for path in ("/dead-letters", f"/dead-letters/{letter.id}"):
        assert (await other.get(path)).status_code == 403
    for path in ("retry", f"{letter.id}/retry", f"{letter.id}/drop"):
        answer = await other.post(f"/dead-letters/{path}", {"reason": "x"})
        assert answer.status_code == 403
    assert (await letters(database))[0].dead_at == NOON


async def test_a_dead_letter_is_tried_again_once(
    browser: NewBrowser, database: Database, settings: Settings, clock: Clock
) -> None:
    first, second = await dead(database, settings, count=2)
    admin = await browser("admin")
    clock.forward(hours=1)
    assert (await admin.post(f"/dead-letters/{first.id}/retry")).status_code == 303
    assert (await admin.post(f"/dead-letters/{first.id}/retry")).status_code == 404
    revived, still = await letters(database)
    assert (revived.next_try_at, revived.tries, revived.dead_at) == (clock.now, 0, None)
    assert still.dead_at == NOON
    assert (await admin.post("/dead-letters/retry")).status_code == 303
    assert (await letters(database))[1].next_try_at == clock.now
    for letter in (first, second):
        assert await words(database, f"letter:{letter.id}") == ["letter.retried"]


async def test_a_dead_letter_is_dropped_for_a_reason_only(
    browser: NewBrowser, database: Database, settings: Settings
) -> None:
    (letter,) = await dead(database, settings)
    admin = await browser("admin")
    path = f"/dead-letters/{letter.id}/drop"
    assert (await admin.get(path)).status_code == 405
    assert (await admin.post(path, {"reason": " "})).status_code == 422
    assert (await admin.post(path, {"reason": "已离职"})).status_code == 303
    assert (await admin.post(path, {"reason": "已离职"})).status_code == 404
    (dropped,) = await letters(database)
    assert (dropped.dead_at, dropped.withdrawn_at) == (None, NOON)
    assert await words(database, f"letter:{letter.id}") == ["letter.dropped"]
    assert len(await notices(database)) == 1
