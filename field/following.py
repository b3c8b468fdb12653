"""What follows from entries beside the log: the van's stock goes with the parts (rule 20), and the
customer's signature is kept with what it covers (rule 22)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from field.applying import Decision
from field.completing import lines_of
from field.envelopes import Operation
from field.folding import UNSIGNED, is_amended_after
from portal.kernel.act import Act
from portal.people.access import me
from portal.repairs.cataloguing import normal_number
from portal.repairs.models import SignedSummary
from portal.repairs.signing import Signing, amend_signature, keep_signature, void_signature
from portal.repairs.stocking import Fitting, fit, unfit


@dataclass(frozen=True, slots=True)
class Brought:
    """An operation of the ledger with what was decided, the task it goes to, and when it counts."""

    op: Operation
    decision: Decision
    task_id: int | None
    case_id: int | None
    at: datetime


async def follow(db: AsyncSession, act: Act, brought: Sequence[Brought], zone: tzinfo) -> None:
    """Carry on what the entries of ``brought``, written by now, mean. ``act`` is that of the
    engineer, ``zone`` the company's."""
    fittings = [one for one in map(_fitting, brought) if one]
    if fittings:
        await fit(db, act, me(act), fittings, zone)
    if voided := [one.decision.voids for one in brought if one.decision.voids]:
        await unfit(db, act, voided, zone)
    for one in brought:
        if one.decision.body is not None and one.op.kind == "signature":
            await _sign(db, act, one)
        if one.decision.voids:
            await void_signature(db, act, one.decision.voids)
    await _amend(db, act, brought)


def _fitting(one: Brought) -> Fitting | None:
    """What an entry does to the van; a part without a number is nobody's stock."""
    body = one.decision.body
    if body is None or one.op.kind not in ("part", "part_returned"):
        return None
    number = normal_number(body["number"])
    quantity, is_return = Decimal(body["quantity"]), one.op.kind == "part_returned"
    if not number:
        return None
    return Fitting(one.op.op_id, one.case_id, number, quantity, is_return, one.at)


async def _sign(db: AsyncSession, act: Act, one: Brought) -> None:
    """Keep a signature, unless it covers another text than the one that came with it."""
    body = one.decision.body
    if body is None or one.task_id is None or one.case_id is None:
        return
    if "summary" in one.decision.flags:
        return
    signing = Signing(
        op_id=one.op.op_id,
        case_id=one.case_id,
        task_id=one.task_id,
        name=body["name"],
        text=body["summary"],
        sha256=body["summary_sha256"],
        at=one.at,
    )
    await keep_signature(db, act, signing)


async def _amend(db: AsyncSession, act: Act, brought: Sequence[Brought]) -> None:
    """Mark the signature that counts where something came after it."""
    touched = {
        one.task_id
        for one in brought
        if one.decision.body is not None and one.op.kind not in UNSIGNED
    }
    if not touched:
        return
    query = select(SignedSummary).where(
        SignedSummary.task_id.in_(touched), SignedSummary.voided_at.is_(None)
    )
    standing = {one.task_id: one for one in await db.scalars(query.order_by(SignedSummary.id))}
    for task_id, summary in standing.items():
        if summary.amended_at is None and is_amended_after(
            await lines_of(db, task_id), summary.op_id
        ):
            await amend_signature(db, act, summary.op_id)
