"""The journal: append-only, without gaps, in the order of the commits, each entry chained."""

import asyncio
import json
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from portal.kernel.act import Act, Anonymous, LinkHolder, Staff, System, Via
from portal.kernel.db.unit import Database
from portal.kernel.journal.chain import START, canonical, hash_of, instant
from portal.kernel.journal.models import JournalEntry, JournalHead
from portal.kernel.journal.recording import record
from portal.people.models import Skill
from tests.kernel.writing import last_rev, write
from tests.support.cast import NOON, system

pytestmark = pytest.mark.every_value


async def entries(database: Database) -> list[JournalEntry]:
    async with database.reading() as db:
        return list(await db.scalars(select(JournalEntry).order_by(JournalEntry.rev)))


async def test_an_entry_says_who_did_what_when_and_by_which_way(database: Database) -> None:
    called = NOON - timedelta(hours=2)
    act = Act(Staff(7, "陈晓燕"), NOON, Via.PAGE, called, request_id="r1")
    async with database.writing() as db:
        record(db, act, "case.registered", "case:217", channel="电话", phones=2)
    entry = (await entries(database))[-1]
    assert (entry.actor, entry.via, entry.word) == ("staff:7", "page", "case.registered")
    assert (entry.subject, entry.request_id, entry.on_behalf_of) == ("case:217", "r1", None)
    assert (entry.at, entry.happened_at) == (NOON, called)
    assert json.loads(entry.body) == {"channel": "电话", "phones": 2}


def test_every_kind_of_actor_has_one_spelling() -> None:
    actors = (Staff(1, "a"), LinkHolder(2, "closing"), System("6.3"), Anonymous())
    assert [str(actor) for actor in actors] == ["staff:1", "link:2", "system:6.3", "anonymous"]


def test_only_the_portal_acts_on_behalf_of_somebody() -> None:
    deemed = Act.now(System("6.3", on_behalf_of=4), NOON, Via.JOB)
    assert deemed.on_behalf_of == 4
    assert Act.now(Staff(7, "a"), NOON, Via.PAGE).on_behalf_of is None
    assert deemed.at == deemed.happened_at == NOON


def test_every_act_has_its_own_number() -> None:
    assert system().request_id != system().request_id


async def test_a_unit_that_records_nothing_leaves_the_journal_alone(database: Database) -> None:
    before = await last_rev(database)
    async with database.writing() as db:
        db.add(Skill(name="焊接"))
    assert await last_rev(database) == before


async def test_revisions_of_parallel_units_have_no_gap_and_follow_the_commits(
    database: Database,
) -> None:
    before = await last_rev(database)
    committed: list[int] = []

    async def act(number: int) -> None:
        try:
            async with database.writing() as db:
                await db.scalar(select(Skill.id))
                first = record(db, system(), "thing.done", f"thing:{number}")
                second = record(db, system(), "thing.done", f"thing:{number}")
                await asyncio.sleep(0)
                if number % 5 == 0:
                    raise RuntimeError("rolled back")
        except RuntimeError:
            return
        committed.extend((first.rev, second.rev))

    await asyncio.gather(*(act(number) for number in range(50)))
    found = (await entries(database))[before:]
    assert [entry.rev for entry in found] == list(range(before + 1, before + 81))
    assert sorted(committed) == [entry.rev for entry in found]
    # The two of one unit stand beside each other: a unit takes the head once.
    assert all(one.subject == two.subject for one, two in zip(found[::2], found[1::2], strict=True))


async def test_each_entry_is_chained_to_the_one_before(database: Database) -> None:
    await write(database)
    found = await entries(database)
    assert (found[0].rev, found[0].prev) == (1, START)
    assert all(after.prev == before.hash for before, after in pairwise(found))
    assert all(entry.hash == hash_of(entry, entry.prev) for entry in found)
    async with database.reading() as db:
        head = await db.get_one(JournalHead, 1)
    assert (head.rev, head.hash) == (found[-1].rev, found[-1].hash)


@pytest.mark.postgresql
async def test_a_unit_that_has_seen_the_head_still_seals_onto_the_newest(
    postgres_database: Database,
) -> None:
    database = postgres_database
    before = await last_rev(database)
    async with database.writing() as db:
        await db.get_one(JournalHead, 1)
        await write(database)
        record(db, system(), "thing.done", "thing:2")
    assert [entry.rev for entry in (await entries(database))[before:]] == [before + 1, before + 2]


@pytest.mark.parametrize("table", ["journal", "journal_day"])
@pytest.mark.parametrize("verb", ["UPDATE {0} SET hash = hash", "DELETE FROM {0}", "TRUNCATE {0}"])
async def test_the_database_itself_refuses_changes(
    database: Database, table: str, verb: str
) -> None:
    if database.is_sqlite and verb.startswith("TRUNCATE"):
        verb = "DELETE FROM {0} WHERE 1 = 1"  # SQLite has no other way to empty a table
    async with database.writing() as db:
        await db.execute(
            text(
                "INSERT INTO journal_day SELECT '2026-11-19', rev, hash FROM journal WHERE rev = 1"
            )
        )
    suffix = " CASCADE" if verb.startswith("TRUNCATE") else ""
    with pytest.raises(DBAPIError, match="is append-only"):
        async with database.writing() as db:
            await db.execute(text(verb.format(table) + suffix))
    assert await last_rev(database) > 0


def test_one_content_has_one_spelling() -> None:
    assert canonical({"b": [1, None], "a": "电话"}) == canonical({"a": "电话", "b": [1, None]})
    assert canonical({"a": "电话"}) == '{"a":"电话"}'


def test_one_instant_has_one_spelling() -> None:
    shanghai = timezone(timedelta(hours=8))
    assert instant(datetime(2026, 11, 21, 16, 30, tzinfo=shanghai)) == instant(
        datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
    )
    assert instant(datetime(2026, 11, 21, 8, 30, tzinfo=UTC)) == "2026-11-21T08:30:00.000000Z"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rev", 2),
        ("at", NOON + timedelta(microseconds=1)),
        ("happened_at", NOON + timedelta(microseconds=1)),
        ("actor", "staff:2"),
        ("on_behalf_of", 1),
        ("via", "api"),
        ("request_id", "r2"),
        ("word", "case.closed"),
        ("subject", "case:2"),
        ("body", "{ }"),
    ],
)
def test_every_part_of_an_entry_is_hashed(name: str, value: object) -> None:
    def entry() -> JournalEntry:
        return JournalEntry(
            rev=1,
            at=NOON,
            happened_at=NOON,
            actor="staff:1",
            on_behalf_of=None,
            via="page",
            request_id="r1",
            word="case.registered",
            subject="case:1",
            body="{}",
        )

    changed = entry()
    setattr(changed, name, value)
    assert hash_of(changed, START) != hash_of(entry(), START)
    assert hash_of(entry(), "1" * 64) != hash_of(entry(), START)
