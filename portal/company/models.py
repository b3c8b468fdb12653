"""Tables of the company room."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.db.base import Identified, Table


class WorkingSpan(Identified, Table):
    """A span of a usual working weekday (0 = Monday), in minutes after midnight."""

    __tablename__ = "working_span"
    __table_args__ = (
        UniqueConstraint("weekday", "from_minute"),
        CheckConstraint("weekday between 0 and 6", name="weekday"),
        CheckConstraint(
            "0 <= from_minute and from_minute < until_minute and until_minute <= 1440", name="span"
        ),
    )

    weekday: Mapped[int]
    from_minute: Mapped[int]
    until_minute: Mapped[int]


class CalendarDay(Table):
    """A date that is not as its weekday: holiday, day off, or working (调休)."""

    __tablename__ = "calendar_day"
    __table_args__ = (
        CheckConstraint("like_weekday between 0 and 6", name="like_weekday"),
        CheckConstraint("kind in ('holiday', 'day_off', 'working')", name="kind"),
    )

    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(60))
    # The weekday whose hours a make-up day has.
    like_weekday: Mapped[int | None]


class CalendarYear(Table):
    """A year whose holidays are known: from the official list or an import, since when, by whom."""

    __tablename__ = "calendar_year"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
