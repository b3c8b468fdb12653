"""The feed: own jobs, what changed since, and what is no longer one's own (rule 24)."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from field.builds import OLDEST
from portal.cases.models import Assignment, Task
from portal.kernel.db.unit import Database
from portal.procedures.state import Ending
from tests.cases.support import HAPPY, Matter, matter
from tests.conftest import Clock
from tests.field.support import content, job_of, phone_of
from tests.openings.support import link_to
from tests.openings.test_appointing import begin, offered
from tests.people.support import NewBrowser, person_id
from tests.repairs.support import place, task_of
from tests.support.browser import Browser
from tests.support.cast import NOON


async def ask(somebody: Browser, cursor: str = "") -> dict[str, Any]:
    answer = await somebody.get(f"/field/v1/feed?cursor={cursor}", accept="application/json")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def moved(it: Matter, customer: Browser) -> tuple[int, datetime]:
    """The customer moves the visit by the link; the id of the new one, and when it begins."""
    path = await link_to(it.database, it.id)
    window = offered((await customer.get(path)).text)[-1]
    assert (await customer.post(f"{path}/appointment", {"window": window})).status_code == 303
    return await task_of(it), begin(window)


async def test_a_packet_holds_what_the_job_needs(database: Database, browser: NewBrowser) -> None:
    it, job = await job_of(database)
    await place(database, it, latitude=30.6, longitude=104.1)
    await matter(database)
    phone = await phone_of(database)
    await phone.send(phone.op("fault", job, {"text": "油封老化"}))
    whole = await ask(await browser("engineer"))
    assert (whole["snapshot"], whole["scope"], whole["revoked"]) == (True, [job], [])
    assert whole["user_id"] == phone.user_id
    [packet] = whole["packets"]
    case = await it.case()
    assert (packet["number"], packet["symptom"]) == (case.number, "不制冷")
    assert packet["window"]["from"].startswith("2026-11-23T01:00")
    assert packet["customer"]["phone"]
    assert packet["site"]["latitude"] == 30.6
    assert packet["record"]["values"] == {"fault": "油封老化"}
    assert packet["entries"][0]["kind"] == "fault"


async def test_a_packet_says_what_the_procedure_asks_and_by_when(
    database: Database, browser: NewBrowser
) -> None:
    """Outcomes come from the procedure; what only a lapse takes is none for people."""
    it, job = await job_of(database)
    [packet] = (await ask(await browser("engineer")))["packets"]
    step = packet["step"]
    assert (step["key"], step["clause"]["id"]) == ("visit", "P06.5")
    assert step["title"] == {"zh": "上门维修", "en": "Repair on site"}
    assert step["clause"]["zh"]
    assert step["clause"]["en"]
    needed = {one["key"]: one["required"] for one in step["outcomes"]}
    assert needed == {
        "repaired": ["fault", "tools", "parts", "minutes"],
        "not_solved": ["fault", "minutes", "remaining"],
        "nobody_home": [],
        "moved": [],
        "engineer_cannot": [],
    }
    assert step["outcomes"][0]["label"] == {"zh": "已修好", "en": "Repaired"}
    assert {"key": "fault", "label": {"zh": "故障判断", "en": "Fault found"}} in step["fields"]
    async with database.reading() as db:
        row = await it.row(db, "visit")
    assert row.id == job
    due = min(
        filter(None, [(await it.limit("visit", name)).due_at for name in ("due", "sign_for")])
    )
    assert packet["due_at"] == due.isoformat()
    assert packet["case_owner"]["name"] == "陈晓燕"


async def test_only_what_changed_comes_again(database: Database, browser: NewBrowser) -> None:
    it, job = await job_of(database)
    engineer = await browser("engineer")
    first = await ask(engineer)
    second = await ask(engineer, first["cursor"])
    assert (second["snapshot"], second["packets"], second["scope"]) == (False, [], [job])
    phone = await phone_of(database)
    await phone.send(phone.op("note", job, {"text": "到了"}))
    third = await ask(engineer, second["cursor"])
    assert [packet["task_id"] for packet in third["packets"]] == [job]
    assert third["changes"] == {}
    clerk = await browser("clerk")
    await clerk.post(f"/cases/{it.id}/notes", {"text": "客户改口"})
    fourth = await ask(engineer, third["cursor"])
    assert [change["word"] for change in fourth["changes"][str(job)]] == ["note.written"]


async def test_what_is_no_longer_ones_own_is_revoked(
    database: Database, browser: NewBrowser
) -> None:
    it, job = await job_of(database)
    engineer = await browser("engineer")
    first = await ask(engineer)
    head = await person_id(database, "head")
    async with database.writing() as db:
        (await db.get_one(Task, job)).owner_id = head
        db.add(Assignment(case_id=it.id, task_id=job, person_id=head, at=NOON))
    await (await browser("clerk")).post(f"/cases/{it.id}/notes", {"text": "改派"})
    second = await ask(engineer, first["cursor"])
    assert (second["scope"], second["revoked"], second["packets"]) == ([], [job], [])


async def test_a_cursor_that_is_old_foreign_or_of_another_day_gives_a_snapshot(
    database: Database, browser: NewBrowser, clock: Clock
) -> None:
    await job_of(database)
    engineer = await browser("engineer")
    good = (await ask(engineer))["cursor"]
    rev, _, day = good.partition(".")
    for cursor in ("", "x", f"{int(rev) + 1}.{day}", f"{rev}.2026-11-19", "9" * 60):
        assert (await ask(engineer, cursor))["snapshot"] is True
    assert (await ask(engineer, good))["snapshot"] is False
    clock.forward(hours=11)
    clock.forward(hours=5)
    engineer = await browser("engineer")
    assert (await ask(engineer, good))["snapshot"] is True


async def test_the_reach_is_seven_days_back(
    database: Database, browser: NewBrowser, clock: Clock
) -> None:
    it, job = await job_of(database)
    await it.answer("engineer", "visit", "nobody_home")
    assert (await ask(await browser("engineer")))["scope"] == [job]
    clock.forward(days=7, seconds=1)
    assert (await ask(await browser("engineer")))["scope"] == []


async def test_a_visit_that_the_customer_moved_is_not_among_what_is_over(
    database: Database, browser: NewBrowser, clock: Clock
) -> None:
    """Signing for it was no work; the new visit is the one that there is."""
    it, job = await job_of(database)
    phone = await phone_of(database)
    await phone.send(phone.op("receipt", job))
    engineer = await browser("engineer")
    first = await ask(engineer)
    assert first["scope"] == [job]
    clock.forward(hours=1)
    again, at = await moved(it, await browser())
    second = await ask(engineer, first["cursor"])
    assert (second["scope"], second["revoked"]) == ([again], [job])
    [packet] = second["packets"]
    assert datetime.fromisoformat(packet["window"]["from"]) == at
    assert packet["ended"] is None


async def test_a_visit_with_work_on_it_that_was_moved_says_so_and_keeps_its_own_window(
    database: Database, browser: NewBrowser, clock: Clock
) -> None:
    it, job = await job_of(database)
    phone = await phone_of(database)
    await phone.send(phone.op("note", job, {"text": "带梯子"}))
    clock.forward(hours=1)
    again, at = await moved(it, await browser())
    packets = (await ask(await browser("engineer")))["packets"]
    told = {packet["task_id"]: packet for packet in packets}
    assert list(told) == [job, again]
    assert told[job]["ended"]["outcome"]["zh"] == "客户改约，重新预约"
    assert told[job]["ended"]["at"] == clock().isoformat()
    assert told[job]["window"]["from"].startswith("2026-11-23T01:00")
    assert datetime.fromisoformat(told[again]["window"]["from"]) == at


async def test_a_job_that_was_dropped_before_anybody_was_there_is_no_longer_ones_own(
    database: Database, browser: NewBrowser
) -> None:
    it, job = await job_of(database)
    async with database.writing() as db:
        task = await db.get_one(Task, job)
        task.closed_at, task.ending = NOON, Ending.SUPERSEDED
    assert (await ask(await browser("engineer")))["scope"] == []
    phone = await phone_of(database)
    await phone.send(phone.op("note", job, {"text": "已在路上"}))
    [packet] = (await ask(await browser("engineer")))["packets"]
    assert packet["ended"] == {"at": NOON.isoformat(), "outcome": None}
    assert it.id == packet["case_id"]


async def test_what_is_over_says_how_it_ended_each_step_of_a_case_by_itself(
    database: Database, browser: NewBrowser
) -> None:
    it, _ = await job_of(database)
    await it.answer("engineer", "visit", "repaired", **HAPPY[4][3])
    await it.answer("engineer", "report", "told", **HAPPY[5][3])
    packets = (await ask(await browser("engineer")))["packets"]
    told = [(one["step"]["title"]["zh"], one["ended"]["outcome"]["en"]) for one in packets]
    assert told == [
        ("上门维修", "Repaired"),
        ("告知维修结果", "Reported – ask the customer to confirm"),
    ]
    assert {one["case_id"] for one in packets} == {it.id}


async def test_the_last_visits_to_a_device_come_with_it(
    database: Database, browser: NewBrowser
) -> None:
    it, _ = await job_of(database)
    await it.answer("engineer", "visit", "nobody_home")
    await it.answer(
        "clerk",
        "appoint",
        "agreed",
        window_from="2026-11-24T09:00:00+08:00",
        window_to="2026-11-24T11:00:00+08:00",
    )
    [packet] = [p for p in (await ask(await browser("engineer")))["packets"] if p["is_open"]]
    known = (await it.case()).device_id is not None
    assert [one["outcome"] for one in packet["visits_before"]] == ["nobody_home"] * known


async def test_the_next_visit_knows_what_was_said_since_the_last(
    database: Database, browser: NewBrowser, clock: Clock
) -> None:
    """P06.6, rule 24: the customer's words, the preparation, the newest first, each said once."""
    it, _ = await job_of(database)
    await it.answer("engineer", "visit", "repaired", **HAPPY[4][3])
    await it.answer("engineer", "report", "told", **HAPPY[5][3])
    customer, path = await browser(), await link_to(database, it.id)
    clock.forward(hours=1)
    assert (await customer.post(f"{path}/objection", {"text": "还是不制冷"})).status_code == 303
    clock.forward(hours=1)
    assert (await customer.post(f"{path}/messages", {"text": "门口有狗"})).status_code == 303
    it.now = NOON + timedelta(hours=3)
    await it.answer("dispatcher", "next_visit", "same_engineer", preparation="带上主板")
    await it.answer("clerk", "appoint", "agreed", **HAPPY[3][3])
    packets = (await ask(await browser("engineer")))["packets"]
    [packet] = [one for one in packets if one["is_open"]]
    told = [(one.get("kind") or one["label"]["zh"], one["text"]) for one in packet["told"]]
    assert told == [
        ("安排再次上门 · 准备事项（配件、工具、支援）", "带上主板"),
        ("words", "门口有狗"),
        ("客户确认结案 · 意见", "还是不制冷"),
    ]
    assert packet["symptom"] == "不制冷"


async def test_what_the_customer_does_is_not_said_to_be_the_offices(
    database: Database, browser: NewBrowser
) -> None:
    """Rule 6."""
    it, job = await job_of(database)
    engineer = await browser("engineer")
    first = await ask(engineer)
    path = await link_to(database, it.id)
    assert (await (await browser()).post(f"{path}/messages", {"text": "有狗"})).status_code == 303
    changes = (await ask(engineer, first["cursor"]))["changes"][str(job)]
    assert "message.received" in {one["word"] for one in changes}
    assert {one["by"] for one in changes} == {"customer"}


@pytest.mark.parametrize("build", ["0", "0.9f3a", " 0 "])
async def test_an_app_that_is_too_old_gets_no_new_jobs_and_sends_what_it_holds(
    database: Database, browser: NewBrowser, build: str
) -> None:
    """Rule 26."""
    _, job = await job_of(database)
    engineer, phone, nobody = await browser("engineer"), await phone_of(database), await browser()
    old = {"x-field-build": build, "accept": "application/json"}
    answer = await engineer.client.get("/field/v1/feed", headers=old)
    assert answer.status_code == 426
    assert answer.headers["x-field-sync"] == "1"
    assert answer.json()["type"] == "/problems/upgrade-needed"
    assert answer.json()["detail"]
    key = {"authorization": f"Bearer {phone.key}"}
    made = phone.photo(job, b"x")
    sent = await nobody.client.post("/field/v1/ops", content=content(made), headers=old | key)
    assert sent.json()["outcomes"][0]["outcome"] == "applied"
    att_id = json.loads(made["body"])["file"]["att_id"]
    answer = await nobody.client.put(
        f"/field/v1/attachments/{att_id}",
        content=b"x",
        headers=old | key | {"upload-offset": "0"},
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("build", [str(OLDEST), f"{OLDEST}.3f", "99", "", "t1", "?"])
async def test_an_app_that_is_not_known_to_be_too_old_gets_its_jobs(
    database: Database, browser: NewBrowser, build: str
) -> None:
    _, job = await job_of(database)
    engineer = await browser("engineer")
    headers = {"x-field-build": build, "accept": "application/json"}
    answer = await engineer.client.get("/field/v1/feed", headers=headers)
    assert answer.json()["scope"] == [job]


async def test_nobody_gets_anothers_jobs(database: Database, browser: NewBrowser) -> None:
    await job_of(database)
    for login in ("clerk", "admin", "head"):
        assert (await ask(await browser(login)))["packets"] == []
    answer = await (await browser()).get("/field/v1/feed", accept="application/json")
    assert answer.status_code == 401
