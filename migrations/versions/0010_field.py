"""The field: registered devices, the ledger of their operations, and what came of it."""

import sqlalchemy as sa
from alembic import op

from portal.kernel.db.base import BigId, UtcTime

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "field_device",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=36), nullable=False),
        sa.Column("person_id", BigId, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("registered_at", UtcTime(), nullable=False),
        sa.Column("next_seq", BigId, nullable=False),
        sa.Column("max_seq", BigId, nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=True),
        sa.Column("pending", BigId, nullable=False),
        sa.Column("oldest_at", UtcTime(), nullable=True),
        sa.Column("persisted", sa.Boolean(), nullable=True),
        sa.Column("quota", BigId, nullable=True),
        sa.Column("build", sa.String(length=60), nullable=False),
        sa.Column("push", sa.String(length=30), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_field_device_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_device")),
        sa.UniqueConstraint("name", name=op.f("uq_field_device_name")),
        sa.UniqueConstraint("key", name=op.f("uq_field_device_key")),
    )
    op.create_index(op.f("ix_field_device_person_id"), "field_device", ["person_id"], unique=False)
    op.create_table(
        "field_revocation",
        sa.Column("device_id", BigId, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["field_device.id"], name=op.f("fk_field_revocation_device_id")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_field_revocation_by_id")),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_field_revocation")),
    )
    op.create_table(
        "field_contact",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("device_id", BigId, nullable=False),
        sa.Column("max_seq", BigId, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["field_device.id"], name=op.f("fk_field_contact_device_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_contact")),
        sa.UniqueConstraint(
            "device_id", "max_seq", name=op.f("uq_field_contact_device_id_max_seq")
        ),
    )
    _make_the_ledger()
    _make_what_came_of_it()


def _make_the_ledger() -> None:
    op.create_table(
        "field_op",
        sa.Column("op_id", sa.String(length=36), nullable=False),
        sa.Column("device_id", BigId, nullable=False),
        sa.Column("seq", BigId, nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("job", sa.String(length=40), nullable=False),
        sa.Column("task_id", BigId, nullable=True),
        sa.Column("case_id", BigId, nullable=True),
        sa.Column("envelope", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("message", sa.String(length=300), nullable=False),
        sa.Column("claimed_at", UtcTime(), nullable=True),
        sa.Column("corrected_at", UtcTime(), nullable=True),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("time_flags", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("rev", BigId, nullable=True),
        sa.ForeignKeyConstraint(
            ["device_id"], ["field_device.id"], name=op.f("fk_field_op_device_id")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_field_op_task_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_field_op_case_id")),
        sa.PrimaryKeyConstraint("op_id", name=op.f("pk_field_op")),
        sa.UniqueConstraint("device_id", "seq", name=op.f("uq_field_op_device_id_seq")),
    )
    for columns in (["task_id"], ["case_id"], ["rev"], ["outcome", "received_at"]):
        name = op.f(f"ix_field_op_{'_'.join(columns)}")
        op.create_index(name, "field_op", columns, unique=False)
    op.create_table(
        "field_aside",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("device_id", BigId, nullable=False),
        sa.Column("op_id", sa.String(length=36), nullable=True),
        sa.Column("envelope", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("message", sa.String(length=300), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("rev", BigId, nullable=True),
        sa.ForeignKeyConstraint(
            ["device_id"], ["field_device.id"], name=op.f("fk_field_aside_device_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_aside")),
        sa.UniqueConstraint("digest", name=op.f("uq_field_aside_digest")),
    )
    for column in ("device_id", "op_id"):
        op.create_index(op.f(f"ix_field_aside_{column}"), "field_aside", [column], unique=False)
    op.create_table(
        "field_wait",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("op_id", sa.String(length=36), nullable=False),
        sa.Column("awaited", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["op_id"], ["field_op.op_id"], name=op.f("fk_field_wait_op_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_wait")),
        sa.UniqueConstraint("op_id", "awaited", name=op.f("uq_field_wait_op_id_awaited")),
    )
    op.create_index(op.f("ix_field_wait_awaited"), "field_wait", ["awaited"], unique=False)


def _make_what_came_of_it() -> None:
    op.create_table(
        "field_entry",
        sa.Column("op_id", sa.String(length=36), nullable=False),
        sa.Column("task_id", BigId, nullable=False),
        sa.Column("person_id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("flags", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("voided_by", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["op_id"], ["field_op.op_id"], name=op.f("fk_field_entry_op_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_field_entry_task_id")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_field_entry_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["voided_by"], ["field_op.op_id"], name=op.f("fk_field_entry_voided_by")
        ),
        sa.PrimaryKeyConstraint("op_id", name=op.f("pk_field_entry")),
    )
    for column in ("task_id", "person_id"):
        op.create_index(op.f(f"ix_field_entry_{column}"), "field_entry", [column], unique=False)
    op.create_table(
        "field_attachment",
        sa.Column("att_id", sa.String(length=36), nullable=False),
        sa.Column("op_id", sa.String(length=36), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", BigId, nullable=False),
        sa.Column("mime", sa.String(length=100), nullable=False),
        sa.Column("verified_at", UtcTime(), nullable=True),
        sa.Column("document_id", BigId, nullable=True),
        sa.ForeignKeyConstraint(
            ["op_id"], ["field_op.op_id"], name=op.f("fk_field_attachment_op_id")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_field_attachment_document_id")
        ),
        sa.PrimaryKeyConstraint("att_id", name=op.f("pk_field_attachment")),
    )
    op.create_index(op.f("ix_field_attachment_op_id"), "field_attachment", ["op_id"], unique=False)
    op.create_table(
        "field_ruling",
        sa.Column("op_id", sa.String(length=36), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by_id", BigId, nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["op_id"], ["field_op.op_id"], name=op.f("fk_field_ruling_op_id")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_field_ruling_by_id")),
        sa.PrimaryKeyConstraint("op_id", name=op.f("pk_field_ruling")),
    )
