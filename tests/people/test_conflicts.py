"""Two editors at one thing: the second is shown both sides, and nothing is lost."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select

from portal.kernel.db.unit import Database
from portal.people.models import Department, Region, Skill
from tests.conftest import Clock
from tests.people.support import NewBrowser, person


async def _person(database: Database) -> tuple[str, dict[str, Any], dict[str, Any]]:
    async with database.reading() as db:
        it = await person(db, "engineer")
    kept = {"login": "engineer", "department": str(it.department_id), "roles": ["engineer"]}
    first = kept | {"name": "先存的", "phone": "13900000001"}
    return f"/people/{it.id}", first, kept | {"name": "后存的", "phone": "13900000002"}


async def _hours(database: Database) -> tuple[str, dict[str, Any], dict[str, Any]]:
    async with database.reading() as db:
        it = await person(db, "engineer")
    first = {"from_0": "08:00", "until_0": "16:00"}
    return f"/people/{it.id}/hours", first, {"from_0": "09:00", "until_0": "17:00"}


async def _qualification(database: Database) -> tuple[str, dict[str, Any], dict[str, Any]]:
    async with database.reading() as db:
        it = await person(db, "engineer")
        skill = await db.scalar(select(Skill.id))
    return f"/people/{it.id}/qualification", {f"skill_{skill}": "3"}, {f"skill_{skill}": "1"}


async def _department(database: Database) -> tuple[str, dict[str, Any], dict[str, Any]]:
    async with database.reading() as db:
        own = await db.scalar(select(Department.id))
    return f"/departments/{own}", {"name": "先存的"}, {"name": "后存的"}


async def _skill(database: Database) -> tuple[str, dict[str, Any], dict[str, Any]]:
    async with database.reading() as db:
        own = await db.scalar(select(Skill.id))
    return f"/skills/{own}", {"name": "先存的"}, {"name": "后存的"}


async def _region(database: Database) -> tuple[str, dict[str, Any], dict[str, Any]]:
    async with database.reading() as db:
        own = await db.scalar(select(Region.id))
    return f"/regions/{own}", {"name": "先存的", "latitude": "1.5"}, {"name": "后存的"}


@pytest.mark.parametrize("edited", [_person, _hours, _qualification, _department, _skill, _region])
async def test_the_second_editor_sees_both_sides_and_the_first_ones_stands(
    browser: NewBrowser,
    database: Database,
    clock: Clock,
    edited: Callable[[Database], Awaitable[tuple[str, dict[str, Any], dict[str, Any]]]],
) -> None:
    path, first, second = await edited(database)
    admin, other = await browser("admin", language="en"), await browser("admin", language="en")
    page = path if path.endswith(("hours", "qualification")) else f"{path}/edit"
    version = {"version": _version(await other.get(page))}
    clock.forward(minutes=1)
    assert (await admin.post(path, first | version)).status_code == 303
    answer = await other.post(path, second | version)
    assert answer.status_code == 409
    assert "Changed by somebody else" in answer.text
    stored = (await other.get(page)).text
    for name in ("name", "phone", "from_0", "until_0"):
        if name in first and name in second:
            assert first[name] in answer.text
            assert second[name] in answer.text
            assert f'value="{first[name]}"' in stored
            assert f'value="{second[name]}"' not in stored
    if path.endswith("qualification"):
        assert answer.text.index("1 · under guidance") < answer.text.index("3 · teaches others")
    fresh = {"version": _version(await other.get(page))}
    assert fresh != version
    assert (await other.post(path, second | fresh)).status_code == 303


def _version(page: Any) -> str:
    _, _, after = page.text.partition('name="version" value="')
    return str(after.partition('"')[0])


async def test_a_form_without_a_version_is_stale(browser: NewBrowser, database: Database) -> None:
    path, first, _ = await _skill(database)
    admin = await browser("admin")
    assert (await admin.post(path, first)).status_code == 409
    assert (await admin.post(path, first | {"version": "one"})).status_code == 409
