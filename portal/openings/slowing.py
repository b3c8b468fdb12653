"""Slowing down: how often the public form is taken from one phone number and from one address of
the network."""

from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.kernel.db.turns import take_turn
from portal.kernel.problems import Problem
from portal.openings.models import SentForm
from portal.openings.problems import TOO_OFTEN

# The company's choice; behind one address a whole village may sit [ours].
WINDOW = timedelta(hours=1)
MOST_PER_PHONE = 5
MOST_PER_ADDRESS = 20


async def refuse_too_often(db: AsyncSession, at: datetime, phone: str, address: str) -> None:
    """Raise ``too-often`` when enough was taken from either within the `WINDOW`; ``phone`` is empty
    where only files were taken, with a form that was not."""
    frees = [await _frees_at(db, at, SentForm.address == line_of(address), MOST_PER_ADDRESS)]
    if phone:
        frees.append(await _frees_at(db, at, SentForm.phone == phone, MOST_PER_PHONE))
    wait = max((free - at for free in frees if free), default=None)
    if wait is not None:
        seconds = max(60, int(wait.total_seconds()))
        minutes = -(-seconds // 60)
        raise Problem(TOO_OFTEN, {"minutes": minutes}, headers={"retry-after": str(seconds)})


async def count_form(db: AsyncSession, at: datetime, phone: str, address: str) -> None:
    """Count a form that is taken now, or its files alone; raises ``too-often``."""
    await take_turn(db, "public form")
    await refuse_too_often(db, at, phone, address)
    db.add(SentForm(phone=phone, address=line_of(address), at=at))
    await db.flush()


async def forget_forms(db: AsyncSession, at: datetime) -> None:
    """Drop what slows nobody down any more."""
    await db.execute(delete(SentForm).where(SentForm.at <= at - WINDOW))


def line_of(address: str) -> str:
    """What is counted as one address: with IPv6 a line has a whole /64 of them and may take
    another for each form. What is no address (none is known) is counted as it is."""
    try:
        found = ip_address(address)
    except ValueError:
        return address[:60]
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(IPv6Network((int(found), 64), strict=False))


async def _frees_at(
    db: AsyncSession, at: datetime, same: ColumnElement[bool], most: int
) -> datetime | None:
    """When the next one is taken; None for at once."""
    recent = select(SentForm.at).where(same, SentForm.at > at - WINDOW)
    oldest = recent.order_by(SentForm.at.desc()).offset(most - 1).limit(1)
    last: datetime | None = await db.scalar(oldest)
    return last + WINDOW if last else None
