"""What a controlled procedure says: steps, forms, limits, forks. Frozen, and nothing but data.

A procedure is built of scopes. The root scope is the procedure itself; every branch of a fork is a
scope of its own. One step is open in a scope at a time (or one fork stands open in its place), so
the whole is a tree and not a net: it cannot deadlock by its shape.
"""

from datetime import date
from enum import StrEnum
from functools import cached_property

import msgspec

from portal.calendar.durations import Duration


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """Base of every part. Defaults are left out of the digest, so a new key changes no old one."""


class Label(Part, frozen=True):
    """A name in the two languages of the portal."""

    zh: str
    en: str


class Operator(StrEnum):
    """How a condition compares."""

    EQUALS = "="
    DIFFERS = "!="
    AT_LEAST = ">="
    AT_MOST = "<="
    ABOVE = ">"
    BELOW = "<"
    AMONG = "in"
    HAS = "has"
    IS_SET = "is set"
    IS_NOT_SET = "is not set"


class Condition(Part, frozen=True):
    """``review.cost >= 5000``: a subject is ``case.<fact>`` or ``<step>.<field>``."""

    subject: str
    operator: Operator
    values: tuple[str, ...] = ()


Predicate = tuple[tuple[Condition, ...], ...]
"""Any of (all of conditions); flat, and empty means always."""


class WhoKind(StrEnum):
    """How the owner of a task is found."""

    ROLE = "role"
    DEPARTMENT = "department"
    PERSON = "person"
    EACH_DEPARTMENT = "each department"
    EACH_PERSON = "each person"
    COMPLAINANT = "complainant"
    CASE_OWNER = "case owner"
    CASE_ASSIGNEE = "case assignee"


class Who(Part, frozen=True):
    """``name`` is a role's key, or the ``step.field`` that holds the department or the person."""

    kind: WhoKind
    name: str = ""


class AnchorKind(StrEnum):
    """The moment a limit is counted from."""

    OPENED = "opened"
    RECEIPT = "receipt"
    DUE = "due"
    CASE_RECEIVED = "case.received"
    CASE_OPENED = "case.opened"
    STEP_RECEIPT = "step receipt"
    STEP_CLOSED = "step closed"
    FIELD = "field"


class Anchor(Part, frozen=True):
    """``step`` and ``field`` are empty except where the kind needs them."""

    kind: AnchorKind
    step: str = ""
    field: str = ""


class Direction(StrEnum):
    """On which side of its anchor a limit lies."""

    AFTER = "after"
    BEFORE = "before"


class TimeRule(Part, frozen=True):
    """``3 wd after receipt``; ``at due`` is a duration of nought."""

    duration: Duration
    direction: Direction
    anchor: Anchor


class LimitRule(Part, frozen=True):
    """One line of a limit. The first whose predicate holds and whose anchor is known counts.

    ``ours`` marks a figure that the company chose because the source names none.
    """

    at: TimeRule
    when: Predicate = ()
    ours: bool = False


class Rung(Part, frozen=True):
    """One rung of the escalation ladder: whom, and when counted from the due time."""

    at: TimeRule
    to: Who


class LapseAction(StrEnum):
    """What happens when a limit passes without an answer."""

    CHASE = "chase"
    ESCALATE = "escalate"
    OUTCOME = "outcome"


class Lapse(Part, frozen=True):
    """``outcome`` is taken at ``at`` (or at the due time).

    With ``proof`` it is a deemed decision: without proof that the notice arrived, or where
    ``barred_when`` holds, it escalates instead. Without ``proof`` it only moves the work on.
    """

    action: LapseAction
    outcome: str = ""
    at: tuple[LimitRule, ...] = ()
    proof: bool = True
    barred_when: Predicate = ()


class FieldType(StrEnum):
    """What a form's field holds."""

    TEXT = "text"
    LONG_TEXT = "long text"
    CHOICE = "choice"
    MULTI_CHOICE = "multi choice"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    DATETIME = "datetime"
    BOOL = "bool"
    PERSON = "person"
    PEOPLE = "people"
    DEPARTMENT = "department"
    DEPARTMENTS = "departments"
    DEVICE = "device"
    SKILL = "skill"
    ATTACHMENTS = "attachments"
    SIGNATURE = "signature"


LISTS = {FieldType.MULTI_CHOICE, FieldType.PEOPLE, FieldType.DEPARTMENTS, FieldType.ATTACHMENTS}
"""The types that hold several keys."""


class Tense(StrEnum):
    """Where a time lies when it is answered."""

    PAST = "past"
    FUTURE = "future"


class Choice(Part, frozen=True):
    """One answer offered by a choice field."""

    key: str
    label: Label


class Field(Part, frozen=True):
    """One field of a step's form.

    ``maximum`` is characters for text, the largest value for numbers, the most items for lists.
    ``required_for`` names the outcomes that need the field, ``required_when`` the answers and facts
    with which every outcome does; ``sets`` the case fact it decides; ``role`` what the people must
    hold whom a person field names; ``tense`` whether a time lies in the past or in the future when
    it is answered.
    """

    key: str
    label: Label
    type: FieldType
    required: bool = False
    required_for: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    maximum: int | None = None
    sets: str = ""
    role: str = ""
    tense: Tense | None = None
    required_when: Predicate = ()


class TargetKind(StrEnum):
    """Where an outcome leads."""

    GO = "go"
    ENDS = "ends"
    CLOSES = "closes"


ACCEPTED, REFUSED = "accepted", "refused"


class Target(Part, frozen=True):
    """``go`` names a step or fork, ``ends`` accepted or refused, ``closes`` a verdict."""

    kind: TargetKind
    name: str


class Route(Part, frozen=True):
    """A target, and when it is taken; the last route of an outcome always is."""

    target: Target
    when: Predicate = ()


class Effect(Part, frozen=True):
    """Something another room does in the same transaction, by name."""

    name: str
    when: Predicate = ()


class Outcome(Part, frozen=True):
    """One way a step ends. ``silent`` is never offered to people: only a lapse takes it.

    ``by_customer``: the customer may give it, too, by the link, whoever owns the task.
    ``approves``: it lets go ahead what was put up for approval; by silence it is a deemed approval.
    """

    key: str
    label: Label
    routes: tuple[Route, ...]
    effects: tuple[Effect, ...] = ()
    silent: bool = False
    by_customer: bool = False
    approves: bool = False


class Clause(Part, frozen=True):
    """The clause behind a step (``P06.3``) in our own words; ``ours`` when the source has none."""

    id: str
    zh: str
    en: str
    ours: bool = False


class SignFor(Part, frozen=True):
    """The owner signs for the task (签收) within ``due``; chased, and up its own ladder."""

    due: tuple[LimitRule, ...]
    escalate: tuple[Rung, ...] = ()


class Child(Part, frozen=True):
    """A case by another procedure that gates this step: its verdict becomes an outcome here."""

    procedure: str
    outcome: str
    by_verdict: tuple[tuple[str, str], ...] = ()

    def outcome_of(self, verdict: str) -> str:
        """The outcome that the child's ``verdict`` means here."""
        return dict(self.by_verdict).get(verdict, self.outcome)


class Flag(StrEnum):
    """What else holds for a step."""

    NO_PROMISE = "no promise"
    NEVER_DEEMED = "never deemed"
    CUSTOMER_VISIBLE = "customer visible"
    OFFLINE = "offline"


class Step(Part, frozen=True):
    """One step. ``within`` is ``fork.branch``, or empty in the root scope.

    ``remind`` is counted back from the due time. ``another_than`` names steps whose answerer may
    not answer this one (the second person), or facts of the case that hold a person who may not
    (``case.engineer``). ``page`` names the page of another room on which the step is worked on,
    beside its plain form; ``handed`` the effects of its changing hands, ``reminded`` those of each
    reminder.
    """

    key: str
    title: Label
    clause: Clause
    who: Who
    due: tuple[LimitRule, ...]
    lapse: Lapse
    outcomes: tuple[Outcome, ...]
    within: str = ""
    fields: tuple[Field, ...] = ()
    remind: tuple[TimeRule, ...] = ()
    escalate: tuple[Rung, ...] = ()
    sign_for: SignFor | None = None
    effects: tuple[Effect, ...] = ()
    flags: tuple[Flag, ...] = ()
    child: Child | None = None
    another_than: tuple[str, ...] = ()
    page: str = ""
    handed: tuple[str, ...] = ()
    reminded: tuple[str, ...] = ()

    def outcome(self, key: str) -> Outcome | None:
        """The outcome called ``key``."""
        return next((outcome for outcome in self.outcomes if outcome.key == key), None)

    def field(self, key: str) -> Field | None:
        """The form's field called ``key``."""
        return next((field for field in self.fields if field.key == key), None)


EACH = "each"
"""The one branch of a ``for_each`` fork, opened once for every item of the list."""


class JoinKind(StrEnum):
    """How many branches must end accepted."""

    ALL = "all"
    ANY = "any"
    PERCENT = "percent"


class Join(Part, frozen=True):
    """``percent`` (1–100) only counts for the kind of that name."""

    kind: JoinKind
    percent: int = 100


class Branch(Part, frozen=True):
    """A branch and the step it starts with."""

    key: str
    title: Label
    starts: str


class Fork(Part, frozen=True):
    """Parallel branches and what follows their join. ``for_each`` is the list's ``step.field``."""

    key: str
    title: Label
    branches: tuple[Branch, ...]
    join: Join
    accepted: Target
    refused: Target | None = None
    within: str = ""
    for_each: str = ""
    if_empty: Target | None = None


class Role(Part, frozen=True):
    """A role as this procedure names it."""

    key: str
    label: Label


class SignedBy(Part, frozen=True):
    """Who prepared, reviewed or approved the document, and when (P18)."""

    name: str
    on: date


class Verdict(Part, frozen=True):
    """A way the whole case can close."""

    key: str
    label: Label


Scope = tuple[tuple[str, str], ...]
"""The ``(fork, branch)`` pairs from the root down to a scope."""


class Definition(Part, frozen=True, dict=True):
    """One edition of one procedure. The first step opens with the case, ``reopens`` with a closed
    one that is taken up again, ``withdraws`` when the complainant wants no more of it.

    ``reopenable`` are the verdicts after which it is taken up again, all of them where it is empty.
    ``by_itself``: only the portal opens a case by it, nobody registers one.
    """

    code: str
    title: Label
    edition: str
    effective_on: date
    owner: str
    roles: tuple[Role, ...]
    verdicts: tuple[Verdict, ...]
    steps: tuple[Step, ...]
    forks: tuple[Fork, ...] = ()
    reopens: str = ""
    withdraws: str = ""
    reopenable: tuple[str, ...] = ()
    by_itself: bool = False
    related: tuple[Label, ...] = ()
    prepared: SignedBy | None = None
    reviewed: SignedBy | None = None
    approved: SignedBy | None = None

    @cached_property
    def step(self) -> dict[str, Step]:
        """Steps by key."""
        return {step.key: step for step in self.steps}

    def reopens_after(self, verdict: str) -> bool:
        """Whether a case that closed with ``verdict`` can be taken up again."""
        return bool(self.reopens) and (not self.reopenable or verdict in self.reopenable)

    @cached_property
    def fork(self) -> dict[str, Fork]:
        """Forks by key."""
        return {fork.key: fork for fork in self.forks}

    @cached_property
    def scope(self) -> dict[str, Scope]:
        """The scope each step and fork lies in; a fork inside itself has none and is left out."""
        found: dict[str, Scope] = {}
        within = [(step.key, step.within) for step in self.steps]
        within += [(fork.key, fork.within) for fork in self.forks]
        for key, branch in within:
            scope = self.scope_of(branch)
            if scope is not None:
                found[key] = scope
        return found

    def scope_of(self, within: str) -> Scope | None:
        """The scope that ``within`` (``fork.branch`` or empty) names, or nothing."""
        pairs: list[tuple[str, str]] = []
        while within:
            fork, _, branch = within.partition(".")
            if not self._has_branch(fork, branch) or len(pairs) >= len(self.forks):
                return None
            pairs.insert(0, (fork, branch))
            within = self.fork[fork].within
        return tuple(pairs)

    def _has_branch(self, fork: str, branch: str) -> bool:
        branches = self.fork[fork].branches if fork in self.fork else ()
        return branch in {known.key for known in branches}
