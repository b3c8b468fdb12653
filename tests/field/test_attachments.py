"""Files come in chunks, go on where they were cut off, and are what was announced (rule 23)."""

import asyncio
import hashlib
from typing import Any

import httpx
from sqlalchemy import select

from field.attaching import CHUNK
from field.models import FieldAttachment
from portal.cases.models import Document
from portal.kernel.attachments import path_of
from portal.kernel.db.unit import Database
from tests.field.support import Phone, job_of, new_id, outcomes, phone_of
from tests.openings.support import photo
from tests.people.support import NewBrowser
from tests.support.browser import Browser

BIG = photo() + bytes(2 * CHUNK)


async def put(nobody: Browser, phone: Phone, att_id: str, offset: int, piece: bytes) -> Any:
    headers = {"authorization": f"Bearer {phone.key}", "upload-offset": str(offset)}
    path = f"/field/v1/attachments/{att_id}"
    return await nobody.client.put(path, content=piece, headers=headers)


async def offset(nobody: Browser, phone: Phone, att_id: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {phone.key}"}
    return await nobody.client.head(f"/field/v1/attachments/{att_id}", headers=headers)


async def announced(database: Database, content: bytes) -> tuple[Phone, str]:
    _, job = await job_of(database)
    phone = await phone_of(database)
    made = phone.photo(job, content)
    assert outcomes(await phone.send(made)) == ["applied"]
    async with database.reading() as db:
        return phone, (await db.scalars(select(FieldAttachment.att_id))).one()


async def documents(database: Database) -> list[Document]:
    async with database.reading() as db:
        return list(await db.scalars(select(Document)))


async def test_a_file_comes_in_chunks_and_becomes_a_document(
    database: Database, browser: NewBrowser
) -> None:
    phone, att = await announced(database, BIG)
    nobody = await browser()
    assert (await offset(nobody, phone, att)).headers["upload-offset"] == "0"
    first = await put(nobody, phone, att, 0, BIG[:CHUNK])
    assert (first.status_code, first.json()["offset"]) == (200, CHUNK)
    # The reply was lost: the same piece again does no harm, and the phone is told where to go on.
    again = await put(nobody, phone, att, 0, BIG[:CHUNK])
    assert (again.status_code, again.headers["upload-offset"]) == (409, str(CHUNK))
    assert (await offset(nobody, phone, att)).headers["upload-offset"] == str(CHUNK)
    await put(nobody, phone, att, CHUNK, BIG[CHUNK : 2 * CHUNK])
    last = await put(nobody, phone, att, 2 * CHUNK, BIG[2 * CHUNK :])
    assert last.json() == {"offset": len(BIG), "size": len(BIG), "is_verified": True}
    [document] = await documents(database)
    assert document.sha256 == hashlib.sha256(BIG).hexdigest()
    folder = nobody.portal.settings.attachments
    assert path_of(folder, document.sha256).read_bytes() == BIG
    assert list((folder / ".arriving").iterdir()) == []
    over = await put(nobody, phone, att, 0, b"x")
    assert over.json()["is_verified"] is True
    assert len(await documents(database)) == 1


async def test_two_senders_of_one_file_make_one_document(
    database: Database, browser: NewBrowser
) -> None:
    small = photo()
    phone, att = await announced(database, small)
    nobody = await browser()
    answers = await asyncio.gather(*(put(nobody, phone, att, 0, small) for _ in range(8)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert (await offset(nobody, phone, att)).headers["upload-offset"] == str(len(small))
    assert len(await documents(database)) == 1


async def test_what_is_not_what_was_announced_begins_anew(
    database: Database, browser: NewBrowser
) -> None:
    small = photo()
    phone, att = await announced(database, small)
    nobody = await browser()
    wrong = await put(nobody, phone, att, 0, small[:-1] + b"!")
    assert (wrong.status_code, wrong.headers["upload-offset"]) == (409, "0")
    assert await documents(database) == []
    assert (await put(nobody, phone, att, 0, small)).status_code == 200
    assert len(await documents(database)) == 1


async def test_limits_and_other_phones(database: Database, browser: NewBrowser) -> None:
    phone, att = await announced(database, BIG)
    other, nobody = await phone_of(database), await browser()
    assert (await put(nobody, phone, att, 0, bytes(CHUNK + 1))).status_code == 413
    assert (await put(nobody, phone, att, 1, b"x")).status_code == 409
    assert (await put(nobody, other, att, 0, b"x")).status_code == 404
    assert (await offset(nobody, other, att)).status_code == 404
    assert (await put(nobody, phone, new_id(), 0, b"x")).status_code == 404
    for odd in (-1, "x", "９"):
        headers = {"authorization": f"Bearer {phone.key}", "upload-offset": str(odd).encode()}
        path = f"/field/v1/attachments/{att}"
        answer = await nobody.client.put(path, content=b"x", headers=headers)  # type: ignore[arg-type]
        assert answer.status_code == 422


async def test_a_file_has_one_number(database: Database) -> None:
    _, job = await job_of(database)
    phone = await phone_of(database)
    first, second = phone.photo(job, b"a"), phone.photo(job, b"b")
    body = first["body"]
    assert outcomes(await phone.send(first)) == ["applied"]
    copy = phone.op("photo", job, body)
    assert outcomes(await phone.send(copy, second)) == ["parked attachment_taken", "applied"]
