"""Entering: what applied operations leave in the logs of their jobs, many in one statement."""

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from field.following import Brought, follow
from field.models import FieldAttachment, FieldEntry, Outcome
from portal.kernel.act import Act
from portal.people.access import me

# What no operation is to blame for: the whole call is to come again.
DISK = (OperationalError, InterfaceError)
_WORDS = {
    Outcome.APPLIED: "operation.applied",
    Outcome.FLAGGED: "operation.flagged",
    Outcome.PARKED: "operation.parked",
    Outcome.QUARANTINED: "operation.quarantined",
    Outcome.NEEDS_FIX: "operation.kept",
}


async def enter(db: AsyncSession, act: Act, brought: Sequence[Brought], zone: tzinfo) -> None:
    """Write the entries and files of operations that stand in the ledger already, and what follows
    from them. ``act`` is that of the engineer."""
    entries: list[dict[str, Any]] = []
    files: list[dict[str, Any]] = []
    for one in brought:
        op, decision = one.op, one.decision
        if decision.body is not None:
            entries.append(
                {
                    "op_id": op.op_id,
                    "task_id": one.task_id,
                    "person_id": me(act),
                    "kind": op.kind,
                    "body": decision.body,
                    "at": one.at,
                    "flags": list(decision.flags),
                }
            )
        if decision.file:
            file = decision.file
            files.append(
                {
                    "att_id": file.att_id,
                    "op_id": op.op_id,
                    "sha256": file.sha256,
                    "size": file.size,
                    "mime": file.mime,
                }
            )
        if decision.voids:
            target = update(FieldEntry).where(
                FieldEntry.op_id == decision.voids, FieldEntry.voided_by.is_(None)
            )
            await db.execute(target.values(voided_by=op.op_id))
    if entries:
        await db.execute(insert(FieldEntry), entries)
    if files:
        await db.execute(insert(FieldAttachment), files)
    await follow(db, act, brought, zone)


def word_of(outcome: Outcome) -> str:
    """The journal's word for an outcome."""
    return _WORDS[outcome]


def subject_of(case_id: int | None, device_id: int) -> str:
    """What the journal says an operation was about: its case, else the phone it came from."""
    return f"phone:{device_id}" if case_id is None else f"case:{case_id}"
