"""What the tests of this room share: news, open channels that can be made to fail, letters."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.kernel.db.unit import Database
from portal.kernel.settings import Settings
from portal.notices.channels import open_channels
from portal.notices.models import Letter, Notice
from portal.notices.telling import News, tell
from portal.notices.transport import Message
from portal.people.models import Person
from tests.support.cast import NOON, system

# A text that has its Chinese: “%(name)s已保存。”
TITLE = "%(name)s is saved."
NEWS = News(word="test.told", title=TITLE, href="/people", dedupe="a", values={"name": "A-1"})


@dataclass
class Post:
    """A channel that keeps what it is given; `fault` may raise, by message, before it does."""

    fault: Callable[[Message], BaseException | None] = lambda _: None
    sent: list[Message] = field(default_factory=list)

    def is_open(self, settings: Settings) -> bool:
        return True

    def reaches(self, person: Person) -> bool:
        return bool(person.email)

    async def send(self, settings: Settings, message: Message) -> None:
        await asyncio.sleep(0)
        if error := self.fault(message):
            raise error
        self.sent.append(message)

    @property
    def titles(self) -> list[str]:
        return [message.title for message in self.sent]


def use(database: Database, settings: Settings, post: Post) -> dict[str, Post]:
    """Open ``post`` as the only channel."""
    channels = {"mail": post}
    database.info.update(open_channels(settings, channels))
    return channels


async def told(
    database: Database, person_ids: list[int], news: News = NEWS, at: datetime = NOON, **other: Any
) -> int:
    """Tell in a unit of its own."""
    async with database.writing() as db:
        return await tell(db, system(at), person_ids, replace(news, **other))


async def notices(database: Database) -> list[Notice]:
    async with database.reading() as db:
        return list(await db.scalars(select(Notice).order_by(Notice.id)))


async def letters(database: Database) -> list[Letter]:
    async with database.reading() as db:
        return list(await db.scalars(select(Letter).order_by(Letter.id)))


async def ids(database: Database, *logins: str) -> list[int]:
    async with database.reading() as db:
        return [await _id(db, login) for login in logins]


async def _id(db: AsyncSession, login: str) -> int:
    return (await db.scalars(select(Person.id).where(Person.login == login))).one()
