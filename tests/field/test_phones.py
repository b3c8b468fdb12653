"""What phones ask for over the wire: keys, limits, and replies that a phone can tell (rule 11)."""

import json
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text

from field.devices import revoke
from field.envelopes import MOST_BYTES, MOST_OPERATIONS
from field.models import FieldDevice
from portal.kernel.db.unit import Database
from portal.people.employing import depart
from tests.field.support import content, job_of, new_id, ops, phone_of
from tests.people.support import NewBrowser, act_of, person
from tests.repairs.support import employed
from tests.support.browser import Browser


async def send(nobody: Browser, key: str, call: bytes) -> httpx.Response:
    headers = {"authorization": f"Bearer {key}", "accept": "application/json"}
    return await nobody.client.post("/field/v1/ops", content=call, headers=headers)


async def feed_of(somebody: Browser, device: str) -> httpx.Response:
    headers = {"x-field-device": device, "accept": "application/json"}
    return await somebody.client.get("/field/v1/feed", headers=headers)


async def test_an_engineer_registers_a_phone_and_its_key_appends_without_a_session(
    database: Database, browser: NewBrowser
) -> None:
    """Rule 27."""
    _, job = await job_of(database)
    engineer, name = await browser("engineer"), new_id()
    made = await engineer.post("/field/v1/devices", {"device_id": name})
    assert made.status_code == 201, made.text
    key = made.json()["key"]
    phone = await phone_of(database)
    phone.name, phone.key = name, key
    nobody = await browser()
    answer = await send(nobody, key, content(phone.op("note", job, {"text": "好"})))
    assert answer.status_code == 200
    assert answer.headers["x-field-sync"] == "1"
    assert answer.json()["outcomes"][0]["outcome"] == "applied"
    assert answer.json()["max_seq"] == 1
    # The key reads nothing.
    headers = {"authorization": f"Bearer {key}", "accept": "application/json"}
    assert (await nobody.client.get("/field/v1/feed", headers=headers)).status_code == 401
    async with database.reading() as db:
        assert key not in str((await db.execute(text("select * from field_device"))).all())
    again = await engineer.post("/field/v1/devices", {"device_id": name})
    assert again.status_code == 409


async def test_a_registration_whose_answer_was_lost_can_be_repeated_by_the_same_person(
    database: Database, browser: NewBrowser
) -> None:
    """Rule 27: what was recorded on the phone meanwhile bears its number."""
    await employed(database, "other")
    engineer, nobody, form = await browser("engineer"), await browser(), {"device_id": new_id()}
    first = (await engineer.post("/field/v1/devices", form)).json()
    assert (await (await browser("other")).post("/field/v1/devices", form)).status_code == 409
    second = (await engineer.post("/field/v1/devices", form)).json()
    assert second["device_id"] == first["device_id"]
    assert (await send(nobody, first["key"], content())).status_code == 401
    assert (await send(nobody, second["key"], content())).status_code == 200
    assert (await engineer.post("/field/v1/devices", form)).status_code == 409


async def test_a_phone_that_is_revoked_reads_nothing_more_and_is_told_so(
    database: Database, browser: NewBrowser
) -> None:
    """Rule 27: whoever is signed in on it; another phone of the same person reads on."""
    _, job = await job_of(database)
    lost, other = await phone_of(database), await phone_of(database)
    engineer, clerk = await browser("engineer"), await browser("clerk")
    assert (await feed_of(engineer, lost.name)).json()["scope"] == [job]
    async with database.writing() as db:
        row = (await db.scalars(select(FieldDevice).where(FieldDevice.name == lost.name))).one()
        await revoke(db, await act_of(database, "engineer"), row)
    for somebody in (engineer, clerk, await browser()):
        answer = await feed_of(somebody, lost.name)
        assert answer.status_code == 403
        assert answer.json()["type"] == "/problems/phone-revoked"
        assert answer.headers["x-field-sync"] == "1"
    for name in (other.name, new_id(), "", "x" * 500):
        assert (await feed_of(engineer, name)).json()["scope"] == [job]
    # What it holds goes to the inbox all the same.
    answer = await send(await browser(), lost.key, content(lost.op("note", job, {"text": "好"})))
    assert answer.json()["outcomes"][0]["code"] == "revoked"


async def test_the_phone_of_somebody_who_has_left_is_told_so_without_a_session(
    database: Database, browser: NewBrowser
) -> None:
    """Rule 27."""
    await employed(database, "other")
    phone = await phone_of(database, "other")
    somebody = await browser("other")
    assert (await feed_of(somebody, phone.name)).status_code == 200
    async with database.writing() as db:
        await depart(db, await act_of(database, "admin"), await person(db, "other"))
    answer = await feed_of(somebody, phone.name)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/phone-revoked")
    assert (await feed_of(somebody, new_id())).status_code == 401


@pytest.mark.parametrize("login", ["clerk", "admin", "plain"])
async def test_only_engineers_register_phones(browser: NewBrowser, login: str) -> None:
    somebody = await browser(login)
    answer = await somebody.post("/field/v1/devices", {"device_id": new_id()})
    assert answer.status_code == 403
    assert answer.headers["x-field-sync"] == "1"


async def test_a_number_that_is_no_uuid_registers_nothing(browser: NewBrowser) -> None:
    engineer = await browser("engineer")
    for name in ("", "x", f"A{new_id()[1:]}", new_id() + "0"):
        answer = await engineer.post("/field/v1/devices", {"device_id": name})
        assert answer.status_code == 422


async def test_without_a_key_nothing_is_taken_in(browser: NewBrowser) -> None:
    nobody = await browser()
    for headers in ({}, {"authorization": "Basic x"}, {"authorization": "Bearer nobody"}):
        answer = await nobody.client.post("/field/v1/ops", content=content(), headers=headers)
        assert answer.status_code == 401
        assert answer.headers["x-field-sync"] == "1"
    for method in ("HEAD", "PUT"):
        answer = await nobody.client.request(
            method, f"/field/v1/attachments/{new_id()}", headers={"upload-offset": "0"}
        )
        assert answer.status_code == 401


async def test_a_call_too_large_is_413_and_one_within_the_limits_is_taken(
    database: Database, browser: NewBrowser
) -> None:
    """Rule 11."""
    _, job = await job_of(database)
    phone, nobody = await phone_of(database), await browser()
    many = [phone.op("note", job, {"text": f"{n}"}) for n in range(MOST_OPERATIONS + 1)]
    assert (await send(nobody, phone.key, content(*many))).status_code == 413
    heavy = [phone.op("note", job, {"text": "x"}, tz="z" * 50) | {"pad": "y" * 6000}] * 50
    assert len(content(*heavy)) > MOST_BYTES
    answer = await send(nobody, phone.key, content(*heavy))
    assert answer.status_code == 413
    assert answer.headers["x-field-sync"] == "1"
    assert await ops(database) == []
    assert (await send(nobody, phone.key, content(*many[:50]))).status_code == 200
    assert len(await ops(database)) == 50


async def test_an_operation_too_large_needs_a_fix_and_is_kept(
    database: Database, browser: NewBrowser
) -> None:
    """Rule 2."""
    _, job = await job_of(database)
    phone, nobody = await phone_of(database), await browser()
    big = phone.op("note", job, {"text": "x"}) | {"pad": "y" * 40_000}
    answer = await send(nobody, phone.key, content(big))
    assert answer.json()["outcomes"][0]["outcome"] == "needs_fix"
    assert json.loads((await ops(database))[0].envelope) == big


@pytest.mark.parametrize(
    "call", [b"", b"{", b"[]", b'{"operations": 7}', b"\xff", b"[" * 5000, content()[:-1]]
)
async def test_a_call_cut_off_on_the_way_is_to_come_again(
    database: Database, browser: NewBrowser, call: bytes
) -> None:
    """Rule 15."""
    phone, nobody = await phone_of(database), await browser()
    answer = await send(nobody, phone.key, call)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]


@pytest.mark.every_value
@pytest.mark.parametrize(
    "odd",
    [
        None,
        7,
        [],
        {},
        {"op_id": "\x00"},
        {"seq": 10**30},
        {"kind": "\x00"},
        {"deps": ["x"]},
        {"at_wall": "0001-01-01T00:00:00+14:00"},
        {"at_wall": "9999-12-31T23:59:59-14:00"},
        {"offset": 1e9},
        {"offset": -1e9},
        {"job_id": "9" * 40},
        {"job_id": -1},
        {"seq": 2**53},
        {"body": "\x00"},
    ],
)
async def test_whatever_an_operation_holds_the_call_is_answered(
    database: Database, browser: NewBrowser, odd: Any
) -> None:
    _, job = await job_of(database)
    phone, nobody = await phone_of(database), await browser()
    made = phone.op("note", job, {"text": "?"}) | odd if isinstance(odd, dict) else odd
    good = phone.op("note", job, {"text": "好"}, seq=77)
    answer = await send(nobody, phone.key, content(made, good))
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["outcomes"]) == 2
    assert answer.json()["outcomes"][1]["outcome"] in ("applied", "flagged")
    again = await send(nobody, phone.key, content(made, good))
    assert [one["outcome"] for one in again.json()["outcomes"]] == [
        one["outcome"] for one in answer.json()["outcomes"]
    ]
