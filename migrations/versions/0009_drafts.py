"""Drafts: what was typed for a task before its answer."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("task", sa.Column("draft", sa.JSON(none_as_null=True), nullable=True))
