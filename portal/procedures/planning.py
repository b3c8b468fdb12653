"""The plan is the difference between the state before and the draft after an event."""

import msgspec

from portal.procedures.conditions import holds
from portal.procedures.definition import Definition
from portal.procedures.limits import limits_of
from portal.procedures.lookup import View
from portal.procedures.plan import DueEffect, Limit, Opening, Plan, Relimiting
from portal.procedures.routing import Draft
from portal.procedures.state import State, Task


def plan_between(before: State, draft: Draft) -> Plan:
    """What the shell has to write so that ``before`` becomes what is drafted."""
    return _Difference(before, draft).plan()


class _Difference:
    def __init__(self, before: State, draft: Draft) -> None:
        self.definition: Definition = draft.definition
        self.draft = draft
        self.before = before
        self.after = draft.state()
        self.old = {task.key: task for task in before.tasks}
        self.staying = [task for task in self.after.open_tasks if task.key in self.old]

    def plan(self) -> Plan:
        relimits = [change for task in self.staying if (change := self._relimiting(task))]
        started = {change.task: change.started for change in relimits}
        rows = [_restarted(task, started.get(task.key, ())) for task in self.staying]
        return Plan(
            opens=tuple(
                self._opening(task) for task in self.after.open_tasks if task.key not in self.old
            ),
            closes=tuple(
                task for task in self.after.tasks if not task.is_open and task != self.old[task.key]
            ),
            changes=tuple(task for task in rows if task != self.old[task.key]),
            relimits=tuple(relimits),
            effects=(*self.draft.effects, *self._newly_due()),
            alarms=tuple(self.draft.alarms),
            facts={
                name: value
                for name, value in self.after.facts.items()
                if name not in self.before.facts or self.before.facts[name] != value
            },
            verdict=self.after.verdict,
            paused=self.after.paused,
        )

    def _opening(self, task: Task) -> Opening:
        child = self.definition.step[task.key.step].child
        limits = limits_of(self.definition, self.after, task)
        return Opening(task.key, task.owner, limits, child.procedure if child else "")

    def _relimiting(self, task: Task) -> Relimiting | None:
        old = limits_of(self.definition, self.before, self.old[task.key])
        new = limits_of(self.definition, self.after, task)
        if old == new:
            return None
        clocks = {limit.name: _clock(limit) for limit in old}
        started = tuple(limit.name for limit in new if clocks.get(limit.name) != _clock(limit))
        return Relimiting(task.key, new, started)

    def _newly_due(self) -> list[DueEffect]:
        """Conditional effects of steps that stay open, where the condition has come true.

        An urgent case tells the leader by telephone (P04.7), also one that becomes urgent later.
        """
        found = []
        for task in self.staying:
            was = View(self.definition, self.before, task.frames).value
            now = View(self.definition, self.after, task.frames).value
            found += [
                DueEffect(effect.name, task.key)
                for effect in self.definition.step[task.key.step].effects
                if holds(effect.when, now) and not holds(effect.when, was)
            ]
        return found


def _clock(limit: Limit) -> object:
    return limit.duration, limit.direction, limit.moment


def _restarted(task: Task, started: tuple[str, ...]) -> Task:
    """A limit that starts anew has not lapsed yet in its new generation."""
    lapsed = tuple(name for name in task.lapsed if name not in started)
    return msgspec.structs.replace(task, lapsed=lapsed)
