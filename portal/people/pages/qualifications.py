"""What a person can do, where, and when: skills with levels, regions, working hours."""

from dataclasses import dataclass
from datetime import time
from typing import Any, ClassVar

from litestar import Controller, get, post
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from wtforms import SelectField, SelectMultipleField, TimeField
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from portal.kernel.i18n import N_
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.forms import Rejected, VersionedForm, blank, submitted
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.people.guards import allow
from portal.people.listing import load_person
from portal.people.models import Person, Region, Skill
from portal.people.pages.fields import Key
from portal.people.qualifying import Span, qualify, set_hours
from portal.people.roles import Role

LEVELS = [
    ("", N_("None")),
    ("1", N_("1 · under guidance")),
    ("2", N_("2 · alone")),
    ("3", N_("3 · teaches others")),
]
WEEKDAYS = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)
MAY_QUALIFY = (Role.ADMINISTRATOR, Role.DISPATCHER)


class QualificationForm(VersionedForm):
    """Regions; a subclass made for the request adds one field for each skill."""

    regions = SelectMultipleField(
        N_("Regions served"),
        [Optional()],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


class HoursForm(VersionedForm):
    """From and until for each weekday; both empty: not working by own hours that day."""

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        for weekday in range(7):
            start, end = self.span(weekday)
            if (start is None) != (end is None):
                self.say(f"from_{weekday}", N_("Give both times, or neither."))
                valid = False
            elif start and end and start >= end:
                self.say(f"from_{weekday}", N_("The end comes after the beginning."))
                valid = False
        return valid

    def span(self, weekday: int) -> tuple[time | None, time | None]:
        """What was typed for a weekday."""
        return self[f"from_{weekday}"].data, self[f"until_{weekday}"].data

    @property
    def hours(self) -> dict[int, Span]:
        """What a valid form says, in minutes after midnight by weekday."""
        spans = {day: self.span(day) for day in range(7)}
        return {
            day: (_minutes(start), _minutes(end))
            for day, (start, end) in spans.items()
            if start and end
        }


for _day, _name in enumerate(WEEKDAYS):
    setattr(HoursForm, f"from_{_day}", TimeField(_name, [Optional()]))
    setattr(HoursForm, f"until_{_day}", TimeField(N_("until"), [Optional()]))


@dataclass(kw_only=True)
class QualificationPage(Page):
    """Levels by skill, and regions."""

    template: ClassVar[str] = "people/qualification.html"
    form: QualificationForm
    person: Person
    skills: list[Skill]


@dataclass(kw_only=True)
class HoursPage(Page):
    template: ClassVar[str] = "people/hours.html"
    form: HoursForm
    person: Person


class QualificationController(Controller):
    path = "/people/{person_id:int}"
    guards = (allow(*MAY_QUALIFY),)

    @get("/qualification")
    async def edit(self, request: AnyRequest, db: Unit, act: ThisAct, person_id: Key) -> Answer:
        person = await load_person(db, act.actor, person_id)
        skills, regions = await _lists(db)
        form = blank(request, _form_for(skills), _qualification(person, skills), regions=regions)
        return render(request, QualificationPage(form=form, person=person, skills=skills))

    @post("/qualification")
    async def update(self, request: AnyRequest, db: Unit, act: ThisAct, person_id: Key) -> Answer:
        person = await load_person(db, act.actor, person_id)
        skills, regions = await _lists(db)
        form = await submitted(request, _form_for(skills), regions=regions)
        if not form.validate():
            raise Rejected(QualificationPage(form=form, person=person, skills=skills))
        form.refuse_stale(_qualification(person, skills))
        levels = {skill.id: form[f"skill_{skill.id}"].data for skill in skills}
        await qualify(
            db,
            act,
            person,
            skills={skill: int(level) for skill, level in levels.items() if level},
            regions=frozenset(int(region) for region in form.regions.data or []),
        )
        return redirect(request, f"/people/{person.id}", N_("%(name)s is saved."), name=person.name)

    @get("/hours")
    async def edit_hours(
        self, request: AnyRequest, db: Unit, act: ThisAct, person_id: Key
    ) -> Answer:
        person = await load_person(db, act.actor, person_id)
        form = blank(request, HoursForm, _hours(person))
        return render(request, HoursPage(form=form, person=person))

    @post("/hours")
    async def update_hours(
        self, request: AnyRequest, db: Unit, act: ThisAct, person_id: Key
    ) -> Answer:
        person = await load_person(db, act.actor, person_id)
        form = await submitted(request, HoursForm)
        if not form.validate():
            raise Rejected(HoursPage(form=form, person=person))
        form.refuse_stale(_hours(person))
        await set_hours(db, act, person, form.hours)
        return redirect(request, f"/people/{person.id}", N_("%(name)s is saved."), name=person.name)


def _form_for(skills: list[Skill]) -> type[QualificationForm]:
    fields = {
        f"skill_{skill.id}": SelectField(skill.name, [Optional()], choices=lambda: LEVELS)
        for skill in skills
    }
    return type("SkillsForm", (QualificationForm,), fields)


async def _lists(db: AsyncSession) -> tuple[list[Skill], list[tuple[str, str]]]:
    skills = list(await db.scalars(select(Skill).order_by(Skill.name)))
    regions = await db.scalars(select(Region).order_by(Region.name))
    return skills, [(str(region.id), region.name) for region in regions]


def _qualification(person: Person, skills: list[Skill]) -> dict[str, Any]:
    held = {mine.skill_id: str(mine.level) for mine in person.skills}
    levels = {f"skill_{skill.id}": held.get(skill.id, "") for skill in skills}
    regions = [str(mine.region_id) for mine in person.regions]
    return {"version": person.version, "regions": regions} | levels


def _hours(person: Person) -> dict[str, Any]:
    values: dict[str, Any] = {"version": person.version}
    for row in person.hours:
        values[f"from_{row.weekday}"] = time(*divmod(row.from_minute, 60))
        # 24:00 has no clock; a day that ends there is entered as 23:59.
        values[f"until_{row.weekday}"] = time(*divmod(min(row.until_minute, 1439), 60))
    return values


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute
