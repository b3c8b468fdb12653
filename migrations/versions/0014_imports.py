"""Imports: files that are brought in, what is refused of them, history, and what is taken over."""

import sqlalchemy as sa
from alembic import op

from portal.kernel.db.base import BigId, UtcTime
from portal.kernel.db.searching import SearchIndex

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    _make_runs()
    _make_records()
    op.create_table(
        "taking_over",
        sa.Column("record_id", BigId, nullable=False),
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["past_record.id"], name=op.f("fk_taking_over_record_id")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_taking_over_case_id")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_taking_over_by_id")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_taking_over")),
        sa.UniqueConstraint("case_id", name=op.f("uq_taking_over_case_id")),
    )
    SearchIndex("past_record").create(op.get_bind())


def _make_runs() -> None:
    op.create_table(
        "import_run",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("profile", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", BigId, nullable=False),
        sa.Column("header", sa.JSON(), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("forecast", sa.JSON(), nullable=True),
        sa.Column("by_id", BigId, nullable=True),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("attended", sa.Boolean(), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=True),
        sa.Column("cancelled_at", UtcTime(), nullable=True),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("fault", sa.String(length=200), nullable=False),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("flagged", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_import_run_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    op.create_index(op.f("ix_import_run_made_at"), "import_run", ["made_at"], unique=False)
    op.create_index("ix_import_run_open", "import_run", ["ended_at", "started_at"], unique=False)
    op.create_table(
        "import_rejection",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("run_id", BigId, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["import_run.id"], name=op.f("fk_import_rejection_run_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_rejection")),
        sa.UniqueConstraint("run_id", "line", name=op.f("uq_import_rejection_run_id_line")),
    )


def _make_records() -> None:
    op.create_table(
        "past_record",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("run_id", BigId, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=60), nullable=False),
        sa.Column("channel", sa.String(length=60), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("happened_at", UtcTime(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("has_time", sa.Boolean(), nullable=False),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("device_name", sa.String(length=80), nullable=False),
        sa.Column("cost", sa.String(length=30), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("customer_id", BigId, nullable=True),
        sa.Column("site_id", BigId, nullable=True),
        sa.Column("device_id", BigId, nullable=True),
        sa.Column("flags", sa.String(length=120), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "(latitude is null) = (longitude is null)", name=op.f("ck_past_record_position")
        ),
        *(
            sa.ForeignKeyConstraint(
                [f"{noun}_id"], [f"{table}.id"], name=op.f(f"fk_past_record_{noun}_id")
            )
            for noun, table in (
                ("run", "import_run"),
                ("customer", "customer"),
                ("site", "site"),
                ("device", "device"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_past_record")),
        sa.UniqueConstraint("source", "key", name=op.f("uq_past_record_source_key")),
    )
    for column in ("run_id", "title", "is_open", "happened_at", "customer_id", "device_id"):
        name = op.f(f"ix_past_record_{column}")
        op.create_index(name, "past_record", [column], unique=False)
