"""What a customer says by the link: words and photos, a press for progress (催办)."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.calendar.counting import due
from portal.calendar.days import Calendar
from portal.calendar.durations import parse_duration
from portal.cases.messaging import take_message
from portal.cases.models import Case, Message, MessageKind
from portal.cases.problems import CASE_NOT_OPEN
from portal.cases.taking_in import Photo
from portal.company.keeping import company_calendar
from portal.kernel.act import Act, LinkHolder
from portal.kernel.problems import FORBIDDEN, Problem
from portal.openings.models import Link
from portal.openings.photos import add_photos
from portal.openings.problems import TOO_OFTEN
from portal.openings.slowing import WINDOW

# One press counts for so long: people are told once, not pelted [ours].
PRESS_LASTS = parse_duration("1 wh")
# More than anybody has to say by the link within the hour [ours].
MOST_MESSAGES = 30


async def write(
    db: AsyncSession, act: Act, link: Link, text: str, photos: Sequence[Photo], zone: tzinfo
) -> None:
    """The customer adds words, photos or both. Raises ``too-often``."""
    require_holder(act, link)
    # Locked: those who write at once are counted one after another.
    await db.execute(select(Case.id).where(Case.id == link.case_id).with_for_update())
    await refuse_flood(db, act.at, link.case_id)
    await take_message(db, act, link.case, MessageKind.WORDS, text, zone)
    await add_photos(db, act, link.case, photos)


async def press(db: AsyncSession, act: Act, link: Link, zone: tzinfo) -> None:
    """The customer presses for progress. Within `PRESS_LASTS` of a press it changes nothing.

    Raises ``case-not-open``.
    """
    require_holder(act, link)
    # Locked: of two presses at once the second sees the first.
    await db.execute(select(Case.id).where(Case.id == link.case_id).with_for_update())
    if not link.case.is_open:
        raise Problem(CASE_NOT_OPEN)
    pressed = await last_press(db, link.case_id)
    calendar = await company_calendar(db, zone)
    if pressed and act.at < may_press_at(calendar, pressed):
        return
    await take_message(db, act, link.case, MessageKind.PRESS, "", zone)


async def refuse_flood(db: AsyncSession, at: datetime, case_id: int) -> None:
    """Raise ``too-often`` when `MOST_MESSAGES` came within the `WINDOW`; changes of the appointment
    have a limit of their own."""
    recent = select(func.count()).where(Message.case_id == case_id, Message.at > at - WINDOW)
    recent = recent.where(Message.kind != MessageKind.CHANGE)
    if (await db.scalar(recent) or 0) >= MOST_MESSAGES:
        seconds = int(WINDOW.total_seconds())
        minutes = seconds // 60
        raise Problem(TOO_OFTEN, {"minutes": minutes}, headers={"retry-after": str(seconds)})


async def last_press(db: AsyncSession, case_id: int) -> datetime | None:
    """When the customer pressed last."""
    presses = select(Message.at).where(Message.case_id == case_id)
    presses = presses.where(Message.kind == MessageKind.PRESS)
    return await db.scalar(presses.order_by(Message.id.desc()).limit(1))


def may_press_at(calendar: Calendar, pressed: datetime) -> datetime:
    """From when a press after that at ``pressed`` counts."""
    return due(calendar, pressed, PRESS_LASTS).at


def require_holder(act: Act, link: Link) -> None:
    """Raise ``forbidden`` unless the actor holds ``link``."""
    if act.actor != LinkHolder(link.id, link.purpose):
        raise Problem(FORBIDDEN)
