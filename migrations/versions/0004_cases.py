"""Customers and cases: tasks, limits, alarms, pauses, answers; notes, calls, documents."""

import sqlalchemy as sa
from alembic import op

from portal.kernel.db.base import BigId, UtcTime
from portal.kernel.db.searching import SearchIndex

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "case_counter",
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", "year", name=op.f("pk_case_counter")),
    )
    op.create_table(
        "customer",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
    )
    op.create_index(op.f("ix_customer_name"), "customer", ["name"], unique=False)
    op.create_index(op.f("ix_customer_phone"), "customer", ["phone"], unique=False)
    op.create_table(
        "followed_journal",
        sa.Column("name", sa.String(length=30), nullable=False),
        sa.Column("rev", BigId, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_followed_journal")),
    )
    op.create_table(
        "case",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("version_id", BigId, nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("customer_id", BigId, nullable=False),
        sa.Column("owner_id", BigId, nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("urgency", sa.String(length=10), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.Column("verdict", sa.String(length=40), nullable=False),
        sa.Column("next_due_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_case_customer_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_case_owner_id")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["procedure_version.id"], name=op.f("fk_case_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case")),
        sa.UniqueConstraint("number", name=op.f("uq_case_number")),
    )
    op.create_index(op.f("ix_case_code"), "case", ["code"], unique=False)
    op.create_index(op.f("ix_case_customer_id"), "case", ["customer_id"], unique=False)
    op.create_index(op.f("ix_case_next_due_at"), "case", ["next_due_at"], unique=False)
    op.create_index("ix_case_open", "case", ["closed_at", "received_at"], unique=False)
    op.create_index(op.f("ix_case_owner_id"), "case", ["owner_id"], unique=False)
    op.create_index(op.f("ix_case_received_at"), "case", ["received_at"], unique=False)
    op.create_index(op.f("ix_case_urgency"), "case", ["urgency"], unique=False)
    op.create_index(op.f("ix_case_version_id"), "case", ["version_id"], unique=False)
    op.create_table(
        "call",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("called_at", UtcTime(), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("reached", sa.Boolean(), nullable=False),
        sa.Column("with_whom", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_call_by_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_call_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call")),
    )
    op.create_index(op.f("ix_call_case_id"), "call", ["case_id"], unique=False)
    op.create_table(
        "document",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", BigId, nullable=False),
        sa.Column("mime", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_document_by_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_document_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
    )
    op.create_index(op.f("ix_document_case_id"), "document", ["case_id"], unique=False)
    op.create_table(
        "note",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by_id", BigId, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_note_by_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_note_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
    )
    op.create_index(op.f("ix_note_case_id"), "note", ["case_id"], unique=False)
    op.create_table(
        "task",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("step", sa.String(length=60), nullable=False),
        sa.Column("fork_path", sa.String(length=300), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("for_key", sa.String(length=60), nullable=False),
        sa.Column("owner_kind", sa.String(length=20), nullable=False),
        sa.Column("owner_ref", sa.String(length=60), nullable=False),
        sa.Column("owner_id", BigId, nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=True),
        sa.Column("signed_at", UtcTime(), nullable=True),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.Column("ending", sa.String(length=12), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("votes", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_task_case_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_task_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint(
            "case_id",
            "step",
            "fork_path",
            "round",
            "for_key",
            name=op.f("uq_task_case_id_step_fork_path_round_for_key"),
        ),
    )
    op.create_index("ix_task_owner_open", "task", ["owner_id", "closed_at"], unique=False)
    op.create_table(
        "answer",
        sa.Column("task_id", BigId, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by_id", BigId, nullable=True),
        sa.Column("on_behalf", sa.Boolean(), nullable=False),
        sa.Column("fields", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_answer_by_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_answer_task_id")),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_answer")),
    )
    op.create_table(
        "assignment",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("task_id", BigId, nullable=False),
        sa.Column("person_id", BigId, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_assignment_person_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_assignment_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
    )
    op.create_index(op.f("ix_assignment_task_id"), "assignment", ["task_id"], unique=False)
    op.create_table(
        "mention",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("note_id", BigId, nullable=False),
        sa.Column("person_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(["note_id"], ["note.id"], name=op.f("fk_mention_note_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_mention_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mention")),
        sa.UniqueConstraint("note_id", "person_id", name=op.f("uq_mention_note_id_person_id")),
    )
    op.create_index(op.f("ix_mention_person_id"), "mention", ["person_id"], unique=False)
    op.create_table(
        "pause",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("task_id", BigId, nullable=True),
        sa.Column("from_at", UtcTime(), nullable=False),
        sa.Column("until_at", UtcTime(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("by_id", BigId, nullable=True),
        sa.CheckConstraint("until_at is null or from_at <= until_at", name=op.f("ck_pause_order")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_pause_by_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_pause_case_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_pause_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pause")),
    )
    op.create_index(op.f("ix_pause_case_id"), "pause", ["case_id"], unique=False)
    op.create_table(
        "time_limit",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("task_id", BigId, nullable=False),
        sa.Column("name", sa.String(length=10), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("duration", sa.String(length=20), nullable=False),
        sa.Column("direction", sa.String(length=6), nullable=False),
        sa.Column("anchor_at", UtcTime(), nullable=False),
        sa.Column("ours", sa.Boolean(), nullable=False),
        sa.Column("levels", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=True),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("lapsed_at", UtcTime(), nullable=True),
        sa.Column("stopped_at", UtcTime(), nullable=True),
        sa.Column("next_alarm_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_time_limit_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_limit")),
        sa.UniqueConstraint(
            "task_id", "name", "generation", name=op.f("uq_time_limit_task_id_name_generation")
        ),
    )
    op.create_index(
        op.f("ix_time_limit_next_alarm_at"), "time_limit", ["next_alarm_at"], unique=False
    )
    op.create_table(
        "alarm",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("limit_id", BigId, nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("became_due_at", UtcTime(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["limit_id"], ["time_limit.id"], name=op.f("fk_alarm_limit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
        sa.UniqueConstraint("limit_id", "level", name=op.f("uq_alarm_limit_id_level")),
    )
    SearchIndex("case").create(op.get_bind())
