"""Fixtures of this room: a company that works by P06."""

import pytest

from portal.kernel.db.unit import Database


@pytest.fixture
async def company(database: Database) -> Database:
    """The database with the calendar and P06 in it."""
    return database
