"""Going away: leave with a deputy for it, called off or cut short; deputies for always."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.kernel.act import Act, Staff
from portal.kernel.journal.recording import record
from portal.kernel.problems import NOT_FOUND, Problem
from portal.people.access import me, require
from portal.people.models import Deputy, Leave, LeaveWithdrawal
from portal.people.problems import LEAVE_IS_OVER
from portal.people.roles import Role


@dataclass(frozen=True, slots=True)
class Absence:
    """When a person is away, why (may be empty), and who stands in."""

    from_at: datetime
    until_at: datetime
    reason: str
    deputy_id: int | None


async def go_away(db: AsyncSession, act: Act, person_id: int, absence: Absence) -> Leave:
    """``person_id`` will be away: entered by that person or by an administrator."""
    _require_self(act, person_id)
    leave = Leave(
        person_id=person_id,
        from_at=absence.from_at,
        until_at=absence.until_at,
        reason=absence.reason,
        deputy_id=absence.deputy_id,
    )
    db.add(leave)
    await db.flush()
    record(db, act, "leave.entered", f"person:{person_id}", leave=leave.id)
    return leave


async def call_off(db: AsyncSession, act: Act, leave_id: int) -> Leave:
    """The leave does not happen, or ends now. Raises ``leave-is-over`` when it has ended."""
    leave = await db.get(Leave, leave_id)
    if leave is None:
        raise Problem(NOT_FOUND)
    _require_self(act, leave.person_id)
    withdrawn = select(LeaveWithdrawal).where(LeaveWithdrawal.leave_id == leave_id)
    if leave.until_at <= act.at or await db.scalar(withdrawn):
        raise Problem(LEAVE_IS_OVER)
    db.add(LeaveWithdrawal(leave_id=leave_id, at=act.at, by_id=me(act)))
    record(db, act, "leave.called_off", f"person:{leave.person_id}", leave=leave_id)
    return leave


async def deputise(
    db: AsyncSession, act: Act, person_id: int, deputy_id: int | None, on: date
) -> None:
    """From the day ``on``, ``deputy_id`` stands in whenever ``person_id`` is away; or nobody."""
    _require_self(act, person_id)
    open_rows = select(Deputy).where(Deputy.person_id == person_id, Deputy.until_on.is_(None))
    for row in await db.scalars(open_rows):
        if row.from_on == on:
            await db.delete(row)
        else:
            row.until_on = on
    if deputy_id is not None:
        db.add(Deputy(person_id=person_id, deputy_id=deputy_id, from_on=on))
    record(db, act, "deputy.named", f"person:{person_id}", deputy=deputy_id)
    await db.flush()


def _require_self(act: Act, person_id: int) -> None:
    if not (isinstance(act.actor, Staff) and act.actor.person_id == person_id):
        require(act.actor, Role.ADMINISTRATOR)
