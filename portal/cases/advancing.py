"""Advancing: an event goes through the pure engine, and its plan is written here, in one
transaction: nobody else opens, closes or limits a task. At the end no open case is without owner,
next step and limit (R1). Who owns a task changes in `assigning`, too; a draft decides nothing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.calendar.counting import due
from portal.calendar.days import Calendar
from portal.calendar.durations import parse_duration
from portal.calendar.pauses import Pause
from portal.cases import models
from portal.cases.announcing import announce_alarm, announce_closing, announce_task, hush
from portal.cases.effects import ANSWER_PARENT, OPEN_CHILD, Happening, carry_out
from portal.cases.loading import Loaded, load, stored_value
from portal.cases.owning import first_persons, owner_of
from portal.cases.problems import kind_of
from portal.cases.surroundings import Surroundings, surroundings_at
from portal.cases.timing import count, levels_of, schedule
from portal.kernel.act import Act, Staff, System
from portal.kernel.journal.recording import record
from portal.kernel.problems import Problem
from portal.procedures import engine
from portal.procedures.events import Event, PauseBegun, Refusal
from portal.procedures.plan import Limit, Moment, MomentKind, Opening, Plan, Relimiting
from portal.procedures.state import Ending, Task, TaskKey

# When somebody looks again at a pause that says no time of its own.
_LOOK_AGAIN = parse_duration("1 wd")


async def advance(db: AsyncSession, act: Act, case_id: int, event: Event, zone: tzinfo) -> Loaded:
    """Let ``event`` happen to a case; the case as it was loaded, its rows as they are now.

    ``zone`` is the company's. Raises the problem that tells people why it is refused.
    """
    loaded = await load(db, case_id)
    await advance_loaded(db, act, loaded, event, await surroundings_at(db, act.at, zone))
    return loaded


async def advance_loaded(
    db: AsyncSession, act: Act, loaded: Loaded, event: Event, around: Surroundings
) -> None:
    """`advance` for whoever has the case loaded in this unit. Its rows are then as they have
    become, its `state` is not: it serves once."""
    plan = engine.advance(loaded.definition, loaded.state, event)
    if isinstance(plan, Refusal):
        raise Problem(kind_of(plan))
    reason = event.reason if isinstance(event, PauseBegun) else ""
    await _Writing(db, act, loaded, around, reason).write(plan)


class _Writing:
    """The writing of one plan."""

    def __init__(
        self,
        db: AsyncSession,
        act: Act,
        loaded: Loaded,
        around: Surroundings,
        pause_reason: str,
    ) -> None:
        self.db = db
        self.act = act
        self.loaded = loaded
        self.case = loaded.case
        self.calendar = around.calendar
        self.presence = around.presence
        self.pause_reason = pause_reason

    async def write(self, plan: Plan) -> None:
        if plan.facts:
            self.case.facts = self.case.facts | {k: stored_value(v) for k, v in plan.facts.items()}
            self.case.urgency = str(self.case.facts["urgency"])
            self.case.severity = str(self.case.facts["severity"])
        for task in plan.closes:
            await self._close(task)
        for task in plan.changes:
            self._change(task)
        self._pause(plan)
        for opening in plan.opens:
            await self._open(opening)
        for change in plan.relimits:
            self._relimit(change)
        # Every running limit anew from facts: what changed may have moved any of them.
        recount(self.calendar, self.loaded)
        await self._settle_verdict(plan)
        await self.db.flush()
        for alarm in plan.alarms:
            row = self.loaded.rows[alarm.task]
            await announce_alarm(self.db, self.act, self.loaded, row, alarm, self.presence)
        for name, key in _effects_of(plan):
            happening = Happening(self.loaded, self.loaded.rows[key], self.presence)
            await carry_out(self.db, self.act, name, happening)
        await self.db.flush()
        await _hold_r1(self.db, self.case)

    def _record(self, word: str, **body: Any) -> None:
        record(self.db, self.act, word, f"case:{self.case.id}", **body)

    async def _close(self, task: Task) -> None:
        row = self.loaded.rows[task.key]
        row.closed_at = self.act.at
        self._receive(row, task)
        row.ending = str(task.ending)
        row.outcome = task.outcome
        row.votes = [[vote.path, vote.accepted] for vote in task.votes]
        if task.ending == "answered":
            by = self.act.actor.person_id if isinstance(self.act.actor, Staff) else None
            row.answer = models.Answer(
                task_id=row.id,
                at=self.act.at,
                by_id=by,
                on_behalf=task.on_behalf,
                fields={key: stored_value(value) for key, value in task.fields.items()},
            )
        for limit in row.running:
            self._stop(limit)
        await hush(self.db, self.act, row)
        body = {"task": row.id, "step": row.step, "round": row.round, "outcome": task.outcome}
        subject = f"case:{self.case.id}"
        record(self.db, self._deciding(task, row), f"task.{task.ending}", subject, **body)

    def _deciding(self, task: Task, row: models.Task) -> Act:
        """A deemed decision is the portal's under the step's clause, for whoever was silent."""
        step = self.loaded.definition.step[row.step]
        if task.ending is not Ending.DEEMED or not step.lapse.proof:
            return self.act
        return replace(self.act, actor=System(step.clause.id, row.owner_id))

    def _change(self, task: Task) -> None:
        row = self.loaded.rows[task.key]
        if task.received and not task.signed and row.received_at is None:
            self._record("task.received", task=row.id)
        self._receive(row, task)
        if task.signed and row.signed_at is None:
            row.signed_at = self.act.at
            self._record("task.signed_for", task=row.id)
        for limit in row.running:
            if limit.name in task.lapsed and limit.lapsed_at is None:
                limit.lapsed_at = self.act.at
                self._record("limit.lapsed", task=row.id, limit=limit.name)

    def _receive(self, row: models.Task, task: Task) -> None:
        """The receipt is on record from the first proof on; an answer is one, too."""
        if task.received and row.received_at is None:
            row.received_at = self.act.at

    async def _open(self, opening: Opening) -> None:
        key = opening.task
        first = first_persons(self.loaded, key.step)
        owner_id = await owner_of(self.db, self.presence, self.case, opening.owner, first)
        row = models.Task(
            case_id=self.case.id,
            step=key.step,
            fork_path=key.fork_path,
            round=key.round,
            for_key=key.for_key,
            owner_kind=str(opening.owner.kind),
            owner_ref=opening.owner.id,
            owner_id=owner_id,
            opened_at=self.act.at,
            votes=[],
            answer=None,
            limits=[],
        )
        self.db.add(row)
        self.loaded.rows[key] = row
        await self.db.flush()
        self.db.add(
            models.Assignment(
                case_id=self.case.id, task_id=row.id, person_id=owner_id, at=self.act.at
            )
        )
        for limit in opening.limits:
            self._start(row, limit, generation=1)
        self._record("task.opened", task=row.id, step=row.step, round=row.round, owner=owner_id)
        await announce_task(self.db, self.act, self.loaded, row, self.presence)

    def _relimit(self, change: Relimiting) -> None:
        row = self.loaded.rows[change.task]
        wanted = {limit.name: limit for limit in change.limits}
        for old in list(row.running):
            limit = wanted.get(old.name)
            if limit is None or old.name in change.started:
                self._stop(old)
            else:
                old.levels, old.ours = levels_of(limit), limit.ours
        for name in change.started:
            generations = [limit.generation for limit in row.limits if limit.name == name]
            self._start(row, wanted[name], generation=max(generations, default=0) + 1)

    def _start(self, row: models.Task, limit: Limit, generation: int) -> None:
        row.limits.append(
            models.TimeLimit(
                name=limit.name,
                generation=generation,
                duration=str(limit.duration),
                direction=str(limit.direction),
                anchor_at=self._time_of(limit.moment),
                ours=limit.ours,
                levels=levels_of(limit),
                alarms=[],
            )
        )

    def _stop(self, limit: models.TimeLimit) -> None:
        limit.stopped_at = self.act.at
        limit.next_alarm_at = None

    def _pause(self, plan: Plan) -> None:
        """Write the beginning or end of pauses; a task's own ends with the task at the latest."""
        self._toggle(None, self.loaded.state.paused, plan.paused)
        for task in (*plan.closes, *plan.changes):
            before = self.loaded.state.task(task.key)
            was = before.paused if before else False
            self._toggle(self.loaded.rows[task.key].id, was, task.paused)

    def _toggle(self, task_id: int | None, was: bool, now: bool) -> None:
        if now and not was:
            by = self.act.actor.person_id if isinstance(self.act.actor, Staff) else None
            again = due(self.calendar, self.act.at, _LOOK_AGAIN).at
            pause = models.CasePause(
                case_id=self.case.id,
                task_id=task_id,
                from_at=self.act.at,
                look_again_at=again,
                next_alarm_at=again,
                reason=self.pause_reason,
                by_id=by,
            )
            self.db.add(pause)
            self.loaded.pauses.append(pause)
            self._record("clock.paused", task=task_id)
        elif was and not now:
            for pause in self.loaded.pauses:
                if pause.task_id == task_id and pause.until_at is None:
                    # A clock that was set back meanwhile must not keep it from ending.
                    pause.until_at = max(self.act.at, pause.from_at)
                    pause.next_alarm_at = None
            self._record("clock.resumed", task=task_id)

    async def _settle_verdict(self, plan: Plan) -> None:
        if plan.verdict == self.case.verdict:
            return
        self.case.verdict = plan.verdict
        self.case.closed_at = self.act.at if plan.verdict else None
        word = "case.closed" if plan.verdict else "case.reopened"
        self._record(word, verdict=plan.verdict)
        if plan.verdict:
            await announce_closing(self.db, self.act, self.loaded, self.presence)

    def _time_of(self, moment: Moment) -> datetime:
        """The recorded time that a limit counts from."""
        if moment.kind is MomentKind.CASE_RECEIVED:
            return self.case.received_at
        if moment.kind is MomentKind.CASE_OPENED or moment.task is None:
            return self.case.opened_at
        row = self.loaded.rows[moment.task]
        if moment.kind is MomentKind.FIELD:
            answered = row.answer.fields if row.answer else {}
            return self._as_time(str(answered[moment.field]))
        times = {
            MomentKind.TASK_OPENED: row.opened_at,
            MomentKind.TASK_RECEIVED: row.received_at,
            MomentKind.TASK_CLOSED: row.closed_at,
        }
        time = times[moment.kind]
        assert time is not None, f"{moment} is on record when the engine names it"
        return time

    def _as_time(self, text: str) -> datetime:
        """A date of a form stands for its end, as in `portal.calendar.counting.before`."""
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            at = at.replace(tzinfo=self.calendar.zone) + timedelta(days=1)
        return at


def _effects_of(plan: Plan) -> Iterator[tuple[str, TaskKey]]:
    """What the procedure asks for, and what child cases need: the case that a step waits for, and
    the answer to the step that waits for this one."""
    yield from ((effect.name, effect.task) for effect in plan.effects)
    yield from ((OPEN_CHILD, opening.task) for opening in plan.opens if opening.child)
    if plan.verdict and plan.closes:
        yield ANSWER_PARENT, plan.closes[-1].key


def recount(calendar: Calendar, loaded: Loaded) -> list[tuple[models.TimeLimit, datetime | None]]:
    """Count the running limits of a case anew; those that moved, with what they were (R5)."""
    moved = []
    running = []
    for row in loaded.rows.values():
        pauses = loaded.pauses_of(row)
        for limit in row.running if row.is_open else []:
            before = limit.due_at
            _count_limit(calendar, limit, pauses)
            running.append(limit)
            if limit.due_at != before:
                moved.append((limit, before))
    loaded.case.next_due_at = min((limit.due_at for limit in running if limit.due_at), default=None)
    return moved


def _count_limit(calendar: Calendar, limit: models.TimeLimit, pauses: list[Pause]) -> None:
    found = count(calendar, limit, pauses)
    limit.due_at = found.at if found else None
    limit.provisional = bool(found and found.provisional)
    reached = {alarm.level for alarm in limit.alarms}
    ahead = [level.at for level in schedule(calendar, limit) if level.name not in reached]
    is_held = any(pause.until_at is None for pause in pauses)
    limit.next_alarm_at = None if is_held else min(ahead, default=None)


async def _hold_r1(db: AsyncSession, case: models.Case) -> None:
    """R1, checked against the database itself after every writing."""
    if not case.is_open:
        return
    running = (
        select(func.count())
        .select_from(models.TimeLimit)
        .where(models.TimeLimit.task_id == models.Task.id, models.TimeLimit.stopped_at.is_(None))
        .scalar_subquery()
    )
    query = select(models.Task.owner_id, running).where(
        models.Task.case_id == case.id, models.Task.closed_at.is_(None)
    )
    rows = (await db.execute(query)).all()
    if not rows or not all(owner and limits for owner, limits in rows):
        raise AssertionError(f"case {case.number} would be left without next step or limit (R1)")
