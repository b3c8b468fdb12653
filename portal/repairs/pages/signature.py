"""What the page of a case shows of the customer's signature, to everybody who sees the case."""

from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.models import Case
from portal.cases.pages.asides import Aside
from portal.kernel.act import Act
from portal.repairs.signing import signature_of

# Who tells the customer the result reads first what they signed.
REPORT = "report"


async def signature_aside(db: AsyncSession, _: Act, case: Case) -> Aside | None:
    """The signature of ``case`` that counts."""
    signed = await signature_of(db, case.id)
    return Aside("repairs/_signature.html", signed, step=REPORT) if signed else None
