"""Migrations: from nothing to the program's version, once, whole or not at all."""

import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.orm import joinedload

from portal.cases.models import Assignment, Case, CasePause
from portal.customers.models import Contact
from portal.kernel.db import migrating
from portal.kernel.db.engine import WRITES
from portal.kernel.db.migrating import FOLDER, NewerDatabase, migrate, pending
from portal.kernel.db.searching import is_compared
from portal.kernel.db.unit import Database
from portal.kernel.journal.models import JournalHead
from portal.tables import METADATA
from tests.kernel.writing import empty_database
from tests.support.databases import opened


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgresql)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with nothing in it."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
    return empty_database(request.getfixturevalue("postgres_cluster"))


@pytest.fixture
async def empty(empty_url: str) -> AsyncIterator[Database]:
    async with opened(empty_url) as database:
        yield database


async def tables(database: Database) -> set[str]:
    async with database.engine.connect() as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    return {name for name in names if is_compared(name, "table", {})}


async def test_an_empty_database_gets_every_table(empty: Database) -> None:
    versions = sorted(path.stem[:4] for path in (FOLDER / "versions").glob("*.py"))
    assert [name[:4] for name in await pending(empty)] == versions
    assert [name[:4] for name in await migrate(empty)] == versions
    assert await tables(empty) == set(METADATA.tables) | {"alembic_version"}
    assert await pending(empty) == []


async def test_migrating_twice_does_nothing(empty: Database) -> None:
    await migrate(empty)
    assert await migrate(empty) == []
    async with empty.reading() as db:
        head = await db.get_one(JournalHead, 1)
    assert (head.rev, head.hash) == (0, "0" * 64)


async def test_the_migrations_make_what_the_models_say(empty: Database) -> None:
    await migrate(empty)

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_name": is_compared}
        )
        return list(compare_metadata(context, METADATA))

    async with empty.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_what_is_recorded_is_protected_after_the_last_migration(empty: Database) -> None:
    await migrate(empty)
    query = (
        "select name from sqlite_master where type = 'trigger'"
        if empty.is_sqlite
        else "select tgname from pg_trigger where not tgisinternal"
    )
    async with empty.reading() as db:
        triggers = set(await db.scalars(text(query)))
    for table in ("journal", "journal_day"):
        wanted = ("no_update", "no_delete") if empty.is_sqlite else ("append_only",)
        assert {f"{table}_{name}" for name in wanted} <= triggers


async def test_a_database_newer_than_the_program_is_refused_in_one_line(empty: Database) -> None:
    await migrate(empty)
    async with empty.writing() as db:
        await db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for work in (migrate, pending):
        with pytest.raises(NewerDatabase, match="version 9999, which this program") as refused:
            await work(empty)
        assert "\n" not in str(refused.value)


# What a portal of the fourth migration held: a customer with a case, a task that has an owner, a
# pause and a document.
_BEFORE = """
insert into person (id, version, login, name, phone, email, edited_at)
  values (1, 1, 'chen', '陈', '', '', :at);
insert into procedure_version (id, code, edition, effective_on, digest, body, stored_at)
  values (1, 'P06', 'A/0', '2026-01-01', 'd', '{}', :at);
insert into customer (id, version, name, phone, address, made_at)
  values (1, 1, '孙大爷', '139 1234 5678', '锦江区', :at), (2, 1, '周', '', '', :at);
insert into "case" (id, number, version_id, code, customer_id, owner_id, subject, details, facts,
    urgency, severity, channel, received_at, opened_at, verdict)
  values (1, 'P06-2026-0001', 1, 'P06', 1, 1, '漏油', '', '{}', 'high', 'general', 'phone', :at,
    :at, '');
insert into task (id, case_id, step, fork_path, round, for_key, owner_kind, owner_ref, owner_id,
    opened_at, outcome, votes)
  values (1, 1, 'register', '', 1, '', 'role', 'intake_clerk', 1, :at, '', '[]');
insert into assignment (id, task_id, person_id, at, reason) values (1, 1, 1, :at, '');
insert into pause (id, case_id, from_at, reason, by_id) values (1, 1, :at, '等配件', 1);
insert into document (id, case_id, sha256, size, mime, name, at, by_id)
  values (1, 1, 'x', 1, 'image/png', '1.png', :at, 1)
"""


async def test_a_portal_with_data_is_brought_along_whole(empty: Database) -> None:
    async with empty.engine.connect() as connection:
        writing = await connection.execution_options(**{WRITES: True})
        await writing.run_sync(lambda sync: migrating.upgrade_to(sync, "0004"))
        for statement in _BEFORE.split(";"):
            at = {"at": "2026-11-20 02:00:00+00:00"} if ":at" in statement else {}
            await writing.execute(text(statement), at if empty.is_sqlite else _timed(at))
        await writing.commit()
    assert "0005" in {name[:4] for name in await migrate(empty)}
    async with empty.reading() as db:
        contacts = select(Contact.customer_id, Contact.name, Contact.phone).order_by(Contact.id)
        assert (await db.execute(contacts)).all() == [
            (1, "孙大爷", "+8613912345678"),
            (2, "周", ""),
        ]
        case = (await db.scalars(select(Case).options(joinedload(Case.site)))).one()
        assert (case.contact_id, case.site and case.site.address) == (1, "锦江区")
        given = (await db.scalars(select(Assignment))).one()
        assert (given.case_id, given.task_id, given.person_id, given.leaving) == (1, 1, 1, False)
        # Nobody said when to look again: at once.
        pause = (await db.scalars(select(CasePause))).one()
        assert pause.look_again_at == pause.next_alarm_at == pause.from_at


def _timed(given: dict[str, str]) -> dict[str, datetime]:
    return {name: datetime.fromisoformat(value) for name, value in given.items()}


# Stops dead when the last table is being made, before anything is committed.
_KILLED = """
import asyncio, os, signal, sys
from alembic import op
from portal.kernel.db import migrating
from portal.kernel.db.unit import Database
real = op.create_table
made = []
def create_table(name, *args, **kwargs):
    result = real(name, *args, **kwargs)
    made.append(name)
    if len(made) == 10:
        print("killed", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    return result
op.create_table = create_table
asyncio.run(migrating.migrate(Database(sys.argv[1])))
"""


async def test_a_kill_in_the_middle_leaves_what_the_next_start_migrates(empty_url: str) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, empty_url],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (killed.stdout, killed.returncode) == ("killed\n", -9), killed.stderr
    async with opened(empty_url) as database:
        assert await tables(database) == set()
        assert await migrate(database) != []
        assert await pending(database) == []


async def test_processes_that_start_at_once_migrate_once(empty_url: str) -> None:
    program = (
        "import asyncio, sys\n"
        "from portal.kernel.db.migrating import migrate\n"
        "from portal.kernel.db.unit import Database\n"
        "sys.stdin.readline()\n"
        "print(len(asyncio.run(migrate(Database(sys.argv[1])))))"
    )
    starts = [
        subprocess.Popen(
            [sys.executable, "-c", program, empty_url],
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(3)
    ]
    counts = sorted(int(start.communicate("go\n", timeout=60)[0]) for start in starts)
    assert counts[:2] == [0, 0]
    assert counts[2] > 0
