"""Reprioritising: urgency and severity change with a reason; limits follow (R6)."""

from datetime import tzinfo

from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.advancing import advance
from portal.cases.gating import open_children
from portal.cases.models import Case, PriorityChange
from portal.kernel.act import Act
from portal.kernel.journal.recording import record
from portal.people.access import me, require
from portal.people.roles import OVERSEERS
from portal.procedures.events import FactsChanged


async def reprioritise(
    db: AsyncSession, act: Act, case: Case, urgency: str, severity: str, reason: str, zone: tzinfo
) -> None:
    """Set both, of an open case that it waits for as well; raises ``reason-missing`` and, when
    nothing would change, ``done-already``."""
    require(act.actor, *OVERSEERS)
    facts = {"urgency": urgency, "severity": severity}
    await advance(db, act, case.id, FactsChanged(facts, reason), zone)
    for child in await open_children(db, case.id):
        if (child.urgency, child.severity) != (urgency, severity):
            await advance(db, act, child.id, FactsChanged(facts, reason), zone)
    change = PriorityChange(
        case_id=case.id,
        at=act.at,
        by_id=me(act),
        urgency=urgency,
        severity=severity,
        reason=reason,
    )
    db.add(change)
    await db.flush()
    record(db, act, "case.reprioritised", f"case:{case.id}", **facts, change=change.id)
