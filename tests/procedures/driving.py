"""Drives a case to its end: a person who knows the procedure and wants it closed.

The strategy is the tests' own, apart from the checker's reasoning: it plans the votes of each fork
from outside in, and now and then does something else, in case the plan leads nowhere.
"""

from random import Random

from portal.procedures.definition import (
    ACCEPTED,
    REFUSED,
    Definition,
    Fork,
    Outcome,
    Step,
    Target,
    TargetKind,
)
from portal.procedures.events import ChildClosed, TaskAnswered
from portal.procedures.forms import Value
from portal.procedures.state import Task
from tests.procedures.samples import Case

UNITS = ["a", "b", "b/c", "d%"]
FAR = 10**6
CLOSE = "close"


def fields_for(step: Step, random: Random, filled: bool) -> dict[str, Value]:
    """A list of units where the step's form has one; empty only if it may and shall be."""
    if not step.field("units"):
        return {}
    if not filled and not step.fields[0].required:
        return {"units": ()}
    return {"units": tuple(random.sample(UNITS, random.randint(1, 3)))}


def people_choose(step: Step) -> list[Outcome]:
    return [one for one in step.outcomes if not one.silent]


class Strategy:
    """``cost[node, goal]``: answers needed from a node until its scope reaches ``goal``.

    The goal of a branch is accepted or refused, that of the root scope is closing.
    """

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.cost: dict[tuple[str, str], int] = {}
        nodes = [*definition.step, *definition.fork]
        for _ in range(3 * len(nodes)):
            for key in nodes:
                for goal in (ACCEPTED, REFUSED, CLOSE):
                    self.cost[key, goal] = self._cost_of(key, goal)

    def _cost_of(self, key: str, goal: str) -> int:
        fork = self.definition.fork.get(key)
        if fork:
            return min(self.through(fork, vote, goal) for vote in (ACCEPTED, REFUSED))
        step = self.definition.step[key]
        return 1 + min(self.by(step, one, goal) for one in people_choose(step))

    def by(self, step: Step, outcome: Outcome, goal: str) -> int:
        return max(self._to(route.target, step.key, goal) for route in outcome.routes)

    def through(self, fork: Fork, vote: str, goal: str) -> int:
        follower = fork.accepted if vote == ACCEPTED else fork.refused
        if follower is None:
            return FAR
        votes = sum(self.cost.get((branch.starts, vote), FAR) for branch in fork.branches)
        return 1 + votes + self._to(follower, fork.key, goal)

    def _to(self, target: Target, source: str, goal: str) -> int:
        if target.kind is TargetKind.CLOSES:
            return 0
        if target.kind is TargetKind.ENDS:
            return 0 if target.name == goal else FAR
        scope = self.definition.scope
        stays = scope[target.name] == scope[source]
        return self.cost.get((target.name, goal), FAR) if stays else FAR

    def goal(self, task: Task) -> str:
        """What the branch of ``task`` should end as."""
        goal = CLOSE
        for frame in task.frames:
            fork = self.definition.fork[frame.fork]
            costs = {vote: self.through(fork, vote, goal) for vote in (ACCEPTED, REFUSED)}
            goal = min(costs, key=lambda vote: costs[vote])
        return goal


def drive_to_the_end(case: Case, random: Random) -> None:
    strategy = Strategy(case.definition)
    for turn in range(600):
        if not case.state.is_open:
            return
        task = random.choice(case.state.open_tasks)
        step = case.definition.step[task.key.step]
        goal = strategy.goal(task)
        best = min(people_choose(step), key=lambda one: strategy.by(step, one, goal))
        # The plan knows nothing of empty lists: where it goes round in circles, they are tried.
        stray = 0.1 if turn < 100 else 0.4
        chosen = best if random.random() > stray else random.choice(people_choose(step))
        filled = random.random() > stray
        if step.child:
            case.plan(ChildClosed(task.key, chosen.key))
        else:
            case.plan(TaskAnswered(task.key, chosen.key, fields_for(step, random, filled)))
    raise AssertionError("the case did not come to its end")
