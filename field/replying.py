"""What a phone is told of each operation: the same to a resend as the first time (rules 14, 15)."""

from dataclasses import dataclass
from datetime import datetime

from field.applying import Decision
from field.envelopes import Sent
from field.models import FieldAside, FieldOp
from field.timing import Times
from portal.kernel.journal.models import JournalEntry


@dataclass(slots=True)
class Reply:
    """What became of one operation. `replayed`: it was here before, and was told this then."""

    op_id: str | None
    outcome: str
    code: str = ""
    message: str = ""
    rev: int | None = None
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a call, in its order; `max_seq` is the highest number known of the device."""

    outcomes: list[Reply]
    max_seq: int
    now: datetime


@dataclass(slots=True)
class New:
    """An operation on its way into the ledger, or beside it, and what it is told."""

    sent: Sent
    decision: Decision
    times: Times | None = None
    task_id: int | None = None
    case_id: int | None = None
    waits_for: tuple[str, ...] = ()
    entry: JournalEntry | None = None
    known: "New | Reply | None" = None

    @property
    def is_fresh(self) -> bool:
        """Whether it was not here before; another device may have been first."""
        return self.known is None or isinstance(self.known, New)

    def reply(self) -> Reply:
        """To be asked when the unit is committed."""
        if self.known:
            return self.known.reply() if isinstance(self.known, New) else self.known
        told = self.decision
        rev = self.entry.rev if self.entry else None
        return Reply(self.sent.op_id, str(told.outcome), told.code, told.message, rev)


def digest_of(twin: FieldOp | New) -> str:
    """Of what was here before, by which a resend is known."""
    return twin.sha256 if isinstance(twin, FieldOp) else twin.sent.sha256


def again(twin: FieldOp | New) -> New | Reply:
    """What is told of an operation that was here before."""
    return twin if isinstance(twin, New) else reply_of(twin)


def reply_of(row: FieldOp | FieldAside) -> Reply:
    """What a row was told."""
    return Reply(row.op_id, row.outcome, row.code, row.message, row.rev, replayed=True)
