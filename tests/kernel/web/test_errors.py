"""Whatever goes wrong: a page in the reader's language or a JSON problem, never a bare fault."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from portal.app import Portal
from portal.kernel.db.unit import Database
from portal.kernel.i18n import language
from portal.kernel.settings import Settings
from tests.kernel.stand import KINDS, adds
from tests.kernel.test_units import another_process_writes
from tests.support.browser import Browser, browsing
from tests.support.databases import Sqlite

NewBrowser = Callable[..., Awaitable[Browser]]
JSON = {"accept": "application/json"}
PARAMS = {"reference": "r1", "minutes": 15}


@pytest.mark.parametrize("code", ["zh-CN", "en"])
@pytest.mark.parametrize("key", sorted(set(KINDS) - {"sign-in"}))
async def test_every_problem_is_a_page_in_the_readers_language(
    browser: NewBrowser, key: str, code: str
) -> None:
    nobody = await browser(language=code)
    answer = await nobody.get(f"/stand/problem/{key}")
    kind, say = KINDS[key], language(code.replace("-", "_")).gettext
    assert answer.status_code == kind.status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["retry-after"] == "900"
    assert f'<html lang="{code}"' in answer.text
    for text in (kind.title, kind.happened, kind.kept, kind.todo):
        assert say(text) % PARAMS in answer.text.replace("&#39;", "'")


@pytest.mark.parametrize("code", ["zh-CN", "en"])
@pytest.mark.parametrize("key", sorted(KINDS))
async def test_every_problem_is_json_for_a_caller_that_prefers_it(
    browser: NewBrowser, key: str, code: str
) -> None:
    nobody = await browser(language=code)
    for accept in ("application/json", "application/problem+json"):
        answer = await nobody.get(f"/stand/problem/{key}", accept=accept)
        kind, say = KINDS[key], language(code.replace("-", "_")).gettext
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert answer.json() == {
            "type": f"/problems/{key}",
            "status": kind.status,
            "title": say(kind.title),
            "detail": say(kind.happened) % PARAMS,
        }
        assert answer.status_code == kind.status


async def test_a_conflict_shows_both_sides_and_trusts_neither(browser: NewBrowser) -> None:
    nobody = await browser()
    answer = await nobody.get("/stand/problem/conflict")
    assert "&lt;b&gt;mine&lt;/b&gt;" in answer.text
    assert "theirs" in answer.text


async def test_a_page_leads_the_unknown_to_the_sign_in(browser: NewBrowser) -> None:
    nobody = await browser()
    answer = await nobody.get("/stand/problem/sign-in?a=1&b=%E4%B8%AD")
    assert answer.status_code == 303
    assert answer.headers["location"] == (
        "/sign-in?next=%2Fstand%2Fproblem%2Fsign-in%3Fa%3D1%26b%3D%25E4%25B8%25AD"
    )


async def test_a_fragment_for_the_unknown_says_so_in_its_place(browser: NewBrowser) -> None:
    nobody = await browser()
    answer = await nobody.get("/stand/problem/sign-in", **{"hx-request": "true"})
    assert answer.status_code == 401
    assert "<html" not in answer.text


async def test_a_fault_is_recorded_under_the_number_that_is_shown(browser: NewBrowser) -> None:
    nobody = await browser()
    with capture_logs() as logs:
        answer = await nobody.get("/stand/fault?token=abc")
    assert answer.status_code == 500
    (line,) = logs
    assert (line["event"], line["log_level"]) == ("fault", "error")
    assert str(line["exc_info"]) == "a secret inside"
    assert re.fullmatch("[0-9a-f]{8}", line["reference"])
    assert line["reference"] in answer.text
    assert "secret" not in answer.text


async def test_a_fault_does_not_log_what_an_address_holds(browser: NewBrowser) -> None:
    nobody = await browser()
    with capture_logs() as logs:
        await nobody.get("/stand/refused/500")
    assert [line["route"] for line in logs] == ["/stand/refused/{status}"]


@pytest.mark.parametrize(
    ("status", "key"),
    [
        (400, "invalid"),
        (401, "sign-in"),
        (403, "forbidden"),
        (404, "not-found"),
        (405, "method-not-allowed"),
        (413, "too-large"),
        (418, "invalid"),
        (429, "invalid"),
        (500, "fault"),
        (503, "fault"),
    ],
)
async def test_what_the_framework_refuses_is_said_in_our_words(
    browser: NewBrowser, status: int, key: str
) -> None:
    nobody = await browser()
    with capture_logs():
        answer = await nobody.get(f"/stand/refused/{status}", **JSON)
    assert answer.json()["type"] == f"/problems/{key}"
    page = await nobody.get(f"/stand/refused/{status}")
    assert page.status_code in (303, KINDS[key].status)


async def test_what_the_framework_says_besides_is_kept(browser: NewBrowser) -> None:
    nobody = await browser()
    assert (await nobody.get("/stand/too-many")).headers["retry-after"] == "7"
    assert "GET" in (await nobody.client.delete("/stand/page")).headers["allow"]


async def test_a_form_that_is_rejected_comes_back(browser: NewBrowser) -> None:
    nobody = await browser()
    assert (await nobody.post("/stand/rejects")).status_code == 422


async def test_no_connection_in_time_is_busy(browser: NewBrowser) -> None:
    nobody = await browser()
    with capture_logs() as logs:
        answer = await nobody.get("/stand/exhausted")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert [line["event"] for line in logs] == ["database.unavailable"]


async def test_a_lock_held_by_another_process_is_busy_and_never_a_success(
    settings: Settings, sqlite: Sqlite
) -> None:
    url = sqlite.fresh()
    database = Database(url, patience=0.05)
    portal = Portal(settings, database)
    portal.litestar.register(adds)
    async with browsing(portal, "en") as nobody:
        with another_process_writes(Path(url.partition("///")[2])), capture_logs() as logs:
            answer = await nobody.post("/stand/adds", {"name": "焊接"})
        assert answer.status_code == 503
        assert "The portal is busy" in answer.text
        assert [line["event"] for line in logs] == ["database.unavailable"]
        assert (await nobody.post("/stand/adds", {"name": "焊接"})).status_code == 200
    await database.close()
