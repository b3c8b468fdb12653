"""Checks of limits: every open task has one running at every moment, and none is dead text."""

from portal.procedures.check_sight import seen_field, sees
from portal.procedures.definition import (
    AnchorKind,
    Definition,
    Direction,
    FieldType,
    LimitRule,
    Rung,
    Scope,
    Step,
    TimeRule,
)
from portal.procedures.faults import Findings
from portal.procedures.lines import Path

_DATES = {FieldType.DATE, FieldType.DATETIME}
_ALWAYS = {AnchorKind.OPENED, AnchorKind.CASE_RECEIVED, AnchorKind.CASE_OPENED}
_OF_STEP = {AnchorKind.STEP_RECEIPT, AnchorKind.STEP_CLOSED}


def check_limits(definition: Definition, findings: Findings) -> None:
    """Note limits that might never start, and anchors that make no sense."""
    for index, step in enumerate(definition.steps):
        scope = definition.scope_of(step.within)
        if scope is not None:
            _Limits(definition, findings, step, scope).check(("step", index))


class _Limits:
    def __init__(
        self, definition: Definition, findings: Findings, step: Step, scope: Scope
    ) -> None:
        self.definition = definition
        self.findings = findings
        self.step = step
        self.scope = scope

    def check(self, path: Path) -> None:
        step = self.step
        # Until receipt the limit to sign for runs, so that receipt is a sure anchor beside it.
        sure = _ALWAYS | {AnchorKind.RECEIPT} if step.sign_for else _ALWAYS
        self._list(step.due, sure, (*path, "due"))
        self._list(step.lapse.at, sure, (*path, "lapse", "at"))
        if step.sign_for:
            self._list(step.sign_for.due, _ALWAYS, (*path, "sign_for", "due"))
            self._ladder(step.sign_for.escalate, (*path, "sign_for", "escalate"))
        self._ladder(step.escalate, (*path, "escalate"))
        for index, reminder in enumerate(step.remind):
            place = (*path, "remind", index)
            self._due_only(reminder, place)
            if reminder.direction is Direction.AFTER:
                self.findings.add(place, "remind_before")

    def _ladder(self, ladder: tuple[Rung, ...], path: Path) -> None:
        for index, rung in enumerate(ladder):
            self._due_only(rung.at, (*path, index, "at"))

    def _due_only(self, at: TimeRule, path: Path) -> None:
        if at.anchor.kind is not AnchorKind.DUE:
            self.findings.add(path, "due_only")

    def _list(self, limits: tuple[LimitRule, ...], sure: set[AnchorKind], path: Path) -> None:
        last = len(limits) - 1
        for index, limit in enumerate(limits):
            place = (*path, index)
            self._rule(limit.at, place)
            always = not limit.when and limit.at.anchor.kind in sure
            if always and index < last:
                self.findings.add((*path, index + 1), "limit_never_used")
            if not always and index == last:
                self.findings.add(place, "no_sure_limit")

    def _rule(self, at: TimeRule, path: Path) -> None:
        anchor = at.anchor
        if anchor.kind is AnchorKind.DUE:
            self.findings.add(path, "due_of_itself")
        if at.direction is Direction.BEFORE and anchor.kind is not AnchorKind.FIELD:
            self.findings.add(path, "before_needs_date")
        if anchor.kind in _OF_STEP:
            self._check_step(anchor.step, path)
        if anchor.kind is AnchorKind.FIELD:
            self._check_field(f"{anchor.step}.{anchor.field}", path)

    def _check_step(self, key: str, path: Path) -> None:
        if key == self.step.key:
            self.findings.add(path, "own_closing")
        elif not sees(self.definition, key, self.scope):
            self.findings.add(path, "unknown_step", name=key)

    def _check_field(self, subject: str, path: Path) -> None:
        field = seen_field(self.definition, subject, self.scope)
        if field is None:
            self.findings.add(path, "unknown_field", name=subject)
        elif field.type not in _DATES:
            self.findings.add(path, "wrong_field_type", name=subject)
