"""Times go in aware and come out in UTC, to the microsecond, on both databases."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.exc import StatementError

from portal.kernel.db.base import UtcTime
from portal.kernel.db.unit import Database
from portal.people.models import FailedSignIn, Invitation

SHANGHAI = timezone(timedelta(hours=8))


async def test_a_time_comes_back_as_the_same_instant(database: Database) -> None:
    at = datetime(2026, 11, 21, 0, 30, 0, 123456, tzinfo=SHANGHAI)
    async with database.writing() as db:
        db.add(FailedSignIn(login="a", address="", at=at))
    async with database.reading() as db:
        found = await db.scalar(select(FailedSignIn.at))
        assert await db.scalar(select(FailedSignIn.id).where(FailedSignIn.at == at))
    assert found == at
    assert found.tzinfo is UTC


async def test_no_time_stays_none(database: Database) -> None:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    async with database.writing() as db:
        db.add(Invitation(token="t", made_at=at, expires_at=at, used_at=None))
    async with database.reading() as db:
        assert (await db.execute(select(Invitation.used_at))).scalar_one() is None


async def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    naive = datetime(2026, 11, 21)  # noqa: DTZ001
    with pytest.raises(StatementError, match="without a zone"):
        async with database.writing() as db:
            db.add(FailedSignIn(login="a", address="", at=naive))


def test_the_column_says_what_it_holds() -> None:
    # Paging and archives read it back by this.
    assert UtcTime().python_type is datetime
