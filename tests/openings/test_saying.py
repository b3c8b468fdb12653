"""What customers say by the link: words, photos, a press for progress, to cancel."""

import pytest
from sqlalchemy import select

from portal.cases.models import Document, Message
from portal.cases.reading import Wanted, list_cases
from portal.kernel import tokens
from portal.kernel.db.unit import Database
from portal.kernel.journal.models import JournalEntry
from portal.openings.photos import MOST_BYTES
from portal.openings.saying import MOST_MESSAGES
from tests.cases.support import Matter, journal, matter, told
from tests.conftest import Clock
from tests.openings.support import files_of, link_to, photo, send
from tests.people.support import NewBrowser
from tests.support.cast import NOON, system


async def messages(database: Database) -> list[tuple[str, str]]:
    async with database.reading() as db:
        rows = await db.scalars(select(Message).order_by(Message.id))
        return [(row.kind, row.text) for row in rows]


async def documents(database: Database) -> list[str]:
    async with database.reading() as db:
        return list(await db.scalars(select(Document.name).order_by(Document.id)))


@pytest.fixture
async def case(database: Database) -> Matter:
    return await matter(database)


async def test_words_and_photos_reach_those_who_work_on_it(
    database: Database, browser: NewBrowser, case: Matter
) -> None:
    path = await link_to(database, case.id)
    nobody = await browser()
    sent = await send(
        nobody,
        f"{path}/messages",
        {"text": "今天又漏了"},
        ("割台.PNG", photo(kind="PNG")),
        ("发票.pdf", b"%PDF-1.7"),
    )
    assert sent.status_code == 303
    assert sent.headers["location"] == path
    assert await messages(database) == [("words", "今天又漏了")]
    assert await documents(database) == ["割台.jpg", "发票.pdf"]
    assert await told(database, "message.words") == [("clerk", "message.words")]
    page = (await nobody.get(path)).text
    assert "今天又漏了" in page
    assert "割台.jpg" in page
    inside = (await (await browser("clerk")).get(f"/cases/{case.id}")).text
    assert "今天又漏了" in inside
    assert "割台.jpg" in inside
    async with database.reading() as db:
        found = await list_cases(db, system().actor, Wanted(words="又漏"), NOON)
    assert [one.id for one in found.rows] == [case.id]


async def test_a_message_sent_twice_counts_once(
    database: Database, browser: NewBrowser, case: Matter
) -> None:
    path, nobody = await link_to(database, case.id), await browser()
    form = {"text": "在吗", "_once": tokens.mint()}
    for _ in range(2):
        assert (await nobody.post(f"{path}/messages", form)).status_code == 303
    assert await messages(database) == [("words", "在吗")]


async def test_a_flood_of_messages_is_stopped_with_nothing_typed_lost(
    database: Database, browser: NewBrowser, case: Matter, clock: Clock
) -> None:
    path, nobody = await link_to(database, case.id), await browser()
    for number in range(MOST_MESSAGES):
        await nobody.post(f"{path}/messages", {"text": f"第{number}条"})
    sent = await nobody.post(f"{path}/messages", {"text": "最后一条"})
    assert sent.status_code == 429
    assert sent.headers["retry-after"] == "3600"
    assert "最后一条" in sent.text
    assert len(await messages(database)) == MOST_MESSAGES
    clock.forward(hours=1)
    assert (await nobody.post(f"{path}/messages", {"text": "最后一条"})).status_code == 303


async def test_a_flood_fills_no_disk_and_a_message_sent_again_is_no_flood(
    database: Database, browser: NewBrowser, case: Matter
) -> None:
    path, nobody = f"{await link_to(database, case.id)}/messages", await browser()
    for number in range(MOST_MESSAGES - 1):
        await nobody.post(path, {"text": f"第{number}条"})
    last = {"text": "最后一条", "_once": tokens.mint()}
    assert (await send(nobody, path, last, ("a.pdf", b"%PDF-1"))).status_code == 303
    kept = files_of(nobody)
    assert kept == 1
    assert (await send(nobody, path, last, ("b.pdf", b"%PDF-2"))).status_code == 303
    other = {"text": "还有", "_once": tokens.mint()}
    assert (await send(nobody, path, other, ("c.pdf", b"%PDF-3"))).status_code == 429
    assert files_of(nobody) == kept
    assert len(await messages(database)) == MOST_MESSAGES


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", b"<script>alert(1)</script>"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("photo.jpg", b"\xff\xd8\xff\xe0 not a picture"),
        ("photo.jpg", b"MZ\x90\x00"),
        ("empty.jpg", b""),
        ("big.pdf", b"%PDF-" + b"0" * MOST_BYTES),
    ],
    ids=["html", "svg", "broken", "program", "empty", "too-big"],
)
async def test_what_is_no_photo_is_refused_and_nothing_typed_is_lost(
    database: Database, browser: NewBrowser, case: Matter, name: str, content: bytes
) -> None:
    path, nobody = await link_to(database, case.id), await browser()
    sent = await send(nobody, f"{path}/messages", {"text": "见附件"}, (name, content))
    assert sent.status_code == 422
    assert "见附件" in sent.text
    assert await messages(database) == []
    assert await documents(database) == []


async def test_too_many_photos_and_nothing_at_all_are_refused(
    database: Database, browser: NewBrowser, case: Matter
) -> None:
    path, nobody = await link_to(database, case.id), await browser()
    six = [("a.jpg", photo())] * 6
    assert (await send(nobody, f"{path}/messages", {"text": "图"}, *six)).status_code == 422
    assert (await nobody.post(f"{path}/messages", {"text": "  "})).status_code == 422
    assert (await nobody.post(f"{path}/messages", {"text": "长" * 2001})).status_code == 422
    assert await messages(database) == []


async def test_a_press_counts_once_a_working_hour_p04_7(
    database: Database, browser: NewBrowser, case: Matter, clock: Clock
) -> None:
    path, nobody = await link_to(database, case.id), await browser()
    for _ in range(3):
        assert (await nobody.post(f"{path}/press")).status_code == 303
    assert await told(database, "message.press") == [("clerk", "message.press")]
    page = (await nobody.get(path)).text
    assert "2026年11月20日 10:00" in page
    clock.forward(minutes=59)
    await nobody.post(f"{path}/press")
    assert len(await messages(database)) == 1
    clock.forward(minutes=1)
    await nobody.post(f"{path}/press")
    assert len(await messages(database)) == 2


async def test_a_press_for_what_is_overdue_reaches_who_stands_above_p04_7(
    database: Database, browser: NewBrowser, case: Matter, clock: Clock
) -> None:
    path, nobody = await link_to(database, case.id), await browser()
    clock.forward(days=3)
    await nobody.post(f"{path}/press")
    logins = {login for login, _ in await told(database, "message.press")}
    assert logins == {"clerk", "manager"}


async def test_a_customer_who_cancels_is_called_p06(
    database: Database, browser: NewBrowser, case: Matter
) -> None:
    path, nobody = await link_to(database, case.id), await browser()
    assert (await nobody.post(f"{path}/withdrawal", {"reason": " "})).status_code == 422
    for _ in range(2):
        sent = await nobody.post(f"{path}/withdrawal", {"reason": "自己修好了"})
        assert sent.status_code == 303
    assert await case.open_steps() == ["confirm_withdrawal"]
    assert await messages(database) == [("cancel", "自己修好了")]
    page = (await (await browser(language="en")).get(path)).text
    assert "We will call you to make sure." in page
    assert (await case.case()).is_open
    words = await journal(database)
    assert words.count("message.received") == 1


async def test_the_link_holder_is_who_the_journal_names_r2(
    database: Database, browser: NewBrowser, case: Matter
) -> None:
    path, nobody = await link_to(database, case.id), await browser("clerk")
    await nobody.post(f"{path}/messages", {"text": "我的电话是 13900001111"})
    async with database.reading() as db:
        entries = await db.scalars(select(JournalEntry).where(JournalEntry.word.like("message%")))
        entry = entries.one()
    assert str(entry.actor).startswith("link:")
    assert entry.via == "link"
    assert "13900001111" not in str(entry.body)


async def test_a_form_without_its_token_is_refused(
    database: Database, browser: NewBrowser, case: Matter
) -> None:
    path, nobody = await link_to(database, case.id), await browser()
    bare = await nobody.client.post(f"{path}/press", headers={"origin": "null"})
    assert bare.status_code == 403
    cross = await nobody.post(f"{path}/press", {}, **{"sec-fetch-site": "cross-site"})
    assert cross.status_code == 403
    # Pages that send no referrer make browsers write this origin.
    assert (await nobody.post(f"{path}/press", origin="null")).status_code == 303
