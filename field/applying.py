"""Applying: what an operation does to its job. Facts always apply, to the job as it is (rule 17);
what is proposed is decided by the server's own rules (rule 19); what cannot be applied is parked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from field.completing import complete, lacks_quotation
from field.devices import Known
from field.envelopes import Operation
from field.gathering import (
    TIMERS,
    Job,
    Single,
    files_known,
    jobs_of,
    singles_since,
    timers_running,
    tools_named,
)
from field.kinds import (
    BODIES,
    SCHEMA,
    SINGLE,
    BadBody,
    Complete,
    File,
    Moved,
    Receipt,
    Signature,
    Timer,
    Tool,
    Void,
    file_of,
    read_body,
    stored,
)
from field.locating import locate
from field.models import FieldEntry, Outcome
from field.timing import Times
from portal.cases.answering import sign_for
from portal.cases.models import Task
from portal.kernel.act import Act, Via
from portal.kernel.journal.recording import attempt
from portal.kernel.problems import Problem
from portal.repairs.cataloguing import normal_number
from portal.repairs.models import Tool as ToolOfOurs

log = structlog.get_logger()
# Operations that touch more than the log: each by itself, after all before it are written.
_BY_ITSELF = frozenset({"receipt", "arrive", "complete", "void"})


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of an operation, with the entry and the file it brings."""

    outcome: Outcome
    code: str = ""
    message: str = ""
    flags: tuple[str, ...] = ()
    body: dict[str, Any] | None = None
    file: File | None = None
    voids: str = ""

    def without_file(self) -> "Decision":
        """The same, where the file is announced already."""
        return replace(self, file=None)

    def flagged(self, flag: str) -> "Decision":
        """The same, in the record and worth a look, too, because of ``flag``."""
        flags = (*self.flags, flag)
        return replace(self, outcome=Outcome.FLAGGED, code=flags[0], flags=flags)

    @classmethod
    def park(cls, code: str, file: File | None = None) -> "Decision":
        return cls(Outcome.PARKED, code, file=file)


@dataclass(slots=True)
class Applying:
    """Applies the operations of one device within one unit; `prepare` reads what they need."""

    db: AsyncSession
    device: Known
    at: datetime
    zone: tzinfo
    jobs: dict[int, Job] = field(default_factory=dict)
    _files: dict[str, str] = field(default_factory=dict)
    _singles: dict[tuple[int, str], list[Single]] = field(default_factory=dict)
    _tools: dict[str, ToolOfOurs] = field(default_factory=dict)
    _running: set[str] = field(default_factory=set)

    async def prepare(self, ops: Sequence[Operation], also_task: int | None = None) -> None:
        """Read the jobs of ``ops`` and what they may collide with, in a bounded number of
        statements. ``also_task``: one that the office chose instead."""
        ids = {op.task_id for op in ops if op.task_id is not None}
        if also_task is not None:
            ids.add(also_task)
        me = self.device.staff.person_id
        self.jobs.update(await jobs_of(self.db, me, ids, self.at, self.zone))
        kinds = {op.kind for op in ops}
        if kinds & {"photo", "signature"}:
            files = [file.att_id for op in ops if (file := self.announced(op))]
            self._files.update(await files_known(self.db, files))
        based = [op.base_rev for op in ops if op.kind in SINGLE and op.base_rev is not None]
        if based:
            self._singles.update(await singles_since(self.db, ids, min(based)))
        if kinds & TIMERS:
            self._running |= await timers_running(self.db, me, self.at)
        if "tool" in kinds:
            self._tools.update(await tools_named(self.db, ops))

    def stands_alone(self, op: Operation) -> bool:
        """Whether ``op`` touches more than the log."""
        return op.kind in _BY_ITSELF

    async def decide(
        self,
        op: Operation,
        times: Times,
        *,
        task_id: int | None = None,
        by_office: str = "",
        forced: bool = False,
    ) -> Decision:
        """What becomes of ``op``; what it does beside the log is done. ``by_office`` is the flag of
        an office act, which asks no rights; ``task_id`` the job that the office chose."""
        try:
            body: Any = read_body(op) if op.kind in BODIES and op.schema <= SCHEMA else None
        except BadBody as error:
            return Decision(Outcome.NEEDS_FIX, "body", f"body: {error}")
        file = self.announced(op)
        job = self.jobs.get(task_id or op.task_id or 0)
        if reason := self._refused(op, body, job, by_office):
            return Decision.park(reason, file)
        assert job
        if file is None and file_of(body):
            return Decision.park("attachment_taken")
        flags = [*([by_office] if by_office else []), *(["forced"] if forced else [])]
        flags += [*self._flags(op, body, job, times), *times.flags]
        decision = Decision(
            Outcome.FLAGGED if flags else Outcome.APPLIED,
            flags[0] if flags else "",
            flags=tuple(flags),
            body=stored(body),
            file=file,
        )
        if by_office and op.kind == "complete":
            return decision  # it is on record; who holds the task answers it
        return await self._carry_out(op, body, job, times, decision)

    def announced(self, op: Operation) -> File | None:
        """The file that ``op`` announces, unless its number is that of another one."""
        if op.kind not in ("photo", "signature") or op.schema > SCHEMA:
            return None
        try:
            file = file_of(read_body(op))
        except BadBody:
            return None
        return file if file and self._files.setdefault(file.att_id, op.op_id) == op.op_id else None

    def _refused(self, op: Operation, body: Any, job: Job | None, by_office: str) -> str:
        """Why ``op`` goes to the office's inbox, which itself is asked nothing about rights."""
        if not by_office and self.device.is_revoked:
            return "revoked"
        if not by_office and op.device_id != self.device.row.name:
            return "another_device"
        if not by_office and op.user_id != self.device.staff.person_id:
            return "another_user"
        if op.kind not in BODIES:
            return "unknown_kind"
        if body is None:
            return "unknown_schema"
        if job is None:
            return "unknown_job"
        return "" if by_office or job.was_mine else "no_right"

    def _flags(self, op: Operation, body: Any, job: Job, times: Times) -> Iterable[str]:
        if not job.is_open:
            yield "closed"
        elif not job.is_mine:
            yield "reassigned"
        if op.kind in SINGLE and op.base_rev is not None:
            set_before = self._singles.get((job.task_id, op.kind), [])
            since = [one for one in set_before if one.rev > op.base_rev]
            if any(one.person_id != self.device.staff.person_id for one in since):
                yield "conflict"
            elif any(one.device_id != self.device.row.id for one in since):
                yield "old_base"
        if isinstance(body, Signature) and not body.covers_what_was_shown:
            yield "summary"
        if isinstance(body, Timer):
            yield from self._clock(op, body)
        if isinstance(body, Tool):
            ours = self._tools.get(normal_number(body.number))
            if ours and ours.is_expired(times.at.astimezone(self.zone).date()):
                yield "calibration"

    def _clock(self, op: Operation, body: Timer) -> Iterable[str]:
        if op.kind == "timer_stop":
            self._running.discard(body.timer)
            return
        if any(timer != body.timer for timer in self._running):
            yield "overlap"
        self._running.add(body.timer)

    async def _carry_out(
        self, op: Operation, body: Any, job: Job, times: Times, decision: Decision
    ) -> Decision:
        act = self.act(times)
        if isinstance(body, Moved) and op.kind == "arrive" and body.position and body.consent:
            await locate(self.db, act, job.site_id, body.position)
        if isinstance(body, Receipt) or op.kind == "arrive":
            await self._sign_for(act, job)
        if isinstance(body, Void):
            return await self._void(op, body, job, decision)
        if isinstance(body, Complete):
            if not job.is_open or not job.is_mine:
                return Decision.park("reassigned" if job.is_open else "closed")
            try:
                async with attempt(self.db):
                    await complete(self.db, act, job.task_id, body, self.zone)
            except Problem as problem:
                log.info("field.not_completed", op=op.op_id, problem=problem.kind.key)
                return Decision.park("not_answerable")
            job.is_open = False
            on = times.at.astimezone(self.zone).date()
            if await lacks_quotation(self.db, job.task_id, body, on):
                return decision.flagged("no_quotation")
        return decision

    async def _sign_for(self, act: Act, job: Job) -> None:
        """Who has the job signs for it, once (签收); being there says so, too."""
        if job.is_signed or not job.is_open or not job.is_mine:
            return
        task = await self.db.get_one(Task, job.task_id)
        try:
            async with attempt(self.db):
                await sign_for(self.db, act, task, self.zone)
        except Problem as problem:  # signed for, answered or handed over at this moment
            log.info("field.not_signed_for", task=job.task_id, problem=problem.kind.key)
        job.is_signed = True

    async def _void(self, op: Operation, body: Void, job: Job, decision: Decision) -> Decision:
        entry = await self.db.get(FieldEntry, body.op, populate_existing=True)
        if entry is None or entry.task_id != job.task_id or entry.kind in ("complete", "void"):
            return Decision.park("unknown_target")
        return replace(decision, voids=body.op)

    def act(self, times: Times) -> Act:
        """The act of an operation: now, of what happened when it counts."""
        return Act(self.device.staff, self.at, Via.FIELD, times.at)
