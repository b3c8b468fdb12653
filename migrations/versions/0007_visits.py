"""Visits: when which engineer is promised to whom; no two at once, held by the database."""

import sqlalchemy as sa
from alembic import op

from portal.kernel.db.base import BigId, UtcTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "visit",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("task_id", BigId, nullable=False),
        sa.Column("engineer_id", BigId, nullable=False),
        sa.Column("from_at", UtcTime(), nullable=False),
        sa.Column("until_at", UtcTime(), nullable=False),
        sa.Column("booked_at", UtcTime(), nullable=False),
        sa.Column("released_at", UtcTime(), nullable=True),
        sa.CheckConstraint("from_at < until_at", name=op.f("ck_visit_order")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_visit_case_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_visit_task_id")),
        sa.ForeignKeyConstraint(["engineer_id"], ["person.id"], name=op.f("fk_visit_engineer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
    )
    op.create_index(op.f("ix_visit_case_id"), "visit", ["case_id"], unique=False)
    op.create_index(op.f("ix_visit_from_at"), "visit", ["from_at"], unique=False)
    op.create_index(
        op.f("ix_visit_engineer_id_from_at"), "visit", ["engineer_id", "from_at"], unique=False
    )
    _let_none_overlap()


def _let_none_overlap() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb, name in (("INSERT", "insert"), ("UPDATE", "update")):
            op.execute(
                f"CREATE TRIGGER visit_no_overlap_{name} BEFORE {verb} ON visit "
                "WHEN NEW.released_at IS NULL BEGIN "
                "SELECT RAISE(ABORT, 'visits of an engineer overlap') WHERE EXISTS ("
                "SELECT 1 FROM visit WHERE engineer_id = NEW.engineer_id AND released_at IS NULL "
                "AND id IS NOT NEW.id AND from_at < NEW.until_at AND NEW.from_at < until_at); END"
            )
        return
    # The engineer as a range: equality in such an index would need an extension (btree_gist),
    # which an ordinary owner of a database may not install.
    op.execute(
        "ALTER TABLE visit ADD CONSTRAINT ex_visit_overlap EXCLUDE USING gist ("
        "int8range(engineer_id, engineer_id, '[]') WITH &&, tstzrange(from_at, until_at) WITH &&) "
        "WHERE (released_at IS NULL)"
    )
