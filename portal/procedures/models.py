"""The table of procedure versions; what a version says never changes once it is stored (R4)."""

from datetime import date, datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.db.base import Identified, Table


class ProcedureVersion(Identified, Table):
    """One edition of one procedure, as it was read from its file."""

    __tablename__ = "procedure_version"
    __table_args__ = (Index("ix_procedure_version_code_edition", "code", "edition", unique=True),)

    code: Mapped[str] = mapped_column(String(20))
    edition: Mapped[str] = mapped_column(String(20))
    effective_on: Mapped[date]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    # The definition as canonical JSON.
    body: Mapped[str] = mapped_column(Text)
    stored_at: Mapped[datetime]
