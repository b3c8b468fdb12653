"""The sealed file of a phone comes in by the office, through the same ledger (rules 21, 28, 29)."""

import hashlib
import json
import random
from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import func, select

from field.devices import register_device, revoke
from field.importing import Imported, import_export
from field.inbox import Setting
from field.models import FieldAside, FieldContact, FieldDevice, FieldEntry, FieldOp
from field.unsealing import MOST_BYTES, Content, Fault, read_export, unseal
from portal.cases.models import Document
from portal.kernel.db.unit import Database
from portal.kernel.journal.models import JournalEntry
from portal.kernel.journal.verifying import verify
from portal.kernel.problems import Problem
from portal.kernel.tokens import digest
from tests.cases.support import ZONE
from tests.field.support import Phone, entries, job_of, new_id, ops, outcomes, phone_of
from tests.field.test_attachments import put
from tests.field.test_client import HERE, node
from tests.openings.support import photo
from tests.people.support import NewBrowser, act_of, person_id
from tests.support.cast import NOON

PATH = "/devices-in-field/imports"
LATER = NOON + timedelta(hours=4)
IV = bytes(range(12))


def section(phone: Phone, content: Any, key: str = "") -> dict[str, Any]:
    """What the app writes for a device; ``content`` is what it seals."""
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    secret = hashlib.sha256(f"bihuan-field-export:{digest(key or phone.key)}".encode()).digest()
    sealed = AESGCM(secret).encrypt(IV, text, phone.name.encode())
    named = {"device_id": phone.name, "user_id": phone.user_id, "count": 1}
    return {**named, "iv": b64encode(IV).decode(), "sealed": b64encode(sealed).decode()}


def sealed(phone: Phone, *made: Any, files: Sequence[Any] = ()) -> dict[str, Any]:
    texts = [one if isinstance(one, str) else json.dumps(one) for one in made]
    return section(phone, {"operations": texts, "files": list(files)})


def file_of(made: dict[str, Any], content: bytes) -> dict[str, str]:
    announced = json.loads(made["body"])["file"]
    return {**announced, "content": b64encode(content).decode()}


def export(*sections: dict[str, Any], **head: Any) -> bytes:
    whole = {"format": "bihuan-field-export", "version": 1, "build": "t1", "at": "?"}
    return json.dumps({**whole, "devices": list(sections), **head}).encode()


async def bring(
    database: Database,
    folder: Path,
    content: bytes,
    login: str = "dispatcher",
    at: Any = LATER,
) -> list[Imported]:
    sections = read_export(content)
    assert isinstance(sections, list)
    act = await act_of(database, login, at)
    return await import_export(database, act, sections, Setting(ZONE, folder))


async def device_of(database: Database, phone: Phone) -> FieldDevice:
    async with database.reading() as db:
        return (await db.scalars(select(FieldDevice).where(FieldDevice.name == phone.name))).one()


async def alarms(database: Database) -> list[str]:
    async with database.reading() as db:
        query = select(JournalEntry.body).where(JournalEntry.word == "phone.alarmed")
        return [json.loads(body)["what"] for body in await db.scalars(query)]


async def rows(database: Database) -> list[int]:
    """How much there is of all that an import could add to."""
    tables = (FieldOp, FieldAside, FieldEntry, FieldContact, Document, JournalEntry)
    async with database.reading() as db:
        return [await db.scalar(select(func.count()).select_from(one)) or 0 for one in tables]


async def by_node(database: Database, job: int, **more: Any) -> tuple[Phone, bytes]:
    """A registered phone and the file that the app's own core writes on it."""
    user = await person_id(database, "engineer")
    given = {
        "now": NOON.timestamp() * 1000,
        "user_id": user,
        "key": "of nobody",
        "job": job,
        "notes": [f"第{n}条" for n in range(60)],
        "photo": b64encode(photo()).decode(),
        **more,
    }
    script = str(HERE / "export.js")
    name = json.loads(node(script, given=json.dumps(given)))["devices"][0]["device_id"]
    async with database.writing() as db:
        act = await act_of(database, "engineer", NOON - timedelta(days=1))
        _, key = await register_device(db, act, name)
    content = node(script, given=json.dumps({**given, "key": key}))
    return Phone(database, name, key, user), content.encode()


def held(phone: Phone, content: bytes) -> list[dict[str, Any]]:
    """The operations in a phone's file."""
    sections = read_export(content)
    assert isinstance(sections, list)
    found = unseal(sections[0], digest(phone.key))
    assert isinstance(found, Content)
    return [json.loads(one.text) for one in found.sent]


async def test_what_the_app_exports_is_imported_once_whole_under_the_engineers_name(
    database: Database, browser: NewBrowser
) -> None:
    _, job = await job_of(database)
    phone, content = await by_node(database, job)
    office = await browser("dispatcher", language="en")
    page = await office.upload(PATH, {}, content)
    assert page.status_code == 200, page.text
    assert page.headers["hx-push-url"] == "/devices-in-field"
    assert ">61<" in page.text
    assert "1 of 1" in page.text
    assert {(op.outcome, op.code) for op in await ops(database)} == {("applied", "")}
    found = await entries(database)
    assert [one.body["text"] for one in found[:60]] == [f"第{n}条" for n in range(60)]
    assert {one.person_id for one in found} == {phone.user_id}
    async with database.reading() as db:
        assert (await db.scalars(select(Document))).one().mime == "image/jpeg"
        said = list(
            await db.scalars(select(JournalEntry).where(JournalEntry.word == "export.imported"))
        )
        assert (await verify(db, [])).is_sound
    device = await device_of(database, phone)
    who = f"staff:{await person_id(database, 'dispatcher')}"
    assert {(one.actor, one.subject) for one in said} == {(who, f"phone:{device.id}")}
    named = [op_id for one in said for op_id in json.loads(one.body).get("ops", [])]
    assert sorted(named) == sorted(op.op_id for op in await ops(database))
    before = await rows(database)
    again = await office.upload(PATH, {}, content)
    assert "All entries were here already." in again.text
    assert await rows(database) == before


async def test_what_was_sent_before_is_known_and_what_is_sent_after_is_answered_as_ever(
    database: Database, browser: NewBrowser
) -> None:
    _, job = await job_of(database)
    phone, content = await by_node(database, job, notes=["一", "二", "三", "四"])
    made = held(phone, content)
    first = await phone.send(*made[:3], pending=5, max_seq=5)
    office, nobody = await browser("head", language="en"), await browser()
    assert (await office.upload(PATH, {}, content)).status_code == 200
    [again] = await bring(database, nobody.portal.settings.home, content)
    assert (again.new, again.known, again.complete, again.files) == (0, 5, 1, 1)
    after = await phone.send(*made, pending=5, max_seq=5)
    assert outcomes(after) == ["applied"] * 5
    assert all(one.replayed for one in after.outcomes)
    assert [one.rev for one in after.outcomes[:3]] == [one.rev for one in first.outcomes]
    att_id = json.loads(made[-1]["body"])["file"]["att_id"]
    answer = await put(nobody, phone, att_id, 0, photo())
    assert answer.json()["is_verified"] is True
    async with database.reading() as db:
        assert len((await db.scalars(select(Document))).all()) == 1
    assert await alarms(database) == []


async def test_a_file_half_sent_by_the_phone_is_completed_by_the_import(
    database: Database, browser: NewBrowser
) -> None:
    _, job = await job_of(database)
    phone, nobody = await phone_of(database), await browser()
    made = phone.photo(job, photo())
    file = file_of(made, photo())
    await phone.send(made)
    assert (await put(nobody, phone, file["att_id"], 0, photo()[:100])).status_code == 200
    home = nobody.portal.settings.home
    [done] = await bring(database, home, export(sealed(phone, made, files=[file])))
    assert (done.known, done.complete) == (1, 1)
    assert list((nobody.portal.settings.attachments / ".arriving").iterdir()) == []
    async with database.reading() as db:
        assert (await db.scalars(select(Document))).one().sha256 == file["sha256"]


@pytest.mark.parametrize("content", [b"", b"another", b"?"])
async def test_a_file_that_is_not_what_was_announced_is_not_kept(
    database: Database, tmp_path: Path, content: bytes
) -> None:
    """Rule 23."""
    _, job = await job_of(database)
    phone = await phone_of(database)
    made = phone.photo(job, b"content")
    wrong = file_of(made, content) | ({"content": "no base64!"} if content == b"?" else {})
    unknown = wrong | {"att_id": new_id()}
    [done] = await bring(database, tmp_path, export(sealed(phone, made, files=[wrong, unknown])))
    assert (done.new, done.files, done.complete) == (1, 2, 0)
    right = export(sealed(phone, made, files=[file_of(made, b"content")]))
    [done] = await bring(database, tmp_path, right)
    assert (done.new, done.known, done.files, done.complete) == (0, 1, 1, 1)


async def test_an_import_is_no_word_from_the_phone(database: Database, tmp_path: Path) -> None:
    """Rules 21, 31: what the phone made after it wrote the file keeps its times, and a phone that
    was silent is."""
    _, job = await job_of(database)
    phone = await phone_of(database)
    await phone.send(pending=0, max_seq=0)
    phone.now = NOON + timedelta(hours=1)
    made = [phone.op("note", job, {"text": f"{n}"}) for n in range(2)]
    await bring(database, tmp_path, export(sealed(phone, *made)), at=LATER)
    device = await device_of(database, phone)
    assert (device.seen_at, device.max_seq, device.next_seq) == (NOON, 2, 3)
    phone.now = NOON + timedelta(hours=2)
    after = phone.op("note", job, {"text": "导出之后"})
    receipt = await phone.send(after, at=NOON + timedelta(hours=6))
    assert outcomes(receipt) == ["applied"]
    times = [op.at - NOON for op in await ops(database)]
    assert times == [timedelta(hours=1), timedelta(hours=1), timedelta(hours=2)]


async def test_what_arrived_by_hand_is_no_longer_waited_for_nor_missed(
    database: Database, tmp_path: Path
) -> None:
    """Rules 28, 31."""
    _, job = await job_of(database)
    phone = await phone_of(database)
    made = [phone.op("note", job, {"text": f"{n}"}) for n in range(3)]
    await phone.send(pending=2, max_seq=2, oldest=NOON.isoformat(), persisted=True, build="t1")
    await bring(database, tmp_path, export(sealed(phone, made[0])))
    device = await device_of(database, phone)
    assert (device.pending, device.oldest_at, device.persisted) == (1, NOON, True)
    # The third was made after the phone was heard of: it was not among the two.
    await bring(database, tmp_path, export(sealed(phone, made[0], made[2])))
    assert (await device_of(database, phone)).pending == 1
    await bring(database, tmp_path, export(sealed(phone, *made)))
    device = await device_of(database, phone)
    assert (device.pending, device.oldest_at, device.build) == (0, None, "t1")
    await phone.send(pending=0, max_seq=3)
    assert await alarms(database) == ["hole"]


async def test_what_no_way_brought_is_still_missed(database: Database, tmp_path: Path) -> None:
    """Rule 28."""
    _, job = await job_of(database)
    phone = await phone_of(database)
    made = [phone.op("note", job, {"text": f"{n}"}) for n in range(2)]
    await phone.send(pending=2, max_seq=2)
    await bring(database, tmp_path, export(sealed(phone, made[0])))
    await phone.send(pending=0, max_seq=2)
    assert await alarms(database) == ["vanished"]


async def test_numbers_out_of_order_in_the_file_leave_no_hole(
    database: Database, tmp_path: Path
) -> None:
    """Rule 18: more than a call's worth, in any order."""
    _, job = await job_of(database)
    phone = await phone_of(database)
    made = [phone.op("note", job, {"text": "字" * 3000}) for _ in range(70)]
    random.Random(3).shuffle(made)
    [done] = await bring(database, tmp_path, export(sealed(phone, *made)))
    assert (done.new, done.known, done.inbox) == (70, 0, 0)
    assert [op.seq for op in await ops(database)] == list(range(1, 71))
    assert await alarms(database) == []


async def test_each_operation_has_the_outcome_that_a_call_would_give(
    database: Database, browser: NewBrowser
) -> None:
    """Rules 15, 16, 18."""
    _, job = await job_of(database)
    phone = await phone_of(database)
    made = [
        phone.op("note", job, {"text": "好"}),
        phone.op("note", new_id(), {"text": "?"}),
        phone.op("note", job, {"text": "等"}, deps=[new_id()]),
        phone.op("note", job, {"words": "?"}),
        {"op_id": 7},
        phone.op("note", job, {"text": "?"}, seq=1),
        phone.op("note", job, {"text": "?"}, sha256="0" * 64),
    ]
    office = await browser("dispatcher", language="en")
    content = export(sealed(phone, *made))
    page = await office.upload(PATH, {}, content)
    assert "1 waits for an entry that has not arrived." in page.text
    assert "4 cannot be used as they are, and are kept." in page.text
    [done] = await bring(database, office.portal.settings.home, content)
    assert (done.new, done.known) == (0, 7)
    direct = await phone.send(*made)
    assert outcomes(direct) == [
        "applied",
        "parked unknown_job",
        "parked waits",
        "needs_fix body",
        "needs_fix unreadable",
        "quarantined seq_taken",
        "quarantined hash",
    ]
    assert all(one.replayed for one in direct.outcomes)


async def test_what_a_revoked_phone_wrote_goes_to_the_inbox(
    database: Database, tmp_path: Path
) -> None:
    """Rule 27."""
    _, job = await job_of(database)
    phone = await phone_of(database)
    device = await device_of(database, phone)
    async with database.writing() as db:
        await revoke(db, await act_of(database, "admin"), device)
    [done] = await bring(
        database, tmp_path, export(sealed(phone, phone.op("note", job, {"text": "?"})))
    )
    assert (done.new, done.inbox) == (1, 1)
    assert [(op.outcome, op.code) for op in await ops(database)] == [("parked", "revoked")]


async def test_only_whoever_rules_on_the_inbox_imports(database: Database, tmp_path: Path) -> None:
    phone = await phone_of(database)
    for login in ("engineer", "admin", "clerk"):
        with pytest.raises(Problem):
            await bring(database, tmp_path, export(sealed(phone)), login)


async def test_each_persons_part_stands_for_itself(database: Database, browser: NewBrowser) -> None:
    _, job = await job_of(database)
    phone, other = await phone_of(database), await phone_of(database)
    good = sealed(phone, phone.op("note", job, {"text": "好"}))
    bad = sealed(other, other.op("note", job, {"text": "坏"})) | {"device_id": new_id()}
    office = await browser("dispatcher", language="en")
    page = await office.upload(PATH, {}, export(bad, good))
    assert page.status_code == 200
    assert "not registered at this portal" in page.text
    assert [one.body for one in await entries(database)] == [{"text": "好"}]


async def test_a_device_that_never_got_a_key_is_refused_with_what_to_do(
    database: Database, browser: NewBrowser
) -> None:
    """Rule 28: a new epoch without a network. Anybody could have written what is not sealed."""
    _, job = await job_of(database)
    user = await person_id(database, "engineer")
    given = {"now": NOON.timestamp() * 1000, "user_id": user, "key": "k", "job": job}
    given |= {"notes": ["一"], "photo": b64encode(photo()).decode(), "loses": True}
    content = node(str(HERE / "export.js"), given=json.dumps(given)).encode()
    assert "plain" in json.loads(content)["devices"][0]
    office = await browser("dispatcher", language="en")
    before = await rows(database)
    page = await office.upload(PATH, {}, content)
    assert page.status_code == 422
    assert "Sign in on that phone and send from there" in page.text
    # Nor is it believed where it names a phone that is known.
    phone = await phone_of(database)
    named = json.loads(content)
    named["devices"][0]["device_id"] = phone.name
    assert (await office.upload(PATH, {}, json.dumps(named).encode())).status_code == 422
    assert (await rows(database))[:-1] == before[:-1]


Bad = Callable[[Phone, dict[str, Any]], bytes]
BAD: dict[str, tuple[Bad, str]] = {
    "no JSON": (lambda _, __: b"\xff\xfe", "not a file that the field app wrote"),
    "other JSON": (lambda _, __: b'{"devices": []}', "not a file that the field app wrote"),
    "a list": (lambda _, __: b"[" * 100_000, "not a file that the field app wrote"),
    "cut off": (lambda _, good: export(good)[:-40], "not a file that the field app wrote"),
    "huge version": (lambda _, good: export(good, version=10**400), "app wrote"),
    "no version": (lambda _, good: export(good, version="1"), "not a file that the field app"),
    "newer": (lambda _, good: export(good, version=2), "A newer field app"),
    "nothing": (lambda _, __: export(), "had sent all of them"),
    "unknown": (lambda _, good: export(good | {"device_id": new_id()}), "not registered at"),
    "no id": (lambda _, good: export(good | {"device_id": "\x00"}), "not a file that the field"),
    "no base64": (lambda _, good: export(good | {"sealed": "好!"}), "The seal does not open"),
    "no iv": (lambda _, good: export(good | {"iv": ""}), "The seal does not open"),
    "short": (lambda _, good: export(good | {"sealed": "AAAA"}), "The seal does not open"),
    "changed": (lambda _, good: export(good | {"sealed": "AAAA" + good["sealed"][4:]}), "The seal"),
    "another key": (lambda phone, _: export(section(phone, {}, "another")), "The seal does not"),
    "sealed rubbish": (lambda phone, _: export(section(phone, b"{")), "The seal does not open"),
    "sealed list": (lambda phone, _: export(section(phone, [1])), "The seal does not open"),
    "no operation": (lambda phone, _: export(sealed(phone, "\x00")), "The seal does not open"),
    "larger than a call": (
        lambda phone, _: export(sealed(phone, json.dumps("x" * 300_000))),
        "The seal does not open",
    ),
}


@pytest.mark.parametrize("what", BAD)
async def test_what_cannot_be_taken_in_is_said_next_to_the_field(
    database: Database, browser: NewBrowser, what: str
) -> None:
    _, job = await job_of(database)
    phone = await phone_of(database)
    make, sentence = BAD[what]
    content = make(phone, sealed(phone, phone.op("note", job, {"text": "好"})))
    before = await rows(database)
    office = await browser("dispatcher", language="en")
    page = await office.upload(PATH, {}, content)
    assert page.status_code == 422
    assert sentence in page.text
    assert 'id="file-error"' in page.text
    assert await rows(database) == before


async def test_without_a_file_one_is_asked_for(browser: NewBrowser) -> None:
    office = await browser("dispatcher", language="en")
    answers = [await office.post(PATH), await office.post(PATH, {"file": "no file"})]
    for page in answers:
        assert page.status_code == 422
        assert "Choose a file." in page.text


def test_a_file_over_the_limit_is_not_read() -> None:
    assert read_export(b" " * (MOST_BYTES + 1)) is Fault.TOO_LARGE


async def test_no_rubbish_is_a_fault_of_the_portal(database: Database, browser: NewBrowser) -> None:
    _, job = await job_of(database)
    phone = await phone_of(database)
    made = phone.photo(job, photo())
    office = await browser("dispatcher")
    plain = json.dumps({"operations": [json.dumps(made)], "files": [file_of(made, photo())]})
    good = export(section(phone, plain.encode()))
    chance = random.Random(29)
    seen = set()
    for _ in range(60):
        outside = _spoilt(chance, good)
        inside = export(section(phone, _spoilt(chance, plain.encode())))
        for content in (outside, inside):
            answer = await office.upload(PATH, {}, content)
            assert answer.status_code in (200, 422), content[:400]
            seen.add(answer.status_code)
    assert seen == {200, 422}


def _spoilt(chance: random.Random, content: bytes) -> bytes:
    """``content`` after an accident."""
    at = chance.randrange(len(content))
    match chance.randrange(5):
        case 0:
            return content[:at]
        case 1:
            return content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :]
        case 2:
            return content[:at] + content[at + chance.randrange(1, 9) :]
        case 3:
            odd = [b"9" * 5000, b"null", b"-1", b"1e999", b"\\u0000", b"\\ud800", b'"', b"[" * 2000]
            return content[:at] + chance.choice(odd) + content[at:]
        case _:
            words = [b"operations", b"files", b"devices", b"content", b"seq", b"op_id", b"sealed"]
            return content.replace(chance.choice(words), chance.choice(words))
