"""Posting: mails to customers leave the portal, each with a link of its own that is made as it
leaves. A try that fails takes its link back; where none succeeds the office gives the link."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from portal.cases.announcing import announce_link_needed
from portal.cases.models import Case, Task
from portal.kernel.act import Act, System, Via
from portal.kernel.db.unit import Database
from portal.kernel.i18n import DEFAULT, N_, language
from portal.kernel.journal.recording import record
from portal.kernel.settings import Settings
from portal.notices.channels import CHANNELS
from portal.notices.sending import delay_after
from portal.notices.transport import Channel, Message, TransportError
from portal.openings.making import give_link
from portal.openings.models import CustomerLetter, Link
from portal.openings.writing import ASKS, REMINDS
from portal.people.standing_in import presence_at

log = structlog.get_logger()
TITLES = {
    ASKS: N_("Your request %(number)s: please say whether it is solved"),
    REMINDS: N_("Reminder, your request %(number)s: please say whether it is solved"),
}
FOOT = N_(
    "You get this mail because you turned to us. Opening the link decides nothing: "
    "you choose on its page."
)
NOT_SET = "BIHUAN_PUBLIC_URL or BIHUAN_SMTP_URL is not set: nobody outside gets a link"
# Much longer than a server takes to answer; then somebody else may try.
LEASE = timedelta(minutes=5)
# A customer waits for days, not for weeks: then the office gives the link itself.
MOST_TRIES = 8
_MOST_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class _Leaving:
    """A letter that this run sends, with the token that only it knows."""

    letter_id: int
    tries: int
    message: Message


async def post_letters(
    database: Database, settings: Settings, at: datetime, channel: Channel = CHANNELS["mail"]
) -> None:
    """Send what is due at ``at``; a few at a time, so that other jobs have their turn."""
    due = select(CustomerLetter.id).where(CustomerLetter.next_try_at <= at).limit(1)
    async with database.reading() as db:
        if await db.scalar(due) is None:
            return
    for _ in range(_MOST_AT_ONCE):
        async with database.writing() as db:
            leaving = await _take(db, settings, at)
        if leaving is None:
            return
        try:
            if not settings.public_url or not channel.is_open(settings):
                raise TransportError(NOT_SET, permanent=True)
            await channel.send(settings, leaving.message)
        except TransportError as error:
            async with database.writing() as db:
                await _fail(db, settings.zone, at, leaving, error)
        else:
            async with database.writing() as db:
                letter = await db.get_one(CustomerLetter, leaving.letter_id)
                letter.done_at, letter.next_try_at = at, None


async def _take(db: AsyncSession, settings: Settings, at: datetime) -> _Leaving | None:
    """The next letter that is due, leased, with a link made for it; those that nobody needs any
    more are withdrawn."""
    query = select(CustomerLetter).where(CustomerLetter.next_try_at <= at)
    query = query.order_by(CustomerLetter.next_try_at, CustomerLetter.id).limit(1)
    contact = joinedload(CustomerLetter.contact, innerjoin=True)
    query = query.options(contact, joinedload(CustomerLetter.case, innerjoin=True))
    query = query.with_for_update(of=CustomerLetter, skip_locked=True)
    while letter := await db.scalar(query):
        if await _is_answered(db, letter):
            letter.withdrawn_at, letter.next_try_at = at, None
            await db.flush()
            continue
        act = Act.now(System("P06.6"), at, Via.JOB)
        token, link = await give_link(db, act, letter.case)
        letter.link_id, letter.next_try_at = link.id, at + LEASE
        await db.flush()
        return _Leaving(letter.id, letter.tries, _message(letter, settings, token))
    return None


async def _is_answered(db: AsyncSession, letter: CustomerLetter) -> bool:
    closed = select(Task.closed_at).where(Task.id == letter.task_id)
    return await db.scalar(closed) is not None


def _message(letter: CustomerLetter, settings: Settings, token: str) -> Message:
    # Which language customers read is not known: theirs is Chinese, and the page offers both.
    reads = language(DEFAULT)
    return Message(
        dedupe=f"customer:{letter.id}",
        name=letter.contact.name,
        email=letter.contact.email,
        language=reads,
        at=letter.made_at,
        title=reads.gettext(TITLES[letter.kind]) % {"number": letter.case.number},
        link=f"{settings.origin}/o/{token}",
        urgent=False,
        foot=FOOT,
    )


async def _fail(
    db: AsyncSession, zone: tzinfo, at: datetime, leaving: _Leaving, error: TransportError
) -> None:
    """Try again later; where that is no use the owner of the case gives the link."""
    act = Act.now(System("P06.6"), at, Via.JOB)
    letter = await db.get_one(CustomerLetter, leaving.letter_id)
    letter.tries, letter.error = leaving.tries + 1, str(error)[:300]
    if letter.link_id is not None:
        link = await db.get_one(Link, letter.link_id)
        link.revoked_at = at
        record(db, act, "link.revoked", f"case:{letter.case_id}", link=link.id)
    if not error.permanent and letter.tries < MOST_TRIES:
        letter.next_try_at = at + delay_after(letter.tries, 0.5)
        return
    log.warning("customer_letter.died", letter=letter.id)
    letter.dead_at, letter.next_try_at = at, None
    record(db, act, "customer_letter.died", f"case:{letter.case_id}", letter=letter.id)
    case = await db.get_one(Case, letter.case_id)
    presence = await presence_at(db, at, zone)
    await announce_link_needed(db, act, case, f"letter:{letter.id}", presence)
