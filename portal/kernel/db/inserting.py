"""Inserting where a row may be there already: both databases can, each in its own dialect."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession


def insert_or(db: AsyncSession, table: Any) -> Any:
    """An insert into ``table`` with ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
    into = sqlite.insert if db.get_bind().dialect.name == "sqlite" else postgresql.insert
    return into(table)
