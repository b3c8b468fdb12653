"""Fixtures of commands."""

import sqlite3
from pathlib import Path

import pytest

from portal.demonstration.accounts import PASSWORD
from tests.commands.portals import Operator


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    return Operator(tmp_path / "home")


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the demonstration company in it, to copy."""
    home = tmp_path_factory.mktemp("demonstration") / "home"
    operator = Operator(home)
    operator.says("migrate")
    assert PASSWORD in operator.says("demo")
    with sqlite3.connect(home / "bihuan.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return home
