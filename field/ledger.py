"""The ledger: what a phone sends is taken in once, whole and for ever; a resend gets the same
answer (rules 11–18). One call is one unit; nothing is answered before it is committed."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import Any

import structlog
from sqlalchemy import insert, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from field.alarming import alarm
from field.applying import Applying, Decision
from field.clocks import Clocks, note_carried, note_health
from field.devices import Known, recognise
from field.entering import DISK, enter, subject_of, word_of
from field.envelopes import Batch, Sent
from field.following import Brought
from field.models import FieldAside, FieldOp, FieldWait, Outcome
from field.replying import New, Receipt, Reply, again, digest_of, reply_of
from field.revising import keep_revision
from field.waiting import in_order, missing, release
from portal.kernel.act import Act, Via
from portal.kernel.db.unit import Database
from portal.kernel.journal.recording import attempt, record
from portal.repairs.stocking import comparing

log = structlog.get_logger()


async def receive(
    database: Database, key: str, batch: Batch, at: datetime, zone: tzinfo
) -> Receipt:
    """Take in one call of the device with ``key``. Raises ``not-a-device``; whatever is wrong with
    a single operation is its outcome."""
    async with database.writing() as db:
        taking = Taking(db, await recognise(db, key), batch, at, zone)
        await taking.take()
    return taking.receipt()


@dataclass(slots=True)
class Taking:
    """One call of a device that is known, and locked. `is_carried`: somebody brought it in the
    device's stead (rule 29), so that nothing was heard of the device itself."""

    db: AsyncSession
    device: Known
    batch: Batch
    at: datetime
    zone: tzinfo
    is_carried: bool = False
    _told: dict[int, New | Reply] = field(default_factory=dict)

    @property
    def act(self) -> Act:
        return Act.now(self.device.staff, self.at, Via.FIELD)

    async def take(self) -> None:
        clocks = await Clocks.read(self.db, self.device, self.batch.sent, self.at)
        new = await self._sort_out(clocks)
        async with comparing(self.db, self.zone):
            await self._apply(new)
            here = [one.sent.op_id for one in new if one.sent.op_id and not one.waits_for]
            await release(self.db, here, self.at, self.zone)
        if self.is_carried:
            arrived = [one.sent for one in new if one.is_fresh]
            await note_carried(self.db, self.act, self.device, arrived)
        else:
            await note_health(self.db, self.act, self.device, self.batch, self.at)

    def fresh(self) -> list[Sent]:
        """What was not here before, in the ledger or beside it."""
        new = {id(one): one for one in self._told.values() if isinstance(one, New)}
        return [one.sent for one in new.values() if one.is_fresh]

    def receipt(self) -> Receipt:
        """To be asked when the unit is committed."""
        return Receipt(self.replies(), self.device.row.max_seq, self.at)

    def replies(self) -> list[Reply]:
        """The answers, in the order of the call."""
        told = (self._told[number] for number in range(len(self.batch.sent)))
        replies: list[Reply] = []
        seen: set[int] = set()
        for one in told:
            reply = one if isinstance(one, Reply) else one.reply()
            if id(one) in seen:  # twice in one call
                reply = replace(reply, replayed=True)
            seen.add(id(one))
            replies.append(reply)
        return replies

    async def _sort_out(self, clocks: Clocks) -> list[New]:
        """Answer what is known already, lay aside what the ledger cannot hold; the rest is new."""
        ops, seqs = await self._stored()
        asides: dict[str, New | Reply] = {**await self._stored_asides()}
        new: dict[str, New] = {}
        for number, sent in enumerate(self.batch.sent):
            if aside := asides.get(sent.digest):
                self._told[number] = aside
                continue
            twin = ops.get(sent.op_id or "") or new.get(sent.op_id or "")
            if twin is not None and digest_of(twin) == sent.sha256:
                self._told[number] = again(twin)
                continue
            if fault := _fault(sent, twin, seqs):
                kept = asides[sent.digest] = await self._lay_aside(sent, fault)
                self._told[number] = kept
                continue
            one = New(sent, Decision.park("waits"))
            if sent.op:
                one.times = clocks.times(sent.op)
            else:
                one.decision = Decision(Outcome.NEEDS_FIX, "unreadable", sent.fault)
            self._told[number] = new[sent.op_id or ""] = one
            if sent.seq is not None:
                seqs.add(sent.seq)
        return list(new.values())

    async def _stored(self) -> tuple[dict[str, FieldOp], set[int]]:
        """What the ledger holds under the ids and numbers of this call."""
        ids = [sent.op_id for sent in self.batch.sent if sent.op_id]
        numbers = [sent.seq for sent in self.batch.sent if sent.seq is not None]
        if not ids and not numbers:
            return {}, set()
        mine = (FieldOp.device_id == self.device.row.id) & FieldOp.seq.in_(numbers)
        query = select(FieldOp).where(or_(FieldOp.op_id.in_(ids), mine))
        rows = list(await self.db.scalars(query))
        here = self.device.row.id
        return (
            {row.op_id: row for row in rows},
            {row.seq for row in rows if row.seq is not None and row.device_id == here},
        )

    async def _stored_asides(self) -> dict[str, Reply]:
        digests = [sent.digest for sent in self.batch.sent]
        query = select(FieldAside).where(FieldAside.digest.in_(digests))
        return {row.digest: reply_of(row) for row in await self.db.scalars(query)}

    async def _lay_aside(self, sent: Sent, code: str) -> New | Reply:
        """Keep beside the ledger what cannot stand in it, whole, and raise an alarm."""
        is_readable = code != "unreadable"
        outcome = Outcome.QUARANTINED if is_readable else Outcome.NEEDS_FIX
        one = New(sent, Decision(outcome, code, sent.fault))
        values = {
            "digest": sent.digest,
            "device_id": self.device.row.id,
            "op_id": sent.op_id,
            "envelope": sent.text,
            "outcome": outcome,
            "code": code,
            "message": sent.fault,
            "received_at": self.at,
        }
        try:
            async with attempt(self.db):
                await self.db.execute(insert(FieldAside), [values])
        except IntegrityError:  # another device brought the same at this moment
            return (await self._stored_asides())[sent.digest]
        subject = f"phone:{self.device.row.id}"
        word = word_of(outcome)
        one.entry = record(self.db, self.act, word, subject, op=sent.op_id, code=code)
        keep_revision(self.db, sent.digest, one.entry, aside=True)
        if is_readable:
            await alarm(self.db, self.act, self.device, code, sent.digest)
        return one

    async def _apply(self, new: Sequence[New]) -> None:
        """Write all that is new. Plain facts go in together; what does more goes by itself."""
        applying = Applying(self.db, self.device, self.at, self.zone)
        readable = {one.sent.op_id: one for one in new if one.sent.op}
        ordered = in_order([one.sent.op for one in new if one.sent.op])
        await applying.prepare(ordered)
        present = await missing(self.db, ordered)
        together = [one for one in new if one.sent.op is None]
        for op in ordered:
            one = readable[op.op_id]
            if job := applying.jobs.get(op.task_id or 0):
                one.task_id, one.case_id = job.task_id, job.case_id
            one.waits_for = present.lacking(op)
            if one.waits_for:
                one.decision = Decision.park("waits", applying.announced(op))
                together.append(one)
                continue
            present.add(op.op_id)
            if applying.stands_alone(op):
                await self._write(together)
                together = []
                await self._by_itself(applying, one)
            else:
                assert one.times
                one.decision = await applying.decide(op, one.times)
                together.append(one)
        await self._write(together)

    async def _by_itself(self, applying: Applying, one: New) -> None:
        assert one.sent.op
        assert one.times
        try:
            async with attempt(self.db):
                one.decision = await applying.decide(one.sent.op, one.times)
                await self._insert([one])
        except DISK:
            raise
        except Exception as error:
            # One that cannot be carried out holds nothing else back (rule 12).
            log.error("field.not_applied", op=one.sent.op_id, exc_info=error)
            one.decision = Decision.park("fault", one.decision.file)
            await self._write([one])
            return
        self._note(one)

    async def _write(self, ones: Sequence[New]) -> None:
        if not ones:
            return
        try:
            async with attempt(self.db):
                await self._insert(ones)
        except IntegrityError as error:
            if len(ones) == 1:
                await self._collide(ones[0], error)
                return
            for one in ones:
                await self._write([one])
            return
        for one in ones:
            self._note(one)

    async def _collide(self, one: New, error: IntegrityError) -> None:
        """Another device brought the same id, or file, at this moment and was first."""
        twin = await self.db.get(FieldOp, one.sent.op_id, populate_existing=True)
        if twin is not None and twin.sha256 == one.sent.sha256:
            one.known = again(twin)
        elif twin is not None:
            one.known = await self._lay_aside(one.sent, "another_body")
        elif one.decision.code == "attachment_taken":
            raise error
        else:
            one.decision = Decision.park("attachment_taken")
            await self._write([one])

    async def _insert(self, ones: Sequence[New]) -> None:
        await self.db.execute(insert(FieldOp), [self._row(one) for one in ones])
        waits = [
            {"op_id": one.sent.op_id, "awaited": other} for one in ones for other in one.waits_for
        ]
        if waits:
            await self.db.execute(insert(FieldWait), waits)
        brought = [
            Brought(one.sent.op, one.decision, one.task_id, one.case_id, one.times.at)
            for one in ones
            if one.sent.op and one.times
        ]
        await enter(self.db, self.act, brought, self.zone)

    def _row(self, one: New) -> dict[str, Any]:
        op, times, told = one.sent.op, one.times, one.decision
        return {
            "op_id": one.sent.op_id,
            "device_id": self.device.row.id,
            "seq": one.sent.seq,
            "sha256": one.sent.sha256,
            "kind": op.kind if op else "",
            "job": str(op.job_id) if op else "",
            "task_id": one.task_id,
            "case_id": one.case_id,
            "envelope": one.sent.text,
            "outcome": str(told.outcome),
            "code": told.code,
            "message": told.message,
            "claimed_at": times.claimed_at if times else None,
            "corrected_at": times.corrected_at if times else None,
            "received_at": self.at,
            "at": times.at if times else self.at,
            "time_flags": list(times.flags) if times else [],
        }

    def _note(self, one: New) -> None:
        """What was taken in stands in the journal, by ids alone."""
        at = one.times.at if one.times else self.at
        one.entry = record(
            self.db,
            Act(self.device.staff, self.at, Via.FIELD, at),
            word_of(one.decision.outcome),
            subject_of(one.case_id, self.device.row.id),
            op=one.sent.op_id,
            kind=one.sent.op.kind if one.sent.op else "",
            task=one.task_id,
            code=one.decision.code,
        )
        keep_revision(self.db, one.sent.op_id or "", one.entry)


def _fault(sent: Sent, twin: FieldOp | New | None, seqs: set[int]) -> str:
    """Why the ledger cannot hold it; nothing where it can."""
    if sent.op_id is None:
        return "unreadable"
    if sent.op and sent.op.sha256 != sent.sha256:
        return "hash"
    if twin is not None:
        return "another_body"
    return "seq_taken" if sent.seq in seqs else ""
