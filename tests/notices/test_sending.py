"""Sending: at least once, in order, outside any transaction; failures wait, then die."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import exists, select

from portal.kernel.db.unit import Database
from portal.kernel.settings import Settings
from portal.notices import sending
from portal.notices.leasing import LEASE
from portal.notices.models import Letter, Mailing, NoticePreference
from portal.notices.sending import MOST_TRIES, delay_after, deliver
from portal.notices.telling import withdraw
from portal.notices.transport import Message, TransportError
from portal.people.employing import depart
from tests.notices.support import Post, ids, letters, told, use
from tests.people.support import person, words
from tests.support.cast import CAST, NOON, system


def middle() -> float:
    return 0.5


def refusing(dedupe: str, *, permanent: bool = False) -> Post:
    """A post that does not take one letter."""
    error = TransportError("451 try later", permanent=permanent)
    return Post(lambda message: error if message.dedupe == dedupe else None)


async def fill(database: Database, *logins: str, count: int = 1) -> list[Letter]:
    """Tell each of them ``count`` things."""
    people = await ids(database, *logins)
    for number in range(count):
        await told(database, people, dedupe=str(number), values={"name": f"A-{number}"})
    return await letters(database)


async def test_a_letter_is_sent_once_with_a_link_to_the_page(
    database: Database, settings: Settings
) -> None:
    post = Post()
    channels = use(database, settings, post)
    await fill(database, "clerk")
    for _ in range(2):
        await deliver(database, settings, NOON, channels)
    assert [message.link for message in post.sent] == ["http://127.0.0.1:8000/people"]
    (letter,) = await letters(database)
    assert (letter.done_at, letter.next_try_at, letter.lease_by) == (NOON, None, None)


async def test_it_is_worded_in_the_language_that_its_reader_chose(
    database: Database, settings: Settings
) -> None:
    post = Post()
    channels = use(database, settings, post)
    clerk, manager = await ids(database, "clerk", "manager")
    async with database.writing() as db:
        db.add(NoticePreference(person_id=clerk, mailing=Mailing.ALL, language="en"))
    await told(database, [clerk, manager])
    await deliver(database, settings, NOON, channels)
    assert sorted(post.titles) == ["A-1 is saved.", "A-1已保存。"]


async def test_without_an_open_channel_letters_wait(database: Database, settings: Settings) -> None:
    use(database, settings, Post())
    await fill(database, "clerk")
    await deliver(database, settings, NOON)
    (letter,) = await letters(database)
    assert (letter.next_try_at, letter.tries) == (NOON, 0)


async def test_a_temporary_failure_is_tried_again_later(
    database: Database, settings: Settings
) -> None:
    post = Post(lambda _: TransportError("451 try later", permanent=False))
    channels = use(database, settings, post)
    await fill(database, "clerk")
    await deliver(database, settings, NOON, channels, middle)
    (letter,) = await letters(database)
    assert (letter.tries, letter.error) == (1, "451 try later")
    assert letter.next_try_at == NOON + timedelta(seconds=30)
    post.fault = lambda _: None
    await deliver(database, settings, NOON + timedelta(seconds=29), channels)
    assert not post.sent
    await deliver(database, settings, NOON + timedelta(seconds=30), channels)
    assert len(post.sent) == 1


def test_each_wait_is_twice_as_long_up_to_four_hours_and_spread_by_a_quarter() -> None:
    waits = [delay_after(tries, 0.5).total_seconds() for tries in range(1, MOST_TRIES)]
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3840, 7680, 14400, 14400]
    assert delay_after(1, 0.0) == timedelta(seconds=22.5)
    assert delay_after(1, 1.0) == timedelta(seconds=37.5)


async def test_after_the_last_try_a_letter_is_dead(database: Database, settings: Settings) -> None:
    post = Post(lambda _: TransportError("451 try later", permanent=False))
    channels = use(database, settings, post)
    (letter,) = await fill(database, "clerk")
    at = NOON
    for _ in range(MOST_TRIES):
        await deliver(database, settings, at, channels)
        at += timedelta(hours=6)
    (dead,) = await letters(database)
    assert (dead.tries, dead.next_try_at) == (MOST_TRIES, None)
    assert dead.dead_at == at - timedelta(hours=6)
    assert await words(database, f"letter:{letter.id}") == ["letter.died"]
    post.fault = lambda _: None
    await deliver(database, settings, at, channels)
    assert not post.sent


async def test_a_permanent_failure_is_dead_at_once_and_holds_nothing_up(
    database: Database, settings: Settings
) -> None:
    first, second = await _two(database, settings)
    post = refusing(first.dedupe, permanent=True)
    await deliver(database, settings, NOON, {"mail": post})
    dead, sent = await letters(database)
    assert (dead.dead_at, dead.tries) == (NOON, 1)
    assert (sent.id, sent.done_at) == (second.id, NOON)


async def test_behind_a_letter_that_waits_the_next_ones_to_the_same_person_wait(
    database: Database, settings: Settings
) -> None:
    first, _ = await _two(database, settings)
    manager = await ids(database, "manager")
    await told(database, manager, dedupe="else", values={"name": "B"})
    post = refusing(first.dedupe)
    channels = {"mail": post}
    await deliver(database, settings, NOON, channels, middle)
    assert post.titles == ["B已保存。"]
    await deliver(database, settings, NOON + timedelta(seconds=10), channels, middle)
    assert post.titles == ["B已保存。"]
    post.fault = lambda _: None
    await deliver(database, settings, NOON + timedelta(seconds=30), channels)
    assert post.titles[1:] == ["A-0已保存。", "A-1已保存。"]


async def test_what_a_crash_had_leased_is_sent_when_the_lease_ends(
    database: Database, settings: Settings
) -> None:
    sending_it = asyncio.Event()

    class Crashing(Post):
        async def send(self, settings: Settings, message: Message) -> None:
            sending_it.set()
            await asyncio.Event().wait()

    post = Post()
    channels = use(database, settings, post)
    (letter,) = await fill(database, "clerk")
    run = asyncio.create_task(deliver(database, settings, NOON, {"mail": Crashing()}))
    await sending_it.wait()
    run.cancel()
    await asyncio.wait([run])
    await deliver(database, settings, NOON + LEASE - timedelta(seconds=1), channels)
    assert not post.sent
    await deliver(database, settings, NOON + LEASE, channels)
    assert [message.dedupe for message in post.sent] == [letter.dedupe]


async def test_whoever_lost_the_lease_changes_nothing(
    database: Database, settings: Settings
) -> None:
    holding, going_on = asyncio.Event(), asyncio.Event()

    class Slow(Post):
        async def send(self, settings: Settings, message: Message) -> None:
            holding.set()
            await going_on.wait()
            raise TransportError("too late", permanent=True)

    post = Post()
    channels = use(database, settings, post)
    await fill(database, "clerk")
    slow = asyncio.create_task(deliver(database, settings, NOON, {"mail": Slow()}))
    await holding.wait()
    await deliver(database, settings, NOON + LEASE, channels)
    going_on.set()
    await slow
    (letter,) = await letters(database)
    assert (letter.done_at, letter.dead_at) == (NOON + LEASE, None)


async def test_a_letter_withdrawn_while_it_is_sent_is_done_if_it_left_and_not_tried_again_if_not(
    database: Database, settings: Settings
) -> None:
    withdrawn = asyncio.Event()

    class Slow(Post):
        async def send(self, settings: Settings, message: Message) -> None:
            async with database.writing() as db:
                await withdraw(db, system(), dedupe_prefix="0")
            withdrawn.set()
            await super().send(settings, message)

    (letter,) = await fill_open(database, settings)
    slow = Slow(lambda _: TransportError("451", permanent=False))
    await deliver(database, settings, NOON, {"mail": slow})
    (left,) = await letters(database)
    assert withdrawn.is_set()
    assert (left.withdrawn_at, left.next_try_at, left.done_at) == (NOON, None, None)
    await told(database, [letter.recipient_id], dedupe="0b")
    await deliver(database, settings, NOON, {"mail": Slow()})
    _, sent = await letters(database)
    assert (sent.withdrawn_at, sent.next_try_at, sent.done_at) == (None, None, NOON)


async def test_a_fault_in_a_channel_is_a_failure_like_any_other(
    database: Database, settings: Settings
) -> None:
    post = Post(lambda _: RuntimeError("a bug"))
    channels = use(database, settings, post)
    await fill(database, "clerk")
    await deliver(database, settings, NOON, channels)
    (letter,) = await letters(database)
    assert (letter.error, letter.tries, letter.dead_at) == ("RuntimeError", 1, None)


async def test_whoever_has_left_meanwhile_is_sent_nothing(
    database: Database, settings: Settings
) -> None:
    post = Post()
    channels = use(database, settings, post)
    await fill(database, "clerk")
    async with database.writing() as db:
        await depart(db, system(), await person(db, "clerk"))
    await deliver(database, settings, NOON, channels)
    (letter,) = await letters(database)
    assert not post.sent
    assert (letter.withdrawn_at, letter.next_try_at) == (NOON, None)


async def test_a_run_ends_after_its_time_and_gives_back_what_it_has_not_sent(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = Post()
    monkeypatch.setattr(sending._Run, "is_over", property(lambda _: len(post.sent) == 1))
    channels = use(database, settings, post)
    await fill(database, "clerk", count=3)
    await deliver(database, settings, NOON, channels)
    assert len(post.sent) == 1
    assert [letter.next_try_at for letter in await letters(database)] == [None, NOON, NOON]
    assert [letter.lease_by for letter in await letters(database)] == [None] * 3


async def test_two_workers_send_nothing_twice_and_keep_the_order(
    database: Database, settings: Settings
) -> None:
    post = Post()
    channels = use(database, settings, post)
    await fill(database, "clerk", "manager", "engineer", count=60)
    await drain(database, settings, channels)
    check_order(post, 180)


@pytest.mark.slow
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_a_backlog_of_ten_thousand_drains_in_order(
    database: Database, settings: Settings
) -> None:
    post = Post()
    channels = use(database, settings, post)
    await fill(database, *(login for login in CAST if login != "gone"), count=1000)
    await drain(database, settings, channels)
    check_order(post, 10_000)


async def drain(database: Database, settings: Settings, channels: dict[str, Post]) -> None:
    """Two workers, until nothing is left."""

    waiting = select(exists().where(Letter.next_try_at.is_not(None)))

    async def is_left() -> bool:
        async with database.reading() as db:
            return bool(await db.scalar(waiting))

    async def work() -> None:
        while await is_left():
            await deliver(database, settings, NOON, channels)

    await asyncio.gather(work(), work())


def check_order(post: Post, count: int) -> None:
    """``count`` letters arrived, none twice, those of each person as they were written."""
    by_person: dict[str, list[int]] = {}
    for message in post.sent:
        number = int(message.dedupe.partition(":")[2])
        by_person.setdefault(message.name, []).append(number)
    assert len({message.dedupe for message in post.sent}) == len(post.sent) == count
    assert all(numbers == sorted(numbers) for numbers in by_person.values())


async def fill_open(database: Database, settings: Settings) -> list[Letter]:
    use(database, settings, Post())
    return await fill(database, "clerk")


async def _two(database: Database, settings: Settings) -> list[Letter]:
    """Two letters to one person."""
    use(database, settings, Post())
    return await fill(database, "clerk", count=2)
