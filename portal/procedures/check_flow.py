"""Checks of flow: every step can be reached, and from every step the case can end."""

from portal.procedures.definition import Definition
from portal.procedures.endings import Endings
from portal.procedures.faults import Findings
from portal.procedures.lines import Path


def check_flow(definition: Definition, findings: Findings) -> None:
    """Note dead steps, dead ends and joins that can never be decided so.

    The names must lead somewhere: structure is checked before.
    """
    endings = Endings(definition)
    reached = endings.reached()
    cyclic = endings.empty_cycle()
    parts: list[tuple[str, Path]] = [
        *((step.key, ("step", index)) for index, step in enumerate(definition.steps)),
        *((fork.key, ("fork", index)) for index, fork in enumerate(definition.forks)),
    ]
    for index, fork in enumerate(definition.forks):
        possible = endings.possible(fork)
        if True not in possible:
            findings.add(("fork", index), "never_accepted")
        if False in possible and fork.refused is None:
            findings.add(("fork", index), "needs_refused")
        if False not in possible and fork.refused:
            findings.add(("fork", index, "refused"), "never_refused")
        if fork.key in cyclic:
            findings.add(("fork", index, "if_empty"), "empty_cycle")
    ending = endings.ending()
    for key, path in parts:
        if key not in reached:
            findings.add(path, "unreachable", name=key)
        elif key not in ending:
            findings.add(path, "never_ends", name=key)
