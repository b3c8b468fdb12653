"""Reopening: a closed case is taken up again at the step its procedure names, with a new clock, an
owner and a next step at once (R1). The customer does it by the link, the office with a reason."""

from datetime import datetime, timedelta, tzinfo

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.advancing import advance_loaded
from portal.cases.announcing import announce_reopening
from portal.cases.assigning import Why, give_case
from portal.cases.indexing import index_case
from portal.cases.loading import Loaded, load
from portal.cases.models import Case, Reopening
from portal.cases.owning import case_taker, owner_of
from portal.cases.problems import NOT_REOPENABLE, NOT_YOURS, REASON_MISSING, REOPENED_LATE
from portal.cases.surroundings import surroundings_at
from portal.kernel.act import Act, LinkHolder
from portal.kernel.problems import Problem
from portal.people.access import me, require
from portal.people.models import Departure
from portal.people.roles import Role
from portal.people.standing_in import Presence
from portal.procedures.definition import Definition
from portal.procedures.events import Reopened
from portal.procedures.state import Owner, OwnerKind

# Those who own cases, and who answers for them.
MAY_REOPEN = (
    Role.INTAKE_CLERK,
    Role.DISPATCHER,
    Role.DEPARTMENT_HEAD,
    Role.QUALITY,
    Role.GENERAL_MANAGER,
)
# So long after closing a customer may take it up again alone; later it takes a call [ours].
REOPEN_WITHIN = timedelta(days=30)


def reopenable_until(definition: Definition, case: Case) -> datetime | None:
    """Until when the customer may take up ``case`` again by the link; None where it is open, or
    closed in a way after which words are due instead."""
    if case.closed_at is None or not definition.reopens_after(case.verdict):
        return None
    return case.closed_at + REOPEN_WITHIN


async def reopen(db: AsyncSession, act: Act, case: Case, reason: str, zone: tzinfo) -> None:
    """The office takes a closed case up again. Raises ``reason-missing``, ``not-reopenable``."""
    require(act.actor, *MAY_REOPEN)
    if not reason.strip():
        raise Problem(REASON_MISSING)
    await _reopen(db, act, await load(db, case.id), reason, me(act), zone)


async def reopen_for_customer(
    db: AsyncSession, act: Act, case_id: int, words: str, zone: tzinfo
) -> None:
    """The customer says that it is not solved after all; whoever calls this has checked that the
    link is for this case, and keeps the words. Raises ``not-reopenable``, ``reopened-too-late``."""
    if not isinstance(act.actor, LinkHolder):
        raise Problem(NOT_YOURS)
    loaded = await load(db, case_id)
    until = reopenable_until(loaded.definition, loaded.case)
    if until is None:
        raise Problem(NOT_REOPENABLE)
    if act.at > until:
        raise Problem(REOPENED_LATE)
    await _reopen(db, act, loaded, words, None, zone)


async def _reopen(
    db: AsyncSession, act: Act, loaded: Loaded, reason: str, by_id: int | None, zone: tzinfo
) -> None:
    case = loaded.case
    closed_at, verdict = case.closed_at, case.verdict
    around = await surroundings_at(db, act.at, zone)
    await advance_loaded(db, act, loaded, Reopened(reason), around)
    assert closed_at is not None, "what the engine reopens was closed"
    kept = Reopening(
        case_id=case.id,
        at=act.at,
        by_id=by_id,
        reason=reason if by_id else "",
        closed_at=closed_at,
        verdict=verdict,
    )
    db.add(kept)
    await db.flush()
    former = {case.owner_id, *_engineer(case)}
    await _replace_leaver(db, act, loaded, around.presence)
    head = Owner(OwnerKind.ROLE, loaded.definition.owner)
    also = former | {await owner_of(db, around.presence, case, head)}
    await announce_reopening(db, act, loaded, also, around.presence)
    await index_case(db, case.id)


async def _replace_leaver(db: AsyncSession, act: Act, loaded: Loaded, presence: Presence) -> None:
    """While a case is closed nobody gives it on: who owned it may have left (R1)."""
    owner = loaded.case.owner_id
    left = select(exists().where(Departure.person_id == owner))
    to = case_taker(loaded, presence)
    if to != owner and await db.scalar(left):
        await give_case(db, act, loaded, to, Why(leaving=True), presence)


def _engineer(case: Case) -> set[int]:
    engineer = case.facts.get("engineer")
    return {int(engineer)} if engineer is not None else set()
