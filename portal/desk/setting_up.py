"""What a new portal still needs before people can work in it, for its administrators."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Exists, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.company.keeping import year_to_import
from portal.company.models import CalendarYear
from portal.kernel.i18n import N_
from portal.kernel.settings import Settings
from portal.people.counting import held_by_anybody
from portal.people.models import Department, Headship, Region, Skill
from portal.people.roles import LABELS, Role

# Those to whom the procedures give work; the others oversee it, and a small company lacks some.
_WORKING = (
    Role.INTAKE_CLERK,
    Role.DISPATCHER,
    Role.DEPARTMENT_HEAD,
    Role.ENGINEER,
    Role.RESPONSIBLE_PERSON,
    Role.DEPUTY_LEADER,
)


@dataclass(frozen=True, slots=True)
class Lacking:
    """Something to set up: what, why, and at which page, or by which `settings` of the server.
    `names` are msgids of what is lacking of it."""

    title: str
    why: str
    href: str = ""
    settings: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


async def lacking(db: AsyncSession, settings: Settings, today: date) -> list[Lacking]:
    """What is still to be set up, in the order in which it is done; one statement."""
    years = (today.year, today.year + 1)
    asked: dict[str, Exists] = {
        "department": exists().where(Department.id.is_not(None)),
        "head": exists().where(Headship.person_id.is_not(None)),
        "region": exists().where(Region.id.is_not(None)),
        "skill": exists().where(Skill.id.is_not(None)),
        **{str(year): exists().where(CalendarYear.year == year) for year in years},
        **{str(role): held_by_anybody([role]) for role in _WORKING},
    }
    row = (await db.execute(select(*(one.label(name) for name, one in asked.items())))).one()
    has = dict(zip(asked, row, strict=True))
    vacant = tuple(LABELS[role] for role in _WORKING if not has[str(role)])
    due = year_to_import({year for year in years if has[str(year)]}, today)
    lines = [
        (not has["department"], _DEPARTMENTS),
        (has["department"] and not has["head"], _HEADS),
        (vacant, Lacking(_PEOPLE.title, _PEOPLE.why, _PEOPLE.href, names=vacant)),
        (not has["region"], _REGIONS),
        (not has["skill"], _SKILLS),
        (due, Lacking(_CALENDAR.title, _CALENDAR.why, f"/calendar?year={due}")),
        (not settings.company, _COMPANY),
        (not settings.public_url, _ADDRESS),
        (not settings.smtp_url, _MAIL),
    ]
    return [line for is_lacking, line in lines if is_lacking]


_DEPARTMENTS = Lacking(
    N_("Departments"),
    N_("Each has its head, who answers for what stays undone."),
    "/departments",
)
_HEADS = Lacking(
    N_("Heads of departments"),
    N_("No department has one: nobody answers for what stays undone."),
    "/departments",
)
_PEOPLE = Lacking(
    N_("People and their roles"), N_("Nobody has these roles, whose work waits"), "/people"
)
_REGIONS = Lacking(N_("Regions"), N_("Where engineers go; the ranking counts by them."), "/regions")
_SKILLS = Lacking(N_("Skills"), N_("What engineers can do; the ranking counts by them."), "/skills")
_CALENDAR = Lacking(
    N_("Holidays of the year"), N_("Working days and their limits count by them."), "/calendar"
)
_COMPANY = Lacking(
    N_("The company's name"), N_("It stands at the head of forms."), settings=("BIHUAN_COMPANY",)
)
_ADDRESS = Lacking(
    N_("The address of the portal"),
    N_("Without it customers get no mail; links and labels lead to this machine."),
    settings=("BIHUAN_PUBLIC_URL",),
)
_MAIL = Lacking(
    N_("Mail"),
    N_("Without it notices stay in the portal, and customers get no mail."),
    settings=("BIHUAN_SMTP_URL", "BIHUAN_MAIL_FROM"),
)
