"""Departments, skills and regions: what administrators keep in order."""

from dataclasses import dataclass
from typing import Any, ClassVar

from litestar import Controller, get, post
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload
from wtforms import FloatField, SelectField, StringField
from wtforms.validators import InputRequired, NumberRange, Optional

from portal.kernel.act import Act
from portal.kernel.i18n import N_
from portal.kernel.problems import NOT_FOUND, Problem
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.forms import Rejected, VersionedForm, blank, submitted
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.people.access import visible_departments
from portal.people.guards import allow
from portal.people.listing import colleagues
from portal.people.models import (
    Department,
    Headship,
    Person,
    PersonRegion,
    PersonSkill,
    Region,
    Skill,
)
from portal.people.organising import Charter, save_department, save_listed
from portal.people.pages.fields import AtMost, Key, not_blank
from portal.people.roles import Role


class DepartmentForm(VersionedForm):
    name = StringField(N_("Name"), [InputRequired(), AtMost(60), not_blank])
    parent = SelectField(N_("Belongs to"), [Optional()])
    head = SelectField(N_("Head"), [Optional()])


class SkillForm(VersionedForm):
    name = StringField(N_("Name"), [InputRequired(), AtMost(60), not_blank])


class RegionForm(SkillForm):
    latitude = FloatField(N_("Latitude of its middle"), [Optional(), NumberRange(-90, 90)])
    longitude = FloatField(N_("Longitude of its middle"), [Optional(), NumberRange(-180, 180)])


@dataclass(kw_only=True)
class DepartmentsPage(Page):
    """Every department below the one it belongs to, with its depth and number of people."""

    template: ClassVar[str] = "people/departments.html"
    rows: list[tuple[Department, int, int]]
    may_edit: bool


@dataclass(kw_only=True)
class DepartmentFormPage(Page):
    template: ClassVar[str] = "people/department_form.html"
    form: DepartmentForm
    department: Department | None = None


class DepartmentController(Controller):
    path = "/departments"
    guards = (allow(),)

    @get()
    async def index(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        query = visible_departments(act.actor).options(
            joinedload(Department.headship).joinedload(Headship.person)
        )
        departments = list(await db.scalars(query.order_by(Department.name)))
        people = await _counted(db)
        page = DepartmentsPage(
            rows=[(d, depth, people.get(d.id, 0)) for d, depth in _as_tree(departments)],
            may_edit=Role.ADMINISTRATOR in request.state.actor.roles,
        )
        return render(request, page)

    @get("/new", guards=[allow(Role.ADMINISTRATOR)])
    async def new(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        form = blank(request, DepartmentForm, None, **await _choices(db, act))
        return render(request, DepartmentFormPage(form=form))

    @post(guards=[allow(Role.ADMINISTRATOR)])
    async def create(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        return await self._save(request, db, act, Department(headship=None))

    @get("/{department_id:int}/edit", guards=[allow(Role.ADMINISTRATOR)])
    async def edit(self, request: AnyRequest, db: Unit, act: ThisAct, department_id: Key) -> Answer:
        department = await _department(db, act, department_id)
        form = blank(request, DepartmentForm, _values(department), **await _choices(db, act))
        return render(request, DepartmentFormPage(form=form, department=department))

    @post("/{department_id:int}", guards=[allow(Role.ADMINISTRATOR)])
    async def update(
        self, request: AnyRequest, db: Unit, act: ThisAct, department_id: Key
    ) -> Answer:
        return await self._save(request, db, act, await _department(db, act, department_id))

    async def _save(
        self, request: AnyRequest, db: AsyncSession, act: Act, department: Department
    ) -> Answer:
        form = await submitted(request, DepartmentForm, **await _choices(db, act))
        page = DepartmentFormPage(form=form, department=department if department.id else None)
        if not form.validate() or await _is_taken(db, form, Department, department.id):
            raise Rejected(page)
        if department.id:
            form.refuse_stale(_values(department))
        charter = Charter(
            name=form.name.data or "",
            parent_id=int(form.parent.data) if form.parent.data else None,
            head_id=int(form.head.data) if form.head.data else None,
        )
        try:
            await save_department(db, act, department, charter)
        except Problem as problem:
            form.say("parent", problem.kind.happened)
            raise Rejected(page) from problem
        return redirect(request, "/departments", N_("%(name)s is saved."), name=charter.name)


@dataclass(kw_only=True)
class ListedPage(Page):
    """Skills or regions, each with the number of people who have it."""

    template: ClassVar[str] = "people/listed.html"
    path: str
    title: str
    rows: list[tuple[Skill | Region, int]]


@dataclass(kw_only=True)
class ListedFormPage(Page):
    template: ClassVar[str] = "people/listed_form.html"
    path: str
    title: str
    form: SkillForm
    thing: Skill | Region | None = None


class ListedController(Controller):
    """What skills and regions have in common; a subclass says what is listed."""

    model: ClassVar[type[Any]]
    form: ClassVar[type[SkillForm]]
    fields: ClassVar[tuple[str, ...]]
    title: ClassVar[str]
    guards = (allow(Role.ADMINISTRATOR),)

    @get()
    async def index(self, request: AnyRequest, db: Unit) -> Answer:
        held = PersonSkill.skill_id if self.model is Skill else PersonRegion.region_id
        counts = dict((await db.execute(select(held, func.count()).group_by(held))).all())
        things = await db.scalars(select(self.model).order_by(self.model.name))
        rows = [(thing, counts.get(thing.id, 0)) for thing in things]
        return render(request, ListedPage(path=self.path, title=self.title, rows=rows))

    @get("/new")
    async def new(self, request: AnyRequest) -> Answer:
        return render(request, self._page(blank(request, self.form)))

    @post()
    async def create(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        return await self._save(request, db, act, self.model())

    @get("/{thing_id:int}/edit")
    async def edit(self, request: AnyRequest, db: Unit, thing_id: Key) -> Answer:
        thing = await self._load(db, thing_id)
        return render(request, self._page(blank(request, self.form, self._values(thing)), thing))

    @post("/{thing_id:int}")
    async def update(self, request: AnyRequest, db: Unit, act: ThisAct, thing_id: Key) -> Answer:
        return await self._save(request, db, act, await self._load(db, thing_id))

    async def _save(
        self, request: AnyRequest, db: AsyncSession, act: Act, thing: Skill | Region
    ) -> Answer:
        form = await submitted(request, self.form)
        if not form.validate() or await _is_taken(db, form, self.model, thing.id):
            raise Rejected(self._page(form, thing if thing.id else None))
        if thing.id:
            form.refuse_stale(self._values(thing))
        for name in self.fields:
            setattr(thing, name, form[name].data)
        await save_listed(db, act, thing)
        return redirect(request, self.path, N_("%(name)s is saved."), name=thing.name)

    async def _load(self, db: AsyncSession, thing_id: int) -> Skill | Region:
        thing: Skill | Region | None = await db.get(self.model, thing_id)
        if thing is None:
            raise Problem(NOT_FOUND)
        return thing

    def _page(self, form: SkillForm, thing: Skill | Region | None = None) -> ListedFormPage:
        return ListedFormPage(path=self.path, title=self.title, form=form, thing=thing)

    def _values(self, thing: Skill | Region) -> dict[str, object]:
        return {name: getattr(thing, name) for name in ("version", *self.fields)}


class SkillController(ListedController):
    path = "/skills"
    model = Skill
    form = SkillForm
    fields = ("name",)
    title = N_("Skills")


class RegionController(ListedController):
    path = "/regions"
    model = Region
    form = RegionForm
    fields = ("name", "latitude", "longitude")
    title = N_("Regions")


def _as_tree(departments: list[Department]) -> list[tuple[Department, int]]:
    below: dict[int | None, list[Department]] = {}
    for department in departments:
        below.setdefault(department.parent_id, []).append(department)

    def walk(parent: int | None, depth: int) -> list[tuple[Department, int]]:
        rows = []
        for department in below.get(parent, []):
            rows += [(department, depth), *walk(department.id, depth + 1)]
        return rows

    return walk(None, 0)


async def _counted(db: AsyncSession) -> dict[int | None, int]:
    query = select(Person.department_id, func.count()).group_by(Person.department_id)
    return dict((await db.execute(query)).all())


async def _department(db: AsyncSession, act: Act, department_id: int) -> Department:
    query = visible_departments(act.actor).where(Department.id == department_id)
    found = await db.scalar(query.options(joinedload(Department.headship)))
    if found is None:
        raise Problem(NOT_FOUND)
    return found


async def _choices(db: AsyncSession, act: Act) -> dict[str, list[tuple[str, str]]]:
    departments = await db.scalars(visible_departments(act.actor).order_by(Department.name))
    people = await colleagues(db, act.actor)
    return {
        "parent": [("", "—"), *((str(d.id), d.name) for d in departments)],
        "head": [("", "—"), *((str(p.id), p.name) for p in people)],
    }


async def _is_taken(
    db: AsyncSession,
    form: DepartmentForm | SkillForm,
    model: type[Department | Skill | Region],
    own: int | None,
) -> bool:
    """Whether another row has the name; then the form says so."""
    query = select(model.id).where(model.name == form.name.data, model.id != (own or 0))
    taken = await db.scalar(query) is not None
    if taken:
        form.say("name", N_("This name is in use already."))
    return taken


def _values(department: Department) -> dict[str, object]:
    return {
        "version": department.version,
        "name": department.name,
        "parent": str(department.parent_id or ""),
        "head": str(department.headship.person_id if department.headship else ""),
    }
