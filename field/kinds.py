"""The kinds of operations and what the body of each holds.

Every schema ever shipped is read (rule 25): `UPCAST` leads an older body to the newest, one step
at a time, where a step changed the kind. Nothing here is ever taken away. A new kind, and a new
part of a body that may be left out, need no new schema.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from field.envelopes import Operation, OpId
from portal.cases.documenting import MOST_BYTES

_Text = Annotated[str, Meta(min_length=1, max_length=4000)]
_Name = Annotated[str, Meta(min_length=1, max_length=200)]
_Short = Annotated[str, Meta(max_length=200)]
_Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
_MOST_YUAN = Decimal(999_999_999)
_MOST_PIECES = Decimal(1_000_000)


def _within(number: Decimal, most: Decimal) -> None:
    if not number.is_finite() or not 0 <= number <= most or len(str(number)) > 30:
        raise ValueError(f"a number from 0 to {most} is expected")


class Position(msgspec.Struct, frozen=True):
    """Where the phone was, in degrees (WGS 84); `accuracy` in metres."""

    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    accuracy: Annotated[float, Meta(ge=0, le=1e7)] | None = None


class Moved(msgspec.Struct, frozen=True):
    """Arrived at the site, or left it; the position only with the engineer's consent."""

    position: Position | None = None
    consent: bool = False


class Receipt(msgspec.Struct, frozen=True):
    """The engineer signs for the job (签收)."""


class Timer(msgspec.Struct, frozen=True):
    timer: _Name


class Tool(msgspec.Struct, frozen=True):
    """`number` where it is one of the company's list."""

    name: _Name
    number: _Short = ""


class Part(msgspec.Struct, frozen=True):
    name: _Name
    quantity: Decimal = Decimal(1)
    number: _Short = ""
    unit: _Short = ""

    def __post_init__(self) -> None:
        _within(self.quantity, _MOST_PIECES)


class Words(msgspec.Struct, frozen=True):
    text: _Text


class Reading(msgspec.Struct, frozen=True):
    name: _Name
    value: _Name
    unit: _Short = ""


class Estimate(msgspec.Struct, frozen=True):
    """An amount in yuan, and how long it will take."""

    amount: Decimal
    text: Annotated[str, Meta(max_length=4000)] = ""
    minutes: Annotated[int, Meta(ge=0, le=60_000)] | None = None

    def __post_init__(self) -> None:
        _within(self.amount, _MOST_YUAN)


class Quotation(msgspec.Struct, frozen=True):
    """What it will cost, in yuan, as the customer accepted it."""

    amount: Decimal
    accepted: bool
    text: Annotated[str, Meta(max_length=4000)] = ""

    def __post_init__(self) -> None:
        _within(self.amount, _MOST_YUAN)


class File(msgspec.Struct, frozen=True):
    """A file whose content comes later, in chunks (rule 23)."""

    att_id: OpId
    sha256: _Sha256
    size: Annotated[int, Meta(ge=1, le=MOST_BYTES)]
    mime: Annotated[str, Meta(max_length=100)]
    thumbnail: Annotated[str, Meta(max_length=28_000)] = ""


class Photo(msgspec.Struct, frozen=True):
    file: File
    caption: _Short = ""
    position: Position | None = None


class Signature(msgspec.Struct, frozen=True):
    """The customer signed the summary whose hash stands there (rule 22)."""

    name: _Name
    summary: Annotated[str, Meta(min_length=1, max_length=16_000)]
    summary_sha256: _Sha256
    file: File

    @property
    def covers_what_was_shown(self) -> bool:
        return hashlib.sha256(self.summary.encode()).hexdigest() == self.summary_sha256


class Complete(msgspec.Struct, frozen=True):
    """The engineer proposes an outcome of the step; `remaining` where it is not solved."""

    outcome: Annotated[str, Meta(min_length=1, max_length=40)]
    remaining: Annotated[str, Meta(max_length=2000)] = ""


class Void(msgspec.Struct, frozen=True):
    """An earlier entry was wrong."""

    op: OpId
    reason: _Short = ""


BODIES: Mapping[str, type[msgspec.Struct]] = {
    "receipt": Receipt,
    "arrive": Moved,
    "leave": Moved,
    "timer_start": Timer,
    "timer_stop": Timer,
    "tool": Tool,
    "part": Part,
    "part_returned": Part,
    "note": Words,
    "photo": Photo,
    "reading": Reading,
    "estimate": Estimate,
    "quotation": Quotation,
    "fault": Words,
    "result": Words,
    "advice": Words,
    "signature": Signature,
    "complete": Complete,
    "void": Void,
}
# One value of a job each: the last by the server's order counts, earlier ones are kept.
SINGLE = frozenset({"fault", "estimate", "result", "advice"})
SCHEMA = 1
UPCAST: Mapping[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]] = {}


class BadBody(ValueError):
    """A body that is not what its kind holds; the text says where."""


def read_body(op: Operation) -> msgspec.Struct:
    """The body of an operation of a known kind and schema; raises `BadBody`."""
    try:
        given = msgspec.json.decode(op.body)
        for schema in range(op.schema, SCHEMA):
            given = UPCAST.get((op.kind, schema), _as_it_is)(given)
        body = msgspec.convert(given, BODIES[op.kind], str_keys=True)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise BadBody(str(error)[:280]) from error
    if re.search(r"\\u0000", op.body):
        raise BadBody("holds NUL")
    return body


def _as_it_is(body: dict[str, Any]) -> dict[str, Any]:
    return body


def stored(body: msgspec.Struct) -> dict[str, Any]:
    """A body as JSON keeps it: numbers with decimals exactly, as text."""
    built: dict[str, Any] = msgspec.to_builtins(body)
    return built


def file_of(body: object) -> File | None:
    """The file that an operation announces."""
    return body.file if isinstance(body, Photo | Signature) else None
