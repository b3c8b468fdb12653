"""Departments, skills and regions."""

import asyncio

import pytest
from sqlalchemy import select

from portal.kernel.db.unit import Database
from portal.kernel.problems import Problem
from portal.people.models import Department, Headship, Region, Skill
from portal.people.organising import Charter, save_department
from tests.people.support import NewBrowser, person_id, words
from tests.support.cast import system


async def _found(database: Database, name: str, parent: int | None = None) -> int:
    async with database.writing() as db:
        made = await save_department(
            db, system(), Department(headship=None), Charter(name, parent, None)
        )
    return made.id


async def _put_below(database: Database, own: int, parent: int) -> str:
    try:
        async with database.writing() as db:
            department = await db.get_one(Department, own)
            await db.refresh(department, ["headship"])
            await save_department(db, system(), department, Charter(f"d{own}", parent, None))
    except Problem as problem:
        return problem.kind.key
    return "done"


async def test_a_department_gets_a_parent_and_a_head_and_changes_them(
    browser: NewBrowser, database: Database
) -> None:
    admin = await browser("admin", language="en")
    top = await _found(database, "总经理办公室")
    head, quality = await person_id(database, "head"), await person_id(database, "quality")
    form = {"name": " 品质部 ", "parent": str(top), "head": str(head)}
    assert (await admin.post("/departments", form)).status_code == 303
    page = await admin.get("/departments")
    assert "品质部 is saved." in page.text
    assert page.text.index("总经理办公室") < page.text.index(">品质部<")
    async with database.reading() as db:
        own = await db.scalar(select(Department.id).where(Department.name == "品质部"))
    for version, new_head in (("1", quality), ("2", None)):
        form = {"version": version, "name": "品质部", "parent": "", "head": str(new_head or "")}
        assert (await admin.post(f"/departments/{own}", form)).status_code == 303
        async with database.reading() as db:
            heads = select(Headship.person_id).where(Headship.department_id == own)
            assert await db.scalar(heads) == new_head
    assert await words(database, f"department:{own}") == [
        "department.founded",
        "department.amended",
        "department.amended",
    ]


async def test_a_circle_is_refused_next_to_the_field_and_nothing_typed_is_lost(
    browser: NewBrowser, database: Database
) -> None:
    admin = await browser("admin", language="en")
    top = await _found(database, "a")
    middle = await _found(database, "b", top)
    bottom = await _found(database, "c", middle)
    for parent in (top, middle, bottom):
        form = {"version": "1", "name": "renamed", "parent": str(parent), "head": ""}
        answer = await admin.post(f"/departments/{top}", form)
        assert answer.status_code == 422
        assert "The chosen department already belongs to this one." in answer.text
        assert 'value="renamed"' in answer.text
        assert f'<option value="{parent}" selected>' in answer.text


async def test_two_departments_put_below_each_other_at_once_are_no_circle(
    database: Database,
) -> None:
    one, two = await _found(database, "a"), await _found(database, "b")
    done = await asyncio.gather(_put_below(database, one, two), _put_below(database, two, one))
    assert sorted(done) == ["department-circle", "done"]


async def test_a_new_head_makes_an_older_form_stale(
    browser: NewBrowser, database: Database
) -> None:
    """Only another row changes, and still the older form must not bring the former head back."""
    admin = await browser("admin", language="en")
    own = await _found(database, "品质部")
    head = await person_id(database, "head")
    form = {"version": "1", "name": "品质部", "parent": "", "head": str(head)}
    assert (await admin.post(f"/departments/{own}", form)).status_code == 303
    older = {"version": "1", "name": "质量部", "parent": "", "head": ""}
    answer = await admin.post(f"/departments/{own}", older)
    assert answer.status_code == 409
    for shown in ("质量部", "品质部", "周敏"):
        assert shown in answer.text
    async with database.reading() as db:
        assert await db.scalar(select(Headship.person_id)) == head


@pytest.mark.parametrize("path", ["/skills", "/regions", "/departments"])
@pytest.mark.parametrize(
    ("name", "says"), [("", "required"), ("  ", "required"), ("长" * 61, "At most 60")]
)
async def test_a_bad_name_is_refused(browser: NewBrowser, path: str, name: str, says: str) -> None:
    admin = await browser("admin", language="en")
    answer = await admin.post(path, {"name": name})
    assert answer.status_code == 422
    assert says in answer.text


@pytest.mark.parametrize(
    ("path", "name"),
    [("/skills", "液压系统"), ("/regions", "锦江区"), ("/departments", "客户服务部")],
)
async def test_a_name_in_use_is_refused_and_at_once_is_stored_once(
    browser: NewBrowser, path: str, name: str
) -> None:
    admin = await browser("admin", language="en")
    answer = await admin.post(path, {"name": f" {name} "})
    assert answer.status_code == 422
    assert "This name is in use already." in answer.text
    answers = await asyncio.gather(*(admin.post(path, {"name": "新的"}) for _ in range(8)))
    codes = [answer.status_code for answer in answers]
    assert codes.count(303) == 1
    assert set(codes) <= {303, 409, 422}


async def test_a_skill_is_renamed_and_keeps_its_own_name(
    browser: NewBrowser, database: Database
) -> None:
    admin = await browser("admin", language="en")
    async with database.reading() as db:
        own = await db.scalar(select(Skill.id))
    for version, name in (("1", "液压系统"), ("1", "电气控制")):
        form = {"version": version, "name": name}
        assert (await admin.post(f"/skills/{own}", form)).status_code == 303
    async with database.reading() as db:
        assert list(await db.scalars(select(Skill.name))) == ["电气控制"]
    assert (await admin.post("/skills/999", {"name": "x"})).status_code == 404


@pytest.mark.parametrize(
    ("latitude", "longitude", "code"),
    [
        ("30.6", "104.1", 303),
        ("-90", "180", 303),
        ("", "", 303),
        ("90.1", "0", 422),
        ("0", "-180.5", 422),
        ("north", "0", 422),
        ("nan", "0", 422),
        ("inf", "0", 422),
        ("1e400", "0", 422),
    ],
)
async def test_a_region_lies_on_the_earth(
    browser: NewBrowser, database: Database, latitude: str, longitude: str, code: int
) -> None:
    admin = await browser("admin", language="en")
    form = {"name": "双流区", "latitude": latitude, "longitude": longitude}
    answer = await admin.post("/regions", form)
    assert answer.status_code == code
    async with database.reading() as db:
        stored = await db.scalar(select(Region).where(Region.name == "双流区"))
    assert (stored is not None) == (code == 303)
    if stored:
        assert stored.latitude == (float(latitude) if latitude else None)
