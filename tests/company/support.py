"""What the tests of this room share."""

import json
import re
from typing import Any

from sqlalchemy import select

from portal.kernel.db.unit import Database
from portal.kernel.journal.models import JournalEntry
from tests.support.browser import Browser


async def bodies(database: Database, word: str) -> list[Any]:
    """What the journal says of a word, in order."""
    async with database.reading() as db:
        found = select(JournalEntry.body).where(JournalEntry.word == word)
        return [json.loads(body) for body in await db.scalars(found.order_by(JournalEntry.rev))]


async def version_at(browser: Browser, path: str) -> str:
    """The version in the form of a page."""
    page = await browser.get(path)
    found = re.search(r'name="version" value="(\w+)"', page.text)
    assert found, page.text
    return found[1]
