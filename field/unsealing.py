"""Opening the sealed file that left a phone by hand (rules 8, 29). Pure; what cannot be opened is a
value, too. What is in it is read as a call is, and cut as calls are."""

import binascii
import hashlib
from base64 import b64decode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Meta

from field.envelopes import MOST_BYTES as LARGEST_CALL
from field.envelopes import MOST_OPERATIONS, Batch, OpId, Sent, Unreadable, read_batch

MOST_BYTES = 64 * 1024 * 1024
_FORMAT = "bihuan-field-export"
_VERSION = 1
_IV = 12
# More devices than that have never been on one phone.
_MOST_SECTIONS = 100


class Fault(StrEnum):
    """Why a file, or what one phone's device put into it, cannot be taken in."""

    TOO_LARGE = "too_large"
    NOT_AN_EXPORT = "not_an_export"
    NEWER = "newer"
    NOTHING = "nothing"
    UNREGISTERED = "unregistered"
    UNKNOWN = "unknown"
    DAMAGED = "damaged"


class _Head(msgspec.Struct):
    format: str
    version: Annotated[int, Meta(ge=1)]


class Section(msgspec.Struct, frozen=True):
    """What one device has not sent: sealed, or plain where it never got a key. Nothing outside of
    the seal can be believed."""

    device_id: OpId
    iv: str = ""
    sealed: str = ""
    plain: str | None = None

    @property
    def is_sealed(self) -> bool:
        return self.plain is None


class _Export(msgspec.Struct):
    devices: Annotated[list[Section], Meta(max_length=_MOST_SECTIONS)]


class File(msgspec.Struct, frozen=True):
    """A file that an operation announced; what it has to be, the ledger knows."""

    att_id: OpId
    content: str

    def opened(self) -> bytes:
        """Its content; nothing where that is not base64."""
        return _bytes(self.content) or b""


class _Plain(msgspec.Struct):
    operations: list[str]
    files: list[File]


@dataclass(frozen=True, slots=True)
class Content:
    """What a section held."""

    sent: Sequence[Sent]
    files: Sequence[File]

    def batches(self) -> Iterator[Batch]:
        """The operations as the phone would have sent them: the oldest first, as many as one call
        takes. The phone says nothing of itself by them."""
        batch: list[Sent] = []
        room = LARGEST_CALL
        for one in sorted(self.sent, key=lambda one: one.seq or 0):
            size = _size(one)
            if batch and (len(batch) == MOST_OPERATIONS or size > room):
                yield Batch(tuple(batch), None)
                batch, room = [], LARGEST_CALL
            batch.append(one)
            room -= size
        if batch:
            yield Batch(tuple(batch), None)


def read_export(content: bytes) -> list[Section] | Fault:
    """The sections of the file."""
    if len(content) > MOST_BYTES:
        return Fault.TOO_LARGE
    head = _decoded(content, _Head)
    if head is None or head.format != _FORMAT:
        return Fault.NOT_AN_EXPORT
    if head.version > _VERSION:
        return Fault.NEWER
    export = _decoded(content, _Export)
    if export is None:
        return Fault.NOT_AN_EXPORT
    return export.devices or Fault.NOTHING


def unseal(section: Section, digest: str) -> Content | Fault:
    """What the device put into ``section``; ``digest`` is that of its key, which is all that the
    portal holds of it. One that was never registered shares nothing with the portal, so that
    anybody could have written it."""
    if not section.is_sealed:
        return Fault.UNREGISTERED
    iv, sealed = _bytes(section.iv), _bytes(section.sealed)
    if iv is None or sealed is None or len(iv) != _IV:
        return Fault.DAMAGED
    secret = hashlib.sha256(f"{_FORMAT}:{digest}".encode()).digest()
    try:
        content = AESGCM(secret).decrypt(iv, sealed, section.device_id.encode())
    except InvalidTag:
        return Fault.DAMAGED
    plain = _decoded(content, _Plain)
    return Fault.DAMAGED if plain is None else _content(plain)


def _content(plain: _Plain) -> Content | Fault:
    call = b'{"operations":[%s]}' % b",".join(op.encode() for op in plain.operations)
    try:
        sent = read_batch(call).sent
    except Unreadable:
        return Fault.DAMAGED
    # No call could have brought a larger one.
    if any(_size(one) > LARGEST_CALL for one in sent):
        return Fault.DAMAGED
    return Content(sent, plain.files)


def _size(one: Sent) -> int:
    return len(one.text.encode()) + 1


def _bytes(text: str) -> bytes | None:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _decoded(content: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
