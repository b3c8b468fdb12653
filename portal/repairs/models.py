"""Tables of the repairs room."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.cases.models import Case
from portal.kernel.db.base import Identified, Table, Versioned
from portal.people.models import Person
from portal.repairs.amounts import Scaled


class Visit(Versioned, Table):
    """A time at which an engineer is promised to a customer, agreed by the answer of `task_id`.

    No two of an engineer overlap while neither is released: an exclusion constraint on PostgreSQL,
    triggers on SQLite. Released before it began, it never took place; later, it ended then.
    """

    __tablename__ = "visit"
    __table_args__ = (
        CheckConstraint("from_at < until_at", name="order"),
        Index(None, "engineer_id", "from_at"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"))
    engineer_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    from_at: Mapped[datetime] = mapped_column(index=True)
    until_at: Mapped[datetime]
    booked_at: Mapped[datetime]
    released_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship(lazy="raise")
    engineer: Mapped[Person] = relationship(lazy="raise")

    @property
    def ended_at(self) -> datetime:
        """Until when it took, or will take, the engineer's time."""
        return min(self.until_at, self.released_at or self.until_at)


class SignedSummary(Identified, Table):
    """What the customer signed on site, word for word as it was shown, under a name (P06.5).

    `op_id` is the entry of the site's log that brought it; `sha256` is of `text`. The signature's
    picture is `document_id`, once it has arrived. `amended_at`: something was entered afterwards,
    which the signature does not cover. One that was a mistake is voided; of a case the last that
    is not counts.
    """

    __tablename__ = "signed_summary"

    op_id: Mapped[str] = mapped_column(String(36), unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    signed_at: Mapped[datetime]
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    amended_at: Mapped[datetime | None]
    voided_at: Mapped[datetime | None]


class Part(Versioned, Table):
    """A part that engineers fit, by its number (upper case). The price is in yuan, None where it is
    not known. One that is no longer used stays: what was fitted refers to it."""

    __tablename__ = "part"

    number: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    unit: Mapped[str] = mapped_column(String(20))
    price: Mapped[Decimal | None] = mapped_column(Scaled(2))
    is_current: Mapped[bool] = mapped_column(default=True)


class Tool(Versioned, Table):
    """A tool of the company by its number (upper case). `calibrated_until`: for measuring
    equipment, the last day on which its calibration holds."""

    __tablename__ = "tool"

    number: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    calibrated_until: Mapped[date | None]
    is_current: Mapped[bool] = mapped_column(default=True)

    def is_expired(self, on: date) -> bool:
        """Whether its calibration is over on a day."""
        return self.calibrated_until is not None and self.calibrated_until < on


class Movement(StrEnum):
    """Why the stock in a van changes."""

    HANDED_OUT = "handed_out"
    TAKEN_BACK = "taken_back"
    USED = "used"
    RETURNED = "returned"
    VOIDED = "voided"


class StockMovement(Identified, Table):
    """So many of a part came into an engineer's van, or left it (less than 0). What is in the van
    is their sum, which may be less than 0: what was fitted is fitted.

    `op_id` is the entry of the site's log that brought it; for one that was voided, the entry that
    was wrong. `by_id` is whoever did it.
    """

    __tablename__ = "stock_movement"
    __table_args__ = (
        UniqueConstraint("op_id", "kind"),
        Index(None, "person_id", "part_id"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    part_id: Mapped[int] = mapped_column(ForeignKey("part.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    quantity: Mapped[Decimal] = mapped_column(Scaled(3))
    at: Mapped[datetime]
    happened_at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    op_id: Mapped[str | None] = mapped_column(String(36))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    note: Mapped[str] = mapped_column(String(200), default="")

    part: Mapped[Part] = relationship(lazy="raise")
    by: Mapped[Person] = relationship(foreign_keys=[by_id], lazy="raise")
    case: Mapped[Case | None] = relationship(lazy="raise")


class StockDiscrepancy(Identified, Table):
    """More of a part was fitted than the van held, by the books: somebody finds out why and settles
    it with a reason (rule 20). It is every keeper's to settle, and settled by nobody where what was
    voided or put back explains it. Of an engineer and a part one is open at a time. `balance` is
    what the books said then."""

    __tablename__ = "stock_discrepancy"
    __table_args__ = (
        Index(
            "uq_stock_discrepancy_open",
            "person_id",
            "part_id",
            unique=True,
            sqlite_where=text("settled_at IS NULL"),
            postgresql_where=text("settled_at IS NULL"),
        ),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    part_id: Mapped[int] = mapped_column(ForeignKey("part.id"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    balance: Mapped[Decimal] = mapped_column(Scaled(3))
    opened_at: Mapped[datetime]
    settled_at: Mapped[datetime | None] = mapped_column(index=True)
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(String(300), default="")

    person: Mapped[Person] = relationship(foreign_keys=[person_id], lazy="raise")
    part: Mapped[Part] = relationship(lazy="raise")
    case: Mapped[Case | None] = relationship(lazy="raise")
    settled_by: Mapped[Person | None] = relationship(foreign_keys=[settled_by_id], lazy="raise")
