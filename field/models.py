"""Tables of the field: devices, the ledger of what they sent, and what became of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.cases.models import Case
from portal.kernel.db.base import BigId, Identified, Table
from portal.people.models import Person

Json = JSON(none_as_null=True)


class Outcome(StrEnum):
    """What became of an operation; the phone shows it."""

    APPLIED = "applied"
    FLAGGED = "flagged"
    PARKED = "parked"
    QUARANTINED = "quarantined"
    NEEDS_FIX = "needs_fix"


class FieldDevice(Identified, Table):
    """A phone (or browser) that a person registered: one per install, user and storage epoch.

    `next_seq` is the lowest number that has not come yet, `max_seq` the highest that has: a hole
    lies between them where something is missing. The rest is what the phone said of itself last;
    `pending` is what it then still held, of what it said, after our answer.
    """

    __tablename__ = "field_device"

    name: Mapped[str] = mapped_column(String(36), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    registered_at: Mapped[datetime]
    next_seq: Mapped[int] = mapped_column(BigId, default=1)
    max_seq: Mapped[int] = mapped_column(BigId, default=0)
    seen_at: Mapped[datetime | None]
    pending: Mapped[int] = mapped_column(BigId, default=0)
    oldest_at: Mapped[datetime | None]
    persisted: Mapped[bool | None]
    quota: Mapped[int | None] = mapped_column(BigId)
    build: Mapped[str] = mapped_column(String(60), default="")
    push: Mapped[str] = mapped_column(String(30), default="")

    person: Mapped[Person] = relationship(lazy="raise")
    revocation: Mapped["FieldRevocation | None"] = relationship(lazy="raise")


class FieldRevocation(Table):
    """A device is revoked: what it still sends goes to the office's inbox only."""

    __tablename__ = "field_revocation"

    device_id: Mapped[int] = mapped_column(ForeignKey("field_device.id"), primary_key=True)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    by: Mapped[Person] = relationship(lazy="raise")


class FieldContact(Identified, Table):
    """A device was heard of at `at` and had then made operations up to `max_seq`: those above it
    were made later."""

    __tablename__ = "field_contact"
    __table_args__ = (UniqueConstraint("device_id", "max_seq"),)

    device_id: Mapped[int] = mapped_column(ForeignKey("field_device.id"))
    max_seq: Mapped[int] = mapped_column(BigId)
    at: Mapped[datetime]


class FieldOp(Table):
    """The ledger: an operation as it came, once and for ever, and what became of it.

    `envelope` is the operation's own JSON; `sha256` is of its body. `claimed_at` is what the
    phone's clock said, `corrected_at` that with its known offset, `at` the effective time (rule
    21). `rev` is the journal's revision, the only order.
    """

    __tablename__ = "field_op"
    __table_args__ = (
        UniqueConstraint("device_id", "seq"),
        Index(None, "outcome", "received_at"),
    )

    op_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("field_device.id"))
    seq: Mapped[int | None] = mapped_column(BigId)
    sha256: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(40))
    job: Mapped[str] = mapped_column(String(40), default="")
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"), index=True)
    envelope: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(String(12))
    code: Mapped[str] = mapped_column(String(40), default="")
    message: Mapped[str] = mapped_column(String(300), default="")
    claimed_at: Mapped[datetime | None]
    corrected_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    at: Mapped[datetime]
    time_flags: Mapped[list[str]] = mapped_column(Json)
    rev: Mapped[int | None] = mapped_column(BigId, index=True)

    device: Mapped[FieldDevice] = relationship(lazy="raise")
    case: Mapped[Case | None] = relationship(lazy="raise")
    ruling: Mapped["FieldRuling | None"] = relationship(lazy="raise")


class FieldAside(Identified, Table):
    """What cannot stand in the ledger under its id, kept whole: another content under a known id,
    a number used twice, a body that is not what its hash says, no id at all."""

    __tablename__ = "field_aside"

    digest: Mapped[str] = mapped_column(String(64), unique=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("field_device.id"), index=True)
    op_id: Mapped[str | None] = mapped_column(String(36), index=True)
    envelope: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(String(12))
    code: Mapped[str] = mapped_column(String(40), default="")
    message: Mapped[str] = mapped_column(String(300), default="")
    received_at: Mapped[datetime]
    rev: Mapped[int | None] = mapped_column(BigId)

    device: Mapped[FieldDevice] = relationship(lazy="raise")


class FieldWait(Identified, Table):
    """An operation of the ledger waits for another one that has not come."""

    __tablename__ = "field_wait"
    __table_args__ = (UniqueConstraint("op_id", "awaited"),)

    op_id: Mapped[str] = mapped_column(ForeignKey("field_op.op_id"))
    awaited: Mapped[str] = mapped_column(String(36), index=True)


class FieldEntry(Table):
    """A line of the site log (later F11): what an operation brought into the record of a job."""

    __tablename__ = "field_entry"

    op_id: Mapped[str] = mapped_column(ForeignKey("field_op.op_id"), primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    body: Mapped[dict[str, Any]] = mapped_column(Json)
    at: Mapped[datetime]
    flags: Mapped[list[str]] = mapped_column(Json)
    voided_by: Mapped[str | None] = mapped_column(ForeignKey("field_op.op_id"))

    op: Mapped[FieldOp] = relationship(foreign_keys=[op_id], lazy="raise")


class FieldAttachment(Table):
    """A file that an operation announced; its content comes in chunks and becomes a document."""

    __tablename__ = "field_attachment"

    att_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    op_id: Mapped[str] = mapped_column(ForeignKey("field_op.op_id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigId)
    mime: Mapped[str] = mapped_column(String(100))
    verified_at: Mapped[datetime | None]
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))

    op: Mapped[FieldOp] = relationship(lazy="raise")


class FieldRuling(Table):
    """What the office made of a parked or flagged operation: accepted, moved, or discarded."""

    __tablename__ = "field_ruling"

    op_id: Mapped[str] = mapped_column(ForeignKey("field_op.op_id"), primary_key=True)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    verdict: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(300), default="")

    by: Mapped[Person] = relationship(lazy="raise")
