"""Signing: what a customer signed on site is kept word for word, with what becomes of it (rule 22).

The log of the site is the field's; it tells here what it has found in it.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.kernel.act import Act
from portal.kernel.journal.recording import record
from portal.repairs.models import SignedSummary


@dataclass(frozen=True, slots=True)
class Signing:
    """Who signed which text, when, by which entry of the log of which task."""

    op_id: str
    case_id: int
    task_id: int
    name: str
    text: str
    sha256: str
    at: datetime


async def keep_signature(db: AsyncSession, act: Act, signing: Signing) -> SignedSummary:
    """Keep what was signed; whoever calls this has made sure that the hash is that of the text.
    What is kept already stays as it is."""
    kept = await _find(db, signing.op_id)
    if kept is not None:
        return kept
    summary = SignedSummary(
        op_id=signing.op_id,
        case_id=signing.case_id,
        task_id=signing.task_id,
        name=signing.name,
        text=signing.text,
        sha256=signing.sha256,
        signed_at=signing.at,
    )
    db.add(summary)
    await db.flush()
    _record(db, act, "summary.signed", summary, sha256=summary.sha256)
    return summary


async def add_picture(db: AsyncSession, act: Act, op_id: str, document_id: int) -> None:
    """The signature's picture has arrived."""
    summary = await _find(db, op_id)
    if summary is None or summary.document_id is not None:
        return
    summary.document_id = document_id
    await db.flush()
    _record(db, act, "summary.pictured", summary, document=document_id)


async def amend_signature(db: AsyncSession, act: Act, op_id: str) -> None:
    """Something was entered that the signature does not cover; said once."""
    summary = await _find(db, op_id)
    if summary is None or summary.amended_at is not None:
        return
    summary.amended_at = act.at
    await db.flush()
    _record(db, act, "summary.amended", summary)


async def void_signature(db: AsyncSession, act: Act, op_id: str) -> None:
    """The signature was a mistake; the text stays on record, and counts no more."""
    summary = await _find(db, op_id)
    if summary is None or summary.voided_at is not None:
        return
    summary.voided_at = act.at
    await db.flush()
    _record(db, act, "summary.voided", summary)


async def signature_of(db: AsyncSession, case_id: int) -> SignedSummary | None:
    """Of a case's signatures the one that counts: the last that is not voided."""
    query = select(SignedSummary).where(
        SignedSummary.case_id == case_id, SignedSummary.voided_at.is_(None)
    )
    return await db.scalar(query.order_by(SignedSummary.id.desc()).limit(1))


async def _find(db: AsyncSession, op_id: str) -> SignedSummary | None:
    return await db.scalar(select(SignedSummary).where(SignedSummary.op_id == op_id))


def _record(
    db: AsyncSession, act: Act, word: str, summary: SignedSummary, **body: str | int
) -> None:
    case = f"case:{summary.case_id}"
    record(db, act, word, case, summary=summary.id, op=summary.op_id, **body)
