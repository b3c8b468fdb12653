"""Tables of the notices room."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.kernel.db.base import Identified, Table
from portal.people.models import Person


class Mailing(StrEnum):
    """Which of a person's notices are mailed, too."""

    ALL = "all"
    URGENT = "urgent"
    NONE = "none"


class Notice(Identified, Table):
    """Something that one person is told. `title` is a msgid; `values` as `wording.packed` made."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("person_id", "dedupe"),
        Index("ix_notice_person_id_id", "person_id", "id"),
        Index(
            "ix_notice_unread",
            "person_id",
            "id",
            sqlite_where=text("read_at IS NULL"),
            postgresql_where=text("read_at IS NULL"),
        ),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    word: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(200))
    values: Mapped[dict[str, Any]] = mapped_column(JSON)
    href: Mapped[str] = mapped_column(String(200))
    urgent: Mapped[bool] = mapped_column(Boolean)
    case_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    dedupe: Mapped[str] = mapped_column(String(160))
    # The person looked at this very notice; marking all as read proves nothing of the kind.
    seen_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]


class Letter(Identified, Table):
    """A notice on its way by one channel. Exactly one of `next_try_at` (it waits), `done_at`,
    `dead_at` and `withdrawn_at` is set.

    Whoever holds the lease `lease_by` is sending it; `next_try_at` is then the lease's end.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        # Which letters of a recipient stand before another one.
        Index("ix_outbox_recipient_id", "recipient_id", "channel", "next_try_at"),
    )

    # Goes with the message, so that the same one sent twice can be told from two.
    dedupe: Mapped[str] = mapped_column(String(60), unique=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), index=True)
    channel: Mapped[str] = mapped_column(String(20))
    recipient_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    lease_by: Mapped[str | None] = mapped_column(String(32))
    # Failures so far; a crash in the middle of sending is none.
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None] = mapped_column(index=True)
    done_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None] = mapped_column(index=True)
    withdrawn_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(300), default="")
    # The channel's proof that the message reached its reader, where it gives one.
    receipt_at: Mapped[datetime | None]

    notice: Mapped[Notice] = relationship(lazy="raise")
    recipient: Mapped[Person] = relationship(lazy="raise")


class NoticePreference(Table):
    """What a person wants mailed and in which language; without a row all, in Chinese."""

    __tablename__ = "notice_preference"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    mailing: Mapped[str] = mapped_column(String(10))
    language: Mapped[str] = mapped_column(String(10))
