"""Joins: all, any, n % x accept, refuse, wait, deemed (GLPI #24399: a decision never flips)."""

import itertools

import pytest

from portal.procedures.definition import Definition, Join, JoinKind
from portal.procedures.events import TaskAnswered, TaskNotOpen
from portal.procedures.joining import decision, needed
from portal.procedures.state import Ending
from tests.procedures.samples import Case, field, fork, outcome, procedure, step

ALL, ANY = Join(JoinKind.ALL), Join(JoinKind.ANY)


def percent(n: int) -> Join:
    return Join(JoinKind.PERCENT, n)


@pytest.mark.parametrize(
    ("join", "votes", "expected"),
    [
        # Every line: accepted (a), refused (r), waiting (w) of three branches.
        (ALL, "www", None),
        (ALL, "aww", None),
        (ALL, "aaw", None),
        (ALL, "aaa", True),
        (ALL, "rww", False),
        (ALL, "arw", False),
        (ALL, "aar", False),
        (ANY, "www", None),
        (ANY, "aww", True),
        (ANY, "rww", None),
        (ANY, "rrw", None),
        (ANY, "rra", True),
        (ANY, "rrr", False),
        (percent(60), "aww", None),
        (percent(60), "aaw", True),
        (percent(60), "arw", None),
        (percent(60), "rrw", False),
        (percent(60), "aar", True),
        (percent(100), "aaw", None),
        (percent(1), "aww", True),
    ],
)
def test_the_truth_table_of_three_branches(join: Join, votes: str, expected: bool | None) -> None:
    assert decision(join, 3, votes.count("a"), votes.count("r")) is expected


@pytest.mark.parametrize(
    ("share", "branches", "enough"),
    [(50, 4, 2), (50, 5, 3), (34, 3, 2), (33, 3, 1), (1, 7, 1), (100, 7, 7), (60, 5, 3)],
)
def test_a_percentage_rounds_up(share: int, branches: int, enough: int) -> None:
    assert needed(percent(share), branches) == enough


@pytest.mark.parametrize("join", [ALL, ANY, percent(50), percent(67)])
def test_the_last_vote_always_decides_and_no_earlier_decision_flips(join: Join) -> None:
    for votes in itertools.product((True, False), repeat=5):
        decisions = [
            decision(join, 5, votes[:n].count(True), votes[:n].count(False)) for n in range(6)
        ]
        assert decisions[0] is None
        assert decisions[-1] is not None
        first = next(one for one in decisions if one is not None)
        assert set(decisions) <= {None, first}


def countersigned(join: str) -> Definition:
    """Three departments countersign (P02.5); silence counts as consent where it is proven."""
    return procedure(
        step(
            "assess",
            outcome("ask", "countersign"),
            field=[field("units", "departments", required=True)],
        ),
        fork(
            "countersign",
            "execute",
            join=join,
            refused="assess",
            for_each="assess.units",
            starts="sign",
            if_empty="execute",
        ),
        step(
            "sign",
            outcome("approve", "ends accepted"),
            outcome("refuse", "ends refused"),
            outcome("silent", "ends accepted", silent=True),
            within="countersign.each",
            who="each department",
            lapse={"outcome": "silent"},
        ),
        step("execute", outcome("done", "closes done")),
    )


def asked(join: str) -> Case:
    case = Case(countersigned(join))
    case.answer("assess", "ask", units=("sales", "quality", "works"))
    return case


def vote(case: Case, unit: str, how: str) -> None:
    if how == "deemed":
        case.lapse(f"sign@{unit}", proven=True)
    else:
        case.answer(f"sign@{unit}", how)


@pytest.mark.parametrize(
    ("join", "votes", "next_step"),
    [
        ("all", ["approve", "deemed", "approve"], "execute"),
        ("all", ["deemed", "refuse"], "assess#2"),
        ("any", ["refuse", "deemed"], "execute"),
        ("any", ["refuse", "refuse", "refuse"], "assess#2"),
        ("60 %", ["approve", "refuse", "deemed"], "execute"),
        ("60 %", ["refuse", "approve", "refuse"], "assess#2"),
    ],
)
def test_a_join_follows_the_table_with_deemed_votes_as_well(
    join: str, votes: list[str], next_step: str
) -> None:
    case = asked(join)
    for unit, how in zip(["sales", "quality", "works"], votes, strict=False):
        assert not any(one.startswith(next_step) for one in case.open_steps)
        vote(case, unit, how)
    assert case.open_steps == [next_step]


def test_a_decided_join_supersedes_the_siblings_and_later_approvals_flip_nothing() -> None:
    """GLPI #24399."""
    case = asked("all")
    late = case.task("sign@works").key
    case.answer("sign@sales", "refuse")
    assert case.row("sign@works").ending is Ending.SUPERSEDED
    assert case.row("sign@quality").outcome == ""
    assert case.open_steps == ["assess#2"]
    assert case.refusal(TaskAnswered(late, "approve")) == TaskNotOpen(late)
    assert case.open_steps == ["assess#2"]


def test_after_an_acceptance_a_later_refusal_flips_nothing() -> None:
    """GLPI #24399, the other way round."""
    case = asked("any")
    late = case.task("sign@works").key
    case.answer("sign@sales", "approve")
    assert case.refusal(TaskAnswered(late, "refuse")) == TaskNotOpen(late)
    assert case.open_steps == ["execute"]


def test_a_second_request_counts_only_its_own_votes() -> None:
    """A late answer of an old round never satisfies a join."""
    case = asked("60 %")
    old = case.task("sign@works").key
    case.answer("sign@sales", "approve")
    case.answer("sign@quality", "refuse")
    case.answer("sign@works", "refuse")
    case.answer("assess", "ask", units=("sales", "quality", "works"))
    assert case.open_steps == [
        "sign@countersign.2.quality",
        "sign@countersign.2.sales",
        "sign@countersign.2.works",
    ]
    assert case.refusal(TaskAnswered(old, "approve")) == TaskNotOpen(old)
    case.answer("sign@2.quality", "approve")
    assert case.open_steps == ["sign@countersign.2.sales", "sign@countersign.2.works"]
    case.answer("sign@2.sales", "approve")
    assert case.open_steps == ["execute"]


def test_a_vote_is_kept_with_the_row_that_cast_it() -> None:
    case = asked("all")
    case.answer("sign@sales", "approve")
    [cast] = case.row("sign@sales").votes
    assert (cast.path, cast.accepted) == ("countersign.1.sales", True)
