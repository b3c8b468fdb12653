"""Bugs planted into a copy of the client: each has to be found (rule 38)."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.field.simulation.running import CORE


@dataclass(frozen=True, slots=True)
class Bug:
    """What stands in a module, and what stands there instead."""

    module: str
    right: str
    wrong: str


BUGS: dict[str, Bug] = {}


def planted(name: str, folder: Path) -> Path:
    """A copy of the client's core in ``folder``, with the bug in it."""
    bug = BUGS[name]
    shutil.copytree(CORE, folder)
    path = folder / bug.module
    source = path.read_text()
    assert source.count(bug.right) == 1, f"{name}: the place has changed"
    path.write_text(source.replace(bug.right, bug.wrong))
    return folder
