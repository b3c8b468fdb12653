"""The link reaches the customer by mail, or somebody is told to give it (P06.6)."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from portal.cases.effects import carrying_out
from portal.cases.sweeping import sweep
from portal.customers.models import Contact
from portal.effects import EFFECTS
from portal.kernel import tokens
from portal.kernel.db.unit import Database
from portal.kernel.settings import Settings
from portal.notices.channels import open_channels
from portal.notices.transport import Message, TransportError
from portal.openings.models import CustomerLetter, Link
from portal.openings.posting import MOST_TRIES, post_letters
from portal.people.models import Person
from tests.cases.support import ZONE, Matter, journal, matter, told
from tests.conftest import Clock
from tests.people.support import NewBrowser
from tests.support.cast import NOON

PUBLIC = "https://service.example.com"


class Post:
    """A mail channel that keeps what it is given, or fails as told."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.fails: TransportError | None = None

    def is_open(self, settings: Settings) -> bool:
        return bool(settings.smtp_url)

    def reaches(self, person: Person) -> bool:
        return bool(person.email)

    async def send(self, settings: Settings, message: Message) -> None:
        self.sent.append(message)
        if self.fails:
            raise self.fails


@pytest.fixture
def mailing(settings: Settings) -> Settings:
    """Settings with a mail server and an address for customers."""
    return replace(settings, smtp_url="smtp://mail.example.com:25", public_url=PUBLIC)


@pytest.fixture
async def office(database_url: str, mailing: Settings) -> AsyncIterator[Database]:
    """The same database, as a portal has it that may write mails."""
    database = Database(database_url, info=carrying_out(EFFECTS) | open_channels(mailing))
    yield database
    await database.close()


async def asked(office: Database, email: str = "sun@example.com") -> Matter:
    """A repair that a customer with an address is asked to confirm."""
    case = await matter(office)
    async with office.writing() as db:
        for contact in await db.scalars(select(Contact)):
            contact.email = email
    await case.happy(until="")
    return case


async def letters(database: Database) -> list[CustomerLetter]:
    async with database.reading() as db:
        return list(await db.scalars(select(CustomerLetter).order_by(CustomerLetter.id)))


async def test_the_link_goes_by_mail_and_no_table_ever_holds_it(
    office: Database, mailing: Settings, browser: NewBrowser
) -> None:
    case, post = await asked(office), Post()
    for _ in range(2):
        await post_letters(office, mailing, NOON, post)
    [mail] = post.sent
    assert mail.email == "sun@example.com"
    assert mail.title == f"您的服务请求 {(await case.case()).number}：请确认是否已解决"
    path = mail.link.removeprefix(PUBLIC)
    assert re.fullmatch(r"/o/[\w-]{43}", path)
    async with office.reading() as db:
        links = list(await db.scalars(select(Link)))
    assert [link.token for link in links] == [tokens.digest(path.removeprefix("/o/"))]
    [letter] = await letters(office)
    assert (letter.done_at, letter.link_id, letter.next_try_at) == (NOON, links[0].id, None)
    nobody = await browser()
    await nobody.post(f"{path}/closure")
    assert (await case.case()).verdict == "solved"
    assert await told(office, "link.needed") == []


async def test_reminders_go_the_same_way_and_stop_with_the_answer(
    office: Database, mailing: Settings, browser: NewBrowser, clock: Clock
) -> None:
    case, post = await asked(office), Post()
    await post_letters(office, mailing, NOON, post)
    clock.forward(days=3, hours=1)  # a Monday: two working days before it is due
    await sweep(office, ZONE, clock.now)
    await post_letters(office, mailing, clock.now, post)
    assert [mail.title[:2] for mail in post.sent] == ["您的", "提醒"]
    clock.forward(days=1)
    await sweep(office, ZONE, clock.now)
    # Answered before it left: nobody is reminded of what they have done.
    path = post.sent[0].link.removeprefix(PUBLIC)
    await (await browser()).post(f"{path}/closure")
    await post_letters(office, mailing, clock.now, post)
    assert len(post.sent) == 2
    assert (await letters(office))[-1].withdrawn_at == clock.now
    assert (await case.case()).verdict == "solved"


async def test_without_an_address_the_clerk_is_told_to_give_the_link(
    office: Database, mailing: Settings, clock: Clock
) -> None:
    await asked(office, email="")
    assert await told(office, "link.needed") == [("clerk", "link.needed")]
    clock.forward(days=3, hours=1)
    await sweep(office, ZONE, clock.now)
    assert len(await told(office, "link.needed")) == 2
    assert await letters(office) == []


async def test_without_a_mail_server_the_clerk_is_told(
    database: Database, browser: NewBrowser
) -> None:
    case = await matter(database)
    await case.happy(until="")
    assert await told(database, "link.needed") == [("clerk", "link.needed")]
    inbox = (await (await browser("clerk")).get("/inbox")).text
    assert "请把确认链接发给客户" in inbox
    page = (await (await browser("clerk")).get(f"/cases/{case.id}")).text
    assert 'id="customers-link"' in page


async def test_a_mail_that_fails_takes_its_link_back_and_is_tried_again(
    office: Database, mailing: Settings
) -> None:
    await asked(office)
    post = Post()
    post.fails = TransportError("4.2.1 later", permanent=False)
    await post_letters(office, mailing, NOON, post)
    [letter] = await letters(office)
    assert letter.next_try_at is not None
    assert (letter.tries, letter.error) == (1, "4.2.1 later")
    async with office.reading() as db:
        [link] = await db.scalars(select(Link))
    assert link.revoked_at == NOON
    at, post.fails = letter.next_try_at, None
    await post_letters(office, mailing, at, post)
    assert (await letters(office))[0].done_at == at
    assert post.sent[0].link != post.sent[1].link
    assert post.sent[0].dedupe == post.sent[1].dedupe


@pytest.mark.parametrize("why", ["refused", "often", "no-address-of-ours"])
async def test_where_no_mail_gets_through_the_clerk_gives_the_link(
    office: Database, mailing: Settings, why: str
) -> None:
    await asked(office)
    post = Post()
    post.fails = TransportError("5.1.1 nobody", permanent=why == "refused")
    at, tries = NOON, MOST_TRIES if why == "often" else 1
    given = replace(mailing, public_url="") if why == "no-address-of-ours" else mailing
    for _ in range(tries):
        await post_letters(office, given, at, post)
        at = (await letters(office))[0].next_try_at or at
    [letter] = await letters(office)
    assert letter.dead_at == at
    assert await told(office, "link.needed") == [("clerk", "link.needed")]
    assert "customer_letter.died" in await journal(office)
