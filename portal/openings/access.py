"""Who may see what by a link. The only loader of this room: a link opens its own case only."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from portal.cases.models import Case
from portal.customers.models import Site
from portal.kernel import tokens
from portal.kernel.act import Act, LinkHolder, Via
from portal.kernel.problems import Problem
from portal.openings.models import Link
from portal.openings.problems import LINK_OVER

# The purpose of a link to the state of a case.
CASE = "case"


async def find_link(db: AsyncSession, act: Act, token: str) -> Link:
    """The valid link behind ``token``, with its case; raises ``link-over`` for any other, and does
    not say why."""
    if not tokens.is_token(token):
        raise Problem(LINK_OVER)
    query = select(Link).where(Link.token == tokens.digest(token), Link.purpose == CASE)
    query = query.where(Link.revoked_at.is_(None), Link.expires_at > act.at)
    case = joinedload(Link.case, innerjoin=True)
    link = await db.scalar(
        query.options(
            case.joinedload(Case.version, innerjoin=True),
            case.joinedload(Case.site).joinedload(Site.region),
            case.joinedload(Case.device),
        )
    )
    if link is None:
        raise Problem(LINK_OVER)
    return link


def holding(act: Act, link: Link) -> Act:
    """``act`` as that of whoever holds ``link``: a staff cookie in the same browser is nothing."""
    return Act(
        actor=LinkHolder(link.id, link.purpose),
        at=act.at,
        via=Via.LINK,
        happened_at=act.happened_at,
        request_id=act.request_id,
    )
