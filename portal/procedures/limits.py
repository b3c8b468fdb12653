"""Which limits of an open task run, and from which recorded moment."""

from collections.abc import Iterable

from portal.procedures.conditions import holds
from portal.procedures.definition import (
    Anchor,
    AnchorKind,
    Definition,
    LapseAction,
    LimitRule,
    Rung,
    TimeRule,
)
from portal.procedures.lookup import View
from portal.procedures.plan import Limit, Moment, MomentKind, Offset
from portal.procedures.state import State, Task

DUE, SIGN_FOR, LAPSE = "due", "sign_for", "lapse"
_CASE = {
    AnchorKind.CASE_RECEIVED: MomentKind.CASE_RECEIVED,
    AnchorKind.CASE_OPENED: MomentKind.CASE_OPENED,
}


def limits_of(definition: Definition, state: State, task: Task) -> tuple[Limit, ...]:
    """The limits of ``task`` that run now. A checked definition gives every open task at least one.

    A limit from receipt waits until receipt is proven; the limit to sign for runs meanwhile.
    """
    return _Limits(View(definition, state, task.frames), task).all()


class _Limits:
    def __init__(self, view: View, task: Task) -> None:
        self.view = view
        self.task = task
        self.step = view.definition.step[task.key.step]

    def all(self) -> tuple[Limit, ...]:
        """Every running limit, ``due`` first."""
        step = self.step
        running = [self._running(DUE, step.due, step.remind, step.escalate)]
        if step.lapse.action is LapseAction.OUTCOME and step.lapse.at:
            running.append(self._running(LAPSE, step.lapse.at))
        if step.sign_for and not self.task.signed:
            running.append(
                self._running(SIGN_FOR, step.sign_for.due, ladder=step.sign_for.escalate)
            )
        return tuple(limit for limit in running if limit)

    def _running(
        self,
        name: str,
        rules: Iterable[LimitRule],
        reminders: Iterable[TimeRule] = (),
        ladder: Iterable[Rung] = (),
    ) -> Limit | None:
        for rule in rules:
            moment = self._moment(rule.at.anchor)
            if moment and holds(rule.when, self.view.value):
                return Limit(
                    name,
                    rule.at.duration,
                    rule.at.direction,
                    moment,
                    rule.ours,
                    tuple(Offset(at.duration, at.direction, self.task.owner) for at in reminders),
                    tuple(self._offset(rung) for rung in ladder),
                )
        return None

    def _offset(self, rung: Rung) -> Offset:
        return Offset(rung.at.duration, rung.at.direction, self.view.owner(rung.to))

    def _moment(self, anchor: Anchor) -> Moment | None:
        if anchor.kind in _CASE:
            return Moment(_CASE[anchor.kind])
        if anchor.kind is AnchorKind.OPENED:
            return Moment(MomentKind.TASK_OPENED, self.task.key)
        if anchor.kind is AnchorKind.RECEIPT:
            known = self.task.received
            return Moment(MomentKind.TASK_RECEIVED, self.task.key) if known else None
        return self._moment_elsewhere(anchor)

    def _moment_elsewhere(self, anchor: Anchor) -> Moment | None:
        if anchor.kind is AnchorKind.STEP_RECEIPT:
            row = self.view.received(anchor.step)
            return Moment(MomentKind.TASK_RECEIVED, row.key) if row else None
        if anchor.kind is AnchorKind.STEP_CLOSED:
            row = self.view.closed(anchor.step)
            return Moment(MomentKind.TASK_CLOSED, row.key) if row else None
        row = self.view.answered(anchor.step)
        known = row and self.view.value(f"{anchor.step}.{anchor.field}") is not None
        return Moment(MomentKind.FIELD, row.key, anchor.field) if row and known else None
