"""Tables of the surveys room."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.cases.models import Case
from portal.kernel.db.base import Identified, Table
from portal.people.models import Person


class SurveyTemplate(Identified, Table):
    """An edition of what is asked, as `portal.surveys.templates` reads it; never changed."""

    __tablename__ = "survey_template"
    __table_args__ = (UniqueConstraint("code", "edition"),)

    code: Mapped[str] = mapped_column(String(20))
    edition: Mapped[str] = mapped_column(String(10))
    body: Mapped[str] = mapped_column(Text)
    stored_at: Mapped[datetime]


class Survey(Identified, Table):
    """A customer is asked after closing. Answered once, by the link or by phone; then `score`
    (hundredths of a point) and `lowest` (the worst rating) say how it went.

    By phone, `by_id` is who took it down and `spoken_with` who answered; `improvement_id` is the
    case that a low rating opened.
    """

    __tablename__ = "survey"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    template_id: Mapped[int] = mapped_column(ForeignKey("survey_template.id"))
    invited_at: Mapped[datetime] = mapped_column(index=True)
    answered_at: Mapped[datetime | None]
    via: Mapped[str] = mapped_column(String(10), default="")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    spoken_with: Mapped[str] = mapped_column(String(80), default="")
    score: Mapped[int | None]
    lowest: Mapped[int | None]
    comment: Mapped[str] = mapped_column(Text, default="")
    improvement_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"), index=True)

    case: Mapped[Case] = relationship(foreign_keys=[case_id], lazy="raise")
    improvement: Mapped[Case | None] = relationship(foreign_keys=[improvement_id], lazy="raise")
    template: Mapped[SurveyTemplate] = relationship(lazy="raise")
    by: Mapped[Person | None] = relationship(lazy="raise")
    ratings: Mapped[list["Rating"]] = relationship(lazy="raise", order_by="Rating.id")

    @property
    def points(self) -> Decimal | None:
        """The score, of 100."""
        return None if self.score is None else Decimal(self.score) / 100


class Rating(Identified, Table):
    """What the customer gave one item."""

    __tablename__ = "rating"
    __table_args__ = (
        UniqueConstraint("survey_id", "item"),
        CheckConstraint("value between 1 and 5", name="value"),
    )

    survey_id: Mapped[int] = mapped_column(ForeignKey("survey.id"))
    item: Mapped[str] = mapped_column(String(40))
    value: Mapped[int]
