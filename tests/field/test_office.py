"""The office's three ways out, and the ledger of phones (rules 16, 31)."""

from typing import Any

import pytest
from sqlalchemy import select

from field.models import FieldDevice, FieldOp, FieldRuling
from portal.cases.models import Document
from portal.kernel.db.unit import Database
from tests.cases.support import journal
from tests.field.support import Phone, entries, job_of, new_id, ops, outcomes, phone_of
from tests.field.test_attachments import put
from tests.openings.support import photo
from tests.people.support import NewBrowser
from tests.repairs.support import employed


async def parked(database: Database, **change: Any) -> tuple[int, Phone, dict[str, Any]]:
    """A note whose job the server does not know, and the id of a job that it may belong to."""
    _, job = await job_of(database)
    phone = await phone_of(database)
    made = phone.op("note", new_id(), {"text": "水泵也漏"}) | change
    assert outcomes(await phone.send(made))[0].startswith("parked")
    return job, phone, made


async def test_what_is_parked_is_moved_to_its_job_and_the_phone_hears_of_it(
    database: Database, browser: NewBrowser
) -> None:
    _, phone, made = await parked(database)
    office = await browser("dispatcher", language="en")
    page = await office.get("/field-inbox")
    assert "The job is not known" in page.text
    shown = await office.get(f"/field-inbox/{made['op_id']}")
    assert "水泵也漏" in shown.text
    assert "Take it over" not in shown.text
    path = f"/field-inbox/{made['op_id']}/move"
    wrong = await office.post(path, {"number": "P06-1999-0001"})
    assert wrong.status_code == 422
    assert "No case of this number has been on site." in wrong.text
    assert "P06-1999-0001" in wrong.text
    assert (await office.post(path, {"number": " p06-2026-0001 "})).status_code == 303
    assert outcomes(await phone.send(made)) == ["flagged moved"]
    [entry] = await entries(database)
    assert (entry.body, entry.flags) == ({"text": "水泵也漏"}, ["moved"])
    assert "Nothing from the field waits" in (await office.get("/field-inbox")).text
    assert (await office.post(path, {"number": "P06-2026-0001"})).status_code == 409
    assert "operation.moved" in await journal(database)


async def test_what_names_its_job_is_taken_over_whoever_sent_it(
    database: Database, browser: NewBrowser
) -> None:
    _, job = await job_of(database)
    await employed(database, "other")
    phone = await phone_of(database, "other")
    note = phone.op("note", job, {"text": "我在场"})
    done = phone.op("complete", job, {"outcome": "repaired"})
    assert outcomes(await phone.send(note, done)) == ["parked no_right"] * 2
    office = await browser("head")
    for op in (note, done):
        answer = await office.post(f"/field-inbox/{op['op_id']}/acceptance")
        assert answer.status_code == 303
    assert outcomes(await phone.send(note, done)) == ["flagged accepted"] * 2
    assert [entry.kind for entry in await entries(database)] == ["note", "complete"]


async def test_what_is_discarded_keeps_its_body_and_the_reason(
    database: Database, browser: NewBrowser
) -> None:
    _, phone, made = await parked(database)
    office = await browser("dispatcher")
    path = f"/field-inbox/{made['op_id']}/discard"
    empty = await office.post(path, {"reason": " "})
    assert empty.status_code == 422
    assert (await office.post(path, {"reason": "误触"})).status_code == 303
    assert (await office.post(path, {"reason": "误触"})).status_code == 409
    assert outcomes(await phone.send(made)) == ["parked discarded"]
    assert await entries(database) == []
    [op] = await ops(database)
    assert "水泵也漏" in op.envelope
    async with database.reading() as db:
        ruling = (await db.scalars(select(FieldRuling))).one()
    assert (ruling.verdict, ruling.reason) == ("discarded", "误触")


async def test_what_is_flagged_is_let_stand(database: Database, browser: NewBrowser) -> None:
    it, job = await job_of(database)
    await it.answer("engineer", "visit", "nobody_home")
    phone = await phone_of(database)
    made = phone.op("part", job, {"name": "油封"})
    first = await phone.send(made)
    office = await browser("dispatcher", language="en")
    assert "The job was over already" in (await office.get("/field-inbox")).text
    path = f"/field-inbox/{made['op_id']}"
    assert (await office.post(f"{path}/discard", {"reason": "?"})).status_code == 409
    assert (await office.post(f"{path}/acceptance")).status_code == 303
    again = await phone.send(made)
    assert (outcomes(again), again.outcomes[0].rev) == (outcomes(first), first.outcomes[0].rev)


async def test_what_cannot_be_an_entry_is_only_discarded(
    database: Database, browser: NewBrowser
) -> None:
    _, job = await job_of(database)
    phone = await phone_of(database)
    made = phone.op("telepathy", job, {"text": "?"})
    await phone.send(made)
    office = await browser("dispatcher")
    path = f"/field-inbox/{made['op_id']}"
    assert (await office.post(f"{path}/acceptance")).status_code == 422
    assert (await office.post(f"{path}/move", {"number": "P06-2026-0001"})).status_code == 422
    assert outcomes(await phone.send(made)) == ["parked unknown_kind"]
    assert (await office.post(f"{path}/discard", {"reason": "?"})).status_code == 303


async def test_the_photo_of_a_parked_entry_arrives_and_becomes_a_document_with_it(
    database: Database, browser: NewBrowser
) -> None:
    _, job = await job_of(database)
    phone = await phone_of(database)
    made = phone.photo(job, photo()) | {"job_id": new_id()}
    assert outcomes(await phone.send(made)) == ["parked unknown_job"]
    office = await browser("dispatcher")
    att_id = made["body"].split('"att_id": "')[1][:36]
    assert (await put(office, phone, att_id, 0, photo())).status_code == 200
    async with database.reading() as db:
        assert (await db.scalars(select(Document))).all() == []
    path = f"/field-inbox/{made['op_id']}/move"
    assert (await office.post(path, {"number": "P06-2026-0001"})).status_code == 303
    async with database.reading() as db:
        assert (await db.scalars(select(Document))).one().mime == "image/jpeg"


async def test_what_waits_for_another_entry_is_not_the_offices(
    database: Database, browser: NewBrowser
) -> None:
    _, job = await job_of(database)
    phone = await phone_of(database)
    made = phone.op("note", job, {"text": "等"}, deps=[new_id()])
    await phone.send(made)
    office = await browser("dispatcher", language="en")
    assert "Nothing from the field waits" in (await office.get("/field-inbox")).text
    answer = await office.post(f"/field-inbox/{made['op_id']}/discard", {"reason": "?"})
    assert answer.status_code == 409


@pytest.mark.parametrize("op_id", ["x", "0" * 90])
async def test_an_unknown_operation_is_not_found(browser: NewBrowser, op_id: str) -> None:
    office = await browser("dispatcher")
    assert (await office.get(f"/field-inbox/{op_id}")).status_code == 404
    assert (await office.post(f"/field-inbox/{op_id}/acceptance")).status_code == 404


async def test_the_ledger_says_whose_phone_holds_what(
    database: Database, browser: NewBrowser
) -> None:
    _, job = await job_of(database)
    phone = await phone_of(database)
    made = phone.op("note", job, {"text": "一"})
    await phone.send(made, pending=8, max_seq=8, persisted=False, build="2026.11.1")
    admin = await browser("admin", language="en")
    page = await admin.get("/devices-in-field")
    for said in ("赵磊", ">7<", "may be cleared", "2026.11.1"):
        assert said in page.text, said
    engineer = await browser("engineer")
    assert "赵磊" in (await engineer.get("/devices-in-field")).text
    async with database.reading() as db:
        device = (await db.scalars(select(FieldDevice))).one()
    path = f"/devices-in-field/{device.id}/revocation"
    assert (await (await browser("dispatcher")).post(path)).status_code == 403
    assert (await engineer.post(path)).status_code == 303
    assert "Revoked" in (await admin.get("/devices-in-field")).text


async def test_outcomes_of_the_ledger_are_never_without_revision(database: Database) -> None:
    await parked(database)
    async with database.reading() as db:
        assert (await db.scalars(select(FieldOp).where(FieldOp.rev.is_(None)))).all() == []
