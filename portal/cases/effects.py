"""Effects: what other rooms do when a step opens, ends or changes hands, in the same transaction,
by the name the procedure calls it. Which there are is wired where the rooms come together
(`portal.effects`)."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.loading import Loaded
from portal.cases.models import Case, Task
from portal.kernel.act import Act
from portal.people.standing_in import Presence

_EFFECTS = "effects"
# What no procedure names: a step that waits for a child case opens it; a case that closes answers
# the step that waits for it.
OPEN_CHILD, ANSWER_PARENT = "open_child", "answer_parent"


@dataclass(frozen=True, slots=True)
class Happening:
    """What has just been written: the case, the task whose step or outcome asks for the effect, and
    who is there. An effect may refuse by raising a problem; nothing of the event is then written.
    """

    loaded: Loaded
    task: Task
    presence: Presence

    @property
    def case(self) -> Case:
        return self.loaded.case

    def answered(self, step: str, field: str) -> Any:
        """What was answered last to ``field`` of ``step``, as stored; None while nothing was."""
        return self.loaded.answered(step, field)


Effect = Callable[[AsyncSession, Act, Happening], Awaitable[None]]


def carrying_out(effects: Mapping[str, Effect]) -> dict[str, Mapping[str, Effect]]:
    """For `Database(info=…)`: every unit of work then knows the effects by name."""
    return {_EFFECTS: effects}


async def carry_out(db: AsyncSession, act: Act, name: str, happening: Happening) -> None:
    """Do what the procedure calls ``name``. One that nobody carries out is a fault of the
    program, since a file that names it is refused: it fails, and nothing is written."""
    await db.info[_EFFECTS][name](db, act, happening)
