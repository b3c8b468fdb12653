"""One text for each edition of a procedure, and when each job last ran."""

import sqlalchemy as sa
from alembic import op

from portal.kernel.db.base import UtcTime

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.drop_index(op.f("ix_procedure_version_code"), table_name="procedure_version")
    op.create_index(
        op.f("ix_procedure_version_code_edition"),
        "procedure_version",
        ["code", "edition"],
        unique=True,
    )
    op.create_table(
        "job_run",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("at", UtcTime(), nullable=True),
        sa.Column("failed_at", UtcTime(), nullable=True),
        sa.Column("error", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_run")),
    )
