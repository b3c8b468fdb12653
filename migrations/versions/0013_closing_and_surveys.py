"""Reopenings, links between cases, mails to customers, surveys."""

import sqlalchemy as sa
from alembic import op

from portal.kernel.db.base import BigId, UtcTime

revision = "0013"
down_revision = "0012"


def _key(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def _index(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def upgrade() -> None:
    op.create_table(
        "reopening",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by_id", BigId, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("closed_at", UtcTime(), nullable=False),
        sa.Column("verdict", sa.String(length=40), nullable=False),
        _key("reopening", "case_id", "case"),
        _key("reopening", "by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reopening")),
    )
    _index("reopening", "case_id")
    op.create_table(
        "case_link",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("other_id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        _key("case_link", "case_id", "case"),
        _key("case_link", "other_id", "case"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_link")),
        sa.UniqueConstraint("case_id", "other_id", name=op.f("uq_case_link_case_id_other_id")),
    )
    _index("case_link", "case_id", "other_id")
    op.create_table(
        "customer_letter",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("dedupe", sa.String(length=60), nullable=False),
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("task_id", BigId, nullable=False),
        sa.Column("contact_id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("next_try_at", UtcTime(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("done_at", UtcTime(), nullable=True),
        sa.Column("dead_at", UtcTime(), nullable=True),
        sa.Column("withdrawn_at", UtcTime(), nullable=True),
        sa.Column("error", sa.String(length=300), nullable=False),
        sa.Column("link_id", BigId, nullable=True),
        _key("customer_letter", "case_id", "case"),
        _key("customer_letter", "task_id", "task"),
        _key("customer_letter", "contact_id", "contact"),
        _key("customer_letter", "link_id", "link"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_letter")),
        sa.UniqueConstraint("dedupe", name=op.f("uq_customer_letter_dedupe")),
    )
    _index("customer_letter", "case_id", "next_try_at")
    op.create_table(
        "survey_template",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("edition", sa.String(length=10), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("stored_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_template")),
        sa.UniqueConstraint("code", "edition", name=op.f("uq_survey_template_code_edition")),
    )
    op.create_table(
        "survey",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("template_id", BigId, nullable=False),
        sa.Column("invited_at", UtcTime(), nullable=False),
        sa.Column("answered_at", UtcTime(), nullable=True),
        sa.Column("via", sa.String(length=10), nullable=False),
        sa.Column("by_id", BigId, nullable=True),
        sa.Column("spoken_with", sa.String(length=80), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("lowest", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("improvement_id", BigId, nullable=True),
        _key("survey", "case_id", "case"),
        _key("survey", "template_id", "survey_template"),
        _key("survey", "by_id", "person"),
        _key("survey", "improvement_id", "case"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey")),
    )
    _index("survey", "case_id", "invited_at", "improvement_id")
    op.create_table(
        "rating",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("survey_id", BigId, nullable=False),
        sa.Column("item", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.CheckConstraint("value between 1 and 5", name=op.f("ck_rating_value")),
        _key("rating", "survey_id", "survey"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating")),
        sa.UniqueConstraint("survey_id", "item", name=op.f("uq_rating_survey_id_item")),
    )
