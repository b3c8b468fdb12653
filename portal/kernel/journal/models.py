"""Tables of the journal. Triggers of the first migration refuse UPDATE and DELETE."""

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.db.base import BigId, Table


class JournalEntry(Table):
    """One act upon one subject. `rev` is commit-ordered: readers may use it as a cursor."""

    __tablename__ = "journal"
    __table_args__ = (Index("ix_journal_subject", "subject", "rev"),)

    rev: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    happened_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    on_behalf_of: Mapped[int | None] = mapped_column(BigInteger)
    via: Mapped[str] = mapped_column(String(16))
    request_id: Mapped[str] = mapped_column(String(64))
    word: Mapped[str] = mapped_column(String(60), index=True)
    subject: Mapped[str] = mapped_column(String(80))
    body: Mapped[str] = mapped_column(Text)
    prev: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class JournalHead(Table):
    """The single row that orders commits: the last revision and its hash, locked last."""

    __tablename__ = "journal_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rev: Mapped[int] = mapped_column(BigId)
    hash: Mapped[str] = mapped_column(String(64))


class JournalDay(Table):
    """The last entry of a day that is over; its line is also kept outside the database."""

    __tablename__ = "journal_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    rev: Mapped[int] = mapped_column(BigId, ForeignKey("journal.rev"))
    hash: Mapped[str] = mapped_column(String(64))
