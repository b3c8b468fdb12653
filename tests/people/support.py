"""What the tests of this room share: acts of the cast, passwords that are quick to check."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from argon2 import PasswordHasher
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from portal.kernel.act import Act
from portal.kernel.db.unit import Database
from portal.kernel.journal.models import JournalEntry
from portal.people.listing import load_person
from portal.people.models import Person
from tests.support.browser import Browser
from tests.support.cast import NOON, acting, system

NewBrowser = Callable[..., Awaitable[Browser]]
PASSWORD = "a quiet harvest"
_QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


async def person_id(database: Database, login: str) -> int:
    async with database.reading() as db:
        found = await db.scalar(select(Person.id).where(Person.login == login))
    assert found is not None, login
    return found


async def person(db: AsyncSession, login: str) -> Person:
    """A member of the cast, loaded as pages load people."""
    found = await db.scalar(select(Person.id).where(Person.login == login))
    assert found is not None, login
    return await load_person(db, system().actor, found)


async def act_of(database: Database, login: str, at: datetime = NOON) -> Act:
    """An act of a member of the cast."""
    async with database.reading() as db:
        query = select(Person).where(Person.login == login)
        found = await db.scalar(query.options(selectinload(Person.grants)))
    assert found is not None, login
    return acting(found, at)


async def give_password(database: Database, *logins: str) -> None:
    """`PASSWORD` for members of the cast."""
    async with database.writing() as db:
        query = update(Person).where(Person.login.in_(logins)).values(password_hash=_QUICK)
        await db.execute(query)


async def words(database: Database, subject: str = "") -> list[str]:
    """The journal's words about a subject, in order."""
    async with database.reading() as db:
        query = select(JournalEntry.word).order_by(JournalEntry.rev)
        if subject:
            query = query.where(JournalEntry.subject == subject)
        return list(await db.scalars(query))
