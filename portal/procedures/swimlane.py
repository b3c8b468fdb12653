"""A procedure as the swim-lane table that such documents print: lanes across, steps down."""

import msgspec

from portal.procedures.definition import (
    Clause,
    Definition,
    Fork,
    JoinKind,
    Label,
    Outcome,
    Step,
    Target,
    Who,
    WhoKind,
)
from portal.procedures.facts import PERSONS
from portal.procedures.wording import (
    lapse_words,
    limit_words,
    predicate_words,
    target_words,
    who_words,
)


class Next(msgspec.Struct, frozen=True):
    """An outcome, when it leads so (empty: always), where to, and the part's key to link to."""

    outcome: Label
    when: Label
    to: Label
    key: str


class Row(msgspec.Struct, frozen=True):
    """One step in its lane (position in ``lanes``). ``form`` holds the fields' labels."""

    key: str
    lane: int
    title: Label
    clause: Clause
    form: tuple[Label, ...]
    limits: tuple[Label, ...]
    lapse: Label
    next: tuple[Next, ...]
    within: str


class Junction(msgspec.Struct, frozen=True):
    """A fork: its branches, how many must be accepted, and what follows. ``before`` is the step of
    its branches that the file names first: the table shows it there."""

    key: str
    title: Label
    branches: tuple[Label, ...]
    join: Label
    next: tuple[Next, ...]
    within: str
    before: str


class Swimlane(msgspec.Struct, frozen=True):
    """The whole table. Lanes are the roles in their order, then whoever else owns a step."""

    lanes: tuple[Label, ...]
    rows: tuple[Row, ...]
    junctions: tuple[Junction, ...]


_ALWAYS = Label("", "")
_FOLLOWERS = {
    "accepted": Label("通过", "Accepted"),
    "refused": Label("否决", "Refused"),
    "if_empty": Label("名单为空", "Empty list"),
}


def swimlane(definition: Definition) -> Swimlane:
    """The table of a definition that has passed the checker."""
    table = _Table(definition)
    return Swimlane(
        tuple(who_words(definition, who) for who in table.lanes),
        tuple(table.row(step) for step in definition.steps),
        tuple(table.junction(fork) for fork in definition.forks),
    )


class _Table:
    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        owners = [_lane(step.who) for step in definition.steps]
        named = {owner.name for owner in owners if owner.kind is WhoKind.ROLE}
        roles = [Who(WhoKind.ROLE, role.key) for role in definition.roles if role.key in named]
        self.lanes = list(dict.fromkeys([*roles, *owners]))

    def row(self, step: Step) -> Row:
        definition = self.definition
        limits = [limit_words(definition, limit) for limit in step.due]
        if step.sign_for:
            signing = [limit_words(definition, limit) for limit in step.sign_for.due]
            limits += [Label(f"签收：{one.zh}", f"Sign for: {one.en}") for one in signing]
        return Row(
            step.key,
            self.lanes.index(_lane(step.who)),
            step.title,
            step.clause,
            tuple(field.label for field in step.fields),
            tuple(limits),
            lapse_words(definition, step),
            tuple(one for outcome in step.outcomes for one in self._nexts(outcome)),
            step.within,
        )

    def _nexts(self, outcome: Outcome) -> list[Next]:
        definition = self.definition
        return [
            Next(
                outcome.label,
                predicate_words(definition, route.when),
                target_words(definition, route.target),
                route.target.name,
            )
            for route in outcome.routes
        ]

    def junction(self, fork: Fork) -> Junction:
        followers: list[tuple[str, Target | None]] = [
            ("accepted", fork.accepted),
            ("refused", fork.refused),
            ("if_empty", fork.if_empty),
        ]
        return Junction(
            fork.key,
            fork.title,
            tuple(branch.title for branch in fork.branches),
            _join_words(fork),
            tuple(
                Next(_FOLLOWERS[key], _ALWAYS, target_words(self.definition, target), target.name)
                for key, target in followers
                if target
            ),
            fork.within,
            self._first_of(fork),
        )

    def _first_of(self, fork: Fork) -> str:
        starts = {branch.starts for branch in fork.branches}
        return next((step.key for step in self.definition.steps if step.key in starts), "")


def _join_words(fork: Fork) -> Label:
    if fork.join.kind is JoinKind.ALL:
        return Label("全部通过", "All")
    if fork.join.kind is JoinKind.ANY:
        return Label("任一通过", "Any")
    return Label(f"{fork.join.percent}% 通过", f"{fork.join.percent} %")


def _lane(who: Who) -> Who:
    """Named persons share a lane, whichever field names them; so do responsible departments. Whom
    a fact of the case names has a lane of their own."""
    has_own = who.kind is WhoKind.ROLE or who.name in PERSONS
    return who if has_own else Who(who.kind)
