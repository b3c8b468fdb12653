"""Stocking: what comes into an engineer's van and leaves it. Nothing is refused because the books
say that there is none: where they do, somebody is asked to find out why (rule 20)."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.kernel.act import Act, System
from portal.kernel.db.inserting import insert_or
from portal.kernel.db.turns import take_turn
from portal.kernel.i18n import N_
from portal.kernel.journal.recording import record
from portal.kernel.problems import Problem
from portal.notices.telling import News, tell
from portal.people.access import me, require
from portal.people.models import Person
from portal.people.standing_in import presence_at
from portal.repairs.access import KEEPERS
from portal.repairs.amounts import written
from portal.repairs.models import Movement, Part, StockDiscrepancy, StockMovement
from portal.repairs.problems import DISCREPANCY_SETTLED

# A movement as it is to be written.
Row = dict[str, Any]
DISCREPANCIES = "/stock-discrepancies"
_TOUCHED = "stock_touched"


@dataclass(frozen=True, slots=True)
class Fitting:
    """An entry of the site's log: so many of a part were used, or went back into the van."""

    op_id: str
    case_id: int | None
    number: str
    quantity: Decimal
    is_return: bool
    at: datetime


def van_of(person_id: int) -> str:
    """What the journal calls the van of an engineer."""
    return f"van:{person_id}"


async def hand_out(
    db: AsyncSession, act: Act, person_id: int, part: Part, quantity: Decimal, note: str
) -> None:
    """Give an engineer so many of a part, or take them back (less than 0)."""
    require(act.actor, *KEEPERS)
    await take_turn(db, van_of(person_id))
    kind = Movement.HANDED_OUT if quantity > 0 else Movement.TAKEN_BACK
    row = {"kind": kind, "quantity": quantity, "op_id": None, "case_id": None, "note": note}
    await _move(db, act, person_id, [row | {"part_id": part.id, "happened_at": act.at}])


@asynccontextmanager
async def comparing(db: AsyncSession, zone: tzinfo) -> AsyncIterator[None]:
    """Compare vans and books when everything within has moved: what is entered and taken back in
    between differs for nobody. Within another of these that one does it."""
    if _TOUCHED in db.info:
        yield
        return
    touched: dict[int, tuple[int, Act]] = {}
    db.info[_TOUCHED] = touched
    try:
        yield
    finally:
        del db.info[_TOUCHED]
    for person_id, (since, act) in sorted(touched.items(), key=lambda one: one[0]):
        await _compare(db, act, person_id, since, zone)


async def fit(
    db: AsyncSession, act: Act, person_id: int, fittings: Sequence[Fitting], zone: tzinfo
) -> None:
    """Let the van's stock follow the log, each entry once; parts that the list does not know are
    nobody's stock. ``act`` is that of the engineer."""
    parts = select(Part).where(Part.number.in_({one.number for one in fittings}))
    known = {part.number: part for part in await db.scalars(parts)}
    rows: list[Row] = [
        {
            "part_id": known[one.number].id,
            "kind": Movement.RETURNED if one.is_return else Movement.USED,
            "quantity": one.quantity if one.is_return else -one.quantity,
            "op_id": one.op_id,
            "case_id": one.case_id,
            "note": "",
            "happened_at": one.at,
        }
        for one in fittings
        if one.number in known and one.quantity
    ]
    if not rows:
        return
    async with comparing(db, zone):
        await _touch(db, act, person_id)
        await _move(db, act, person_id, rows)


async def unfit(db: AsyncSession, act: Act, op_ids: Iterable[str], zone: tzinfo) -> None:
    """Undo what entries did that were wrong, once."""
    query = select(StockMovement).where(
        StockMovement.op_id.in_(list(op_ids)), StockMovement.kind != Movement.VOIDED
    )
    async with comparing(db, zone):
        for wrong in (await db.scalars(query.order_by(StockMovement.id))).all():
            row: Row = {
                "part_id": wrong.part_id,
                "kind": Movement.VOIDED,
                "quantity": -wrong.quantity,
                "op_id": wrong.op_id,
                "case_id": wrong.case_id,
                "note": "",
                "happened_at": act.happened_at,
            }
            await _touch(db, act, wrong.person_id)
            await _move(db, act, wrong.person_id, [row])


async def settle(db: AsyncSession, act: Act, discrepancy: StockDiscrepancy, reason: str) -> None:
    """Say why the books and the van differed. Raises ``discrepancy-settled``."""
    require(act.actor, *KEEPERS)
    lock = select(StockDiscrepancy).where(StockDiscrepancy.id == discrepancy.id)
    lock = lock.with_for_update(of=StockDiscrepancy)
    fresh = (await db.scalars(lock, execution_options={"populate_existing": True})).one()
    if fresh.settled_at is not None:
        raise Problem(DISCREPANCY_SETTLED)
    await _settle(db, act, fresh, me(act), reason)


async def _move(db: AsyncSession, act: Act, person_id: int, rows: Sequence[Row]) -> None:
    """Write movements, each entry's once. The van's turn is taken."""
    common = {"person_id": person_id, "at": act.at, "by_id": me(act)}
    new = insert_or(db, StockMovement).on_conflict_do_nothing(index_elements=["op_id", "kind"])
    new = new.returning(StockMovement.id, StockMovement.kind, StockMovement.part_id)
    written_rows = await db.execute(new, [row | common for row in rows])
    for movement_id, kind, part_id in written_rows.all():
        van = van_of(person_id)
        record(db, act, f"stock.{kind}", van, movement=movement_id, part=part_id)


async def _touch(db: AsyncSession, act: Act, person_id: int) -> None:
    """Take the van's turn, and note up to where its movements were compared."""
    await take_turn(db, van_of(person_id))
    touched: dict[int, tuple[int, Act]] = db.info[_TOUCHED]
    if person_id not in touched:
        last = select(func.max(StockMovement.id)).where(StockMovement.person_id == person_id)
        touched[person_id] = (await db.scalar(last) or 0, act)


async def _compare(db: AsyncSession, act: Act, person_id: int, since: int, zone: tzinfo) -> None:
    """Ask somebody to find out where more was taken after the movement ``since`` than there was,
    unless somebody is asked; and where what was wrong or came back explains what they were asked,
    ask no longer. Read from the books: a part of the unit may have failed meanwhile."""
    await take_turn(db, van_of(person_id))
    moved = select(StockMovement.part_id, StockMovement.quantity, StockMovement.case_id).where(
        StockMovement.person_id == person_id, StockMovement.id > since
    )
    change: dict[int, Decimal] = {}
    case_of: dict[int, int | None] = {}
    for part_id, quantity, case_id in await db.execute(moved.order_by(StockMovement.id)):
        change[part_id] = change.get(part_id, Decimal(0)) + quantity
        if quantity < 0:
            case_of[part_id] = case_id
    query = (
        select(Part, func.sum(StockMovement.quantity))
        .join(StockMovement, StockMovement.part_id == Part.id)
        .where(StockMovement.person_id == person_id, Part.id.in_(change))
        .group_by(Part.id)
        .order_by(Part.id)
    )
    asked = select(StockDiscrepancy).where(
        StockDiscrepancy.person_id == person_id, StockDiscrepancy.settled_at.is_(None)
    )
    asked = asked.with_for_update(of=StockDiscrepancy)
    open_already = {one.part_id: one for one in await db.scalars(asked)}
    for part, left in (await db.execute(query)).all():
        asks = open_already.get(part.id)
        if asks is None and left < 0 and change[part.id] < 0:
            await _ask(db, act, person_id, part, left, case_of[part.id], zone)
        elif asks is not None and left >= 0 and change[part.id] > 0:
            portal = replace(act, actor=System("rule 20"))
            await _settle(db, portal, asks, None, "")


async def _settle(
    db: AsyncSession, act: Act, open_: StockDiscrepancy, by_id: int | None, reason: str
) -> None:
    open_.settled_at, open_.settled_by_id, open_.reason = act.at, by_id, reason
    await db.flush()
    record(db, act, "discrepancy.settled", van_of(open_.person_id), discrepancy=open_.id)


async def _ask(
    db: AsyncSession,
    act: Act,
    person_id: int,
    part: Part,
    left: Decimal,
    case_id: int | None,
    zone: tzinfo,
) -> None:
    presence = await presence_at(db, act.at, zone)
    person = await db.get_one(Person, person_id)
    discrepancy = StockDiscrepancy(
        person_id=person_id,
        part_id=part.id,
        case_id=case_id,
        balance=left,
        opened_at=act.at,
    )
    db.add(discrepancy)
    await db.flush()
    record(db, act, "discrepancy.opened", van_of(person_id), discrepancy=discrepancy.id)
    news = News(
        word="stock.short",
        title=N_("%(name)s fitted more than the van held: %(part)s, %(left)s"),
        href=f"{DISCREPANCIES}/{discrepancy.id}",
        dedupe=f"stock.short:{discrepancy.id}",
        asks=True,
        values={"name": person.name, "part": f"{part.number} {part.name}", "left": written(left)},
    )
    keepers = {one for role in KEEPERS for one in presence.holders.get(role, ())}
    await tell(db, act, sorted(keepers), news)
