"""Turns: units that must not do the same thing side by side wait for one another."""

from zlib import crc32

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

# Marks the keys of PostgreSQL's advisory locks as the portal's.
_OURS = 8_243_617 << 32


async def take_turn(db: AsyncSession, what: str) -> None:
    """Wait until no other unit holds the turn at ``what``, and hold it until this unit ends.

    What is read afterwards is as the last one left it. SQLite writes one unit at a time anyway:
    there a writing unit has its turn once it has begun.
    """
    connection = await db.connection()
    if connection.dialect.name == "postgresql":
        await db.execute(select(func.pg_advisory_xact_lock(_OURS | crc32(what.encode()))))
