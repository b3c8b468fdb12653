"""What the pages of dispatching and of agreeing a visit share: the task, its case, the days."""

from dataclasses import dataclass
from datetime import date, tzinfo

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.calendar.days import Calendar
from portal.cases.access import acts_for, visible_cases
from portal.cases.answering import is_theirs
from portal.cases.models import Case, Task
from portal.cases.problems import NOT_YOURS, TASK_NOT_OPEN
from portal.company.keeping import company_calendar
from portal.customers.models import Site
from portal.kernel.i18n import N_
from portal.kernel.problems import NOT_FOUND, Problem
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.formats import filters
from portal.kernel.web.forms import Choices
from portal.kernel.web.render import AnyRequest
from portal.people.access import me
from portal.people.models import Skill
from portal.people.standing_in import presence_at
from portal.procedures.definition import Step
from portal.procedures.storing import definition_of
from portal.repairs.planning import dates_ahead, job_of
from portal.repairs.windows import WINDOW_MINUTES, Job, Window

LENGTHS = [
    ("60", N_("1 hour")),
    ("90", N_("1.5 hours")),
    ("120", N_("2 hours")),
    ("180", N_("3 hours")),
    ("240", N_("4 hours")),
]


@dataclass(frozen=True, slots=True)
class Work:
    """An open task that the reader may answer, on the page that its step names."""

    case: Case
    task: Task
    step: Step
    calendar: Calendar
    dates: list[date]

    @property
    def own(self) -> str:
        """The address of the task."""
        return f"/cases/{self.case.id}/tasks/{self.task.id}"


@dataclass(frozen=True, slots=True)
class Need:
    """What is asked of an engineer; `skill` (an id, empty for none) and `minutes` as texts."""

    job: Job
    minutes: str
    skill: str = ""
    skills: Choices = ()

    @property
    def skill_name(self) -> str:
        return dict(self.skills).get(self.skill, "")


async def load_work(
    request: AnyRequest, db: Unit, act: ThisAct, case_id: int, task_id: int, page: str
) -> Work:
    """The task, for whoever may answer it: the owner, or who stands in. Raises ``not-found`` where
    its step is not worked on at ``page``, ``task-not-yours`` and ``task-not-open``."""
    zone = request.app.state.settings.zone
    also = await acts_for(db, act, zone)
    query = select(Task).where(Task.id == task_id, Task.case_id == case_id)
    query = query.where(Task.case_id.in_(visible_cases(act.actor, also).with_only_columns(Case.id)))
    case_too = joinedload(Task.case, innerjoin=True)
    query = query.options(
        case_too.joinedload(Case.customer),
        case_too.joinedload(Case.contact),
        case_too.joinedload(Case.site).joinedload(Site.region),
        case_too.joinedload(Case.device),
        case_too.joinedload(Case.version),
    )
    task = await db.scalar(query)
    if task is None:
        raise Problem(NOT_FOUND)
    case = task.case
    step = definition_of(case.version).step[task.step]
    if step.page != page:
        raise Problem(NOT_FOUND)
    if task.owner_id != me(act):
        presence = await presence_at(db, act.at, zone)
        if not is_theirs(task, me(act), presence):
            raise Problem(NOT_YOURS)
    if not task.is_open:
        raise Problem(TASK_NOT_OPEN)
    calendar = await company_calendar(db, zone)
    return Work(case, task, step, calendar, dates_ahead(calendar, act.at))


def needed_of(request: AnyRequest, act: ThisAct, work: Work) -> Need:
    """The visit of which length the address asks for, of an engineer who is chosen already."""
    minutes = _chosen(request, "minutes", LENGTHS, str(WINDOW_MINUTES))
    return Need(job_of(work.case, act.at, work.dates, None, int(minutes)), minutes)


async def needed(request: AnyRequest, db: Unit, act: ThisAct, work: Work) -> Need:
    """What the address asks of engineers, else what the case says; what is not on offer counts as
    not asked for."""
    listed = await db.scalars(select(Skill).order_by(Skill.name))
    skills = [("", "—"), *((str(skill.id), skill.name) for skill in listed)]
    known = str(work.case.facts.get("skill") or "")
    skill = _chosen(request, "skill", skills, known if known in dict(skills) else "")
    minutes = _chosen(request, "minutes", LENGTHS, str(WINDOW_MINUTES))
    job = job_of(work.case, act.at, work.dates, int(skill) if skill else None, int(minutes))
    return Need(job, minutes, skill, skills)


def written(window: Window, zone: tzinfo) -> str:
    """``09:00–11:00`` on the company's clock."""
    begin, end = (at.astimezone(zone) for at in window)
    return f"{begin:%H:%M}–{end:%H:%M}"


def written_with_day(request: AnyRequest, window: Window) -> str:
    """A window with its day, in the reader's language."""
    zone = request.app.state.settings.zone
    day = filters(request.state.language, zone)["day"]
    return f"{day(window.from_at.astimezone(zone).date())} {written(window, zone)}"


def _chosen(request: AnyRequest, name: str, offered: Choices, usual: str) -> str:
    given = request.query_params.get(name)
    return given if given is not None and given in dict(offered) else usual
