"""Attachments: a file comes in chunks, goes on where it was cut off, and becomes a document of its
case when it is whole and is what the operation announced (rule 23)."""

import asyncio
import fcntl
import hashlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from field.devices import Known, lock_device, recognise
from field.models import FieldAttachment, FieldOp
from portal.cases.documenting import MOST_BYTES, add_document, folder_of
from portal.cases.models import Case
from portal.kernel.act import Act, Via
from portal.kernel.attachments import NOT_STORED, Stored, path_of, store
from portal.kernel.db.unit import Database
from portal.kernel.problems import NOT_FOUND, Problem
from portal.kernel.sniffing import mime_of
from portal.repairs.signing import add_picture

CHUNK = 256 * 1024
_AT_ONCE = 50
_ENDINGS = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a file has come, in bytes. `is_verified`: it is whole and kept for good."""

    offset: int
    size: int
    is_verified: bool

    @property
    def headers(self) -> dict[str, str]:
        return {"upload-offset": str(self.offset), "upload-length": str(self.size)}


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a file, and where in it it begins."""

    offset: int
    content: bytes


async def progress(db: AsyncSession, home: Path, key: str, att_id: str) -> Progress:
    """How far the file has come. Raises ``not-a-device`` and ``not-found``: another device's."""
    device = await recognise(db, key, lock=False)
    attachment = await find_attachment(db, device, att_id)
    return await asyncio.to_thread(_progress, home, attachment)


async def attach(
    database: Database, home: Path, key: str, att_id: str, chunk: Chunk, at: datetime
) -> tuple[bool, Progress]:
    """Add ``chunk``; whether it fitted on to what is there, and how far the file is now.

    A file that is whole and not what was announced begins anew. Raises ``not-a-device``,
    ``not-found`` and ``not-stored``.
    """
    async with database.reading() as db:
        attachment = await find_attachment(db, await recognise(db, key, lock=False), att_id)
    if attachment.verified_at:
        return True, _progress(home, attachment)
    fits = await asyncio.to_thread(_append, home, attachment, chunk)
    reached = await asyncio.to_thread(_progress, home, attachment)
    if reached.offset < attachment.size:
        return fits, reached
    if not await _keep(home, attachment):
        return False, await asyncio.to_thread(_progress, home, attachment)
    async with database.writing() as db:
        await settle(db, home, await recognise(db, key), att_id, at)
    await drop_part(home, attachment)
    return fits, Progress(attachment.size, attachment.size, is_verified=True)


async def settle(db: AsyncSession, home: Path, device: Known, att_id: str, at: datetime) -> bool:
    """Note that a file is whole and in the store, and let it be a document; whether that is new."""
    kept = await find_attachment(db, device, att_id)
    is_new = kept.verified_at is None
    kept.verified_at = kept.verified_at or at
    await make_document(db, Act.now(device.staff, at, Via.FIELD), home, kept)
    return is_new


async def keep_whole(home: Path, attachment: FieldAttachment, content: bytes) -> bool:
    """Put ``content`` into the store, if it is what was announced. Raises ``not-stored``."""
    if not 0 < len(content) <= MOST_BYTES or len(content) != attachment.size:
        return False
    found = await asyncio.to_thread(hashlib.sha256, content)
    if found.hexdigest() != attachment.sha256:
        return False
    await store(folder_of(home), content, limit=MOST_BYTES)
    return True


async def drop_part(home: Path, attachment: FieldAttachment) -> None:
    """Let go of the pieces of a file that is whole."""
    await asyncio.to_thread(_part(home, attachment).unlink, missing_ok=True)


async def make_document(
    db: AsyncSession, act: Act, home: Path, attachment: FieldAttachment
) -> None:
    """Let a verified file be a document of the case whose job its operation belongs to; nothing
    happens while either is unknown, nor the second time. ``act`` is that of the engineer."""
    op = attachment.op
    if attachment.verified_at is None or attachment.document_id or op.case_id is None:
        return
    if op.outcome not in ("applied", "flagged"):
        return
    case = await db.get_one(Case, op.case_id)
    stored = await _stored(home, attachment)
    name = f"{op.kind}-{attachment.att_id[-12:]}{_ENDINGS.get(stored.mime, '')}"
    document = await add_document(db, act, case, name, stored)
    attachment.document_id = document.id
    await db.flush()
    await add_picture(db, act, op.op_id, document.id)


async def make_late_documents(database: Database, home: Path, at: datetime) -> int:
    """Make documents of files that were whole before their operation could be applied; how many."""
    late = (
        select(FieldAttachment)
        .join(FieldOp, FieldOp.op_id == FieldAttachment.op_id)
        .where(FieldAttachment.verified_at.is_not(None), FieldAttachment.document_id.is_(None))
        .where(FieldOp.outcome.in_(("applied", "flagged")), FieldOp.case_id.is_not(None))
        .options(joinedload(FieldAttachment.op))
        .order_by(FieldAttachment.att_id)
        .limit(_AT_ONCE)
    )
    async with database.reading() as db:
        if not (await db.scalars(late)).first():
            return 0
    async with database.writing() as db:
        found = (await db.scalars(late)).all()
        for attachment in found:
            # Whoever takes it over in the inbox at this moment files it, too: one after the other.
            device = await lock_device(db, attachment.op.device_id)
            await db.refresh(attachment, ["document_id"])
            await make_document(db, Act.now(device.staff, at, Via.FIELD), home, attachment)
    return len(found)


async def _stored(home: Path, attachment: FieldAttachment) -> Stored:
    """What the store knows of a file that it holds."""
    path = path_of(folder_of(home), attachment.sha256)
    return Stored(attachment.sha256, attachment.size, await asyncio.to_thread(mime_of, path))


async def find_attachment(db: AsyncSession, device: Known, att_id: str) -> FieldAttachment:
    """A file that an operation of the device announced. Raises ``not-found``."""
    query = (
        select(FieldAttachment)
        .join(FieldOp, FieldOp.op_id == FieldAttachment.op_id)
        .options(joinedload(FieldAttachment.op))
        .where(FieldAttachment.att_id == att_id, FieldOp.device_id == device.row.id)
    )
    found = await db.scalar(query, execution_options={"populate_existing": True})
    if found is None:
        raise Problem(NOT_FOUND)
    return found


def _part(home: Path, attachment: FieldAttachment) -> Path:
    """Where the file grows; its name is of our own alphabet: a UUID and a digest."""
    return folder_of(home) / ".arriving" / f"{attachment.att_id}.{attachment.sha256[:16]}"


def _progress(home: Path, attachment: FieldAttachment) -> Progress:
    if attachment.verified_at:
        return Progress(attachment.size, attachment.size, is_verified=True)
    try:
        offset = _part(home, attachment).stat().st_size
    except FileNotFoundError:
        offset = 0
    return Progress(offset, attachment.size, is_verified=False)


def _append(home: Path, attachment: FieldAttachment, chunk: Chunk) -> bool:
    """Write a piece where it belongs, on the disk when this returns. Two senders of one file take
    turns; whoever comes second finds that the piece is there."""
    path = _part(home, attachment)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            there = file.seek(0, os.SEEK_END)
            too_long = chunk.offset + len(chunk.content) > attachment.size
            if chunk.offset != there or too_long:
                return False
            file.write(chunk.content)
            file.flush()
            os.fsync(file.fileno())
            return True
    except OSError as error:
        raise Problem(NOT_STORED) from error


async def _keep(home: Path, attachment: FieldAttachment) -> bool:
    """Put the whole file into the store, if it is what was announced; else it begins anew."""
    path = _part(home, attachment)
    if not await asyncio.to_thread(_is_right, path, attachment.sha256):
        await asyncio.to_thread(path.unlink, missing_ok=True)
        return False
    await store(folder_of(home), _pieces(path), limit=MOST_BYTES)
    return True


def _is_right(path: Path, sha256: str) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except FileNotFoundError:
        return False


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, CHUNK):
            yield piece
