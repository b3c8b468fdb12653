"""What the customer signed is kept word for word, with what became of it (rule 22)."""

import hashlib
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from field.jobs import force_waiting
from portal.kernel.db.unit import Database
from portal.kernel.journal.verifying import verify
from portal.kernel.settings import Settings
from portal.repairs.models import SignedSummary
from portal.repairs.signing import signature_of
from tests.cases.support import journal
from tests.field.support import Phone, job_of, new_id, outcomes, phone_of
from tests.field.test_attachments import put
from tests.openings.support import photo
from tests.people.support import NewBrowser, words
from tests.support.cast import NOON

TEXT = "工单：P06-2026-0001\n维修结果：已修好"


def sign(phone: Phone, job: int, text: str = TEXT, content: bytes = b"x", **more: Any) -> Any:
    file = {
        "att_id": new_id(),
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "mime": "image/png",
    }
    digest = more.pop("sha256", hashlib.sha256(text.encode()).hexdigest())
    body = {"name": "张先生", "summary": text, "summary_sha256": digest, "file": file}
    return phone.op("signature", job, body, **more)


async def signed(database: Database) -> list[SignedSummary]:
    async with database.reading() as db:
        return list(await db.scalars(select(SignedSummary).order_by(SignedSummary.id)))


async def counting(database: Database, case_id: int) -> SignedSummary | None:
    async with database.reading() as db:
        return await signature_of(db, case_id)


async def test_what_was_signed_is_kept_as_it_was_shown_and_once(database: Database) -> None:
    it, job = await job_of(database)
    phone = await phone_of(database)
    made = sign(phone, job)
    later = NOON + timedelta(hours=1)
    await phone.send(made, at=later)
    await phone.send(made, at=later)
    [summary] = await signed(database)
    assert (summary.case_id, summary.task_id, summary.op_id) == (it.id, job, made["op_id"])
    assert (summary.name, summary.text, summary.signed_at) == ("张先生", TEXT, NOON)
    assert summary.sha256 == hashlib.sha256(TEXT.encode()).hexdigest()
    assert (summary.document_id, summary.amended_at, summary.voided_at) == (None, None, None)
    assert (await words(database, f"case:{it.id}")).count("summary.signed") == 1
    async with database.reading() as db:
        assert (await verify(db, [])).is_sound


async def test_a_summary_that_does_not_match_its_hash_is_flagged_and_not_signed(
    database: Database,
) -> None:
    _, job = await job_of(database)
    phone = await phone_of(database)
    receipt = await phone.send(sign(phone, job, sha256="2" * 64))
    assert outcomes(receipt) == ["flagged summary"]
    assert await signed(database) == []


async def test_the_picture_is_that_of_the_signature_once_it_is_there(
    database: Database, browser: NewBrowser
) -> None:
    _, job = await job_of(database)
    phone, nobody, picture = await phone_of(database), await browser(), photo()
    made = sign(phone, job, content=picture)
    await phone.send(made)
    assert (await signed(database))[0].document_id is None
    att_id = str(made["body"]).split('"att_id": "')[1][:36]
    assert (await put(nobody, phone, att_id, 0, picture)).status_code == 200
    assert (await signed(database))[0].document_id is not None
    assert "summary.pictured" in await journal(database)


async def test_a_picture_that_was_there_before_its_entry_could_be_applied_is_filed(
    database: Database, browser: NewBrowser, settings: Settings
) -> None:
    """Rules 18, 23: it arrives whole while the signature still waits for another entry."""
    _, job = await job_of(database)
    phone, nobody, picture = await phone_of(database), await browser(), photo()
    part = phone.op("part", job, {"name": "油封"})
    made = sign(phone, job, content=picture, deps=[part["op_id"]])
    assert outcomes(await phone.send(made)) == ["parked waits"]
    att_id = str(made["body"]).split('"att_id": "')[1][:36]
    assert (await put(nobody, phone, att_id, 0, picture)).status_code == 200
    await phone.send(part)
    assert (await signed(database))[0].document_id is None
    for _ in range(2):
        await force_waiting(database, settings, NOON)
    assert (await signed(database))[0].document_id is not None
    assert (await journal(database)).count("summary.pictured") == 1


async def test_what_comes_afterwards_amends_it_but_not_leaving_or_a_note(
    database: Database,
) -> None:
    it, job = await job_of(database)
    phone = await phone_of(database)
    harmless = [phone.op("leave", job), phone.op("note", job, {"text": "好"})]
    await phone.send(sign(phone, job), phone.op("receipt", job), *harmless)
    assert (await signed(database))[0].amended_at is None
    later = NOON + timedelta(minutes=5)
    await phone.send(phone.op("part", job, {"name": "油封"}), at=later)
    await phone.send(phone.op("part", job, {"name": "垫片"}), at=later + timedelta(minutes=5))
    assert (await signed(database))[0].amended_at == later
    assert (await words(database, f"case:{it.id}")).count("summary.amended") == 1


async def test_in_one_call_what_comes_before_the_signature_is_covered(database: Database) -> None:
    _, job = await job_of(database)
    phone = await phone_of(database)
    part = phone.op("part", job, {"name": "油封"})
    made = [part, sign(phone, job, deps=[part["op_id"]])]
    await phone.send(*reversed(made))
    assert (await signed(database))[0].amended_at is None


async def test_a_signature_that_waited_for_its_part_covers_it(database: Database) -> None:
    """Rule 18: it counts from when it could be applied."""
    _, job = await job_of(database)
    phone = await phone_of(database)
    part = phone.op("part", job, {"name": "油封"})
    assert outcomes(await phone.send(sign(phone, job, deps=[part["op_id"]]))) == ["parked waits"]
    assert await signed(database) == []
    await phone.send(part)
    [summary] = await signed(database)
    assert summary.amended_at is None


async def test_of_two_signatures_in_a_job_the_last_that_is_not_voided_counts(
    database: Database,
) -> None:
    it, job = await job_of(database)
    phone = await phone_of(database)
    first, second = sign(phone, job), sign(phone, job, TEXT + "，含配件")
    await phone.send(first, second)
    standing = await counting(database, it.id)
    assert standing
    assert standing.op_id == second["op_id"]
    void = phone.op("void", job, {"op": second["op_id"]}, deps=[second["op_id"]])
    later = NOON + timedelta(minutes=5)
    await phone.send(void, at=later)
    standing = await counting(database, it.id)
    assert standing
    assert (standing.op_id, standing.voided_at) == (first["op_id"], None)
    assert (await signed(database))[1].voided_at == later
    await phone.send(phone.op("void", job, {"op": first["op_id"]}, deps=[first["op_id"]]))
    assert await counting(database, it.id) is None
    assert (await words(database, f"case:{it.id}")).count("summary.voided") == 2
