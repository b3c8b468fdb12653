"""Tables of the openings room."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.cases.models import Case
from portal.customers.models import Contact
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


class CustomerLetter(Identified, Table):
    """A mail to a customer that waits, or went: exactly one of `next_try_at`, `done_at`, `dead_at`
    and `withdrawn_at` is set.

    It holds no link: a link is made when the mail leaves, so that no table and no backup ever
    holds a token. `link_id` is that of the last try.
    """

    __tablename__ = "customer_letter"

    dedupe: Mapped[str] = mapped_column(String(60), unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    kind: Mapped[str] = mapped_column(String(10))
    made_at: Mapped[datetime]
    next_try_at: Mapped[datetime | None] = mapped_column(index=True)
    tries: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(300), default="")
    link_id: Mapped[int | None] = mapped_column(ForeignKey("link.id"))

    case: Mapped[Case] = relationship(lazy="raise")
    contact: Mapped[Contact] = relationship(lazy="raise")


class SentForm(Identified, Table):
    """The public form was sent: with which phone, from which address (of the network). Kept as
    long as it slows down."""

    __tablename__ = "sent_form"

    phone: Mapped[str] = mapped_column(String(30), index=True)
    address: Mapped[str] = mapped_column(String(60), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
