"""Reading what a phone sends. Pure; what cannot be read is a value, too, and is kept."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

MOST_OPERATIONS = 50
MOST_BYTES = 256 * 1024
LARGEST_OPERATION = 32 * 1024
_UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
_LARGEST = 2**53

OpId = Annotated[str, Meta(pattern=_UUID)]
_Whole = Annotated[int, Meta(ge=0, le=_LARGEST)]
_Word = Annotated[str, Meta(min_length=1, max_length=40)]


class Operation(msgspec.Struct, frozen=True):
    """One operation of rule 2. `offset` is seconds to add to the phone's clock, as it last knew."""

    op_id: OpId
    device_id: str
    seq: Annotated[int, Meta(ge=1, le=_LARGEST)]
    user_id: _Whole
    kind: _Word
    schema: Annotated[int, Meta(ge=1, le=1_000_000)]
    at_wall: Annotated[datetime, Meta(tz=True)]
    body: str
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
    job_id: _Whole | Annotated[str, Meta(max_length=40)] = ""
    build: Annotated[str, Meta(max_length=60)] = ""
    base_rev: _Whole | None = None
    at_mono: float = 0.0
    tz: Annotated[str, Meta(max_length=60)] = ""
    offset: Annotated[float, Meta(ge=-1e9, le=1e9)] = 0.0
    deps: Annotated[list[OpId], Meta(max_length=50)] = []

    @property
    def task_id(self) -> int | None:
        """The job as the server numbers it; None for one that was begun on the phone."""
        job = str(self.job_id)
        return int(job) if re.fullmatch(r"[0-9]{1,15}", job) else None


class Health(msgspec.Struct, frozen=True):
    """What the phone says of itself: `pending` operations not answered yet (those of this call
    among them), since when, whether its storage is kept, how much room is left (bytes)."""

    pending: _Whole = 0
    oldest: Annotated[datetime, Meta(tz=True)] | None = None
    persisted: bool | None = None
    quota: _Whole | None = None
    build: Annotated[str, Meta(max_length=60)] = ""
    max_seq: _Whole = 0
    push: Annotated[str, Meta(max_length=30)] = ""


class _Call(msgspec.Struct):
    operations: list[msgspec.Raw]
    health: msgspec.Raw = msgspec.Raw(b"{}")


class _Named(msgspec.Struct):
    op_id: OpId


class _Numbered(msgspec.Struct):
    seq: Annotated[int, Meta(ge=1, le=_LARGEST)]


@dataclass(frozen=True, slots=True)
class Sent:
    """One operation as it came: its own JSON, and what was understood of it.

    `fault` says why it could not be read, with `op_id` and `seq` where at least those could.
    """

    text: str
    op: Operation | None
    fault: str = ""
    op_id: str | None = None
    seq: int | None = None
    sha256: str = ""

    @property
    def digest(self) -> str:
        """The sha256 of all of it."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Batch:
    """What one call brought."""

    sent: tuple[Sent, ...]
    health: Health | None


class Unreadable(ValueError):
    """The call was cut off or is not ours: nothing of it can be answered for."""


_calls = msgspec.json.Decoder(_Call)
_operations = msgspec.json.Decoder(Operation)
_FAULTS = (msgspec.MsgspecError, UnicodeDecodeError)


def read_batch(content: bytes) -> Batch:
    """The batch in ``content``; raises `Unreadable`."""
    try:
        call = _calls.decode(content)
    except (*_FAULTS, RecursionError) as error:
        raise Unreadable(str(error)) from error
    return Batch(tuple(_read(bytes(raw)) for raw in call.operations), _decoded(call.health, Health))


def read_operation(text: str) -> Operation:
    """An operation that the ledger keeps."""
    return _operations.decode(text)


def _read(raw: bytes) -> Sent:
    text = raw.decode("utf-8", "backslashreplace")
    try:
        op = _operations.decode(raw)
        found = hashlib.sha256(op.body.encode()).hexdigest()
    except _FAULTS as error:
        return _faulty(raw, text, f"envelope: {error}")
    # Neither database keeps NUL as text.
    if "\x00" in op.body + op.kind + op.device_id + str(op.job_id):
        return _faulty(raw, text, "envelope: holds NUL")
    if len(raw) > LARGEST_OPERATION:
        return _faulty(raw, text, f"envelope: larger than {LARGEST_OPERATION} bytes")
    return Sent(text, op, op_id=op.op_id, seq=op.seq, sha256=found)


def _faulty(raw: bytes, text: str, fault: str) -> Sent:
    named, numbered = _decoded(raw, _Named), _decoded(raw, _Numbered)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Sent(
        text,
        None,
        fault[:300].replace("\x00", ""),
        named.op_id if named else None,
        numbered.seq if numbered else None,
        digest,
    )


def _decoded(raw: bytes | msgspec.Raw, kind: Any) -> Any:
    try:
        return msgspec.json.decode(raw, type=kind)
    except _FAULTS:
        return None
