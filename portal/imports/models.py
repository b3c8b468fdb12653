"""Tables of the imports room: what was brought in, what was refused, and how it went."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.customers.models import Customer, Device, Site
from portal.kernel.db.base import BigId, Identified, Table, Versioned
from portal.kernel.i18n import N_
from portal.people.models import Person

Json = JSON(none_as_null=True)


# The fault of an import whose command has ended without it.
INTERRUPTED = N_("The command that ran this import has ended without it.")


class Stage(StrEnum):
    """How far an import is."""

    DRAFT = "draft"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class ImportRun(Versioned, Table):
    """A file that is imported, or was: how its columns are read, how far it is, and the counts.

    `read` are the rows of the file that are dealt with: where it goes on after a restart. One that
    is `attended` runs in the command that began it; the worker leaves it alone.
    """

    __tablename__ = "import_run"
    __table_args__ = (Index("ix_import_run_open", "ended_at", "started_at"),)

    source: Mapped[str] = mapped_column(String(40))
    profile: Mapped[str] = mapped_column(String(20), default="")
    name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigId)
    header: Mapped[list[str]] = mapped_column(Json)
    mapping: Mapped[dict[str, Any]] = mapped_column(Json)
    # What would happen, as counted when the mapping was last looked at; none where it is not whole.
    forecast: Mapped[dict[str, Any] | None] = mapped_column(Json)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime] = mapped_column(index=True)
    attended: Mapped[bool] = mapped_column(default=False)
    started_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    # Why it could not go on (a msgid).
    fault: Mapped[str] = mapped_column(String(200), default="")
    read: Mapped[int] = mapped_column(default=0)
    new: Mapped[int] = mapped_column(default=0)
    known: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    flagged: Mapped[int] = mapped_column(default=0)

    by: Mapped[Person | None] = relationship(lazy="raise")

    @property
    def stage(self) -> Stage:
        if self.fault:
            return Stage.INTERRUPTED if self.fault == INTERRUPTED else Stage.FAILED
        if self.cancelled_at:
            return Stage.CANCELLED
        if self.ended_at:
            return Stage.DONE
        return Stage.RUNNING if self.started_at else Stage.DRAFT

    @property
    def total(self) -> int:
        """The rows of the file, as counted beforehand."""
        return int(self.forecast["total"]) if self.forecast else 0


class ImportRejection(Identified, Table):
    """A row that was not taken: its line in the file, its cells, and the reasons."""

    __tablename__ = "import_rejection"
    __table_args__ = (UniqueConstraint("run_id", "line"),)

    run_id: Mapped[int] = mapped_column(ForeignKey("import_run.id"))
    line: Mapped[int]
    # Pairs of a msgid and its params.
    reasons: Mapped[list[Any]] = mapped_column(Json)
    cells: Mapped[list[str]] = mapped_column(Json)


class PastRecord(Identified, Table):
    """Something that another system dealt with: history, without owner, clock, alarm or notice.

    It is no case, and stands in no list of what is to be done, until it is taken over: then a case
    is opened, which has all of these. `cells` are all columns of the source, as pairs of name and
    text. `digest` is that of the row as it stood in the file, `seal` that of this record, which the
    journal keeps.
    """

    __tablename__ = "past_record"
    __table_args__ = (
        UniqueConstraint("source", "key"),
        CheckConstraint("(latitude is null) = (longitude is null)", name="position"),
    )

    run_id: Mapped[int] = mapped_column(ForeignKey("import_run.id"), index=True)
    line: Mapped[int]
    source: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(80))
    digest: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200), index=True)
    details: Mapped[str] = mapped_column(Text, default="")
    answer: Mapped[str] = mapped_column(Text, default="")
    kind: Mapped[str] = mapped_column(String(80), default="")
    state: Mapped[str] = mapped_column(String(60), default="")
    channel: Mapped[str] = mapped_column(String(60), default="")
    # Whether the source said that it was not over yet.
    is_open: Mapped[bool] = mapped_column(index=True)
    happened_at: Mapped[datetime] = mapped_column(index=True)
    # The date on the source's own clock; all there is where the source gives no time.
    happened_on: Mapped[date]
    has_time: Mapped[bool]
    closed_at: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(String(200), default="")
    device_name: Mapped[str] = mapped_column(String(80), default="")
    cost: Mapped[str] = mapped_column(String(30), default="")
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"), index=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"), index=True)
    # What is odd about it, as keys with a blank between; empty for most.
    flags: Mapped[str] = mapped_column(String(120), default="")
    cells: Mapped[list[Any]] = mapped_column(Json)
    seal: Mapped[str] = mapped_column(String(64), default="")

    run: Mapped[ImportRun] = relationship(lazy="raise")
    customer: Mapped[Customer | None] = relationship(lazy="raise")
    site: Mapped[Site | None] = relationship(lazy="raise")
    device: Mapped[Device | None] = relationship(lazy="raise")
