"""Tables of the openings room."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.cases.models import Case
from portal.kernel.db.base import Identified, Table


class Link(Identified, Table):
    """A customer's way in, for one purpose; only the digest of its token is kept.

    `contact_id` is to whom it was given, as far as the case knows.
    """

    __tablename__ = "link"

    token: Mapped[str] = mapped_column(String(64), unique=True)
    purpose: Mapped[str] = mapped_column(String(20))
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship(lazy="raise")


class SentForm(Identified, Table):
    """The public form was sent: with which phone, from which address (of the network). Kept as
    long as it slows down."""

    __tablename__ = "sent_form"

    phone: Mapped[str] = mapped_column(String(30), index=True)
    address: Mapped[str] = mapped_column(String(60), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
