"""Fixtures of commands."""

import sqlite3
from pathlib import Path

import pytest

from portal.demonstration.accounts import PASSWORD
from portal.kernel.db.unit import Database
from portal.kernel.settings import Settings
from tests.commands.portals import Operator
from tests.imports.support import Importer


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


@pytest.fixture
def importer(database: Database, settings: Settings) -> Importer:
    return Importer(database, settings.attachments)
