"""Fixtures of this room."""

from pathlib import Path

import pytest

from portal.kernel.db.unit import Database
from portal.kernel.settings import Settings
from tests.imports.support import Importer


@pytest.fixture
def importer(database: Database, settings: Settings) -> Importer:
    return Importer(database, settings.attachments)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
