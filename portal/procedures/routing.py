"""How the work moves on: one draft of the next state per event, closed and opened row by row."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from portal.procedures.conditions import holds
from portal.procedures.definition import (
    ACCEPTED,
    Definition,
    Effect,
    Fork,
    Outcome,
    Target,
    TargetKind,
)
from portal.procedures.forms import Value
from portal.procedures.joining import decision
from portal.procedures.lookup import View
from portal.procedures.paths import Frame, Frames, inside, inside_activation, written
from portal.procedures.plan import Alarm, DueEffect
from portal.procedures.state import Ending, State, Task, TaskKey, Vote


@dataclass
class Draft:
    """The next state while it is made."""

    definition: Definition
    facts: dict[str, Value]
    rows: dict[TaskKey, Task]
    verdict: str
    paused: bool
    effects: list[DueEffect] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)

    @classmethod
    def of(cls, definition: Definition, state: State) -> "Draft":
        """A draft that changes nothing yet."""
        rows = {task.key: task for task in state.tasks}
        return cls(definition, dict(state.facts), rows, state.verdict, state.paused)

    @property
    def is_open(self) -> bool:
        """Whether the case has been opened and not closed."""
        return bool(self.rows) and not self.verdict

    def open_row(self, key: TaskKey) -> Task | None:
        """The row with that key, if it is still open."""
        task = self.rows.get(key)
        return task if task and task.is_open else None

    def state(self) -> State:
        """The state as drafted."""
        return State(self.facts, tuple(self.rows.values()), self.verdict, self.paused)

    def view(self, frames: Frames) -> View:
        """The draft as seen from ``frames``."""
        return View(self.definition, self.state(), frames)

    def change(self, key: TaskKey, **changes: object) -> Task:
        """Change a row's columns."""
        self.rows[key] = msgspec.structs.replace(self.rows[key], **changes)
        return self.rows[key]

    def settle(
        self,
        task: Task,
        ending: Ending,
        outcome: Outcome,
        fields: Mapping[str, Value] | None = None,
        on_behalf: bool = False,
    ) -> None:
        """Close ``task`` with ``outcome`` and follow where that leads.

        An answer proves receipt as well.
        """
        key = task.key
        self.change(
            key,
            ending=ending,
            outcome=outcome.key,
            fields=dict(fields or {}),
            on_behalf=on_behalf,
            received=task.received or ending is Ending.ANSWERED,
            paused=False,
        )
        step = self.definition.step[key.step]
        for form_field in step.fields:
            value = self.rows[key].fields.get(form_field.key)
            if form_field.sets and value is not None and value != "":
                self.facts[form_field.sets] = value
        view = self.view(task.frames)
        self._run(outcome.effects, key, view)
        route = next(route for route in outcome.routes if holds(route.when, view.value))
        self.follow(route.target, task.frames, key)

    def begin(self, step: str) -> None:
        """Open ``step`` in the root scope, where nothing is open: a case opened or reopened."""
        self.verdict = ""
        self._open(step, ())

    def leave_for(self, step: str) -> None:
        """Leave whatever is open and go on with ``step`` in the root scope."""
        self._stop(inside(()), Ending.CANCELLED)
        self._open(step, ())

    def follow(self, target: Target, frames: Frames, moved: TaskKey) -> None:
        """Go where ``target`` leads from the scope at ``frames``.

        ``moved`` is the row whose closing moves the work on; it carries the votes.
        """
        if target.kind is TargetKind.CLOSES:
            self._stop(inside(()), Ending.CANCELLED)
            self.verdict = target.name
            self.paused = False
        elif target.kind is TargetKind.ENDS:
            self._end(frames, target.name == ACCEPTED, moved)
        else:
            scope = frames[: len(self.definition.scope[target.name])]
            # Leaving a scope takes its siblings along: nothing stays open that nobody waits for.
            self._stop(inside(scope), Ending.CANCELLED)
            if target.name in self.definition.fork:
                self._open_fork(self.definition.fork[target.name], scope, moved)
            else:
                self._open(target.name, scope)

    def _end(self, frames: Frames, accepted: bool, moved: TaskKey) -> None:
        votes = self.rows[moved].votes
        self.change(moved, votes=(*votes, Vote(written(frames), accepted)))
        outer, (key, round_, _) = frames[:-1], frames[-1]
        fork = self.definition.fork[key]
        activation = inside_activation(outer, key, round_)
        decided = decision(fork.join, *self._tally(activation, len(outer)))
        if decided is None:
            return
        self._stop(activation, Ending.SUPERSEDED)
        follower = fork.accepted if decided else fork.refused
        assert follower is not None, "the checker asks for 'refused' wherever it can be decided"
        self.follow(follower, outer, moved)

    def _tally(self, activation: str, depth: int) -> tuple[int, int, int]:
        """The branches of an activation, and how many of them ended accepted and refused.

        Every branch opened a row at once, so the rows tell how many there are.
        """
        rows = self.rows.values()
        branches = {
            task.frames[depth].branch for task in rows if task.key.fork_path.startswith(activation)
        }
        votes = [
            vote.accepted
            for task in rows
            for vote in task.votes
            if vote.path.startswith(activation) and vote.path.count("/") == depth
        ]
        return len(branches), votes.count(True), votes.count(False)

    def _stop(self, start: str, ending: Ending) -> None:
        """Close every open row whose path starts with ``start``."""
        for task in list(self.rows.values()):
            if task.is_open and f"{task.key.fork_path}/".startswith(start):
                self.change(task.key, ending=ending, paused=False)

    def _open_fork(self, fork: Fork, scope: Frames, moved: TaskKey) -> None:
        branches = [(branch.key, branch.starts) for branch in fork.branches]
        if fork.for_each:
            items = self.view(scope).value(fork.for_each)
            if not isinstance(items, tuple):
                assert fork.if_empty is not None, "the checker asks for 'if_empty'"
                self.follow(fork.if_empty, scope, moved)
                return
            branches = [(item, fork.branches[0].starts) for item in items]
        round_ = 1 + max(self._rounds_of(fork.key, scope), default=0)
        for branch, starts in branches:
            self._open(starts, (*scope, Frame(fork.key, round_, branch)))

    def _rounds_of(self, fork: str, scope: Frames) -> list[int]:
        start = f"{inside(scope)}{fork}."
        depth = len(scope)
        return [
            task.frames[depth].round
            for task in self.rows.values()
            if task.key.fork_path.startswith(start)
        ]

    def _open(self, step: str, frames: Frames) -> None:
        path = written(frames)
        rounds = [key.round for key in self.rows if (key.step, key.fork_path) == (step, path)]
        key = TaskKey(step, path, 1 + max(rounds, default=0), self._item(frames))
        view = self.view(frames)
        self.rows[key] = Task(key, view.owner(self.definition.step[step].who))
        self._run(self.definition.step[step].effects, key, view)

    def _item(self, frames: Frames) -> str:
        """The item of the innermost list, for people and for the row."""
        items = [frame.branch for frame in frames if self.definition.fork[frame.fork].for_each]
        return items[-1] if items else ""

    def _run(self, effects: tuple[Effect, ...], key: TaskKey, view: View) -> None:
        for effect in effects:
            due = DueEffect(effect.name, key)
            if due not in self.effects and holds(effect.when, view.value):
                self.effects.append(due)
