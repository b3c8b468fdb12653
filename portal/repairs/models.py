"""Tables of the repairs room."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.cases.models import Case
from portal.kernel.db.base import Identified, Table, Versioned
from portal.people.models import Person


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
