"""Return commits, raise rolls back, and the answer leaves after the commit."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from portal.app import Portal
from portal.kernel.db.unit import Database
from portal.people.models import Skill
from tests.support.browser import Browser, browsing
from tests.support.cast import NOON

NewBrowser = Callable[..., Awaitable[Browser]]


async def skill_names(database: Database) -> set[str]:
    async with database.reading() as db:
        return set(await db.scalars(select(Skill.name))) - {"液压系统"}


async def test_returning_commits(browser: NewBrowser, database: Database) -> None:
    nobody = await browser()
    assert (await nobody.post("/stand/adds", {"name": "焊接"})).text == "added"
    assert await skill_names(database) == {"焊接"}


async def test_leading_elsewhere_commits_too(browser: NewBrowser, database: Database) -> None:
    nobody = await browser()
    answer = await nobody.post("/stand/leads")
    assert (answer.status_code, answer.headers["location"]) == (303, "/stand/page")
    assert await skill_names(database) == {"led"}


async def test_raising_rolls_back(browser: NewBrowser, database: Database) -> None:
    nobody = await browser()
    with capture_logs():
        assert (await nobody.post("/stand/raises")).status_code == 500
        # The template is written out inside the unit, so that its failure counts.
        assert (await nobody.post("/stand/breaks")).status_code == 500
    assert (await nobody.post("/stand/rejects")).status_code == 422
    assert await skill_names(database) == set()


async def test_what_fails_only_at_the_commit_is_never_a_success(
    browser: NewBrowser, database: Database
) -> None:
    nobody = await browser()
    with capture_logs() as logs:
        answer = await nobody.post("/stand/adds", {"name": "液压系统"})
    assert answer.status_code == 409
    assert [line["event"] for line in logs] == ["database.conflict"]
    assert await skill_names(database) == set()


async def test_a_get_never_writes(browser: NewBrowser, database: Database) -> None:
    nobody = await browser()
    assert (await nobody.get("/stand/reads")).text == "done"
    assert await skill_names(database) == set()


async def test_the_answer_leaves_after_the_commit(portal: Portal, database: Database) -> None:
    stored_when_sent: list[set[str]] = []
    inner = portal.app

    async def watched(scope, receive, send):  # type: ignore[no-untyped-def]
        async def sending(message):  # type: ignore[no-untyped-def]
            stored_when_sent.append(await skill_names(database))
            await send(message)

        await inner(scope, receive, sending)

    portal.app = watched
    async with browsing(portal) as nobody:
        await nobody.post("/stand/adds", {"name": "焊接"})
        assert len(stored_when_sent) >= 2
        assert all("焊接" in names for names in stored_when_sent)
        stored_when_sent.clear()
        await nobody.post("/stand/leads")
        assert stored_when_sent
        assert all("led" in names for names in stored_when_sent)


async def test_an_act_has_the_portals_clock_and_the_reader(browser: NewBrowser) -> None:
    clerk = await browser("clerk")
    said = (await clerk.post("/stand/asks")).json()
    assert said["at"] == NOON.isoformat()
    assert said["actor"].startswith("staff:")
    assert said["via"] == "page"


@pytest.mark.parametrize(
    "path", [f"/stand/skills/{10**30}", f"/stand/skills/{2**63}", "/stand/search?q=%00"]
)
async def test_what_no_column_holds_is_refused_or_not_found(browser: NewBrowser, path: str) -> None:
    with capture_logs() as logs:
        answer = await (await browser()).get(path)
    assert answer.status_code in (200, 404, 422)
    assert all(line["event"] == "database.refused" for line in logs)
