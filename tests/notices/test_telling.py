"""Telling: in the unit in which it became true, once, to those who work here."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from portal.kernel.db.unit import Database
from portal.kernel.i18n import language
from portal.kernel.settings import Settings
from portal.notices.models import Mailing, NoticePreference
from portal.notices.telling import News, tell, withdraw
from portal.notices.wording import packed, wording
from tests.notices.support import NEWS, Post, ids, letters, notices, told, use
from tests.people.support import act_of, words
from tests.support.cast import NOON, system

SHANGHAI = ZoneInfo("Asia/Shanghai")


async def test_everybody_named_gets_one_notice_and_one_letter(
    database: Database, settings: Settings
) -> None:
    use(database, settings, Post())
    people = await ids(database, "clerk", "manager")
    assert await told(database, people) == 2
    assert {notice.person_id for notice in await notices(database)} == set(people)
    assert {letter.recipient_id for letter in await letters(database)} == set(people)
    assert await words(database, "notices:all") == ["notice.told"]


async def test_told_fifty_times_at_once_is_told_once(
    database: Database, settings: Settings
) -> None:
    use(database, settings, Post())
    people = await ids(database, "clerk", "manager", "engineer")
    orders = [people, people[::-1]] * 25
    assert sum(await asyncio.gather(*(told(database, order) for order in orders))) == 3
    assert len(await notices(database)) == len(await letters(database)) == 3
    assert await words(database, "notices:all") == ["notice.told"]


async def test_what_is_not_the_same_is_told_again(database: Database) -> None:
    clerk = await ids(database, "clerk")
    await told(database, clerk)
    await told(database, clerk, dedupe="b")
    assert [notice.dedupe for notice in await notices(database)] == ["a", "b"]


async def test_a_unit_that_fails_tells_nobody(database: Database, settings: Settings) -> None:
    use(database, settings, Post())
    clerk = await ids(database, "clerk")

    async def fail() -> None:
        async with database.writing() as db:
            await tell(db, system(), clerk, NEWS)
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        await fail()
    assert not await notices(database)
    assert not await letters(database)


async def test_whoever_has_left_is_told_nothing(database: Database, settings: Settings) -> None:
    use(database, settings, Post())
    assert await told(database, await ids(database, "gone")) == 0
    assert await told(database, []) == 0
    assert not await notices(database)
    assert await words(database, "notices:all") == []


async def test_nobody_is_told_of_their_own_act_unless_it_asks_for_something(
    database: Database, settings: Settings
) -> None:
    use(database, settings, Post())
    clerk, engineer = await ids(database, "clerk", "engineer")
    act = await act_of(database, "clerk")
    async with database.writing() as db:
        assert await tell(db, act, [clerk, engineer], NEWS) == 1
        assert await tell(db, act, [clerk], replace(NEWS, dedupe="b")) == 0
        assert await tell(db, act, [clerk], replace(NEWS, dedupe="c", asks=True)) == 1
    got = [(notice.person_id, notice.dedupe) for notice in await notices(database)]
    assert got == [(engineer, "a"), (clerk, "c")]
    assert len(await letters(database)) == 2


async def test_without_an_open_channel_the_inbox_is_all_there_is(database: Database) -> None:
    await told(database, await ids(database, "clerk"))
    assert len(await notices(database)) == 1
    assert not await letters(database)


@pytest.mark.parametrize(
    ("mailing", "mailed"),
    [(Mailing.ALL, ["a", "b"]), (Mailing.URGENT, ["b"]), (Mailing.NONE, [])],
)
async def test_people_choose_what_is_mailed(
    database: Database, settings: Settings, mailing: Mailing, mailed: list[str]
) -> None:
    use(database, settings, Post())
    clerk = await ids(database, "clerk")
    async with database.writing() as db:
        db.add(NoticePreference(person_id=clerk[0], mailing=mailing, language="en"))
    await told(database, clerk)
    await told(database, clerk, dedupe="b", urgent=True)
    by_id = {notice.id: notice.dedupe for notice in await notices(database)}
    assert [by_id[letter.notice_id] for letter in await letters(database)] == mailed


async def test_withdrawing_takes_back_what_has_not_been_sent(
    database: Database, settings: Settings
) -> None:
    use(database, settings, Post())
    clerk = await ids(database, "clerk")
    for case_id, dedupe in ((1, "limit:1:a"), (1, "limit:2:a"), (2, "limit:12:a")):
        await told(database, clerk, case_id=case_id, dedupe=dedupe)
    async with database.writing() as db:
        assert await withdraw(db, system(), dedupe_prefix="limit:1:") == 1
        assert await withdraw(db, system(), case_id=1) == 1
        assert await withdraw(db, system(), case_id=1) == 0
    first, second, other = await letters(database)
    assert first.withdrawn_at == second.withdrawn_at == NOON
    assert (first.next_try_at, other.next_try_at) == (None, NOON)
    assert len(await notices(database)) == 3
    assert await words(database, "case:1") == ["notice.told"] * 2 + ["notice.withdrawn"]


async def test_withdrawing_everything_by_mistake_is_refused(database: Database) -> None:
    async with database.writing() as db:
        with pytest.raises(ValueError, match="withdraw what"):
            await withdraw(db, system())


@pytest.mark.parametrize("href", ["https://example.com/", "//example.com/", "people", ""])
def test_a_notice_leads_to_a_page_of_the_portal(href: str) -> None:
    with pytest.raises(ValueError, match="not a page"):
        News(word="a.b", title="x", href=href, dedupe="1")


async def test_a_title_with_a_place_without_a_value_is_refused_when_told(
    database: Database,
) -> None:
    with pytest.raises(KeyError):
        await told(database, await ids(database, "clerk"), values={})


@dataclass(frozen=True)
class Label:
    zh: str
    en: str


def test_values_are_written_as_the_reader_writes_them() -> None:
    at = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
    values = packed({"name": Label("复核", "review"), "at": at, "n": 3})
    title = "%(name)s %(at)s %(n)d"
    assert wording(language("zh_CN"), SHANGHAI)(title, values) == "复核 2026年11月20日 10:00 3"
    assert wording(language("en"), SHANGHAI)(title, values) == "review 20 Nov 2026, 10:00 3"
