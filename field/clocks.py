"""A device from call to call: when it was heard of, what it holds, what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from field.alarming import alarm
from field.devices import Known
from field.envelopes import Batch, Operation, Sent
from field.models import FieldContact, FieldOp
from field.timing import Times, effective
from portal.kernel.act import Act

_MANY = 500


@dataclass(frozen=True, slots=True)
class Clocks:
    """When the operations of a call may have happened; by number, the corrected times before."""

    contacts: list[tuple[int, datetime]]
    registered_at: datetime
    received_at: datetime
    before: dict[int, datetime]

    @classmethod
    async def read(
        cls, db: AsyncSession, device: Known, sent: Sequence[Sent], at: datetime
    ) -> "Clocks":
        """What ``sent``, received ``at``, is held against."""
        ops = sorted((one.op for one in sent if one.op), key=lambda op: op.seq)
        registered = device.row.registered_at
        if not ops:
            return cls([], registered, at, {})
        mine, first, last = device.row.id, ops[0].seq, ops[-1].seq
        lowest = select(func.max(FieldContact.max_seq)).where(
            FieldContact.device_id == mine, FieldContact.max_seq < first
        )
        heard = select(FieldContact.max_seq, FieldContact.at).where(
            FieldContact.device_id == mine,
            FieldContact.max_seq < last,
            FieldContact.max_seq >= func.coalesce(lowest.scalar_subquery(), 0),
        )
        contacts = [
            (seq, when) for seq, when in await db.execute(heard.order_by(FieldContact.max_seq))
        ]
        made = select(FieldOp.corrected_at).where(FieldOp.device_id == mine, FieldOp.seq < first)
        previous = await db.scalar(made.order_by(FieldOp.seq.desc()).limit(1))
        before = {}
        for op in ops:
            if previous is not None:
                before[op.seq] = previous
            previous = effective(op.at_wall, op.offset, registered, at).corrected_at
        return cls(contacts, registered, at, before)

    def times(self, op: Operation) -> Times:
        """The times of an operation (rule 21)."""
        since = [when for seq, when in self.contacts if seq < op.seq]
        last = max(since, default=self.registered_at)
        return effective(
            op.at_wall,
            op.offset,
            min(last, self.received_at),
            self.received_at,
            self.before.get(op.seq),
        )


async def note_health(
    db: AsyncSession, act: Act, device: Known, batch: Batch, at: datetime
) -> None:
    """Keep what the phone said of itself, and raise an alarm where a number is missing or what it
    still held is gone (rules 18, 28)."""
    row, health = device.row, batch.health
    seqs = [one.seq for one in batch.sent if one.seq is not None]
    row.seen_at = at
    made = max([row.max_seq, *seqs, health.max_seq if health else 0])
    if health:
        if not batch.sent and health.pending == 0 and row.pending > 0:
            await alarm(db, act, device, "vanished", str(row.max_seq))
        row.pending = max(0, health.pending - len(batch.sent))
        row.oldest_at = health.oldest if row.pending else None
        row.persisted, row.quota = health.persisted, health.quota
        row.build, row.push = health.build, health.push
    last = await _heard_up_to(db, device)
    if last is None or made > last:
        db.add(FieldContact(device_id=row.id, max_seq=made, at=at))
    await _reach(db, act, device, seqs)


async def note_carried(db: AsyncSession, act: Act, device: Known, arrived: Sequence[Sent]) -> None:
    """What ``arrived`` for the first time, by somebody's hand (rule 29). Nothing was heard of the
    phone: a contact now would bind the times of what it made since (rule 21), and it may be as
    silent as before. Of what it said that it held, there is less to wait for, and to miss."""
    row = device.row
    seqs = [one.seq for one in arrived if one.seq is not None]
    told_of = await _heard_up_to(db, device) or 0
    row.pending = max(0, row.pending - sum(seq <= told_of for seq in seqs))
    row.oldest_at = row.oldest_at if row.pending else None
    await _reach(db, act, device, seqs)


async def _heard_up_to(db: AsyncSession, device: Known) -> int | None:
    """The highest number that the device had made when it was last heard of."""
    heard = select(func.max(FieldContact.max_seq)).where(FieldContact.device_id == device.row.id)
    found: int | None = await db.scalar(heard)
    return found


async def _reach(db: AsyncSession, act: Act, device: Known, seqs: Sequence[int]) -> None:
    """Go on to the highest number that came, and see whether one below it is missing."""
    device.row.max_seq = max([device.row.max_seq, *seqs])
    await _look_for_holes(db, act, device)
    await db.flush()


async def _look_for_holes(db: AsyncSession, act: Act, device: Known) -> None:
    row = device.row
    query = select(FieldOp.seq).where(FieldOp.device_id == row.id).order_by(FieldOp.seq)
    while row.next_seq <= row.max_seq:
        found = await db.scalars(query.where(FieldOp.seq >= row.next_seq).limit(_MANY))
        begin = row.next_seq
        for seq in found:
            if seq != row.next_seq:
                break
            row.next_seq += 1
        if row.next_seq - begin < _MANY:
            break
    if row.next_seq <= row.max_seq:
        await alarm(db, act, device, "hole", str(row.next_seq))
