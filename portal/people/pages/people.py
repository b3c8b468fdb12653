"""The staff directory; administrators employ, amend and let go."""

import re
from dataclasses import dataclass
from typing import Annotated, ClassVar

from litestar import Controller, get, post
from litestar.params import FromQuery, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession
from wtforms import EmailField, SelectField, SelectMultipleField, StringField, TelField
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from portal.kernel.act import Act
from portal.kernel.db.keyset import Slice
from portal.kernel.i18n import N_
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.forms import Choices, Rejected, VersionedForm, blank, submitted
from portal.kernel.web.list_page import ListPage
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.people.access import visible_departments, visible_people
from portal.people.employing import Particulars, amend, depart, register
from portal.people.guards import allow
from portal.people.inviting import VALID, invite
from portal.people.listing import Listed, Wanted, absences_of, list_people, load_person
from portal.people.models import Department, Person
from portal.people.pages.fields import AtMost, Key, matching, not_blank
from portal.people.pages.invitations import check_login
from portal.people.roles import LABELS, Role

# As many digits as a key can have, and more than a cursor ever needs.
_KEY = re.compile(r"[0-9]{1,18}")
_LONGEST_CURSOR = 600
ROLE_CHOICES = [(str(role), label) for role, label in LABELS.items()]


class PersonForm(VersionedForm):
    name = StringField(N_("Full name"), [InputRequired(), AtMost(60), not_blank])
    login = StringField(N_("Login"), [InputRequired()])
    phone = TelField(
        N_("Phone"),
        [Optional(), matching(r"[+\d][\d\s()-]{4,28}", N_("This is not a phone number."))],
    )
    email = EmailField(
        N_("E-mail"),
        [
            Optional(),
            AtMost(120),
            matching(r"[^@\s]+@[^@\s]+\.[^@\s]+", N_("This is not an e-mail address.")),
        ],
    )
    department = SelectField(N_("Department"), [Optional()])
    roles = SelectMultipleField(
        N_("Roles"),
        choices=lambda: ROLE_CHOICES,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )

    def validate_login(self, field: StringField) -> None:
        check_login(field)

    @property
    def particulars(self) -> Particulars:
        """What a valid form says."""
        return Particulars(
            login=self.login.data or "",
            name=self.name.data or "",
            phone=self.phone.data or "",
            email=self.email.data or "",
            department_id=int(self.department.data) if self.department.data else None,
            roles=frozenset(Role(role) for role in self.roles.data or []),
        )


@dataclass(kw_only=True)
class PeoplePage(ListPage):
    """The directory, filtered; `address` keeps the filters, with a place for the sort."""

    template: ClassVar[str] = "people/index.html"
    path: ClassVar[str] = "/people"
    people: Slice[Person]
    wanted: Wanted
    departments: list[Department]
    may_edit: bool

    @property
    def department_choices(self) -> Choices:
        return [("", "—"), *((str(d.id), d.name) for d in self.departments)]

    @property
    def role_choices(self) -> Choices:
        return [("", "—"), *ROLE_CHOICES]

    def filters(self) -> dict[str, str]:
        return {
            "q": self.wanted.words,
            "role": self.wanted.role,
            "department": str(self.wanted.department_id or ""),
            "left": "1" if self.wanted.with_left else "",
        }

    def order(self) -> dict[str, str]:
        return {"sort": self.wanted.sort}


@dataclass(kw_only=True)
class PersonPage(Page):
    """One person, with `link` when an invitation has just been made."""

    template: ClassVar[str] = "people/show.html"
    person: Person
    absences: list[Listed]
    may_edit: bool
    may_qualify: bool
    link: str = ""
    link_days: int = VALID.days


@dataclass(kw_only=True)
class PersonFormPage(Page):
    """Employ (`person` is None) or amend."""

    template: ClassVar[str] = "people/form.html"
    form: PersonForm
    person: Person | None = None


class PeopleController(Controller):
    path = "/people"
    guards = (allow(),)

    @get()
    async def index(
        self,
        request: AnyRequest,
        db: Unit,
        act: ThisAct,
        words: Annotated[str, QueryParameter(name="q")] = "",
        role: FromQuery[str] = "",
        department: FromQuery[str] = "",
        left: FromQuery[str] = "",
        sort: FromQuery[str] = "name",
        cursor: FromQuery[str] = "",
    ) -> Answer:
        wanted = Wanted(
            words=words[:100].replace("\x00", " "),
            role=role if role in LABELS else "",
            department_id=int(department) if _KEY.fullmatch(department) else None,
            with_left=left == "1",
            sort=sort,
            cursor=cursor[:_LONGEST_CURSOR],
        )
        departments = await db.scalars(visible_departments(act.actor).order_by(Department.name))
        page = PeoplePage(
            people=await list_people(db, act.actor, wanted),
            wanted=wanted,
            departments=list(departments),
            may_edit=_may(act, Role.ADMINISTRATOR),
        )
        return render(request, page)

    @get("/new", guards=[allow(Role.ADMINISTRATOR)])
    async def new(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        form = blank(request, PersonForm, department=await department_choices(db, act))
        return render(request, PersonFormPage(form=form))

    @post(guards=[allow(Role.ADMINISTRATOR)])
    async def create(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        form = await submitted(request, PersonForm, department=await department_choices(db, act))
        page = PersonFormPage(form=form)
        await _check(db, act, form, page)
        person = await register(db, act, form.particulars)
        return redirect(
            request, f"/people/{person.id}", N_("%(name)s is registered."), name=person.name
        )

    @get("/{person_id:int}")
    async def show(self, request: AnyRequest, db: Unit, act: ThisAct, person_id: Key) -> Answer:
        person = await load_person(db, act.actor, person_id)
        return render(request, await _person_page(db, act, person))

    @get("/{person_id:int}/edit", guards=[allow(Role.ADMINISTRATOR)])
    async def edit(self, request: AnyRequest, db: Unit, act: ThisAct, person_id: Key) -> Answer:
        person = await load_person(db, act.actor, person_id)
        choices = await department_choices(db, act)
        form = blank(request, PersonForm, _values(person), department=choices)
        return render(request, PersonFormPage(form=form, person=person))

    @post("/{person_id:int}", guards=[allow(Role.ADMINISTRATOR)])
    async def update(self, request: AnyRequest, db: Unit, act: ThisAct, person_id: Key) -> Answer:
        person = await load_person(db, act.actor, person_id)
        form = await submitted(request, PersonForm, department=await department_choices(db, act))
        page = PersonFormPage(form=form, person=person)
        await _check(db, act, form, page)
        form.refuse_stale(_values(person))
        await amend(db, act, person, form.particulars)
        return redirect(request, f"/people/{person.id}", N_("%(name)s is saved."), name=person.name)

    @post("/{person_id:int}/invitation", guards=[allow(Role.ADMINISTRATOR)], status_code=200)
    async def create_invitation(
        self, request: AnyRequest, db: Unit, act: ThisAct, person_id: Key
    ) -> Answer:
        person = await load_person(db, act.actor, person_id)
        token = await invite(db, act, person)
        page = await _person_page(db, act, person)
        # Shown once, here: only its digest is stored.
        page.link = f"{request.app.state.settings.origin}/invitations/{token}"
        answer = render(request, page)
        # The address stays the person's: this one takes no reload.
        answer.headers["hx-push-url"] = f"/people/{person.id}"
        return answer

    @post("/{person_id:int}/departure", guards=[allow(Role.ADMINISTRATOR)])
    async def create_departure(
        self, request: AnyRequest, db: Unit, act: ThisAct, person_id: Key
    ) -> Answer:
        person = await load_person(db, act.actor, person_id)
        await depart(db, act, person)
        return redirect(request, f"/people/{person.id}", N_("%(name)s has left."), name=person.name)


async def department_choices(db: AsyncSession, act: Act) -> Choices:
    """Every department by name, and at first none."""
    departments = await db.scalars(visible_departments(act.actor).order_by(Department.name))
    return [("", "—"), *((str(d.id), d.name) for d in departments)]


async def _check(db: AsyncSession, act: Act, form: PersonForm, page: PersonFormPage) -> None:
    """Raise with the form shown again unless it is valid and its login is free."""
    valid = form.validate()
    own = page.person.id if page.person else 0
    holder = visible_people(act.actor).where(Person.login == form.login.data, Person.id != own)
    if not form.login.errors and await db.scalar(holder.with_only_columns(Person.id)):
        form.say("login", N_("Somebody else has this login."))
        valid = False
    if not valid:
        raise Rejected(page)


async def _person_page(db: AsyncSession, act: Act, person: Person) -> PersonPage:
    return PersonPage(
        person=person,
        absences=await absences_of(db, person.id, act.at),
        may_edit=_may(act, Role.ADMINISTRATOR) and person.departure is None,
        may_qualify=_may(act, Role.ADMINISTRATOR, Role.DISPATCHER) and person.departure is None,
    )


def _values(person: Person) -> dict[str, object]:
    return {
        "version": person.version,
        "name": person.name,
        "login": person.login,
        "phone": person.phone,
        "email": person.email,
        "department": str(person.department_id or ""),
        "roles": sorted(person.roles),
    }


def _may(act: Act, *roles: Role) -> bool:
    return bool(getattr(act.actor, "roles", frozenset()) & set(roles))
