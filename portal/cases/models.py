"""Tables of the cases room. Facts of a time stand in rows of their own; a row of the past stays."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    func,
    literal,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.customers.models import Contact, Customer, Device, Site
from portal.imports.models import PastRecord
from portal.kernel.db.base import BigId, Identified, Table, UtcTime
from portal.people.models import Person
from portal.procedures.models import ProcedureVersion

Json = JSON(none_as_null=True)
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
# The fact that holds the window of the visit agreed.
VISIT = "visit"


class CaseCounter(Table):
    """The last number given to cases of a procedure in a year."""

    __tablename__ = "case_counter"

    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class Case(Identified, Table):
    """Something a customer is unhappy with or that is broken, until it is closed.

    `facts` are what the procedure's conditions see (urgency, severity, …); `received_at` is the
    channel's time and starts the clock, `opened_at` is when it was entered.
    """

    __tablename__ = "case"
    __table_args__ = (Index("ix_case_open", "closed_at", "received_at"),)

    number: Mapped[str] = mapped_column(String(30), unique=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("procedure_version.id"), index=True)
    code: Mapped[str] = mapped_column(String(20), index=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    # Who turned to us, where, and with what; each as far as it is known.
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"), index=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    subject: Mapped[str] = mapped_column(String(120))
    details: Mapped[str] = mapped_column(Text, default="")
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    urgency: Mapped[str] = mapped_column(String(10), index=True)
    severity: Mapped[str] = mapped_column(String(10))
    channel: Mapped[str] = mapped_column(String(20))
    received_at: Mapped[datetime] = mapped_column(index=True)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    verdict: Mapped[str] = mapped_column(String(40), default="")
    # The earliest due time of its open tasks, overdue ones too; empty while closed, and while
    # a pause holds them all.
    next_due_at: Mapped[datetime | None] = mapped_column(index=True)

    version: Mapped[ProcedureVersion] = relationship(lazy="raise")
    customer: Mapped[Customer] = relationship(lazy="raise")
    contact: Mapped[Contact | None] = relationship(lazy="raise")
    site: Mapped[Site | None] = relationship(lazy="raise")
    device: Mapped[Device | None] = relationship(lazy="raise")
    owner: Mapped[Person] = relationship(lazy="raise")
    tasks: Mapped[list["Task"]] = relationship(
        lazy="raise", back_populates="case", order_by="Task.id"
    )

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def visit(self) -> tuple[datetime, datetime] | None:
        """The window in which somebody comes, while one is agreed; `portal.repairs` keeps it."""
        window = self.facts.get(VISIT)
        if not window:
            return None
        begin, end = map(datetime.fromisoformat, window)
        return begin, end

    @hybrid_property
    def due_order(self) -> datetime:
        """`next_due_at` to sort by, never empty: what is not due stands after all that is."""
        return self.next_due_at or NEVER

    @due_order.inplace.expression
    @classmethod
    def _due_order(cls) -> ColumnElement[datetime]:
        return func.coalesce(cls.next_due_at, literal(NEVER, UtcTime()), type_=UtcTime())


class Task(Identified, Table):
    """A step of a case that somebody has, or had, to do. The owner is never missing (R1).

    `owner_kind` and `owner_ref` are the rule, `owner_id` who holds it; a task of the customer's
    is watched by the case's owner.
    """

    __tablename__ = "task"
    __table_args__ = (
        UniqueConstraint("case_id", "step", "fork_path", "round", "for_key"),
        Index("ix_task_owner_open", "owner_id", "closed_at"),
        Index("ix_task_ending", "ending", "closed_at"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    step: Mapped[str] = mapped_column(String(60))
    fork_path: Mapped[str] = mapped_column(String(300), default="")
    round: Mapped[int] = mapped_column(default=1)
    for_key: Mapped[str] = mapped_column(String(60), default="")
    owner_kind: Mapped[str] = mapped_column(String(20))
    owner_ref: Mapped[str] = mapped_column(String(60), default="")
    owner_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    opened_at: Mapped[datetime]
    received_at: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    ending: Mapped[str | None] = mapped_column(String(12))
    outcome: Mapped[str] = mapped_column(String(40), default="")
    votes: Mapped[list[Any]] = mapped_column(Json, default=list)
    # What was typed of the answer before it is given, as an answer's fields.
    draft: Mapped[dict[str, Any] | None] = mapped_column(Json)

    case: Mapped[Case] = relationship(lazy="raise", back_populates="tasks")
    owner: Mapped[Person] = relationship(lazy="raise")
    answer: Mapped["Answer | None"] = relationship(lazy="raise")
    limits: Mapped[list["TimeLimit"]] = relationship(
        lazy="raise", back_populates="task", order_by="TimeLimit.id"
    )

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def running(self) -> list["TimeLimit"]:
        """The limits of the present generation; `limits` must be loaded."""
        return [limit for limit in self.limits if limit.stopped_at is None]


class Answer(Table):
    """What was answered, by whom; written once with the task's closing and never changed."""

    __tablename__ = "answer"

    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"), primary_key=True)
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    on_behalf: Mapped[bool] = mapped_column(default=False)
    fields: Mapped[dict[str, Any]] = mapped_column(Json)

    by: Mapped[Person | None] = relationship(lazy="raise")


class TimeLimit(Identified, Table):
    """A limit of a task, as its clause writes it and as it falls on the calendar.

    A limit that starts anew gets a new row of the next `generation`; the old one is stopped.
    `due_at` is empty while a pause holds it. `levels` are reminders and rungs of the ladder.
    """

    __tablename__ = "time_limit"
    __table_args__ = (UniqueConstraint("task_id", "name", "generation"),)

    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"))
    name: Mapped[str] = mapped_column(String(10))
    generation: Mapped[int]
    duration: Mapped[str] = mapped_column(String(20))
    direction: Mapped[str] = mapped_column(String(6))
    anchor_at: Mapped[datetime]
    ours: Mapped[bool]
    levels: Mapped[list[Any]] = mapped_column(Json)
    due_at: Mapped[datetime | None]
    provisional: Mapped[bool] = mapped_column(default=False)
    lapsed_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    next_alarm_at: Mapped[datetime | None] = mapped_column(index=True)

    task: Mapped[Task] = relationship(lazy="raise", back_populates="limits")
    alarms: Mapped[list["Alarm"]] = relationship(lazy="raise")


class Alarm(Identified, Table):
    """A level of a limit that was reached: each once. `became_due_at` is the true time."""

    __tablename__ = "alarm"
    __table_args__ = (UniqueConstraint("limit_id", "level"),)

    limit_id: Mapped[int] = mapped_column(ForeignKey("time_limit.id"))
    level: Mapped[str] = mapped_column(String(20))
    became_due_at: Mapped[datetime]
    at: Mapped[datetime]


class CasePause(Identified, Table):
    """The clock of a case, or of one task, stands still, with the reason why.

    Whoever stopped it says when to look again; from then on it rings every working day until the
    clock runs (`next_alarm_at`): what is paused is not forgotten (R1).
    """

    __tablename__ = "pause"
    __table_args__ = (CheckConstraint("until_at is null or from_at <= until_at", name="order"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"))
    from_at: Mapped[datetime]
    until_at: Mapped[datetime | None]
    look_again_at: Mapped[datetime]
    next_alarm_at: Mapped[datetime | None] = mapped_column(index=True)
    reason: Mapped[str] = mapped_column(String(300))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    by: Mapped[Person | None] = relationship(lazy="raise")


class Assignment(Identified, Table):
    """Who had a case, or a task of it, from when, by whom, and why it changed hands.

    `by_id` is empty where the procedure itself gave it; `leaving` where it came from somebody who
    has left.
    """

    __tablename__ = "assignment"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    leaving: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(String(300), default="")

    person: Mapped[Person] = relationship(foreign_keys=[person_id], lazy="raise")
    by: Mapped[Person | None] = relationship(foreign_keys=[by_id], lazy="raise")


class PriorityChange(Identified, Table):
    """Urgency and severity as they became, by whom, and why (R6)."""

    __tablename__ = "priority_change"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    urgency: Mapped[str] = mapped_column(String(10))
    severity: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(300))

    by: Mapped[Person] = relationship(lazy="raise")


class MessageKind(StrEnum):
    """What a customer says by their link."""

    WORDS = "words"
    PRESS = "press"
    CHANGE = "change"
    CANCEL = "cancel"
    OBJECTION = "objection"


class Message(Identified, Table):
    """What the customer said by their link: words, a press for progress (催办), the wish to change
    the appointment or to cancel, or that it is not solved."""

    __tablename__ = "message"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text, default="")


class Note(Identified, Table):
    """An internal note on a case; the customer never sees it."""

    __tablename__ = "note"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    text: Mapped[str] = mapped_column(Text)

    by: Mapped[Person] = relationship(lazy="raise")
    mentions: Mapped[list["Mention"]] = relationship(lazy="raise")


class Mention(Identified, Table):
    """Somebody named in a note; from then on they see the case."""

    __tablename__ = "mention"
    __table_args__ = (UniqueConstraint("note_id", "person_id"),)

    note_id: Mapped[int] = mapped_column(ForeignKey("note.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)


class Call(Identified, Table):
    """A line of the telephone log: who spoke with whom, when, and what was said."""

    __tablename__ = "call"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    at: Mapped[datetime]
    called_at: Mapped[datetime]
    direction: Mapped[str] = mapped_column(String(3))
    reached: Mapped[bool]
    with_whom: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    by: Mapped[Person] = relationship(lazy="raise")


class Document(Identified, Table):
    """A file that belongs to a case; its content is kept under its sha256. Nobody's of the staff
    where the customer sent it."""

    __tablename__ = "document"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigId)
    mime: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    by: Mapped[Person | None] = relationship(lazy="raise")


class TakingOver(Table):
    """A record of the past was taken over: it is a case from now on, with an owner and a clock."""

    __tablename__ = "taking_over"

    record_id: Mapped[int] = mapped_column(ForeignKey("past_record.id"), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), unique=True)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    record: Mapped[PastRecord] = relationship(lazy="raise")
    case: Mapped[Case] = relationship(lazy="raise")
    by: Mapped[Person] = relationship(lazy="raise")


class Reopening(Identified, Table):
    """A closed case was taken up again: by the customer where `by_id` is empty (their words are a
    message), else by the office with a reason. `closed_at` and `verdict` are those it had."""

    __tablename__ = "reopening"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(Text, default="")
    closed_at: Mapped[datetime]
    verdict: Mapped[str] = mapped_column(String(40))

    by: Mapped[Person | None] = relationship(lazy="raise")


class CaseLink(Identified, Table):
    """A case that came of another one, and how: `kind` is ``improvement`` (P13.2) or ``child``, for
    whose end the task `task_id` of the first waits (P04.9)."""

    __tablename__ = "case_link"
    __table_args__ = (UniqueConstraint("case_id", "other_id"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"), index=True)
    at: Mapped[datetime]

    case: Mapped[Case] = relationship(foreign_keys=[case_id], lazy="raise")
    other: Mapped[Case] = relationship(foreign_keys=[other_id], lazy="raise")


class FollowedJournal(Table):
    """How far something that follows the journal has come."""

    __tablename__ = "followed_journal"

    name: Mapped[str] = mapped_column(String(30), primary_key=True)
    rev: Mapped[int] = mapped_column(BigId)
