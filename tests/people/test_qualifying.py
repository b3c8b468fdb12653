"""What engineers can do, where, and when."""

import pytest
from sqlalchemy import select

from portal.kernel.db.unit import Database
from portal.people.models import PersonSkill, Region, Skill
from tests.people.support import NewBrowser, person, words


async def _ids(database: Database) -> tuple[int, int]:
    async with database.reading() as db:
        skill, region = await db.scalar(select(Skill.id)), await db.scalar(select(Region.id))
    assert skill
    assert region
    return skill, region


async def test_a_dispatcher_sets_levels_and_regions_and_takes_them_back(
    browser: NewBrowser, database: Database
) -> None:
    dispatcher = await browser("dispatcher")
    skill, region = await _ids(database)
    async with database.reading() as db:
        path = f"/people/{(await person(db, 'engineer')).id}"
    rows = []
    for level, regions in (("2", [str(region)]), ("3", [str(region)]), ("", [])):
        async with database.reading() as db:
            version = str((await person(db, "engineer")).version)
        form = {"version": version, f"skill_{skill}": level, "regions": regions}
        assert (await dispatcher.post(f"{path}/qualification", form)).status_code == 303
        async with database.reading() as db:
            engineer = await person(db, "engineer")
            rows += [row.id for row in await db.scalars(select(PersonSkill))]
        assert [mine.level for mine in engineer.skills] == ([int(level)] if level else [])
        assert [str(mine.region_id) for mine in engineer.regions] == regions
    assert len(set(rows)) == 1, "a new level is the same row"
    assert (await words(database)).count("person.qualified") == 3


async def test_hours_are_set_changed_and_given_up(browser: NewBrowser, database: Database) -> None:
    admin = await browser("admin", language="en")
    expected = [
        ({"from_0": "08:30", "until_0": "17:00", "from_6": "00:00", "until_6": "23:59"}, 2),
        ({"from_0": "09:00", "until_0": "17:00"}, 1),
        ({}, 0),
    ]
    for form, count in expected:
        async with database.reading() as db:
            engineer = await person(db, "engineer")
        path = f"/people/{engineer.id}"
        answer = await admin.post(f"{path}/hours", form | {"version": str(engineer.version)})
        assert answer.status_code == 303
        async with database.reading() as db:
            hours = (await person(db, "engineer")).hours
        assert len(hours) == count
        page = await admin.get(path)
        assert ("By the company" in page.text) is (count == 0)
        if count:
            start = form["from_0"]
            assert f"{start}–17:00" in page.text
            assert f'value="{start}"' in (await admin.get(f"{path}/hours")).text


@pytest.mark.parametrize(
    ("start", "end", "says"),
    [
        ("08:00", "", "Give both times, or neither."),
        ("", "17:00", "Give both times, or neither."),
        ("17:00", "17:00", "The end comes after the beginning."),
        ("17:00", "08:00", "The end comes after the beginning."),
        ("25:00", "26:00", "Not a valid time value."),
        ("noon", "17:00", "Not a valid time value."),
    ],
)
async def test_wrong_hours_are_named_by_their_day_and_kept(
    browser: NewBrowser, database: Database, start: str, end: str, says: str
) -> None:
    dispatcher = await browser("dispatcher", language="en")
    async with database.reading() as db:
        engineer = await person(db, "engineer")
    form = {"version": str(engineer.version), "from_2": start, "until_2": end}
    answer = await dispatcher.post(f"/people/{engineer.id}/hours", form)
    assert answer.status_code == 422
    assert says in answer.text
    assert '<a href="#from_2">Wednesday</a>' in answer.text
    for typed in filter(None, (start, end)):
        assert f'value="{typed}"' in answer.text
    async with database.reading() as db:
        assert not (await person(db, "engineer")).hours


async def test_a_skills_name_is_shown_as_it_is_written(
    browser: NewBrowser, database: Database
) -> None:
    """A name is no msgid: neither markup nor a place for a value."""
    admin = await browser("admin")
    name = "<b>100%</b> %(x)s"
    shown = "&lt;b&gt;100%&lt;/b&gt; %(x)s"
    assert (await admin.post("/skills", {"name": name})).status_code == 303
    async with database.reading() as db:
        engineer = await person(db, "engineer")
        skill = await db.scalar(select(Skill.id).where(Skill.name == name))
    path = f"/people/{engineer.id}/qualification"
    assert shown in (await admin.get(path)).text
    wrong = await admin.post(path, {"version": str(engineer.version), f"skill_{skill}": "9"})
    assert wrong.status_code == 422
    assert wrong.text.count(shown) == 2
    stale = await admin.post(path, {"version": "0", f"skill_{skill}": "3"})
    assert stale.status_code == 409
    assert shown in stale.text
    for answer in (wrong, stale):
        assert "<b>" not in answer.text


async def test_without_skills_the_page_says_so(browser: NewBrowser, database: Database) -> None:
    admin = await browser("admin", language="en")
    async with database.writing() as db:
        for skill in await db.scalars(select(Skill)):
            await db.delete(skill)
    async with database.reading() as db:
        engineer = await person(db, "engineer")
    page = await admin.get(f"/people/{engineer.id}/qualification")
    assert "No skills are listed yet." in page.text
