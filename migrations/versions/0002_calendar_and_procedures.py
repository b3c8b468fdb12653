"""The company's calendar, and the versions of procedures."""

import sqlalchemy as sa
from alembic import op

from portal.kernel.db.base import BigId, UtcTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "calendar_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("like_weekday", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "kind in ('holiday', 'day_off', 'working')", name=op.f("ck_calendar_day_kind")
        ),
        sa.CheckConstraint(
            "like_weekday between 0 and 6", name=op.f("ck_calendar_day_like_weekday")
        ),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_calendar_day")),
    )
    op.create_table(
        "procedure_version",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("edition", sa.String(length=20), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("stored_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procedure_version")),
        sa.UniqueConstraint("digest", name=op.f("uq_procedure_version_digest")),
    )
    op.create_index(op.f("ix_procedure_version_code"), "procedure_version", ["code"], unique=False)
    op.create_table(
        "working_span",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("from_minute", sa.Integer(), nullable=False),
        sa.Column("until_minute", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "0 <= from_minute and from_minute < until_minute and until_minute <= 1440",
            name=op.f("ck_working_span_span"),
        ),
        sa.CheckConstraint("weekday between 0 and 6", name=op.f("ck_working_span_weekday")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_working_span")),
        sa.UniqueConstraint(
            "weekday", "from_minute", name=op.f("uq_working_span_weekday_from_minute")
        ),
    )
    op.create_table(
        "calendar_year",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by_id", BigId, nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_calendar_year_by_id")),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_calendar_year")),
    )
