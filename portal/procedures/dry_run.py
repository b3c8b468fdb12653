"""What a procedure would ask of a case registered now, if every step took its whole limit."""

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from portal.calendar.durations import Duration
from portal.procedures.definition import Definition, Label, Outcome
from portal.procedures.endings import answers
from portal.procedures.forms import Value
from portal.procedures.limits import DUE, SIGN_FOR, limits_of
from portal.procedures.plan import Limit, Moment, MomentKind
from portal.procedures.routing import Draft
from portal.procedures.state import Ending, State, Task

DueAt = Callable[[datetime, Duration], datetime]
"""The calendar's counting: a start and a duration give the due time."""

SAMPLE = "…"
"""Stands for the one item of a list that would be chosen at run time."""


class Follower(msgspec.Struct, frozen=True):
    """A step that would open next, when, and by when it would be due."""

    step: str
    title: Label
    opened_at: datetime
    due_at: datetime


class Alternative(msgspec.Struct, frozen=True):
    """An outcome off the main path and what it opens; ``verdict`` when it closes the case."""

    outcome: str
    label: Label
    opens: tuple[Follower, ...]
    verdict: str


class DryStep(msgspec.Struct, frozen=True):
    """A step on the main path. ``outcome`` is the one taken: the first that people can choose."""

    step: str
    title: Label
    opened_at: datetime
    due_at: datetime
    outcome: str
    alternatives: tuple[Alternative, ...]


class DryRun(msgspec.Struct, frozen=True):
    """The main path. ``verdict`` is empty where it comes back to a step it has been at."""

    steps: tuple[DryStep, ...]
    ends_at: datetime
    verdict: str


def dry_run(
    definition: Definition,
    received_at: datetime,
    due: DueAt,
    facts: Mapping[str, Value] | None = None,
) -> DryRun:
    """Walk the main path of a checked definition from ``received_at`` (aware).

    Forms stay empty but for the lists that forks need, so conditions on fields take the default,
    and a limit that counts from a date in a form falls back to its next line.
    """
    walk = _Walk(Draft.of(definition, State(dict(facts or {}))), received_at, due)
    walk.draft.begin(definition.steps[0].key)
    walk.note_opened(received_at)
    return walk.to_the_end()


class _Walk:
    def __init__(self, draft: Draft, received_at: datetime, due: DueAt) -> None:
        self.draft = draft
        self.received_at = received_at
        self.due = due
        self.times: dict[Moment, datetime] = {
            Moment(MomentKind.CASE_RECEIVED): received_at,
            Moment(MomentKind.CASE_OPENED): received_at,
        }

    def to_the_end(self) -> DryRun:
        steps: list[DryStep] = []
        now = self.received_at
        while new := [task for task in self._open() if not _is_again(task)]:
            task = min(new, key=lambda task: (self.due_at(task), task.key))
            now = self.due_at(task)
            steps.append(self._step(task, now))
        return DryRun(tuple(steps), now, self.draft.verdict)

    def _open(self) -> tuple[Task, ...]:
        return self.draft.state().open_tasks

    def note_opened(self, at: datetime) -> list[Task]:
        """Note the time of every task opened since the last call."""
        opened = [(task, Moment(MomentKind.TASK_OPENED, task.key)) for task in self._open()]
        new = [(task, moment) for task, moment in opened if moment not in self.times]
        self.times.update((moment, at) for _, moment in new)
        return [task for task, _ in new]

    def _step(self, task: Task, due_at: datetime) -> DryStep:
        step = self.draft.definition.step[task.key.step]
        main, *others = answers(step)
        alternatives = tuple(self._alternative(task, other, due_at) for other in others)
        opened_at = self.times[Moment(MomentKind.TASK_OPENED, task.key)]
        self._take(task, main, due_at)
        return DryStep(step.key, step.title, opened_at, due_at, main.key, alternatives)

    def _take(self, task: Task, outcome: Outcome, at: datetime) -> list[Task]:
        forks = self.draft.definition.forks
        fields = {
            key: (SAMPLE,)
            for step, _, key in (fork.for_each.partition(".") for fork in forks)
            if step == task.key.step
        }
        self.times[Moment(MomentKind.TASK_RECEIVED, task.key)] = self._received_at(task, at)
        self.times[Moment(MomentKind.TASK_CLOSED, task.key)] = at
        self.draft.settle(task, Ending.ANSWERED, outcome, fields)
        return self.note_opened(at)

    def _alternative(self, task: Task, outcome: Outcome, at: datetime) -> Alternative:
        draft = Draft.of(self.draft.definition, self.draft.state())
        aside = _Walk(draft, self.received_at, self.due)
        aside.times |= self.times
        opens = tuple(
            Follower(new.key.step, aside._title(new), at, aside.due_at(new))
            for new in aside._take(task, outcome, at)
        )
        return Alternative(outcome.key, outcome.label, opens, draft.verdict)

    def _title(self, task: Task) -> Label:
        return self.draft.definition.step[task.key.step].title

    def due_at(self, task: Task) -> datetime:
        """When ``task`` is due, signed for at the last moment where it is to be signed for."""
        limits = self._limits(task)
        if DUE not in limits:
            limits = self._limits(msgspec.structs.replace(task, received=True))
            self.times[limits[DUE].moment] = self._received_at(task, self.received_at)
        return self._time(limits[DUE])

    def _received_at(self, task: Task, otherwise: datetime) -> datetime:
        limits = self._limits(task)
        return self._time(limits[SIGN_FOR]) if SIGN_FOR in limits else otherwise

    def _limits(self, task: Task) -> dict[str, Limit]:
        limits = limits_of(self.draft.definition, self.draft.state(), task)
        return {limit.name: limit for limit in limits}

    def _time(self, limit: Limit) -> datetime:
        # Forms are empty, so no limit counts back from a date in one.
        return self.due(self.times[limit.moment], limit.duration)


def _is_again(task: Task) -> bool:
    """Whether the main path comes back to where it has been."""
    return task.key.round > 1 or any(frame.round > 1 for frame in task.frames)
