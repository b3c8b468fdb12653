"""Parts, tools, what is in each van, and where the books and the van differ."""

import sqlalchemy as sa
from alembic import op

from portal.kernel.db.base import BigId, UtcTime

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "part",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part")),
        sa.UniqueConstraint("number", name=op.f("uq_part_number")),
    )
    op.create_table(
        "tool",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("calibrated_until", sa.Date(), nullable=True),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tool")),
        sa.UniqueConstraint("number", name=op.f("uq_tool_number")),
    )
    _create_movements()
    _create_discrepancies()


def _create_movements() -> None:
    table = "stock_movement"
    op.create_table(
        table,
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("person_id", BigId, nullable=False),
        sa.Column("part_id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("happened_at", UtcTime(), nullable=False),
        sa.Column("by_id", BigId, nullable=False),
        sa.Column("op_id", sa.String(length=36), nullable=True),
        sa.Column("case_id", BigId, nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        *_references(table, person_id="person", part_id="part", by_id="person", case_id="case"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_movement")),
        sa.UniqueConstraint("op_id", "kind", name=op.f("uq_stock_movement_op_id_kind")),
    )
    name = op.f("ix_stock_movement_person_id_part_id")
    op.create_index(name, table, ["person_id", "part_id"], unique=False)
    op.create_index(op.f("ix_stock_movement_part_id"), table, ["part_id"], unique=False)


def _create_discrepancies() -> None:
    table = "stock_discrepancy"
    people = {"person_id": "person", "owner_id": "person", "settled_by_id": "person"}
    op.create_table(
        table,
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("person_id", BigId, nullable=False),
        sa.Column("part_id", BigId, nullable=False),
        sa.Column("case_id", BigId, nullable=True),
        sa.Column("owner_id", BigId, nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("settled_at", UtcTime(), nullable=True),
        sa.Column("settled_by_id", BigId, nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        *_references(table, part_id="part", case_id="case", **people),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_discrepancy")),
    )
    for column in ("part_id", "owner_id", "settled_at"):
        name = op.f(f"ix_stock_discrepancy_{column}")
        op.create_index(name, table, [column], unique=False)
    is_open = sa.text("settled_at IS NULL")
    op.create_index(
        "uq_stock_discrepancy_open",
        table,
        ["person_id", "part_id"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )


def _references(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, other in columns.items()
    ]
