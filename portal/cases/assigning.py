"""Assigning: a case or a task changes hands. The only place where an owner becomes another one;
who it may be is for those to check who call this. The clocks do not notice."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases import models
from portal.cases.announcing import announce_case_given, announce_reassigned, hush
from portal.cases.effects import Happening, carry_out
from portal.cases.loading import Loaded
from portal.kernel.act import Act, Staff
from portal.kernel.journal.recording import record
from portal.people.standing_in import Presence
from portal.procedures.lapsing import receipt_decides
from portal.procedures.state import OwnerKind


@dataclass(frozen=True, slots=True)
class Why:
    """The reason in words of whoever hands over; `leaving` where somebody has left instead."""

    reason: str = ""
    leaving: bool = False


async def give_task(
    db: AsyncSession,
    act: Act,
    loaded: Loaded,
    row: models.Task,
    to: int,
    why: Why,
    presence: Presence,
) -> None:
    """Make ``to`` the owner of an open task, and tell them. What the step asks for when it changes
    hands may refuse it."""
    await hush(db, act, row)
    row.owner_id = to
    step = loaded.definition.step[row.step]
    if receipt_decides(step) and not step.sign_for:
        # Nobody's silence counts by what reached another (P04.6): it is to be proven anew.
        row.received_at = None
    kept = _keep(db, act, loaded, row, to, why)
    await db.flush()
    # What people type may name people: the journal refers to the row that has it.
    body = {"task": row.id, "owner": to, "assignment": kept.id, "leaving": why.leaving}
    record(db, act, "task.reassigned", f"case:{row.case_id}", **body)
    for effect in step.handed:
        await carry_out(db, act, effect, Happening(loaded, row, presence))
    await announce_reassigned(db, act, loaded, row, presence)


async def give_case(
    db: AsyncSession, act: Act, loaded: Loaded, to: int, why: Why, presence: Presence
) -> None:
    """Make ``to`` the owner of a case and tell them; what customers have to answer in it is
    watched by the owner, so that goes along."""
    case = loaded.case
    case.owner_id = to
    kept = _keep(db, act, loaded, None, to, why)
    await db.flush()
    body = {"owner": to, "assignment": kept.id, "leaving": why.leaving}
    record(db, act, "case.handed_over", f"case:{case.id}", **body)
    for row in loaded.rows.values():
        if row.is_open and row.owner_kind == OwnerKind.COMPLAINANT and row.owner_id != to:
            row.owner_id = to
            _keep(db, act, loaded, row, to, why)
    await db.flush()
    await announce_case_given(db, act, loaded, presence)


def _keep(
    db: AsyncSession, act: Act, loaded: Loaded, row: models.Task | None, to: int, why: Why
) -> models.Assignment:
    kept = models.Assignment(
        case_id=loaded.case.id,
        task_id=row.id if row else None,
        person_id=to,
        at=act.at,
        by_id=act.actor.person_id if isinstance(act.actor, Staff) else None,
        leaving=why.leaving,
        reason=why.reason,
    )
    db.add(kept)
    return kept
