"""Verifying: whatever is done to the journal, the first bad revision is named."""

from datetime import date

import pytest
from sqlalchemy import select

from portal.kernel.db.unit import Database
from portal.kernel.journal import verifying
from portal.kernel.journal.anchors import Anchor
from portal.kernel.journal.models import JournalDay, JournalEntry
from portal.kernel.journal.recording import record
from portal.kernel.journal.verifying import Verdict, verify
from tests.kernel.writing import disarm, last_rev, rewrite_from, tamper, write
from tests.support.cast import system

pytestmark = pytest.mark.every_value

DAY = date(2026, 11, 19)


@pytest.fixture
async def journal(database: Database) -> Database:
    return await journal_in(database)


async def journal_in(database: Database) -> Database:
    """A journal of 40 entries, without what protects it."""
    missing = 40 - await last_rev(database)
    async with database.writing() as db:
        for _ in range(missing):
            record(db, system(), "thing.done", "thing:1", note="备注")
    await disarm(database)
    return database


async def verdict(
    database: Database, *kept: Anchor, after: Anchor | None = None
) -> tuple[int | None, str]:
    found = await check(database, *kept, after=after)
    return found.bad_rev, found.reason


async def check(database: Database, *kept: Anchor, after: Anchor | None = None) -> Verdict:
    async with database.reading() as db:
        return await verify(db, list(kept), after=after)


async def anchor(database: Database, rev: int) -> Anchor:
    """The head of a day that ended with ``rev``, as kept outside."""
    async with database.reading() as db:
        digest = await db.scalar(select(JournalEntry.hash).where(JournalEntry.rev == rev))
    assert digest
    return Anchor(DAY, rev, digest)


async def test_an_untouched_journal_is_sound(database: Database) -> None:
    found = await check(database, await anchor(database, 5))
    assert found.is_sound
    assert found.entries == await last_rev(database)
    assert found.first == 1


async def test_an_empty_journal_is_sound(journal: Database) -> None:
    await tamper(
        journal,
        "DELETE FROM journal",
        f"UPDATE journal_head SET rev = 0, hash = '{'0' * 64}'",
    )
    assert await check(journal) == Verdict(0)


@pytest.mark.parametrize(
    "change",
    [
        "word = 'thing.undone'",
        "subject = 'thing:2'",
        "body = '{}'",
        "actor = 'staff:1'",
        "on_behalf_of = 3",
        "request_id = 'another'",
        "at = '2026-11-20 02:00:00.000001'",
        "happened_at = '2026-11-20 02:00:00.000001'",
    ],
)
async def test_a_change_is_named(journal: Database, change: str) -> None:
    await tamper(journal, f"UPDATE journal SET {change} WHERE rev = 20")
    assert await verdict(journal) == (20, "was changed after it was written")


async def test_a_changed_hash_is_named(journal: Database) -> None:
    await tamper(journal, f"UPDATE journal SET hash = '{'f' * 64}' WHERE rev = 20")
    assert await verdict(journal) == (20, "was changed after it was written")


async def test_a_changed_link_is_named(journal: Database) -> None:
    await tamper(journal, f"UPDATE journal SET prev = '{'f' * 64}' WHERE rev = 20")
    assert await verdict(journal) == (20, "does not follow the entry before it")


@pytest.mark.parametrize("value", ["'yesterday'", "17", "x'ff'"])
@pytest.mark.parametrize("column", ["at", "body", "on_behalf_of"])
async def test_what_is_no_entry_at_all_is_named(
    sqlite_journal: Database, column: str, value: str
) -> None:
    await tamper(sqlite_journal, f"UPDATE journal SET {column} = {value} WHERE rev = 20")
    assert (await verdict(sqlite_journal))[0] == 20


@pytest.fixture
async def sqlite_journal(sqlite_database: Database) -> Database:
    """Only SQLite takes any value in any column."""
    return await journal_in(sqlite_database)


async def test_a_deletion_is_named(journal: Database) -> None:
    await tamper(journal, "DELETE FROM journal WHERE rev = 20")
    assert await verdict(journal) == (20, "is missing")


async def test_a_deletion_that_closes_the_gap_is_named(journal: Database) -> None:
    await tamper(
        journal,
        "DELETE FROM journal WHERE rev = 20",
        # One by one: a unique key is checked with every row.
        *(f"UPDATE journal SET rev = {rev - 1} WHERE rev = {rev}" for rev in range(21, 41)),
    )
    assert await verdict(journal) == (20, "does not follow the entry before it")


async def test_deletion_of_the_beginning_is_named(journal: Database) -> None:
    await tamper(journal, "DELETE FROM journal WHERE rev <= 3")
    assert await verdict(journal) == (1, "is missing")


_COPY = (
    "INSERT INTO journal SELECT {rev}, at, happened_at, actor, on_behalf_of, via, request_id, "
    "word, subject, body, prev, hash FROM journal WHERE rev = 20"
)


async def test_an_insertion_is_named(journal: Database) -> None:
    await tamper(
        journal,
        *(f"UPDATE journal SET rev = {rev + 1} WHERE rev = {rev}" for rev in range(40, 20, -1)),
        _COPY.format(rev=21),
    )
    assert await verdict(journal) == (21, "does not follow the entry before it")


async def test_an_insertion_after_the_last_is_named(journal: Database) -> None:
    await tamper(journal, _COPY.format(rev=41))
    assert (await verdict(journal))[0] == 41


async def test_an_insertion_that_is_chained_but_past_the_head_is_named(journal: Database) -> None:
    head = await anchor(journal, 40)
    await write(journal)
    await tamper(journal, f"UPDATE journal_head SET rev = 40, hash = '{head.hash}'")
    assert await verdict(journal) == (41, "was added past the head")


@pytest.mark.parametrize("rev", [0, -5])
async def test_an_insertion_before_the_beginning_is_named(journal: Database, rev: int) -> None:
    await tamper(journal, _COPY.format(rev=rev))
    bad, reason = await verdict(journal)
    assert (bad, reason) == (rev, "has another before it that is not of the chain")


async def test_a_swap_is_named(journal: Database) -> None:
    await tamper(
        journal,
        "UPDATE journal SET rev = 99 WHERE rev = 20",
        "UPDATE journal SET rev = 20 WHERE rev = 30",
        "UPDATE journal SET rev = 30 WHERE rev = 99",
    )
    assert await verdict(journal) == (20, "does not follow the entry before it")


async def test_a_truncation_is_named(journal: Database) -> None:
    await tamper(journal, "DELETE FROM journal WHERE rev > 30")
    assert await verdict(journal) == (31, "is missing: the journal once reached 40")


_CUT = (
    "UPDATE journal_head SET rev = 30, hash = (SELECT hash FROM journal WHERE rev = 30)",
    "DELETE FROM journal WHERE rev > 30",
)


async def test_a_truncation_with_its_head_is_shown_by_what_is_kept_outside(
    journal: Database,
) -> None:
    kept = await anchor(journal, 35)
    await tamper(journal, *_CUT)
    assert await verdict(journal, kept) == (31, "is missing: the journal once reached 35")
    # Nothing inside can tell: that is what the day heads outside are for.
    assert (await check(journal)).is_sound


async def test_a_truncation_that_forgets_the_day_heads_inside_is_named(journal: Database) -> None:
    kept = await anchor(journal, 35)
    async with journal.writing() as db:
        db.add(JournalDay(day=kept.day, rev=kept.rev, hash=kept.hash))
    await tamper(journal, *_CUT)
    assert await verdict(journal) == (31, "is missing: the journal once reached 35")


async def test_a_changed_head_is_named(journal: Database) -> None:
    await tamper(journal, f"UPDATE journal_head SET hash = '{'f' * 64}'")
    bad, reason = await verdict(journal)
    assert (bad, reason) == (40, "is the last, but the journal's head says otherwise")


async def test_a_head_that_was_put_forward_is_named(journal: Database) -> None:
    await tamper(journal, "UPDATE journal_head SET rev = 50")
    assert await verdict(journal) == (41, "is missing: the journal once reached 50")


async def test_a_removed_head_is_named(journal: Database) -> None:
    await tamper(journal, "DELETE FROM journal_head")
    bad, reason = await verdict(journal)
    assert (bad, reason) == (40, "is the last, but the journal's head says otherwise")


async def test_a_history_written_anew_is_shown_by_what_is_kept_outside(journal: Database) -> None:
    kept = await anchor(journal, 35)
    async with journal.writing() as db:
        db.add(JournalDay(day=kept.day, rev=kept.rev, hash=kept.hash))

    def forge(entry: JournalEntry) -> None:
        entry.actor = "staff:1"

    await rewrite_from(journal, 20, forge)
    # The day heads inside were written anew too: they must not speak for the ones outside.
    assert await verdict(journal, kept) == (35, "differs from the day head kept for it")


async def test_a_changed_day_head_inside_is_named(journal: Database) -> None:
    kept = await anchor(journal, 35)
    async with journal.writing() as db:
        db.add(JournalDay(day=kept.day, rev=kept.rev, hash="f" * 64))
    assert await verdict(journal, kept) == (35, "differs from the day head kept for it")


async def test_a_changed_day_head_outside_is_named(journal: Database) -> None:
    kept = await anchor(journal, 35)
    assert await verdict(journal, Anchor(DAY, 35, "f" * 64)) == (
        35,
        "differs from the day head kept for it",
    )
    assert (await check(journal, kept)).is_sound


async def test_from_a_day_head_on_only_the_rest_is_read(journal: Database) -> None:
    found = await check(journal, after=await anchor(journal, 35))
    assert found == Verdict(entries=6, first=35)


async def test_from_a_day_head_on_the_rest_is_checked(journal: Database) -> None:
    kept = await anchor(journal, 35)
    await tamper(journal, "UPDATE journal SET word = 'thing.undone' WHERE rev = 38")
    found = await check(journal, after=kept)
    assert (found.bad_rev, found.entries, found.first) == (38, 3, 35)


async def test_from_a_day_head_on_the_headed_entry_itself_is_checked(journal: Database) -> None:
    kept = await anchor(journal, 35)
    await tamper(journal, "UPDATE journal SET word = 'thing.undone' WHERE rev = 35")
    assert await verdict(journal, after=kept) == (35, "was changed after it was written")


async def test_from_a_day_head_that_is_no_more_the_loss_is_named(journal: Database) -> None:
    kept = await anchor(journal, 35)
    await tamper(journal, *_CUT)
    assert await verdict(journal, after=kept) == (35, "is missing: the journal once reached 35")


async def test_from_a_day_head_on_nothing_is_said_of_what_was_before(journal: Database) -> None:
    kept = await anchor(journal, 35)
    await tamper(journal, "UPDATE journal SET word = 'thing.undone' WHERE rev = 20")
    part = await check(journal, kept, after=kept)
    assert (part.is_sound, part.first) == (True, 35)
    assert await verdict(journal, kept) == (20, "was changed after it was written")


async def test_a_long_journal_is_read_in_parts(
    journal: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "_BATCH", 7)
    told: list[int] = []
    async with journal.reading() as db:
        found = await verify(db, [], progress=told.append)
    assert (found.is_sound, told) == (True, [7, 14, 21, 28, 35, 40])


async def test_a_journal_that_grows_meanwhile_is_sound(database: Database) -> None:
    async with database.reading() as db:
        before = await last_rev(database)
        await db.scalars(select(JournalDay))  # the moment of this unit
        await write(database)
        found = await verify(db, [])
    assert (found.is_sound, found.entries) == (True, before)
