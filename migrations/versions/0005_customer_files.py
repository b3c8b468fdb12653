"""Customer files: contacts, sites, devices; who a case came from. What changes hands or priority,
and what customers say, is on record; a pause says when to look again; a form counts once."""

import sqlalchemy as sa
from alembic import op

from portal.customers.phones import normal
from portal.kernel.db.base import BigId, UtcTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    _make_customer_files()
    _move_customers_into_files()
    _add_to_cases()
    op.create_table(
        "submission",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("href", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_submission")),
    )
    op.create_index(op.f("ix_submission_at"), "submission", ["at"], unique=False)


def _make_customer_files() -> None:
    # Written out, with the default that the rows of before need; the program gives its own.
    op.execute("alter table customer add column note varchar(500) not null default ''")
    op.create_table(
        "contact",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("customer_id", BigId, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=False),
        sa.Column("email", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_contact_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    op.create_index(op.f("ix_contact_customer_id"), "contact", ["customer_id"], unique=False)
    op.create_index(op.f("ix_contact_phone"), "contact", ["phone"], unique=False)
    op.create_table(
        "site",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("customer_id", BigId, nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("region_id", BigId, nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("position_source", sa.String(length=10), nullable=True),
        sa.CheckConstraint("latitude between -90 and 90", name=op.f("ck_site_latitude")),
        sa.CheckConstraint("longitude between -180 and 180", name=op.f("ck_site_longitude")),
        sa.CheckConstraint(
            "(latitude is null) = (longitude is null)", name=op.f("ck_site_position")
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_site_customer_id")),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name=op.f("fk_site_region_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
    )
    op.create_index(op.f("ix_site_customer_id"), "site", ["customer_id"], unique=False)
    op.create_index(op.f("ix_site_region_id"), "site", ["region_id"], unique=False)
    op.create_table(
        "device",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("customer_id", BigId, nullable=False),
        sa.Column("site_id", BigId, nullable=True),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("serial", sa.String(length=60), nullable=False),
        sa.Column("label", sa.String(length=43), nullable=False),
        sa.Column("bought_on", sa.Date(), nullable=True),
        sa.Column("warranty_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_device_customer_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_device_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("label", name=op.f("uq_device_label")),
    )
    op.create_index(op.f("ix_device_customer_id"), "device", ["customer_id"], unique=False)
    op.create_index(op.f("ix_device_serial"), "device", ["serial"], unique=False)
    op.create_index(op.f("ix_device_site_id"), "device", ["site_id"], unique=False)
    op.create_table(
        "consent",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("contact_id", BigId, nullable=False),
        sa.Column("edition", sa.String(length=20), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_consent_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_contact_id"), "consent", ["contact_id"], unique=False)


def _move_customers_into_files() -> None:
    op.execute(
        "insert into contact (version, customer_id, name, phone, email)"
        " select 1, id, name, phone, '' from customer"
    )
    op.execute(
        "insert into site (version, customer_id, address)"
        " select 1, id, address from customer where address <> ''"
    )
    # One number is one text from now on: as it was typed nobody would find it again.
    contact = sa.table("contact", sa.column("id", BigId), sa.column("phone", sa.String))
    typed = op.get_bind().execute(sa.select(contact.c.id, contact.c.phone)).all()
    for contact_id, phone in typed:
        kept = sa.update(contact).where(contact.c.id == contact_id).values(phone=normal(phone))
        op.get_bind().execute(kept)
    op.drop_index(op.f("ix_customer_phone"), table_name="customer")
    op.drop_column("customer", "phone")
    op.drop_column("customer", "address")


def _add_to_cases() -> None:
    # Written out: the tool would build the tables anew in SQLite, and others point at them.
    kind = "integer" if op.get_bind().dialect.name == "sqlite" else "bigint"
    for column, target in (("contact_id", "contact"), ("site_id", "site"), ("device_id", "device")):
        op.execute(
            f'alter table "case" add column {column} {kind}'
            f" constraint fk_case_{column} references {target}(id)"
        )
        op.create_index(op.f(f"ix_case_{column}"), "case", [column], unique=False)
    op.execute(
        'update "case" set contact_id = (select min(id) from contact'
        ' where contact.customer_id = "case".customer_id),'
        " site_id = (select min(id) from site"
        ' where site.customer_id = "case".customer_id)'
    )
    with op.batch_alter_table("document") as table:
        table.alter_column("by_id", existing_type=BigId, nullable=True)
    _widen_assignments()
    with op.batch_alter_table("pause") as table:
        table.add_column(sa.Column("look_again_at", UtcTime(), nullable=True))
        table.add_column(sa.Column("next_alarm_at", UtcTime(), nullable=True))
    # A pause of before says nothing about when to look again: at once.
    op.execute("update pause set look_again_at = from_at")
    op.execute("update pause set next_alarm_at = from_at where until_at is null")
    with op.batch_alter_table("pause") as table:
        table.alter_column("look_again_at", existing_type=UtcTime(), nullable=False)
    op.create_index(op.f("ix_pause_next_alarm_at"), "pause", ["next_alarm_at"], unique=False)
    op.create_table(
        "priority_change",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by_id", BigId, nullable=False),
        sa.Column("urgency", sa.String(length=10), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_priority_change_by_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_priority_change_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_priority_change")),
    )
    op.create_index(
        op.f("ix_priority_change_case_id"), "priority_change", ["case_id"], unique=False
    )
    op.create_table(
        "message",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_message_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    op.create_index(op.f("ix_message_case_id"), "message", ["case_id"], unique=False)


def _widen_assignments() -> None:
    with op.batch_alter_table("assignment") as table:
        table.add_column(sa.Column("case_id", BigId, nullable=True))
        table.add_column(sa.Column("by_id", BigId, nullable=True))
        table.add_column(
            sa.Column("leaving", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    op.execute(
        "update assignment set case_id ="
        " (select case_id from task where task.id = assignment.task_id)"
    )
    with op.batch_alter_table("assignment") as table:
        table.alter_column("case_id", existing_type=BigId, nullable=False)
        table.alter_column("task_id", existing_type=BigId, nullable=True)
        table.alter_column("leaving", server_default=None)
        table.create_foreign_key(op.f("fk_assignment_case_id"), "case", ["case_id"], ["id"])
        table.create_foreign_key(op.f("fk_assignment_by_id"), "person", ["by_id"], ["id"])
    op.create_index(op.f("ix_assignment_case_id"), "assignment", ["case_id"], unique=False)
