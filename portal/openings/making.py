"""Making links: the token is shown once, its digest is kept."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.models import Case
from portal.kernel import tokens
from portal.kernel.act import Act
from portal.kernel.journal.recording import record
from portal.openings.access import CASE
from portal.openings.models import Link
from portal.people.access import require
from portal.people.roles import OVERSEERS

# Longer than repairs take, with the weeks after; the company's choice, no clause says it [ours].
VALID = timedelta(days=180)


async def make_link(db: AsyncSession, act: Act, case: Case, *, alone: bool = False) -> str:
    """A token by which the customer of ``case`` sees it; with ``alone`` the earlier ones end.

    The case is one that the actor has found, and so may see.
    """
    require(act.actor, *OVERSEERS)
    if alone:
        await revoke_links(db, act, case)
    token, _ = await give_link(db, act, case)
    return token


async def revoke_links(db: AsyncSession, act: Act, case: Case) -> None:
    """Every link to ``case`` leads nowhere from now on."""
    valid = select(Link).where(Link.case_id == case.id, Link.revoked_at.is_(None))
    for link in await db.scalars(valid.order_by(Link.id)):
        link.revoked_at = act.at
        record(db, act, "link.revoked", f"case:{case.id}", link=link.id)


async def give_link(db: AsyncSession, act: Act, case: Case) -> tuple[str, Link]:
    """A new link to ``case``, with its token; whoever calls this has checked who may have it."""
    token = tokens.mint()
    link = Link(
        token=tokens.digest(token),
        purpose=CASE,
        case_id=case.id,
        contact_id=case.contact_id,
        made_at=act.at,
        expires_at=act.at + VALID,
    )
    db.add(link)
    await db.flush()
    record(db, act, "link.made", f"case:{case.id}", link=link.id, contact=link.contact_id)
    return token, link
