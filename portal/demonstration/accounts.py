"""Who can be signed in as, and with what."""

from portal.people.roles import Role

PASSWORD = "bihuan-demo-2026"
# Who shows which work; the rest of the company is there to be found in lists.
ACCOUNTS = (
    ("chen", "陈晓燕", Role.INTAKE_CLERK),
    ("feng", "冯雪", Role.INTAKE_CLERK),
    ("liu", "刘志强", Role.DISPATCHER),
    ("zhou", "周敏", Role.DEPARTMENT_HEAD),
    ("wu", "吴刚", Role.RESPONSIBLE_PERSON),
    ("zheng", "郑海涛", Role.QUALITY),
    ("wang", "王淑芬", Role.DEPUTY_LEADER),
    ("li", "李建国", Role.GENERAL_MANAGER),
    ("zhao", "赵磊", Role.ENGINEER),
    ("admin", "何静", Role.ADMINISTRATOR),
)
