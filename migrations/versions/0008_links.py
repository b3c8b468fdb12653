"""Links by which customers see their case, and how often the public form was sent."""

import sqlalchemy as sa
from alembic import op

from portal.kernel.db.base import BigId, UtcTime

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "link",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("contact_id", BigId, nullable=True),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_link_case_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_link_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
        sa.UniqueConstraint("token", name=op.f("uq_link_token")),
    )
    op.create_index(op.f("ix_link_case_id"), "link", ["case_id"], unique=False)
    op.create_index(op.f("ix_link_contact_id"), "link", ["contact_id"], unique=False)
    op.create_table(
        "sent_form",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=False),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sent_form")),
    )
    op.create_index(op.f("ix_sent_form_address"), "sent_form", ["address"], unique=False)
    op.create_index(op.f("ix_sent_form_at"), "sent_form", ["at"], unique=False)
    op.create_index(op.f("ix_sent_form_phone"), "sent_form", ["phone"], unique=False)
