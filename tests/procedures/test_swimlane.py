"""The swim-lane table and its words; the dry run with its dates."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from portal.calendar.durations import Duration, Unit, parse_duration
from portal.procedures.definition import Definition, Label, TimeRule
from portal.procedures.dry_run import DryRun, dry_run
from portal.procedures.loading import load, shipped
from portal.procedures.swimlane import Row, Swimlane, swimlane
from portal.procedures.timing import parse_time_rule
from portal.procedures.wording import duration_words, time_words
from tests.procedures.samples import Content, field, fork, outcome, procedure, step
from tests.procedures.test_p04_like import P04

P06 = load(dict(shipped())["P06"])
SPRING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOURS = {Unit.CLOCK_HOUR: 1, Unit.WORKING_HOUR: 1, Unit.WORKING_DAY: 24, Unit.MONTH: 720}


def due(start: datetime, duration: Duration) -> datetime:
    """A calendar without nights and holidays."""
    return start + timedelta(hours=float(duration.amount) * HOURS[duration.unit])


def hours(run: DryRun) -> list[tuple[str, float, float]]:
    """Step, opened and due, in hours from the start."""
    return [(one.step, _hours(one.opened_at), _hours(one.due_at)) for one in run.steps]


def _hours(at: datetime) -> float:
    return (at - SPRING) / timedelta(hours=1)


# The table ---------------------------------------------------------------------------------------


def row(table: Swimlane, key: str) -> Row:
    return next(one for one in table.rows if one.key == key)


def test_lanes_are_the_roles_in_their_order_then_the_others() -> None:
    assert [lane.zh for lane in swimlane(P06).lanes] == [
        "客服人员",
        "派工员",
        "客服主管",
        "指定人员",
        "客户",
    ]


def test_rows_are_the_steps_in_their_lanes_with_clause_form_limit_and_lapse() -> None:
    table = swimlane(P06)
    assert [one.key for one in table.rows] == [one.key for one in P06.steps]
    dispatch = row(table, "dispatch")
    assert table.lanes[dispatch.lane].en == "Dispatcher"
    assert dispatch.clause.id == "P06.3"
    assert [label.zh for label in dispatch.form] == ["维修工程师", "选派理由"]
    assert dispatch.limits[0] == Label(
        "紧急程度为高：本步骤开始后1个工作小时内（本公司规定）",
        "Urgency is high: within 1 working hour after: this step opens (company rule)",
    )
    assert dispatch.lapse.en.startswith("escalated to ")
    assert table.lanes[row(table, "confirm").lane] == Label("客户", "Customer")


def test_outcomes_tell_where_they_lead() -> None:
    [go_on, *others] = row(swimlane(P06), "next_visit").next
    assert (go_on.outcome.en, go_on.when.en, go_on.to.en, go_on.key) == (
        "Same engineer",
        "Engineer is filled in",
        "Schedule the visit",
        "appoint",
    )
    assert {one.when for one in others} == {Label("", "")}
    [close, _, _] = row(swimlane(P06), "confirm").next
    assert close.to == Label("结案：客户确认已解决", "Close: Solved, confirmed by the customer")


def test_limits_to_sign_for_and_from_other_steps_are_told() -> None:
    table = swimlane(P04)
    assert [one.zh for one in row(table, "contact").limits] == [
        "送达或签收后1个工作日内",
        "签收：本步骤开始后0.5个工作日内（本公司规定）",
    ]
    assert row(table, "measures").limits[0] == Label(
        "“联系客户或到现场”送达或签收后3个工作日内",
        "within 3 working days after: receipt of “Contact the customer or go on site”",
    )


def test_lapses_are_told_with_proof_and_barred_classes() -> None:
    table = swimlane(P04)
    assert row(table, "register").lapse == Label("催办", "reminder")
    assert row(table, "instruct").lapse == Label(
        "未批示（须有送达证明，否则上报）", "None given (with proof of receipt, else escalated)"
    )
    silence = row(table, "decide_general").lapse
    assert silence.zh == (
        "催办；本步骤开始后2个工作日内未答复：逾期未批示,视为批准（须有送达证明，否则上报）"
        "；严重程度为重大或特殊情况为“是”的除外"
    )
    assert silence.en.endswith("; not where Severity is major or Special case is yes")
    assert row(swimlane(P06), "confirm").lapse.en == "No reply – call"


def test_forks_are_told_with_their_join() -> None:
    [junction] = swimlane(P04).junctions
    assert [one.en for one in junction.branches] == ["To the leader", "To the responsible person"]
    assert junction.join == Label("全部通过", "All")
    [accepted] = junction.next
    assert (accepted.outcome.en, accepted.to.en, accepted.key) == (
        "Accepted",
        "Send the sheet",
        "forward",
    )
    assert row(swimlane(P04), "instruct").within == "first_day.leader"


@pytest.mark.parametrize(
    ("join", "words"), [("any", Label("任一通过", "Any")), ("60 %", Label("60% 通过", "60 %"))]
)
def test_other_joins_have_words_too(join: str, words: Label) -> None:
    table = swimlane(listed(join))
    [junction] = table.junctions
    assert junction.join == words
    assert [one.outcome.en for one in junction.next] == ["Accepted", "Refused", "Empty list"]
    assert [one.to.zh for one in row(table, "sign").next] == ["本支通过", "本支否决"]
    assert table.lanes[row(table, "sign").lane].en == "Each department"


def listed(join: str = "all", **more: Any) -> Definition:
    first: Content = step(
        "assess",
        outcome("ask", "ask_all"),
        outcome("drop", "closes dropped"),
        field=[field("units", "departments"), field("day", "date"), field("n", "number")],
        **more,
    )
    settings = {"for_each": "assess.units", "starts": "sign", "if_empty": "finish"}
    return procedure(
        first,
        fork("ask_all", "finish", join=join, refused="assess", **settings),
        step(
            "sign",
            outcome("yes", "ends accepted"),
            outcome("no", "ends refused"),
            within="ask_all.each",
            who="each department",
        ),
        step("finish", outcome("done", "closes done"), who="case owner"),
    )


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("assess.n >= 5", "n is at least 5"),
        ("assess.n > 5", "n is above 5"),
        ("assess.n <= 5", "n is at most 5"),
        ("assess.n < 5", "n is below 5"),
        ("assess.units has works", "units has works"),
        ("case.urgency in low, high", "Urgency is one of low, high"),
        ("case.urgency != low", "Urgency is not low"),
        ("assess.day is not set", "day is not filled in"),
        ("assess.on_behalf = yes", "Answered by a delegate is yes"),
        ("assess.n = 1 and case.special = no", "n is 1 and Special case is no"),
    ],
)
def test_conditions_read_as_sentences(condition: str, words: str) -> None:
    limits = [{"when": condition, "at": "1 wd after opened"}, "2 wd after opened"]
    table = swimlane(listed(due=limits))
    assert row(table, "assess").limits[0].en == (
        f"{words}: within 1 working day after: this step opens"
    )


@pytest.mark.parametrize(
    ("rule", "zh", "en"),
    [
        ("at due", "到期时", "at: due"),
        ("2 wh before due", "到期前2个工作小时", "2 working hours before: due"),
        ("24 h after case.received", "来件后24小时内", "within 24 h after: the case is received"),
        ("1 wd after case.opened", "立案后1个工作日内",
         "within 1 working day after: the case is opened"),
        ("3 months after assess.closed", "“中 assess”完成后3个月内",
         "within 3 months after: “assess” is done"),
        ("1 month before assess.day", "“中 day”所填时间前1个月",
         "1 month before: the time in “day”"),
    ],
)  # fmt: skip
def test_time_rules_read_as_people_say_them(rule: str, zh: str, en: str) -> None:
    parsed: TimeRule = parse_time_rule(rule)
    assert time_words(listed(), parsed) == Label(zh, en)


def test_amounts_are_written_plainly() -> None:
    assert duration_words(Duration(Decimal("10"), Unit.WORKING_DAY)).zh == "10个工作日"
    assert duration_words(parse_duration("1.50 wh")).en == "1.5 working hours"


# The dry run -------------------------------------------------------------------------------------


def test_the_main_path_of_a_repair_has_its_dates() -> None:
    run = dry_run(P06, SPRING, due)
    assert hours(run) == [
        ("register", 0, 4),
        ("review", 4, 6),
        ("dispatch", 6, 10),
        ("appoint", 10, 34),
        ("visit", 34, 82),
        ("report", 82, 84),
        ("confirm", 84, 156),
    ]
    assert (run.verdict, _hours(run.ends_at)) == ("solved", 156)
    assert run.steps[0].title == P06.steps[0].title
    assert run.steps[0].outcome == "registered"


def test_facts_shorten_the_limits_they_decide() -> None:
    run = dry_run(P06, SPRING, due, {"urgency": "high"})
    assert hours(run)[:3] == [("register", 0, 1), ("review", 1, 2), ("dispatch", 2, 3)]


def test_alternatives_tell_what_they_open_and_when() -> None:
    run = dry_run(P06, SPRING, due)
    dispatch = next(one for one in run.steps if one.step == "dispatch")
    [no_engineer] = dispatch.alternatives
    assert (no_engineer.outcome, no_engineer.label.en) == (
        "no_engineer",
        "No engineer available – escalate",
    )
    [free] = no_engineer.opens
    assert (free.step, free.title.en) == ("free_engineer", "Find an engineer")
    assert (_hours(free.opened_at), _hours(free.due_at)) == (10, 14)
    assert no_engineer.verdict == ""


def test_an_alternative_may_close_the_case() -> None:
    run = dry_run(listed(), SPRING, due)
    [drop] = run.steps[0].alternatives
    assert (drop.opens, drop.verdict) == ((), "dropped")


def test_parallel_branches_are_walked_in_the_order_they_fall_due() -> None:
    run = dry_run(P04, SPRING, due)
    assert hours(run)[:5] == [
        ("register", 0, 12),
        ("inform_leader", 12, 12),
        ("preliminary_first", 12, 12),
        ("instruct", 12, 24),
        ("pass_on", 24, 25),
    ]


def test_a_step_is_signed_for_at_the_last_moment_and_its_clock_starts_then_p04_4() -> None:
    run = dry_run(P04, SPRING, due)
    times = {step: (opened, due_at) for step, opened, due_at in hours(run)}
    opened, due_at = times["contact"]
    assert due_at - opened == 12 + 24
    # Measures count from the receipt of the sheet, not from their own opening.
    assert times["measures"] == (due_at, opened + 12 + 72)
    assert run.verdict == "closed"


def test_a_list_has_one_item_for_the_dry_run() -> None:
    run = dry_run(listed(), SPRING, due)
    assert hours(run) == [("assess", 0, 24), ("sign", 24, 48), ("finish", 48, 72)]


def test_a_main_path_that_comes_back_to_where_it_was_ends_there() -> None:
    looping = procedure(
        step("a", outcome("on", "b")),
        step("b", outcome("again", "a"), outcome("ok", "closes done")),
    )
    run = dry_run(looping, SPRING, due)
    assert hours(run) == [("a", 0, 24), ("b", 24, 48)]
    assert run.verdict == ""


def test_a_fork_that_opens_itself_again_ends_the_dry_run_too() -> None:
    looping = procedure(
        step("a", outcome("on", "both")),
        fork("both", "closes done", "x:x1", "y:y1"),
        step("x1", outcome("again", "both"), outcome("ok", "ends accepted"), within="both.x"),
        step("y1", outcome("ok", "ends accepted"), within="both.y"),
    )
    run = dry_run(looping, SPRING, due)
    assert [step for step, _, _ in hours(run)] == ["a", "x1"]
