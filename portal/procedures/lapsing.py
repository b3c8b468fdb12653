"""What happens when a limit passes: chase, escalate, or the outcome that silence stands for."""

from collections.abc import Mapping

from portal.procedures.conditions import holds
from portal.procedures.definition import LapseAction, Step
from portal.procedures.events import (
    ClockStopped,
    LimitLapsed,
    LimitNotRunning,
    Refusal,
    TaskNotOpen,
)
from portal.procedures.forms import Value
from portal.procedures.limits import DUE, LAPSE, limits_of
from portal.procedures.plan import Alarm, AlarmKind
from portal.procedures.routing import Draft
from portal.procedures.state import Ending, Task


def lapse(draft: Draft, event: LimitLapsed) -> Refusal | None:
    """Let a limit of an open task lapse, once in its generation.

    A deemed decision (P04.6) needs proof that the notice arrived before the limit; without it, or
    where the class of case is barred, the task stays open and goes up the ladder.
    """
    task = draft.open_row(event.task)
    if task is None:
        return TaskNotOpen(event.task)
    if task.paused or draft.paused:
        return ClockStopped(task.key)
    running = {limit.name for limit in limits_of(draft.definition, draft.state(), task)}
    if event.limit not in running or event.limit in task.lapsed:
        return LimitNotRunning(task.key, event.limit)
    task = draft.change(task.key, lapsed=(*task.lapsed, event.limit))
    step = draft.definition.step[task.key.step]
    if event.limit == silence_limit(step):
        _take_silence(draft, task, step, event)
    elif event.limit == DUE and step.lapse.action is LapseAction.ESCALATE:
        draft.alarms.append(Alarm(task.key, DUE, AlarmKind.ESCALATE))
    else:
        draft.alarms.append(Alarm(task.key, event.limit, AlarmKind.CHASE))
    return None


def receipt_decides(step: Step) -> bool:
    """Whether silence on ``step`` decides something, if its owner is proven to have it."""
    return step.lapse.action is LapseAction.OUTCOME and step.lapse.proof


def counts_receipt(step: Step) -> bool:
    """Whether anything hangs on when the owner of ``step`` got it."""
    return step.sign_for is not None or receipt_decides(step)


def silence_limit(step: Step) -> str:
    """The name of the limit after which silence decides; empty where it never does."""
    if step.lapse.action is not LapseAction.OUTCOME:
        return ""
    return LAPSE if step.lapse.at else DUE


def may_be_silent(step: Step, facts: Mapping[str, Value]) -> bool:
    """Whether silence on ``step`` may decide in a case with these ``facts``. Where answers bar it,
    they are not asked: then it is not said."""
    barred = step.lapse.barred_when
    if any(not one.subject.startswith("case.") for line in barred for one in line):
        return False
    return not (barred and holds(barred, lambda subject: facts.get(subject.removeprefix("case."))))


def _take_silence(draft: Draft, task: Task, step: Step, event: LimitLapsed) -> None:
    barred = step.lapse.barred_when
    if barred and holds(barred, draft.view(task.frames).value):
        draft.alarms.append(Alarm(task.key, event.limit, AlarmKind.ESCALATE, "barred"))
    elif step.lapse.proof and not event.proven:
        draft.alarms.append(Alarm(task.key, event.limit, AlarmKind.ESCALATE, "unproven"))
    else:
        outcome = step.outcome(step.lapse.outcome)
        assert outcome is not None, "the checker knows the outcome of a lapse"
        draft.settle(task, Ending.DEEMED, outcome)
