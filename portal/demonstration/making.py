"""Making the demonstration company in an empty portal, once."""

from datetime import tzinfo

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.demonstration.accounts import PASSWORD
from portal.demonstration.company import found_company
from portal.demonstration.complaints import take_complaints
from portal.demonstration.history import bring_history
from portal.demonstration.stock import stock_up
from portal.demonstration.work import send_out, take_calls
from portal.kernel.act import Act
from portal.kernel.db.turns import take_turn
from portal.kernel.db.unit import Database
from portal.kernel.journal.models import JournalEntry
from portal.kernel.journal.recording import record
from portal.people.counting import is_empty
from portal.people.passwords import hash_password

_MARK = "demonstration.made"


async def make(database: Database, act: Act, zone: tzinfo) -> None:
    """Fill an empty portal: a company, its stock, its work and its past.

    Where somebody is registered already nothing is done: of two first starts at once, one makes it.
    """
    password_hash = await hash_password(PASSWORD)
    async with database.writing() as db:
        await take_turn(db, "equipping")
        if not await is_empty(db):
            return
        company = await found_company(db, act, password_hash, zone)
        record(db, act, _MARK, "company:1")
        await stock_up(db, company, zone)
        await take_calls(db, company, zone)
        await send_out(db, company, zone)
        await take_complaints(db, company, zone)
        await bring_history(db, company.acts["admin"], zone)


async def is_demonstration(db: AsyncSession) -> bool:
    """Whether this portal was filled by `make`: its accounts may then be shown at the door."""
    return bool(await db.scalar(select(exists().where(JournalEntry.word == _MARK))))
