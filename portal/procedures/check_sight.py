"""Checks of sight: conditions, owners and lists use fields that can be seen, and fit their type."""

from portal.procedures.conditions import fits
from portal.procedures.definition import (
    Definition,
    Effect,
    Field,
    FieldType,
    Fork,
    Label,
    LimitRule,
    Outcome,
    Predicate,
    Rung,
    Scope,
    Step,
    Who,
    WhoKind,
)
from portal.procedures.facts import FACTS
from portal.procedures.faults import Findings
from portal.procedures.lines import Path

_ON_BEHALF = Field("on_behalf", Label("代办", "By a delegate"), FieldType.BOOL)
_HOLDS = {WhoKind.DEPARTMENT: FieldType.DEPARTMENT, WhoKind.PERSON: FieldType.PERSON}
_LIST = {WhoKind.EACH_DEPARTMENT: FieldType.DEPARTMENTS, WhoKind.EACH_PERSON: FieldType.PEOPLE}
_ITEMS = {FieldType.DEPARTMENTS, FieldType.PEOPLE, FieldType.MULTI_CHOICE}


def seen_field(definition: Definition, subject: str, scope: Scope) -> Field | None:
    """The field or fact that ``subject`` names, if a task in ``scope`` can see it."""
    key, _, name = subject.partition(".")
    if key == "case":
        return FACTS.get(name)
    step = definition.step.get(key)
    if step is None or not sees(definition, key, scope):
        return None
    return _ON_BEHALF if name == "on_behalf" else step.field(name)


def sees(definition: Definition, step: str, scope: Scope) -> bool:
    """Whether ``step`` lies in ``scope`` or around it, and so has one row to look at."""
    aim = definition.scope.get(step)
    return aim is not None and scope[: len(aim)] == aim


def check_sight(definition: Definition, findings: Findings) -> None:
    """Note conditions, owners and lists by fields that are out of sight or of the wrong type."""
    # A part that lies nowhere is noted elsewhere; nothing can be said of what it sees.
    for index, step in enumerate(definition.steps):
        scope = definition.scope_of(step.within)
        if scope is not None:
            _Sight(definition, findings, scope).check_step(step, ("step", index))
    for index, fork in enumerate(definition.forks):
        scope = definition.scope_of(fork.within)
        if scope is not None:
            _Sight(definition, findings, scope).check_list(fork, ("fork", index, "for_each"))


class _Sight:
    def __init__(self, definition: Definition, findings: Findings, scope: Scope) -> None:
        self.definition = definition
        self.findings = findings
        self.scope = scope

    def check_step(self, step: Step, path: Path) -> None:
        self._who(step.who, (*path, "who"))
        self._ladder(step.escalate, (*path, "escalate"))
        self._limits(step.due, (*path, "due"))
        self._limits(step.lapse.at, (*path, "lapse", "at"))
        self._predicate(step.lapse.barred_when, (*path, "lapse", "barred_when"))
        if step.sign_for:
            self._limits(step.sign_for.due, (*path, "sign_for", "due"))
            self._ladder(step.sign_for.escalate, (*path, "sign_for", "escalate"))
        self._effects(step.effects, (*path, "effects"))
        for index, field in enumerate(step.fields):
            self._needed_when(step, field, (*path, "field", index, "required_when"))
        for index, outcome in enumerate(step.outcomes):
            self._outcome(outcome, (*path, "outcome", index))

    def check_list(self, fork: Fork, path: Path) -> None:
        if not fork.for_each:
            return
        field = self._field(fork.for_each, path)
        if field and field.type not in _ITEMS:
            self.findings.add(path, "wrong_field_type", name=fork.for_each)

    def _outcome(self, outcome: Outcome, path: Path) -> None:
        self._effects(outcome.effects, (*path, "effects"))
        last = len(outcome.routes) - 1
        for index, route in enumerate(outcome.routes):
            place = (*path, "then", index)
            self._predicate(route.when, (*place, "when"))
            if not route.when and index < last:
                self.findings.add((*path, "then", index + 1), "route_after_default")
            if route.when and index == last:
                self.findings.add(place, "no_default")
        if not outcome.routes:
            self.findings.add(path, "bad_target")

    def _needed_when(self, step: Step, field: Field, path: Path) -> None:
        """Pages tell what is missing before the engine does, and see no other answers."""
        self._predicate(field.required_when, path)
        for line in field.required_when:
            for condition in line:
                place, _, name = condition.subject.partition(".")
                if place not in (step.key, "case") or name == "on_behalf":
                    self.findings.add(path, "needed_elsewhere", name=condition.subject)

    def _effects(self, effects: tuple[Effect, ...], path: Path) -> None:
        for index, effect in enumerate(effects):
            self._predicate(effect.when, (*path, index, "when"))

    def _limits(self, limits: tuple[LimitRule, ...], path: Path) -> None:
        for index, limit in enumerate(limits):
            self._predicate(limit.when, (*path, index, "when"))

    def _ladder(self, ladder: tuple[Rung, ...], path: Path) -> None:
        for index, rung in enumerate(ladder):
            self._who(rung.to, (*path, index, "to"))

    def _field(self, subject: str, path: Path) -> Field | None:
        field = seen_field(self.definition, subject, self.scope)
        if field is None:
            self.findings.add(path, "unknown_field", name=subject)
        return field

    def _predicate(self, predicate: Predicate, path: Path) -> None:
        for line in predicate:
            for condition in line:
                field = self._field(condition.subject, path)
                if field and not fits(condition, field):
                    written = f"{condition.subject} {condition.operator}"
                    comparison = " ".join([written, ", ".join(condition.values)]).strip()
                    self.findings.add(path, "bad_comparison", name=comparison)

    def _who(self, who: Who, path: Path) -> None:
        if who.kind in _HOLDS:
            field = self._field(who.name, path)
            if field and field.type is not _HOLDS[who.kind]:
                self.findings.add(path, "wrong_field_type", name=who.name)
        if who.kind in _LIST:
            self._each(who, path)

    def _each(self, who: Who, path: Path) -> None:
        fork = self.definition.fork[self.scope[-1][0]] if self.scope else None
        if fork is None or not fork.for_each:
            self.findings.add(path, "each_outside", name=who.kind.value)
            return
        field = seen_field(self.definition, fork.for_each, self.scope[:-1])
        if field and field.type is not _LIST[who.kind]:
            self.findings.add(path, "wrong_field_type", name=fork.for_each)
