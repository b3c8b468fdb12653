"""A case that a step of another one waits for; how steps ended is counted."""

import sqlalchemy as sa
from alembic import op

from portal.kernel.db.base import BigId

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    with op.batch_alter_table("case_link") as table:
        table.add_column(sa.Column("task_id", BigId, nullable=True))
        table.create_foreign_key(op.f("fk_case_link_task_id"), "task", ["task_id"], ["id"])
    op.create_index(op.f("ix_case_link_task_id"), "case_link", ["task_id"])
    op.create_index("ix_task_ending", "task", ["ending", "closed_at"])
