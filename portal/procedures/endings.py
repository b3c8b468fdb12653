"""How the work can flow and end: the argument behind the promise that no case is stuck.

Two questions are kept apart. *May* something happen for some answers and some data? That decides
what must exist (a target for a refusal that may come). *Can* people make it happen, whatever the
data are? That decides whether a case can always be ended: an outcome counts only if all its
conditional targets lead on, because nobody at the keyboard chooses what a condition finds.

Every row of a case lies on a step that ``ending`` holds: it can be answered so that its branch ends
or the case moves nearer to closing. When every branch of a fork has ended, its join is decided, and
both what may follow are again in ``ending``. So from every state some answers close the case.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache

from portal.procedures.definition import (
    ACCEPTED,
    Branch,
    Definition,
    Fork,
    Outcome,
    Step,
    Target,
    TargetKind,
)
from portal.procedures.joining import needed

Leads = Callable[[Target], bool]
"""Whether a target is as good as reaching what is asked for."""

Joins = Callable[[Fork], bool]
"""The same of a fork whose list is not empty."""


def answers(step: Step) -> list[Outcome]:
    """The outcomes that people (or a child case) choose."""
    return [outcome for outcome in step.outcomes if not outcome.silent]


class Endings:
    """Questions about the flow of a definition whose structure is sound."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.possible = cache(self._possible)
        self.feasible = cache(self._feasible)

    def reached(self) -> set[str]:
        """The steps and forks that some case may reach."""
        waiting = [self.definition.steps[0].key]
        waiting += filter(None, (self.definition.reopens, self.definition.withdraws))
        found: set[str] = set()
        while waiting:
            key = waiting.pop()
            if key in found:
                continue
            found.add(key)
            fork = self.definition.fork.get(key)
            waiting += [branch.starts for branch in fork.branches] if fork else []
            waiting += [aim.name for aim in self._may(key) if aim.kind is TargetKind.GO]
        return found

    def _may(self, key: str) -> list[Target]:
        """Every target that may follow a step or fork in its own scope."""
        fork = self.definition.fork.get(key)
        if fork is None:
            outcomes = self.definition.step[key].outcomes
            return [route.target for outcome in outcomes for route in outcome.routes]
        followers = [self._follower(fork, accepted) for accepted in self.possible(fork)]
        return [target for target in (*followers, fork.if_empty) if target]

    def _follower(self, fork: Fork, accepted: bool) -> Target | None:
        return fork.accepted if accepted else fork.refused

    def _possible(self, fork: Fork) -> frozenset[bool]:
        """How the join of ``fork`` may be decided."""
        votes = {branch.key: self._may_vote(fork, branch) for branch in fork.branches}
        return _decisions(fork, votes)

    def _may_vote(self, fork: Fork, branch: Branch) -> set[bool]:
        scope = (*self.definition.scope[fork.key], (fork.key, branch.key))
        waiting, seen, votes = [branch.starts], set[str](), set[bool]()
        while waiting:
            key = waiting.pop()
            if key in seen or self.definition.scope[key] != scope:
                continue
            seen.add(key)
            for target in self._may(key):
                if target.kind is TargetKind.GO:
                    waiting.append(target.name)
                elif target.kind is TargetKind.ENDS:
                    votes.add(target.name == ACCEPTED)
        return votes

    def _feasible(self, fork: Fork) -> frozenset[bool]:
        """How people can have the join of ``fork`` decided, whatever the data are."""
        votes = {
            branch.key: {vote for vote in (True, False) if self._can_vote(fork, branch, vote)}
            for branch in fork.branches
        }
        return _decisions(fork, votes)

    def _can_vote(self, fork: Fork, branch: Branch, accepted: bool) -> bool:
        scope = (*self.definition.scope[fork.key], (fork.key, branch.key))
        inside = [key for key, at in self.definition.scope.items() if at == scope]
        voting: set[str] = set()

        def leads(target: Target) -> bool:
            if target.kind is TargetKind.ENDS:
                return (target.name == ACCEPTED) is accepted
            return target.kind is TargetKind.GO and target.name in voting

        def joins(inner: Fork) -> bool:
            return any(self._leads(inner, decision, leads) for decision in self.feasible(inner))

        _grow(voting, inside, lambda key: self._can(key, leads, joins))
        return branch.starts in voting

    def ending(self) -> set[str]:
        """The steps and forks from which people can end the branch or close the case."""
        ending: set[str] = set()

        def leads(target: Target) -> bool:
            return target.kind is not TargetKind.GO or target.name in ending

        def joins(fork: Fork) -> bool:
            if any(self._leads(fork, decision, leads) for decision in self.feasible(fork)):
                return True
            # Nobody can choose the decision, but there will be one, and either leads on.
            ends = all(branch.starts in ending for branch in fork.branches)
            return ends and all(
                self._leads(fork, decision, leads) for decision in self.possible(fork)
            )

        keys = [*self.definition.step, *self.definition.fork]
        _grow(ending, keys, lambda key: self._can(key, leads, joins))
        return ending

    def _can(self, key: str, leads: Leads, joins: Joins) -> bool:
        """Whether people can go on from ``key`` as ``leads`` asks; ``joins`` says it of a fork."""
        fork = self.definition.fork.get(key)
        if fork:
            return joins(fork) and _empty_leads(fork, leads)

        step = self.definition.step[key]

        def goes_on(outcome: Outcome, target: Target, filled: bool) -> bool:
            opened = self._opened_by(step, target)
            if leads(target) or opened is None:
                return leads(target)
            if filled:
                return joins(opened)
            return not _needs_list(step, outcome, opened) and _empty_leads(opened, leads)

        # Who answers the step fills in its lists as well: all of them, or none.
        return any(
            all(goes_on(outcome, route.target, filled) for route in outcome.routes)
            for outcome in answers(step)
            for filled in (True, False)
        )

    def _opened_by(self, step: Step, target: Target) -> Fork | None:
        """The fork that ``target`` opens for each item of a list in ``step``'s own form."""
        fork = self.definition.fork.get(target.name)
        if target.kind is not TargetKind.GO or fork is None:
            return None
        return fork if fork.for_each.partition(".")[0] == step.key else None

    def _leads(self, fork: Fork, accepted: bool, leads: Leads) -> bool:
        follower = self._follower(fork, accepted)
        return follower is not None and leads(follower)

    def empty_cycle(self) -> set[str]:
        """The forks that, with every list empty, would open one another without end."""
        edges = {
            fork.key: set(self._when_empty(fork, fork.if_empty))
            for fork in self.definition.forks
            if fork.if_empty
        }
        return {key for key in edges if key in _beyond(edges, key)}

    def _when_empty(self, fork: Fork, target: Target | None) -> Iterable[str]:
        """What may open in the same moment when ``target`` follows in the scope of ``fork``."""
        if target is None or target.kind is TargetKind.CLOSES:
            return
        if target.kind is TargetKind.GO:
            yield target.name
            return
        outer = self.definition.fork[self.definition.scope[fork.key][-1][0]]
        yield from self._when_empty(outer, outer.accepted)
        yield from self._when_empty(outer, outer.refused)


def _needs_list(step: Step, outcome: Outcome, fork: Fork) -> bool:
    field = step.field(fork.for_each.partition(".")[2])
    return field is not None and (field.required or outcome.key in field.required_for)


def _empty_leads(fork: Fork, leads: Leads) -> bool:
    return fork.if_empty is None or leads(fork.if_empty)


def _grow(known: set[str], keys: Iterable[str], can: Callable[[str], bool]) -> None:
    """Add to ``known`` every one of ``keys`` that ``can`` admits, until no more is admitted.

    Starting from nothing, a loop never vouches for itself.
    """
    waiting = set(keys)
    while admitted := {key for key in waiting if can(key)}:
        known |= admitted
        waiting -= admitted


def _beyond(edges: Mapping[str, set[str]], start: str) -> set[str]:
    """What is reached from ``start`` by one edge or more."""
    waiting, found = list(edges[start]), set[str]()
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting += edges.get(key, ())
    return found


def _decisions(fork: Fork, votes: dict[str, set[bool]]) -> frozenset[bool]:
    accepting = sum(True in vote for vote in votes.values())
    refusing = sum(False in vote for vote in votes.values())
    if fork.for_each:
        # One branch stands for any number of items, all of which may end the same way.
        return frozenset(vote for vote in (True, False) if vote in votes[fork.branches[0].key])
    enough = needed(fork.join, len(votes))
    decided = {True: accepting >= enough, False: refusing > len(votes) - enough}
    return frozenset(vote for vote, is_possible in decided.items() if is_possible)
