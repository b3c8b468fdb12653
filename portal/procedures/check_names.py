"""Checks of names: every role, verdict, outcome, effect and procedure that is named exists."""

from collections.abc import Iterable, Mapping

import msgspec

from portal.procedures.definition import (
    LISTS,
    Definition,
    Effect,
    Field,
    FieldType,
    Flag,
    LapseAction,
    Rung,
    Step,
    Target,
    TargetKind,
    Who,
    WhoKind,
)
from portal.procedures.facts import FACTS, PERSONS
from portal.procedures.faults import Findings
from portal.procedures.lines import Path

_MEASURED = LISTS | {FieldType.TEXT, FieldType.LONG_TEXT, FieldType.NUMBER, FieldType.MONEY}
_CHOICES = {FieldType.CHOICE, FieldType.MULTI_CHOICE}


class Known(msgspec.Struct, frozen=True):
    """What exists outside the file; ``None`` leaves it unchecked.

    ``effects`` by name; ``procedures`` by code, each with the verdicts its cases can close with;
    ``roles`` by the key under which people hold them; ``pages`` on which a step is worked on.
    """

    effects: frozenset[str] | None = None
    procedures: Mapping[str, frozenset[str]] | None = None
    roles: frozenset[str] | None = None
    pages: frozenset[str] | None = None


def check_names(definition: Definition, known: Known, findings: Findings) -> None:
    """Note names that lead nowhere and names used twice."""
    names = _Names(definition, known, findings)
    names.check_document()
    for index, step in enumerate(definition.steps):
        names.check_step(step, ("step", index))


def targets_of(step: Step, path: Path) -> Iterable[tuple[Target, Path]]:
    """Every target of a step with its place in the file."""
    for number, outcome in enumerate(step.outcomes):
        place = (*path, "outcome", number)
        for index, route in enumerate(outcome.routes):
            inner = (*place, "then", index) if len(outcome.routes) > 1 else place
            yield route.target, inner


class _Names:
    def __init__(self, definition: Definition, known: Known, findings: Findings) -> None:
        self.definition = definition
        self.known = known
        self.findings = findings
        self.roles = {role.key for role in definition.roles}
        self.verdicts = {verdict.key for verdict in definition.verdicts}

    def _known(self, name: str, names: Iterable[str] | None, path: Path, reason: str) -> None:
        """An empty name is a stand-in for what could not be read, noted already."""
        if name and names is not None and name not in names:
            self.findings.add(path, reason, name=name)

    def _once(self, keys: Iterable[tuple[str, Path]]) -> None:
        seen: set[str] = set()
        for key, path in keys:
            if key and key in seen:
                self.findings.add(path, "twice", name=key)
            seen.add(key)

    def check_document(self) -> None:
        definition = self.definition
        self._known(definition.owner, self.roles, ("owner",), "unknown_role")
        for role in definition.roles:
            self._known(role.key, self.known.roles, ("roles", role.key), "nobody_holds")
        for place in ("reopens", "withdraws"):
            key = getattr(definition, place)
            self._known(key, definition.step, (place,), "unknown_step")
            if key in definition.step and definition.step[key].within:
                self.findings.add((place,), "reopens_inside")
        for index, verdict in enumerate(definition.reopenable):
            self._known(verdict, self.verdicts, ("reopenable", index), "unknown_verdict")
        if not definition.steps:
            self.findings.add((), "no_steps")
        elif definition.steps[0].within:
            self.findings.add(("step", 0, "in"), "first_step_inside")
        forks = list(enumerate(definition.forks))
        steps = [(step.key, ("step", index, "key")) for index, step in enumerate(definition.steps)]
        self._once([*steps, *((fork.key, ("fork", index, "key")) for index, fork in forks)])
        for index, fork in forks:
            self._once(
                (branch.key, ("fork", index, "branch", number, "key"))
                for number, branch in enumerate(fork.branches)
            )
            for key in ("accepted", "refused", "if_empty"):
                target = getattr(fork, key)
                if target:
                    self._check_verdict(target, ("fork", index, key))

    def _check_verdict(self, target: Target, path: Path) -> None:
        if target.kind is TargetKind.CLOSES:
            self._known(target.name, self.verdicts, path, "unknown_verdict")

    def check_step(self, step: Step, path: Path) -> None:
        self._check_who(step.who, (*path, "who"))
        self._check_ladder(step.escalate, (*path, "escalate"))
        if step.sign_for:
            self._check_ladder(step.sign_for.escalate, (*path, "sign_for", "escalate"))
        self._check_effects(step.effects, (*path, "effects"))
        for key in ("handed", "reminded"):
            for index, name in enumerate(getattr(step, key)):
                self._known(name, self.known.effects, (*path, key, index), "unknown_effect")
        for index, outcome in enumerate(step.outcomes):
            self._check_effects(outcome.effects, (*path, "outcome", index, "effects"))
        for target, place in targets_of(step, path):
            self._check_verdict(target, place)
        for index, key in enumerate(step.another_than):
            place = (*path, "another_than", index)
            self._known(key, {*self.definition.step, *PERSONS}, place, "unknown_step")
        self._once((one.key, (*path, "outcome", i, "key")) for i, one in enumerate(step.outcomes))
        self._once((one.key, (*path, "field", i, "key")) for i, one in enumerate(step.fields))
        for index, field in enumerate(step.fields):
            self._check_field(step, field, (*path, "field", index))
        if step.page:
            self._known(step.page, self.known.pages, (*path, "page"), "unknown_page")
        self._check_silence(step, path)
        self._check_child(step, path)

    def _check_who(self, who: Who, path: Path) -> None:
        if who.kind is WhoKind.ROLE:
            self._known(who.name, self.roles, path, "unknown_role")

    def _check_ladder(self, ladder: tuple[Rung, ...], path: Path) -> None:
        for index, rung in enumerate(ladder):
            self._check_who(rung.to, (*path, index, "to"))

    def _check_effects(self, effects: tuple[Effect, ...], path: Path) -> None:
        for index, effect in enumerate(effects):
            self._known(effect.name, self.known.effects, (*path, index), "unknown_effect")

    def _check_field(self, step: Step, field: Field, path: Path) -> None:
        for index, outcome in enumerate(field.required_for):
            place = (*path, "required_for", index)
            self._known(outcome, [one.key for one in step.outcomes], place, "unknown_outcome")
        if field.required and field.required_for:
            self.findings.add((*path, "required_for"), "required_both")
        if field.required and field.required_when:
            self.findings.add((*path, "required_when"), "required_always")
        if field.type in _CHOICES and not field.choices:
            self.findings.add(path, "choices_needed")
        if field.choices and field.type not in _CHOICES:
            self.findings.add((*path, "choices"), "choices_unused")
        if field.role and field.type not in (FieldType.PERSON, FieldType.PEOPLE):
            self.findings.add((*path, "role"), "role_unused")
        self._known(field.role, self.roles, (*path, "role"), "unknown_role")
        if field.tense and field.type not in (FieldType.DATE, FieldType.DATETIME):
            self.findings.add((*path, "tense"), "tense_unused")
        self._check_maximum(field, (*path, "max"))
        self._check_sets(field, (*path, "sets"))

    def _check_maximum(self, field: Field, path: Path) -> None:
        if field.maximum is not None and field.type not in _MEASURED:
            self.findings.add(path, "max_unused")
        # With nought as the most, a required field could never be answered.
        if field.maximum is not None and field.maximum < 1:
            self.findings.add(path, "max_too_small")

    def _check_sets(self, field: Field, path: Path) -> None:
        if not field.sets:
            return
        fact = FACTS.get(field.sets)
        if fact is None:
            self.findings.add(path, "unknown_fact", name=field.sets)
            return
        choices = {choice.key for choice in fact.choices}
        offered = {choice.key for choice in field.choices}
        plain = fact.type is FieldType.TEXT and field.type is FieldType.CHOICE
        if not plain and (field.type is not fact.type or not offered <= choices):
            self.findings.add(path, "cannot_set", name=field.sets)

    def _check_silence(self, step: Step, path: Path) -> None:
        lapse = step.lapse
        silent = {outcome.key for outcome in step.outcomes if outcome.silent}
        if lapse.action is LapseAction.ESCALATE and not step.escalate:
            self.findings.add((*path, "lapse"), "empty_ladder")
        if lapse.action is LapseAction.OUTCOME:
            place = (*path, "lapse", "outcome")
            keys = [outcome.key for outcome in step.outcomes]
            self._known(lapse.outcome, keys, place, "unknown_outcome")
            if lapse.outcome in keys and lapse.outcome not in silent:
                self.findings.add(place, "not_silent", name=lapse.outcome)
            self._check_proof(step, path)
        for index, outcome in enumerate(step.outcomes):
            if outcome.silent and outcome.key != lapse.outcome:
                place = (*path, "outcome", index, "silent")
                self.findings.add(place, "silent_unused", name=outcome.key)
            if outcome.by_customer and Flag.CUSTOMER_VISIBLE not in step.flags:
                self.findings.add((*path, "outcome", index, "by_customer"), "customer_unseen")
        if len(silent) == len(step.outcomes):
            self.findings.add(path, "no_outcomes")

    def _check_proof(self, step: Step, path: Path) -> None:
        lapse = step.lapse
        if lapse.proof and Flag.NEVER_DEEMED in step.flags:
            self.findings.add((*path, "lapse"), "never_deemed")
        outcome = step.outcome(lapse.outcome)
        if lapse.proof or outcome is None:
            return
        if lapse.barred_when:
            self.findings.add((*path, "lapse", "barred_when"), "barred_needs_proof")
        if any(route.target.kind is not TargetKind.GO for route in outcome.routes):
            self.findings.add((*path, "lapse"), "silence_decides")

    def _check_child(self, step: Step, path: Path) -> None:
        child = step.child
        if child is None:
            return
        place = (*path, "child")
        procedures = self.known.procedures
        self._known(child.procedure, procedures, (*place, "procedure"), "unknown_procedure")
        keys = [outcome.key for outcome in step.outcomes]
        self._known(child.outcome, keys, (*place, "outcome"), "unknown_outcome")
        for verdict, outcome in child.by_verdict:
            inner = (*place, "by_verdict", verdict)
            self._known(outcome, keys, inner, "unknown_outcome")
            if procedures and child.procedure in procedures:
                self._known(verdict, procedures[child.procedure], inner, "unknown_verdict")
        if step.lapse.action is LapseAction.OUTCOME:
            self.findings.add((*path, "lapse"), "child_silent")
        if step.fields:
            self.findings.add((*path, "field"), "child_form")
        given = {child.outcome, *dict(child.by_verdict).values()}
        for index, key in enumerate(keys):
            if key not in given:
                self.findings.add((*path, "outcome", index), "child_unmapped", name=key)
