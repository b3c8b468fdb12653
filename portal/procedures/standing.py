"""What stands open in a case, and whether that is enough for R1."""

from portal.procedures.definition import Definition
from portal.procedures.limits import limits_of
from portal.procedures.state import State, Task


def next_step(definition: Definition, state: State) -> Task | None:
    """The one open task to name as the case's next step; nothing for a closed case.

    Of parallel ones it is the first in the procedure's order, then by branch: always the same one,
    in whatever order the rows are read.
    """
    order = {step.key: place for place, step in enumerate(definition.steps)}
    return min(
        state.open_tasks,
        key=lambda task: (order[task.key.step], task.key),
        default=None,
    )


def breaches_of_r1(definition: Definition, state: State) -> tuple[str, ...]:
    """Why a case is orphaned, for the shell to assert that it never is; empty when it is not.

    A step that waits for a child case is a watch task with owner and limit like any other, so that
    no rule here has an exception.
    """
    if not state.is_open:
        return ("a closed case has open tasks",) if state.open_tasks else ()
    if not state.open_tasks:
        return ("an open case has no open task",)
    return tuple(
        f"{task.key} has no running limit"
        for task in state.open_tasks
        if not limits_of(definition, state, task)
    )
