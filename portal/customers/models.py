"""Tables of the customers room."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.db.base import Table, Versioned


class Customer(Versioned, Table):
    """A person or company that turns to us; the phone stands here and nowhere else."""

    __tablename__ = "customer"

    name: Mapped[str] = mapped_column(String(80), index=True)
    phone: Mapped[str] = mapped_column(String(30), default="", index=True)
    address: Mapped[str] = mapped_column(String(200), default="")
    made_at: Mapped[datetime]
