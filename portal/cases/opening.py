"""Opening a case: a number, an owner, the procedure in force, and the first step with its clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.advancing import advance
from portal.cases.indexing import index_case
from portal.cases.models import Assignment, Case, CaseCounter, CaseLink
from portal.cases.owning import receiver_of
from portal.cases.problems import NOBODY_RECEIVES
from portal.customers.registering import Caller, find_or_register
from portal.kernel.act import Act, Staff
from portal.kernel.journal.recording import record
from portal.kernel.problems import NOT_FOUND, Problem
from portal.people.access import me, require
from portal.people.roles import Role
from portal.people.standing_in import presence_at
from portal.procedures.events import CaseOpened
from portal.procedures.storing import definition_of, in_force

MAY_OPEN = (Role.INTAKE_CLERK, Role.DISPATCHER, Role.DEPARTMENT_HEAD, Role.QUALITY)


@dataclass(frozen=True, slots=True)
class Registration:
    """What is known when a case is opened. `received_at` is the channel's time: the clock of the
    procedure starts there and not at the typing."""

    code: str
    subject: str
    details: str
    caller: Caller
    channel: str
    received_at: datetime
    urgency: str = "medium"
    severity: str = "general"


@dataclass(frozen=True, slots=True)
class Matter:
    """What comes of a case: by which procedure, as what `kind` of link, whose it is, and the facts
    it begins with; what it is about, by default the first case by its number. The task `task_id`
    waits for its end, where there is one."""

    code: str
    kind: str
    owner_id: int
    facts: Mapping[str, str]
    subject: str = ""
    details: str = ""
    task_id: int | None = None


async def open_case(db: AsyncSession, act: Act, given: Registration, zone: tzinfo) -> Case:
    """Register a case; whoever registers it owns it. Raises ``not-found`` without a procedure."""
    require(act.actor, *MAY_OPEN)
    return await _open(db, act, given, me(act), zone)


async def open_reported(db: AsyncSession, act: Act, given: Registration, zone: tzinfo) -> Case:
    """Register what a customer reports without an account: the least busy clerk who is present
    owns it. Raises ``not-found`` without a procedure, ``nobody-receives``."""
    owner_id = await receiver_of(db, await presence_at(db, act.at, zone), Role.INTAKE_CLERK)
    if owner_id is None:
        raise Problem(NOBODY_RECEIVES)
    return await _open(db, act, given, owner_id, zone)


async def _open(
    db: AsyncSession, act: Act, given: Registration, owner_id: int, zone: tzinfo
) -> Case:
    today = act.at.astimezone(zone).date()
    version = await in_force(db, given.code, today)
    if definition_of(version).by_itself:
        raise Problem(NOT_FOUND)
    party = await find_or_register(db, act, given.caller)
    case = Case(
        number=await _number(db, given.code, today.year),
        version_id=version.id,
        code=given.code,
        customer_id=party.customer.id,
        contact_id=party.contact.id,
        site_id=party.site.id if party.site else None,
        device_id=party.device.id if party.device else None,
        owner_id=owner_id,
        subject=given.subject,
        details=given.details,
        facts={"urgency": given.urgency, "severity": given.severity, "channel": given.channel},
        urgency=given.urgency,
        severity=given.severity,
        channel=given.channel,
        received_at=given.received_at,
        opened_at=act.at,
        verdict="",
    )
    return await _begin(db, act, case, zone)


async def open_from(db: AsyncSession, act: Act, case: Case, matter: Matter, zone: tzinfo) -> Case:
    """Open a case of its own that came of ``case``, for the same customer, site and device, and
    link the two; nobody asks for it, so whoever calls this says why it is due."""
    today = act.at.astimezone(zone).date()
    version = await in_force(db, matter.code, today)
    other = Case(
        number=await _number(db, matter.code, today.year),
        version_id=version.id,
        code=matter.code,
        customer_id=case.customer_id,
        contact_id=case.contact_id,
        site_id=case.site_id,
        device_id=case.device_id,
        owner_id=matter.owner_id,
        subject=(matter.subject or f"{case.number} {case.subject}")[:120],
        details=matter.details,
        facts=dict(matter.facts),
        urgency=matter.facts["urgency"],
        severity=matter.facts["severity"],
        channel=matter.facts["channel"],
        received_at=act.at,
        opened_at=act.at,
        verdict="",
    )
    await _begin(db, act, other, zone)
    ends = {"case_id": case.id, "other_id": other.id, "task_id": matter.task_id}
    db.add(CaseLink(**ends, kind=matter.kind, at=act.at))
    await db.flush()
    record(db, act, "case.linked", f"case:{case.id}", other=other.id, kind=matter.kind)
    return other


async def _begin(db: AsyncSession, act: Act, case: Case, zone: tzinfo) -> Case:
    """The rows of a new case, and its first step."""
    db.add(case)
    await db.flush()
    by = act.actor.person_id if isinstance(act.actor, Staff) else None
    db.add(Assignment(case_id=case.id, person_id=case.owner_id, at=act.at, by_id=by))
    body = {"number": case.number, "version": case.version_id}
    record(db, act, "case.opened", f"case:{case.id}", **body)
    await advance(db, act, case.id, CaseOpened(case.facts), zone)
    await index_case(db, case.id)
    return case


async def _number(db: AsyncSession, code: str, year: int) -> str:
    """The next number of a procedure's year, such as P06-2026-0001."""
    query = select(CaseCounter).where(CaseCounter.code == code, CaseCounter.year == year)
    counter = await db.scalar(query.with_for_update())
    if counter is None:
        try:
            async with db.begin_nested():
                db.add(CaseCounter(code=code, year=year, last=0))
        except IntegrityError:  # the year's first two cases met; the other one made the row
            pass
        counter = await db.scalar(query.with_for_update())
    assert counter is not None
    counter.last += 1
    return f"{code}-{year}-{counter.last:04}"
