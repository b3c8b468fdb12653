"""The checks a definition passes before it may run: every fault at once, none left for run time."""

from portal.procedures.check_flow import check_flow
from portal.procedures.check_limits import check_limits
from portal.procedures.check_names import Known, check_names
from portal.procedures.check_sight import check_sight
from portal.procedures.check_structure import check_structure
from portal.procedures.definition import Definition
from portal.procedures.faults import Findings

__all__ = ["Known", "check"]


_HOLES = {
    "missing",
    "wrong_kind",
    "twice",
    "no_steps",
    "first_step_inside",
    "reopens_inside",
    "bad_target",
    "unknown_target",
    "unknown_step",
    "unknown_scope",
    "out_of_scope",
    "starts_elsewhere",
    "ends_outside",
    "no_branches",
}
"""Faults that leave a name leading nowhere; following the flow would blame the sound steps."""


def check(definition: Definition, known: Known, findings: Findings) -> None:
    """Note in ``findings`` all that keeps ``definition`` from running soundly.

    Reachability and endings are looked at only where no name leads nowhere.
    """
    check_names(definition, known, findings)
    check_structure(definition, findings)
    check_sight(definition, findings)
    check_limits(definition, findings)
    if _HOLES.isdisjoint(fault.reason for fault in findings.faults):
        check_flow(definition, findings)
