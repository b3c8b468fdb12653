"""What the tests of this room share: a phone that makes operations as the client will."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import select

from field.devices import register_device
from field.envelopes import Batch, read_batch
from field.ledger import receive
from field.models import FieldEntry, FieldOp
from field.replying import Receipt
from portal.kernel.db.unit import Database
from tests.cases.support import ZONE, Matter
from tests.people.support import act_of, person_id
from tests.repairs.support import at_step
from tests.support.cast import NOON

_numbers = count(1)
SHA = "0" * 64


def new_id() -> str:
    """An id that no other test object has."""
    return str(UUID(int=(0x0192 << 112) | (0x7000 << 64) | next(_numbers)))


def operation(
    device: str,
    user_id: int,
    seq: int,
    kind: str,
    job: int | str,
    body: Any = None,
    now: datetime = NOON,
) -> dict[str, Any]:
    """An operation as phones write it (rule 2)."""
    text = body if isinstance(body, str) else json.dumps(body or {}, ensure_ascii=False)
    return {
        "op_id": new_id(),
        "device_id": device,
        "seq": seq,
        "user_id": user_id,
        "job_id": job,
        "kind": kind,
        "schema": 1,
        "build": "t1",
        "base_rev": None,
        "at_wall": now.isoformat(),
        "at_mono": float(seq),
        "tz": "Asia/Shanghai",
        "offset": 0,
        "deps": [],
        "body": text,
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }


@dataclass
class Phone:
    """A registered phone of a member of the cast; its clock is `now`."""

    database: Database
    name: str
    key: str
    user_id: int
    now: datetime = NOON
    seq: int = 0
    made: list[dict[str, Any]] = field(default_factory=list)

    def op(self, kind: str, job: int | str, body: Any = None, **more: Any) -> dict[str, Any]:
        """Make an operation, as rule 2 says; ``more`` overrides."""
        self.seq += 1
        made = operation(self.name, self.user_id, self.seq, kind, job, body, self.now) | more
        self.made.append(made)
        return made

    def photo(self, job: int, content: bytes) -> dict[str, Any]:
        file = {
            "att_id": new_id(),
            "sha256": hashlib.sha256(content).hexdigest(),
            "size": len(content),
            "mime": "image/jpeg",
        }
        return self.op("photo", job, {"file": file})

    async def send(self, *ops: dict[str, Any], at: datetime = NOON, **health: Any) -> Receipt:
        """Send operations in one call."""
        return await receive(self.database, self.key, batch(*ops, **health), at, ZONE)


def batch(*ops: dict[str, Any], **health: Any) -> Batch:
    return read_batch(content(*ops, **health))


def content(*ops: dict[str, Any], **health: Any) -> bytes:
    call = {"operations": list(ops), **({"health": health} if health else {})}
    return json.dumps(call, ensure_ascii=False).encode()


async def phone_of(database: Database, login: str = "engineer") -> Phone:
    act = await act_of(database, login, NOON - timedelta(days=1))
    name = new_id()
    async with database.writing() as db:
        _, key = await register_device(db, act, name)
    return Phone(database, name, key, await person_id(database, login))


async def job_of(database: Database) -> tuple[Matter, int]:
    """A case with the engineer on site, and the id of that job."""
    it = await at_step(database, "visit")
    async with database.reading() as db:
        return it, (await it.row(db, "visit")).id


async def entries(database: Database) -> list[FieldEntry]:
    async with database.reading() as db:
        query = select(FieldEntry).join(FieldOp, FieldOp.op_id == FieldEntry.op_id)
        return list(await db.scalars(query.order_by(FieldOp.rev)))


async def ops(database: Database) -> list[FieldOp]:
    async with database.reading() as db:
        return list(await db.scalars(select(FieldOp).order_by(FieldOp.rev)))


def outcomes(receipt: Receipt) -> list[str]:
    """Each as ``outcome`` or ``outcome code``."""
    return [f"{one.outcome} {one.code}".strip() for one in receipt.outcomes]


def told(receipt: Receipt) -> Sequence[tuple[Any, ...]]:
    """What was answered, whether for the first time or again."""
    return [(o.op_id, o.outcome, o.code, o.message, o.rev) for o in receipt.outcomes]
