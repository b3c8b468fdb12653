"""The roles that procedures and pages speak of. What a role may do stands beside each verb."""

from enum import StrEnum

from portal.kernel.i18n import N_


class Role(StrEnum):
    """A function that a person holds; one person may hold several."""

    INTAKE_CLERK = "intake_clerk"
    DISPATCHER = "dispatcher"
    DEPARTMENT_HEAD = "department_head"
    RESPONSIBLE_PERSON = "responsible_person"
    QUALITY = "quality"
    DEPUTY_LEADER = "deputy_leader"
    GENERAL_MANAGER = "general_manager"
    ENGINEER = "engineer"
    ADMINISTRATOR = "administrator"


# Those whose work is the whole of the cases and customers; everybody else sees what they have a
# part in.
OVERSEERS = frozenset(
    {
        Role.INTAKE_CLERK,
        Role.DISPATCHER,
        Role.DEPARTMENT_HEAD,
        Role.QUALITY,
        Role.DEPUTY_LEADER,
        Role.GENERAL_MANAGER,
    }
)
LABELS = {
    Role.INTAKE_CLERK: N_("Intake clerk"),
    Role.DISPATCHER: N_("Dispatcher"),
    Role.DEPARTMENT_HEAD: N_("Department head"),
    Role.RESPONSIBLE_PERSON: N_("Responsible person"),
    Role.QUALITY: N_("Quality"),
    Role.DEPUTY_LEADER: N_("Deputy leader"),
    Role.GENERAL_MANAGER: N_("General manager"),
    Role.ENGINEER: N_("Repair engineer"),
    Role.ADMINISTRATOR: N_("Administrator"),
}
