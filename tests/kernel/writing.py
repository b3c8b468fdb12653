"""What tests of the journal stand on: entries to write, and hands that tamper with them."""

from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Any

import psycopg
from sqlalchemy import func, select, text

from portal.kernel.db.unit import Database
from portal.kernel.journal.chain import hash_of
from portal.kernel.journal.models import JournalEntry, JournalHead
from portal.kernel.journal.recording import record
from tests.support.cast import NOON, system

_numbers = count()


def empty_database(cluster: str) -> str:
    """The address of a new database of the cluster at ``cluster``, with nothing in it."""
    name = f"empty_{next(_numbers)}"
    server = cluster.format(database="postgres").replace("+psycopg", "")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return cluster.format(database=name)


async def write(database: Database, *times: datetime, word: str = "thing.done") -> None:
    """One entry for each of ``times``, each in its own unit."""
    for at in times or (NOON,):
        async with database.writing() as db:
            record(db, system(at), word, "thing:1", note="备注")


async def last_rev(database: Database) -> int:
    async with database.reading() as db:
        return await db.scalar(select(func.max(JournalEntry.rev))) or 0


async def disarm(database: Database) -> None:
    """Drop what refuses changes, as somebody with the file or the owner's password would."""
    async with database.writing() as db:
        for table in ("journal", "journal_day"):
            if database.is_sqlite:
                await db.execute(text(f"DROP TRIGGER {table}_no_update"))
                await db.execute(text(f"DROP TRIGGER {table}_no_delete"))
            else:
                await db.execute(text(f"DROP TRIGGER {table}_append_only ON {table}"))
        if not database.is_sqlite:
            await db.execute(text("ALTER TABLE journal_day DROP CONSTRAINT fk_journal_day_rev"))


async def tamper(database: Database, *statements: str, **params: Any) -> None:
    """Run ``statements`` on a disarmed database, without keys watching."""
    async with database.engine.connect() as connection:
        if database.is_sqlite:
            await connection.exec_driver_sql("ROLLBACK")
            await connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            await connection.exec_driver_sql("BEGIN")
        for statement in statements:
            given = {name: value for name, value in params.items() if f":{name}" in statement}
            await connection.execute(text(statement), given)
        await connection.commit()
        if database.is_sqlite:
            await connection.exec_driver_sql("PRAGMA foreign_keys=ON")


async def rewrite_from(
    database: Database, rev: int, change: Callable[[JournalEntry], None]
) -> None:
    """Change entry ``rev`` and chain everything anew from there: head, day heads and all."""
    async with database.writing() as db:
        query = select(JournalEntry).where(JournalEntry.rev >= rev).order_by(JournalEntry.rev)
        entries = (await db.scalars(query)).all()
        change(entries[0])
        prev = entries[0].prev
        for entry in entries:
            entry.prev, entry.hash = prev, hash_of(entry, prev)
            prev = entry.hash
            await db.execute(
                text("UPDATE journal_day SET hash = :hash WHERE rev = :rev"),
                {"hash": entry.hash, "rev": entry.rev},
            )
        head = await db.get_one(JournalHead, 1)
        head.hash = prev
