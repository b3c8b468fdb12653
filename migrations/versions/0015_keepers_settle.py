"""A difference in stock is every keeper's to settle: who it fell to may leave."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.drop_index("uq_stock_discrepancy_open", "stock_discrepancy")
    op.drop_index(op.f("ix_stock_discrepancy_owner_id"), "stock_discrepancy")
    with op.batch_alter_table("stock_discrepancy") as table:
        table.drop_constraint(op.f("fk_stock_discrepancy_owner_id"), type_="foreignkey")
        table.drop_column("owner_id")
    # Made anew by name: a table that is copied does not take a condition along everywhere.
    op.create_index(
        "uq_stock_discrepancy_open",
        "stock_discrepancy",
        ["person_id", "part_id"],
        unique=True,
        sqlite_where=sa.text("settled_at IS NULL"),
        postgresql_where=sa.text("settled_at IS NULL"),
    )
