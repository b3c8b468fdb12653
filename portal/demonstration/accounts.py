"""Who can be signed in as, and with what."""

from portal.people.roles import Role

PASSWORD = "bihuan-demo-2026"
# Who shows which work; the rest of the company is there to be found in lists.
ACCOUNTS = (
    ("chen", Role.INTAKE_CLERK),
    ("liu", Role.DISPATCHER),
    ("zhou", Role.DEPARTMENT_HEAD),
    ("wu", Role.RESPONSIBLE_PERSON),
    ("zheng", Role.QUALITY),
    ("wang", Role.DEPUTY_LEADER),
    ("li", Role.GENERAL_MANAGER),
    ("zhao", Role.ENGINEER),
    ("admin", Role.ADMINISTRATOR),
)
