"""Tables of the people room. What has a who and a when is its own row, never a flag."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.kernel.db.base import Identified, Table, Versioned
from portal.people.roles import LABELS, Role


class Department(Versioned, Table):
    """A department; its head answers for it, its parent steps in where there is no head."""

    __tablename__ = "department"

    name: Mapped[str] = mapped_column(String(60), unique=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"), index=True)

    parent: Mapped["Department | None"] = relationship(remote_side="Department.id", lazy="raise")
    headship: Mapped["Headship | None"] = relationship(
        cascade="all, delete-orphan", lazy="raise", back_populates="department"
    )


class Person(Versioned, Table):
    """A member of staff, also after leaving."""

    __tablename__ = "person"

    login: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(60), index=True)
    phone: Mapped[str] = mapped_column(String(30), default="")
    email: Mapped[str] = mapped_column(String(120), default="")
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"), index=True)
    edited_at: Mapped[datetime]
    # argon2id; none before the person has chosen a password by the invitation.
    password_hash: Mapped[str | None] = mapped_column(String(200))

    department: Mapped[Department | None] = relationship(foreign_keys=[department_id], lazy="raise")
    grants: Mapped[list["RoleGrant"]] = relationship(
        cascade="all, delete-orphan", foreign_keys="RoleGrant.person_id", lazy="raise"
    )
    skills: Mapped[list["PersonSkill"]] = relationship(cascade="all, delete-orphan", lazy="raise")
    regions: Mapped[list["PersonRegion"]] = relationship(cascade="all, delete-orphan", lazy="raise")
    hours: Mapped[list["WorkingHours"]] = relationship(
        cascade="all, delete-orphan", lazy="raise", order_by="WorkingHours.weekday"
    )
    departure: Mapped["Departure | None"] = relationship(
        foreign_keys="Departure.person_id", lazy="raise"
    )

    @property
    def roles(self) -> frozenset[Role]:
        """The roles held; `grants` must be loaded."""
        return frozenset(Role(grant.role) for grant in self.grants)

    @property
    def role_labels(self) -> list[str]:
        """The roles held as msgids, in the order of the catalogue."""
        return [label for role, label in LABELS.items() if role in self.roles]


class Headship(Table):
    """Who heads a department, since when."""

    __tablename__ = "headship"

    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[datetime]

    department: Mapped[Department] = relationship(lazy="raise", back_populates="headship")
    person: Mapped[Person] = relationship(lazy="raise")


class Departure(Table):
    """A person has left the company: no sign-in, no new work; the history stays."""

    __tablename__ = "departure"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class RoleGrant(Identified, Table):
    """A role held by a person, since when and given by whom (nobody: at installation)."""

    __tablename__ = "role_grant"
    __table_args__ = (UniqueConstraint("person_id", "role"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    role: Mapped[str] = mapped_column(String(30), index=True)
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class Skill(Versioned, Table):
    """Something an engineer can be good at."""

    __tablename__ = "skill"

    name: Mapped[str] = mapped_column(String(60), unique=True)


class PersonSkill(Identified, Table):
    """A skill of a person: level 1 (under guidance), 2 (alone), 3 (teaches others)."""

    __tablename__ = "person_skill"
    __table_args__ = (
        UniqueConstraint("person_id", "skill_id"),
        CheckConstraint("level between 1 and 3", name="level"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    skill_id: Mapped[int] = mapped_column(ForeignKey("skill.id"), index=True)
    level: Mapped[int] = mapped_column(Integer)

    skill: Mapped[Skill] = relationship(lazy="raise")


class Region(Versioned, Table):
    """A district that engineers serve, with the position of its middle in degrees (WGS 84)."""

    __tablename__ = "region"

    name: Mapped[str] = mapped_column(String(60), unique=True)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]


class PersonRegion(Identified, Table):
    """A region that a person serves."""

    __tablename__ = "person_region"
    __table_args__ = (UniqueConstraint("person_id", "region_id"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    region_id: Mapped[int] = mapped_column(ForeignKey("region.id"), index=True)

    region: Mapped[Region] = relationship(lazy="raise")


class WorkingHours(Identified, Table):
    """When a person works on a weekday (0 = Monday), in minutes after midnight, company time.

    A person without rows works by the company's calendar.
    """

    __tablename__ = "working_hours"
    __table_args__ = (
        UniqueConstraint("person_id", "weekday"),
        CheckConstraint("weekday between 0 and 6", name="weekday"),
        CheckConstraint(
            "0 <= from_minute and from_minute < until_minute and until_minute <= 1440", name="span"
        ),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    weekday: Mapped[int]
    from_minute: Mapped[int]
    until_minute: Mapped[int]


class Leave(Identified, Table):
    """A person is away from one time until another; `deputy_id` stands in meanwhile."""

    __tablename__ = "leave"
    __table_args__ = (CheckConstraint("from_at < until_at", name="order"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(200), default="")
    deputy_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    person: Mapped[Person] = relationship(foreign_keys=[person_id], lazy="raise")
    deputy: Mapped[Person | None] = relationship(foreign_keys=[deputy_id], lazy="raise")


class LeaveWithdrawal(Table):
    """A leave that was called off, or cut short: it counts until `at` only."""

    __tablename__ = "leave_withdrawal"

    leave_id: Mapped[int] = mapped_column(ForeignKey("leave.id"), primary_key=True)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))


class Deputy(Identified, Table):
    """Who stands in for a person whenever that person is away, from one day to another."""

    __tablename__ = "deputy"
    __table_args__ = (
        CheckConstraint("person_id <> deputy_id", name="another"),
        CheckConstraint("until_on is null or from_on <= until_on", name="order"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    deputy_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    from_on: Mapped[date]
    until_on: Mapped[date | None]

    deputy: Mapped[Person] = relationship(foreign_keys=[deputy_id], lazy="raise")


class SignIn(Identified, Table):
    """A browser signed in as a person; only the digest of its cookie is kept."""

    __tablename__ = "sign_in"

    browser: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[datetime]
    seen_at: Mapped[datetime]


class FailedSignIn(Identified, Table):
    """A wrong password: for which login, from which address. Kept as long as it throttles."""

    __tablename__ = "failed_sign_in"

    login: Mapped[str] = mapped_column(String(60), index=True)
    address: Mapped[str] = mapped_column(String(60), index=True)
    at: Mapped[datetime] = mapped_column(index=True)


class Invitation(Identified, Table):
    """A one-time link: to choose a password, or (for nobody yet) to become first administrator."""

    __tablename__ = "invitation"

    token: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
