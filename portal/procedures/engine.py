"""The engine: what an event asks of a case. Pure; the shell writes the plan and computes times."""

from collections.abc import Callable, Mapping
from typing import Any

from portal.procedures import events
from portal.procedures.definition import Definition, Outcome
from portal.procedures.events import Event, Refusal
from portal.procedures.facts import FACTS
from portal.procedures.forms import FieldFault, Value, field_faults, missing_fields, value_fault
from portal.procedures.lapsing import lapse
from portal.procedures.plan import Plan
from portal.procedures.planning import plan_between
from portal.procedures.routing import Draft
from portal.procedures.state import Ending, State


def advance(definition: Definition, state: State, event: Event) -> Plan | Refusal:
    """What ``event`` asks of a case in ``state``, or why it is refused.

    ``definition`` must have passed the checker: an open case then has an owned task with a running
    limit after every plan (R1). A plan always changes something; what is refused changes nothing,
    so the same event twice does nothing the second time.
    """
    draft = Draft.of(definition, state)
    refusal = _HANDLERS[type(event)](draft, event)
    return refusal or plan_between(state, draft)


def _open_case(draft: Draft, event: events.CaseOpened) -> Refusal | None:
    if draft.rows:
        return events.CaseAlreadyOpened()
    if faults := _fact_faults(event.facts):
        return events.InvalidFacts(faults)
    draft.facts.update(event.facts)
    draft.begin(draft.definition.steps[0].key)
    return None


def _answer(draft: Draft, event: events.TaskAnswered) -> Refusal | None:
    task = draft.open_row(event.task)
    if task is None:
        return events.TaskNotOpen(event.task)
    step = draft.definition.step[task.key.step]
    if step.child:
        return events.GatedByChild(task.key)
    outcome = step.outcome(event.outcome)
    if outcome is None or outcome.silent:
        return events.UnknownOutcome(task.key, event.outcome)
    if faults := field_faults(step, event.fields):
        return events.InvalidFields(task.key, faults)
    if missing := missing_fields(step, outcome, event.fields, draft.facts):
        return events.MissingFields(task.key, missing)
    draft.settle(task, Ending.ANSWERED, outcome, event.fields, event.on_behalf)
    return None


def _receive(draft: Draft, event: events.ReceiptProven) -> Refusal | None:
    task = draft.open_row(event.task)
    if task is None:
        return events.TaskNotOpen(event.task)
    if task.signed or (task.received and not event.signed):
        return events.AlreadyReceived(task.key)
    draft.change(task.key, received=True, signed=event.signed)
    return None


def _close_child(draft: Draft, event: events.ChildClosed) -> Refusal | None:
    task = draft.open_row(event.task)
    if task is None:
        return events.TaskNotOpen(event.task)
    step = draft.definition.step[task.key.step]
    if step.child is None:
        return events.NotGatedByChild(task.key)
    outcome = step.outcome(step.child.outcome_of(event.verdict))
    assert isinstance(outcome, Outcome), "the checker knows the outcomes of a child case"
    draft.settle(task, Ending.CHILD, outcome)
    return None


def _reopen(draft: Draft, event: events.Reopened) -> Refusal | None:
    if not draft.verdict:
        return events.CaseNotClosed()
    if not draft.definition.reopens_after(draft.verdict):
        return events.NotReopenable()
    if not event.reason.strip():
        return events.ReasonMissing()
    draft.begin(draft.definition.reopens)
    return None


def _withdraw(draft: Draft, event: events.Withdrawn) -> Refusal | None:
    step = draft.definition.withdraws
    if not draft.is_open:
        return events.CaseNotOpen()
    if not step:
        return events.NotWithdrawable()
    if not event.reason.strip():
        return events.ReasonMissing()
    if any(task.is_open and task.key.step == step for task in draft.rows.values()):
        return events.NothingChanges()
    draft.leave_for(step)
    return None


def _change_facts(draft: Draft, event: events.FactsChanged) -> Refusal | None:
    if not draft.is_open:
        return events.CaseNotOpen()
    if faults := _fact_faults(event.facts):
        return events.InvalidFacts(faults)
    if not event.reason.strip():
        return events.ReasonMissing()
    if {**draft.facts, **event.facts} == draft.facts:
        return events.NothingChanges()
    draft.facts.update(event.facts)
    return None


def _begin_pause(draft: Draft, event: events.PauseBegun) -> Refusal | None:
    if not event.reason.strip():
        return events.ReasonMissing()
    return _set_pause(draft, event, events.AlreadyPaused(), paused=True)


def _end_pause(draft: Draft, event: events.PauseEnded) -> Refusal | None:
    return _set_pause(draft, event, events.NotPaused(), paused=False)


def _set_pause(
    draft: Draft, event: events.PauseBegun | events.PauseEnded, already: Refusal, paused: bool
) -> Refusal | None:
    if not draft.is_open:
        return events.CaseNotOpen()
    if event.task is None:
        was, draft.paused = draft.paused, paused
        return already if was is paused else None
    task = draft.open_row(event.task)
    if task is None:
        return events.TaskNotOpen(event.task)
    draft.change(task.key, paused=paused)
    return already if task.paused is paused else None


def _fact_faults(facts: Mapping[str, Value]) -> tuple[FieldFault, ...]:
    reasons = {
        key: value_fault(FACTS[key], value) if key in FACTS else "unknown"
        for key, value in facts.items()
    }
    return tuple(FieldFault(key, reason) for key, reason in reasons.items() if reason)


_HANDLERS: dict[type, Callable[[Draft, Any], Refusal | None]] = {
    events.CaseOpened: _open_case,
    events.TaskAnswered: _answer,
    events.ReceiptProven: _receive,
    events.LimitLapsed: lapse,
    events.ChildClosed: _close_child,
    events.PauseBegun: _begin_pause,
    events.PauseEnded: _end_pause,
    events.Reopened: _reopen,
    events.Withdrawn: _withdraw,
    events.FactsChanged: _change_facts,
}
