"""Checks of structure: branches, forks and targets fit into one another like blocks."""

from portal.procedures.check_names import targets_of
from portal.procedures.definition import Definition, Fork, Target, TargetKind
from portal.procedures.faults import Findings
from portal.procedures.lines import Path


def check_structure(definition: Definition, findings: Findings) -> None:
    """Note parts that lie nowhere and targets that would break into another branch."""
    structure = _Structure(definition, findings)
    for index, step in enumerate(definition.steps):
        path: Path = ("step", index)
        structure.check_place(step.key, step.within, (*path, "in"))
        for target, place in targets_of(step, path):
            structure.check_target(target, step.within, place)
    for index, fork in enumerate(definition.forks):
        path = ("fork", index)
        structure.check_place(fork.key, fork.within, (*path, "in"))
        structure.check_fork(fork, path)


class _Structure:
    def __init__(self, definition: Definition, findings: Findings) -> None:
        self.definition = definition
        self.findings = findings

    def check_place(self, key: str, within: str, path: Path) -> None:
        if key not in self.definition.scope:
            self.findings.add(path, "unknown_scope", name=within)

    def check_target(self, target: Target, within: str, path: Path) -> None:
        scope = self.definition.scope_of(within)
        if not target.name or scope is None:
            return
        if target.kind is TargetKind.ENDS and not scope:
            self.findings.add(path, "ends_outside")
        if target.kind is not TargetKind.GO:
            return
        known = {*self.definition.step, *self.definition.fork}
        if target.name not in known:
            self.findings.add(path, "unknown_target", name=target.name)
            return
        aim = self.definition.scope.get(target.name, ())
        if scope[: len(aim)] != aim:
            self.findings.add(path, "out_of_scope", name=target.name)

    def check_fork(self, fork: Fork, path: Path) -> None:
        for key in ("accepted", "refused", "if_empty"):
            target = getattr(fork, key)
            if target:
                self.check_target(target, fork.within, (*path, key))
        if fork.for_each and fork.if_empty is None:
            self.findings.add(path, "needs_if_empty")
        if fork.if_empty and not fork.for_each:
            self.findings.add((*path, "if_empty"), "if_empty_alone")
        if len(fork.branches) < 2 and not fork.for_each:
            self.findings.add(path, "no_branches")
        for index, branch in enumerate(fork.branches):
            place = (*path, "starts") if fork.for_each else (*path, "branch", index, "starts")
            step = self.definition.step.get(branch.starts)
            if branch.starts and step is None:
                self.findings.add(place, "unknown_step", name=branch.starts)
            if step and step.within != f"{fork.key}.{branch.key}":
                self.findings.add(place, "starts_elsewhere", name=branch.starts)
