"""What customers signed on site."""

import sqlalchemy as sa
from alembic import op

from portal.kernel.db.base import BigId, UtcTime

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "signed_summary",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("op_id", sa.String(length=36), nullable=False),
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("task_id", BigId, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("signed_at", UtcTime(), nullable=False),
        sa.Column("document_id", BigId, nullable=True),
        sa.Column("amended_at", UtcTime(), nullable=True),
        sa.Column("voided_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_signed_summary_case_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_signed_summary_task_id")),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_signed_summary_document_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signed_summary")),
        sa.UniqueConstraint("op_id", name=op.f("uq_signed_summary_op_id")),
    )
    for column in ("case_id", "task_id"):
        name = op.f(f"ix_signed_summary_{column}")
        op.create_index(name, "signed_summary", [column], unique=False)
