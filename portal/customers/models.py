"""Tables of the customers room (F01 顾客档案): who turns to us, by which phone, where, with
what."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.kernel.db.base import Identified, Table, Versioned
from portal.people.models import Region


class Customer(Versioned, Table):
    """A person or company that turns to us."""

    __tablename__ = "customer"

    name: Mapped[str] = mapped_column(String(80), index=True)
    note: Mapped[str] = mapped_column(String(500), default="")
    made_at: Mapped[datetime]

    contacts: Mapped[list["Contact"]] = relationship(
        lazy="raise", back_populates="customer", order_by="Contact.id"
    )
    sites: Mapped[list["Site"]] = relationship(
        lazy="raise", back_populates="customer", order_by="Site.id"
    )
    devices: Mapped[list["Device"]] = relationship(
        lazy="raise", back_populates="customer", order_by="Device.id"
    )


class Contact(Versioned, Table):
    """Somebody who speaks for a customer. A phone stands here and nowhere else."""

    __tablename__ = "contact"

    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    # As `phones.normal` writes it, so that one number is one text.
    phone: Mapped[str] = mapped_column(String(30), default="", index=True)
    email: Mapped[str] = mapped_column(String(120), default="")

    customer: Mapped[Customer] = relationship(lazy="raise", back_populates="contacts")


class PositionSource(StrEnum):
    """Where a site's position comes from; the phone at the first arrival is believed most."""

    ARRIVAL = "arrival"
    TYPED = "typed"


class Site(Versioned, Table):
    """A place of a customer's, to which an engineer goes; its position in degrees (WGS 84)."""

    __tablename__ = "site"
    __table_args__ = (
        CheckConstraint("latitude between -90 and 90", name="latitude"),
        CheckConstraint("longitude between -180 and 180", name="longitude"),
        CheckConstraint("(latitude is null) = (longitude is null)", name="position"),
    )

    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    address: Mapped[str] = mapped_column(String(200))
    region_id: Mapped[int | None] = mapped_column(ForeignKey("region.id"), index=True)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    position_source: Mapped[str | None] = mapped_column(String(10))

    customer: Mapped[Customer] = relationship(lazy="raise", back_populates="sites")
    region: Mapped[Region | None] = relationship(lazy="raise")


class Device(Versioned, Table):
    """Something of ours that a customer has: what is repaired. `label` stands in its QR code."""

    __tablename__ = "device"

    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    model: Mapped[str] = mapped_column(String(80))
    serial: Mapped[str] = mapped_column(String(60), default="", index=True)
    label: Mapped[str] = mapped_column(String(43), unique=True)
    bought_on: Mapped[date | None]
    warranty_until: Mapped[date | None]

    customer: Mapped[Customer] = relationship(lazy="raise", back_populates="devices")
    site: Mapped[Site | None] = relationship(lazy="raise")


class Consent(Identified, Table):
    """A contact agreed, at the public form, to the notice on personal information of an edition."""

    __tablename__ = "consent"

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    edition: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
