"""Employing: registering, amending, roles, leaving; an administrator always stays."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.kernel.act import Act
from portal.kernel.db.unit import Database
from portal.kernel.problems import Problem
from portal.people.employing import Particulars, amend, depart, register
from portal.people.models import Department, Departure, Headship, Person, RoleGrant
from portal.people.organising import Charter, save_department
from portal.people.problems import HAS_LEFT, LAST_ADMINISTRATOR
from portal.people.qualifying import qualify, set_hours
from portal.people.roles import Role
from tests.people.support import NewBrowser, person, person_id, words
from tests.support.cast import system

NEW = {"name": "孙悦", "login": "sun", "phone": "+86 138-0000-1234", "email": "sun@example.com"}


def _particulars(of: Person, *roles: Role) -> Particulars:
    return Particulars(of.login, of.name, of.phone, of.email, of.department_id, frozenset(roles))


def _form(of: Person, **changes: Any) -> dict[str, Any]:
    """What the page of ``of`` would send."""
    kept = {"name": of.name, "login": of.login, "phone": of.phone, "email": of.email}
    more = {"department": str(of.department_id or ""), "roles": sorted(of.roles)}
    return {"version": str(of.version), **kept, **more, **changes}


async def test_a_person_is_registered_with_department_and_roles(
    browser: NewBrowser, database: Database
) -> None:
    admin = await browser("admin", language="en")
    async with database.reading() as db:
        department = await db.scalar(select(Department.id))
    form = NEW | {"login": "  SUN ", "department": str(department)}
    answer = await admin.post("/people", form | {"roles": ["engineer", "quality"]})
    sun = await person_id(database, "sun")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/people/{sun}")
    page = await admin.get(f"/people/{sun}")
    for text in ("孙悦 is registered.", "Quality · Repair engineer", "客户服务部", NEW["phone"]):
        assert text in page.text
    assert await words(database, f"person:{sun}") == ["person.registered"]


REJECTED = [
    ("name", "", "This field is required.", "必填"),
    ("name", "   ", "This field is required.", "必填"),
    ("name", "长" * 61, "At most 60 characters.", "最多 60 个字"),
    ("login", "", "This field is required.", "必填"),
    ("login", "s", "A login has 2 to 60", "登录名为 2 至 60"),
    ("login", "孙悦", "A login has 2 to 60", "登录名为 2 至 60"),
    ("login", "a" * 61, "A login has 2 to 60", "登录名为 2 至 60"),
    ("login", "clerk", "Somebody else has this login.", "登录名"),
    ("phone", "call me", "This is not a phone number.", "电话号码"),
    ("phone", "1" * 40, "This is not a phone number.", "电话号码"),
    ("email", "sun", "This is not an e-mail address.", "邮箱"),
    ("email", "s@" + "e" * 130 + ".com", "At most 120 characters.", "最多 120 个字"),
    ("department", "999", "Not a valid choice.", "选"),
    ("roles", "emperor", "not a valid choice", "emperor"),
]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_a_rejected_form_says_why_next_to_the_field_and_keeps_what_was_typed(
    browser: NewBrowser, database: Database, language: str
) -> None:
    admin = await browser("admin", language=language)
    for field, typed, english, chinese in REJECTED:
        answer = await admin.post("/people", NEW | {field: typed})
        assert answer.status_code == 422, (field, typed)
        _, _, after = answer.text.partition(f'id="{field}-error"')
        assert (english if language == "en" else chinese) in after.partition("</p>")[0]
        for name, value in NEW.items():
            if name != field:
                assert f'value="{value}"' in answer.text
        if typed.strip() and field not in ("department", "roles"):
            assert f'value="{typed}"' in answer.text
    async with database.reading() as db:
        assert not await db.scalar(select(Person.id).where(Person.login == "sun"))


async def test_twenty_at_once_with_one_login_are_one_person(
    browser: NewBrowser, database: Database
) -> None:
    admin = await browser("admin")
    answers = await asyncio.gather(*(admin.post("/people", NEW) for _ in range(20)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes.count(303) == 1
    assert set(codes) <= {303, 409, 422}
    async with database.reading() as db:
        assert await db.scalar(select(func.count()).where(Person.login == "sun")) == 1
    assert (await words(database)).count("person.registered") == 11 + 1


async def test_amending_changes_particulars_and_roles_and_keeps_older_grants(
    browser: NewBrowser, database: Database
) -> None:
    admin = await browser("admin")
    async with database.reading() as db:
        clerk = await person(db, "clerk")
        grant = clerk.grants[0]
    form = _form(clerk, name="陈小燕", roles=["intake_clerk", "quality"])
    assert (await admin.post(f"/people/{clerk.id}", form)).status_code == 303
    async with database.reading() as db:
        after = await person(db, "clerk")
    assert after.name == "陈小燕"
    assert after.roles == {Role.INTAKE_CLERK, Role.QUALITY}
    assert grant.id in {kept.id for kept in after.grants}
    admin_id = await person_id(database, "admin")
    assert [g.by_id for g in after.grants if g.role == Role.QUALITY] == [admin_id]


async def test_a_person_may_keep_the_own_login_but_not_take_anothers(
    browser: NewBrowser, database: Database
) -> None:
    admin = await browser("admin", language="en")
    async with database.reading() as db:
        clerk = await person(db, "clerk")
    path = f"/people/{clerk.id}"
    assert (await admin.post(path, _form(clerk, login="head"))).status_code == 422
    assert (await admin.post(path, _form(clerk, login="Clerk"))).status_code == 303


async def test_leaving_ends_sessions_links_and_headships_and_is_recorded_once(
    browser: NewBrowser, database: Database
) -> None:
    admin, head = await browser("admin"), await browser("head")
    async with database.writing() as db:
        leaver = await person(db, "head")
        department = Department(headship=None)
        await save_department(db, system(), department, Charter("品质部", None, leaver.id))
    for _ in range(2):
        answer = await admin.post(f"/people/{leaver.id}/departure")
        assert answer.status_code == 303
    assert (await head.get("/")).status_code == 303
    assert (await words(database, f"person:{leaver.id}")).count("person.departed") == 1
    async with database.reading() as db:
        assert not (await db.scalars(select(Headship))).all()
    await admin.get("/")
    listed, all_of_them = await admin.get("/people"), await admin.get("/people?left=1")
    assert "周敏" not in listed.text
    assert "周敏" in all_of_them.text


async def test_two_who_let_one_person_go_at_once_are_no_fault(
    browser: NewBrowser, database: Database
) -> None:
    admin = await browser("admin")
    clerk = await person_id(database, "clerk")
    answers = await asyncio.gather(*(admin.post(f"/people/{clerk}/departure") for _ in range(5)))
    assert {answer.status_code for answer in answers} <= {303, 409}
    assert (await words(database, f"person:{clerk}")).count("person.departed") == 1


async def test_who_has_left_is_changed_no_more(browser: NewBrowser, database: Database) -> None:
    admin = await browser("admin", language="en")
    async with database.reading() as db:
        gone = await person(db, "gone")
    path = f"/people/{gone.id}"
    answer = await admin.post(path, _form(gone, name="新名字"))
    assert answer.status_code == 409
    assert "This person has left" in answer.text
    form = {"version": str(gone.version)}
    assert (await admin.post(f"{path}/qualification", form)).status_code == 409
    assert (await admin.post(f"{path}/hours", form)).status_code == 409
    page = await admin.get(path)
    assert f"{path}/edit" not in page.text
    for verb in (qualify(db, system(), gone, {}, frozenset()), set_hours(db, system(), gone, {})):
        with pytest.raises(Problem) as raised:
            await verb
        assert raised.value.kind is HAS_LEFT


async def test_the_last_administrator_neither_leaves_nor_loses_the_role(
    browser: NewBrowser, database: Database
) -> None:
    admin = await browser("admin", language="en")
    async with database.reading() as db:
        own = await person(db, "admin")
    path = f"/people/{own.id}"
    for answer in (
        await admin.post(f"{path}/departure"),
        await admin.post(path, _form(own, roles=["quality"])),
        await admin.post(path, _form(own, roles=[])),
    ):
        assert answer.status_code == 409
        assert "The last administrator stays" in answer.text
    assert (await admin.get("/skills")).status_code == 200


async def test_an_administrator_who_left_counts_as_none(database: Database) -> None:
    async with database.writing() as db:
        second = await person(db, "head")
        await amend(db, system(), second, _particulars(second, Role.ADMINISTRATOR))
    async with database.writing() as db:
        await depart(db, system(), await person(db, "head"))
    with pytest.raises(Problem) as raised:
        async with database.writing() as db:
            await depart(db, system(), await person(db, "admin"))
    assert raised.value.kind is LAST_ADMINISTRATOR


async def _leave(database: Database, login: str, *, departs: bool) -> str:
    try:
        async with database.writing() as db:
            leaver = await person(db, login)
            if departs:
                await depart(db, system(), leaver)
            else:
                await amend(db, system(), leaver, _particulars(leaver))
    except Problem as problem:
        return problem.kind.key
    return "done"


@pytest.mark.parametrize("departs", [(True, True), (False, False), (True, False)], ids=str)
async def test_of_two_administrators_who_go_at_the_same_time_one_stays(
    database: Database, departs: tuple[bool, bool]
) -> None:
    async with database.writing() as db:
        second = await person(db, "head")
        await amend(db, system(), second, _particulars(second, Role.ADMINISTRATOR))
    done = await asyncio.gather(
        _leave(database, "admin", departs=departs[0]), _leave(database, "head", departs=departs[1])
    )
    assert sorted(done) == ["done", "last-administrator"]
    async with database.reading() as db:
        left = select(Departure.person_id)
        query = select(func.count()).where(RoleGrant.role == Role.ADMINISTRATOR)
        assert await db.scalar(query.where(RoleGrant.person_id.not_in(left))) == 1


async def test_the_portal_itself_gives_roles_in_nobodys_name(database: Database) -> None:
    act: Act = system()
    async with database.writing() as db:
        given = Particulars("robot", "机器人", "", "", None, frozenset({Role.ENGINEER}))
        made = await register(db, act, given)
    async with database.reading() as db:
        grants = (await db.scalars(select(RoleGrant).where(RoleGrant.person_id == made.id))).all()
    assert [grant.by_id for grant in grants] == [None]
