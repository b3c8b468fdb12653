"""``backup``, ``restore`` and ``journal verify``."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.commands.portals import Operator
from tests.kernel.writing import empty_database

# Each command is a process of its own: a second for each.
pytestmark = pytest.mark.slow


@pytest.fixture
def used(demonstration: Path, tmp_path: Path) -> Operator:
    return Operator(shutil.copytree(demonstration, tmp_path / "home"))


def test_what_is_backed_up_is_restored_and_verified(used: Operator, tmp_path: Path) -> None:
    file = tmp_path / "b.tar.gz"
    assert used.says("backup", str(file)).startswith(f"Backup written: {file} (")
    assert used.fails("backup", str(file)) == f"{file} exists already"
    other = Operator(tmp_path / "other")
    assert "journal entries." in other.says("restore", str(file))
    assert other.says("user", "list") == used.says("user", "list")
    assert "fills a fresh one only" in other.fails("restore", str(file))


@pytest.mark.postgresql
def test_what_was_in_sqlite_is_restored_into_postgresql_and_back(
    used: Operator, tmp_path: Path, postgres_cluster: str
) -> None:
    there = {"BIHUAN_DATABASE_URL": empty_database(postgres_cluster)}
    other = Operator(tmp_path / "other", there)
    back = Operator(tmp_path / "back")
    used.says("backup", str(tmp_path / "1.tar.gz"))
    other.says("restore", str(tmp_path / "1.tar.gz"))
    other.says("backup", str(tmp_path / "2.tar.gz"))
    back.says("restore", str(tmp_path / "2.tar.gz"))
    assert back.says("user", "list") == other.says("user", "list") == used.says("user", "list")


def test_a_backup_that_cannot_be_written_is_said(used: Operator, tmp_path: Path) -> None:
    said = used.fails("backup", str(tmp_path / "nowhere" / "b.tar.gz"))
    assert said.startswith("cannot write ")


def test_a_damaged_backup_is_said_and_leaves_the_portal_fresh(
    used: Operator, tmp_path: Path
) -> None:
    file = tmp_path / "b.tar.gz"
    used.says("backup", str(file))
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    other = Operator(tmp_path / "other")
    assert "not a whole backup" in other.fails("restore", str(file))
    assert not other.home.exists()
    file.write_bytes(whole)
    other.says("restore", str(file))


def test_a_portal_with_anything_recorded_is_not_fresh(used: Operator, tmp_path: Path) -> None:
    file = tmp_path / "b.tar.gz"
    used.says("backup", str(file))
    other = Operator(tmp_path / "other")
    other.says("migrate")
    other.says("user", "add", "someone", "某人")
    assert "fills a fresh one only" in other.fails("restore", str(file))


def tamper(operator: Operator, statement: str) -> None:
    with sqlite3.connect(operator.database) as connection:
        connection.execute("DROP TRIGGER journal_no_update")
        connection.execute(statement)
    connection.close()


def test_a_journal_is_verified_and_a_change_is_named(used: Operator) -> None:
    assert used.says("journal", "verify").startswith("The journal is sound: ")
    tamper(used, "UPDATE journal SET word = 'x.y' WHERE rev = 7")
    assert used.fails("journal", "verify") == "journal entry 7 was changed after it was written"


def test_from_the_last_day_on_the_verdict_says_what_it_covers(used: Operator) -> None:
    with sqlite3.connect(used.database) as connection:
        rows = dict(connection.execute("SELECT rev, hash FROM journal"))
    connection.close()
    heads = used.home / "journal-heads.txt"
    heads.write_text(f"2026-01-01 3 {rows[3]}\n2026-01-02 5 {rows[5]}\n")
    said = used.says("journal", "verify", "--from-last-day")
    assert said == f"The journal is sound from entry 5 on: {len(rows) - 4} entries checked.\n"
    heads.write_text(f"2026-01-01 3 {'f' * 64}\n")
    assert "journal entry 3 differs from the day head" in used.fails("journal", "verify")
    heads.write_text("nonsense\n")
    assert used.fails("journal", "verify") == "journal-heads.txt, line 1: not a day head"
    heads.unlink()
    assert used.says("journal", "verify", "--from-last-day").startswith("The journal is sound: ")
