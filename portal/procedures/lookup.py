"""What a task can see: facts of the case, and answers of its own and the enclosing scopes."""

from collections.abc import Callable

from portal.procedures.definition import Definition, Who, WhoKind
from portal.procedures.forms import Value
from portal.procedures.paths import Frames
from portal.procedures.state import DECISIVE, Ending, Owner, OwnerKind, State, Task

_BY_FIELD = {WhoKind.DEPARTMENT: OwnerKind.DEPARTMENT, WhoKind.PERSON: OwnerKind.PERSON}
_BY_ITEM = {WhoKind.EACH_DEPARTMENT: OwnerKind.DEPARTMENT, WhoKind.EACH_PERSON: OwnerKind.PERSON}


class View:
    """The case as seen from ``frames``. Steps inside other branches are out of sight."""

    def __init__(self, definition: Definition, state: State, frames: Frames) -> None:
        self.definition = definition
        self.state = state
        self.frames = frames

    def latest(self, step: str, test: Callable[[Task], bool]) -> Task | None:
        """The row of ``step`` with the highest round that passes ``test``."""
        scope = self.frames[: len(self.definition.scope[step])]
        rows = [
            task
            for task in self.state.tasks
            if task.key.step == step and task.frames == scope and test(task)
        ]
        return max(rows, key=lambda task: task.key.round, default=None)

    def closed(self, step: str) -> Task | None:
        """The latest row of ``step`` that was closed with an outcome."""
        return self.latest(step, lambda task: task.ending in DECISIVE)

    def received(self, step: str) -> Task | None:
        """The latest row of ``step`` whose receipt is proven."""
        return self.latest(step, lambda task: task.received)

    def answered(self, step: str) -> Task | None:
        """The latest row of ``step`` that a person answered."""
        return self.latest(step, lambda task: task.ending is Ending.ANSWERED)

    def value(self, subject: str) -> Value | None:
        """``case.<fact>``, ``<step>.<field>`` or ``<step>.on_behalf``; nothing where unanswered."""
        step, _, name = subject.partition(".")
        if step == "case":
            value = self.state.facts.get(name)
        else:
            row = self.answered(step)
            if row is None:
                return None
            value = row.on_behalf if name == "on_behalf" else row.fields.get(name)
        return None if value in ("", ()) else value

    def owner(self, who: Who) -> Owner:
        """The owner rule; the case's owner where a form left the department or person open."""
        if who.kind is WhoKind.ROLE:
            return Owner(OwnerKind.ROLE, who.name)
        if who.kind in _BY_ITEM:
            return Owner(_BY_ITEM[who.kind], self.frames[-1].branch)
        if who.kind in _BY_FIELD:
            value = self.value(who.name)
            found = isinstance(value, str)
            return Owner(_BY_FIELD[who.kind], str(value)) if found else Owner(OwnerKind.CASE_OWNER)
        return Owner(OwnerKind(who.kind.value))
