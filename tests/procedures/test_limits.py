"""Limits: which line counts, from which moment, and how they follow receipt and facts."""

from decimal import Decimal

import msgspec

from portal.calendar.durations import Duration, Unit
from portal.procedures.definition import Definition, Direction
from portal.procedures.engine import advance
from portal.procedures.events import (
    AlreadyReceived,
    CaseOpened,
    FactsChanged,
    InvalidFacts,
    NothingChanges,
    ReasonMissing,
    ReceiptProven,
    TaskNotOpen,
)
from portal.procedures.forms import FieldFault
from portal.procedures.plan import DueEffect, Offset
from portal.procedures.standing import breaches_of_r1
from portal.procedures.state import Ending, Owner, OwnerKind, State, Task, TaskKey
from tests.procedures.samples import Case, Content, due_text, field, fork, outcome, procedure, step

CLERK = Owner(OwnerKind.ROLE, "clerk")
LEADER = Owner(OwnerKind.ROLE, "leader")
HIGH_CALL = {"name": "call", "when": "case.urgency = high"}
HIGH = {"when": "case.urgency = high", "at": "2 wh after case.received"}


def finish() -> Content:
    return step("finish", outcome("done", "closes done"))


def test_an_unconditional_limit_starts_with_the_task() -> None:
    case = Case(procedure(finish()))
    assert due_text(case.opened, "finish") == "1 wd after task opened of finish"


def test_the_first_line_whose_condition_holds_counts() -> None:
    definition = procedure(
        step("finish", outcome("d", "closes done"), due=[HIGH, "3 wd after opened"])
    )
    assert due_text(Case(definition).opened, "finish") == "3 wd after task opened of finish"
    urgent = Case(definition, {"urgency": "high"})
    assert due_text(urgent.opened, "finish") == "2 wh after case received"


def test_a_limit_counts_from_the_closing_of_an_earlier_step_in_its_latest_round() -> None:
    case = Case(
        procedure(
            step("ask", outcome("go", "check")),
            step(
                "check",
                outcome("again", "ask"),
                outcome("ok", "closes done"),
                due=["1 wd after ask.closed", "4 wd after case.opened"],
            ),
        )
    )
    assert due_text(case.answer("ask", "go"), "check") == "1 wd after task closed of ask"
    case.answer("check", "again")
    plan = case.answer("ask", "go")
    moment = plan.opens[0].limits[0].moment
    assert moment.task == TaskKey("ask", round=2)


def test_an_anchor_that_never_came_about_falls_back_to_the_next_line() -> None:
    case = Case(
        procedure(
            step("ask", outcome("go", "skipped"), outcome("skip", "check")),
            step("skipped", outcome("go", "check")),
            step(
                "check",
                outcome("ok", "closes done"),
                due=["1 wd after skipped.closed", "4 wd after case.opened"],
            ),
        )
    )
    assert due_text(case.answer("ask", "skip"), "check") == "4 wd after case opened"


def test_a_limit_counts_back_from_a_date_in_a_form_p10() -> None:
    """P10: announced one month ahead."""
    definition = procedure(
        step("plan", outcome("go", "announce"), field=[field("day", "date")]),
        step(
            "announce",
            outcome("done", "closes done"),
            due=["1 month before plan.day", "1 wd after opened"],
        ),
    )
    dated = Case(definition).answer("plan", "go", day="2026-12-31")
    [limit] = dated.opens[0].limits
    assert limit.duration == Duration(Decimal(1), Unit.MONTH)
    assert (limit.direction, limit.moment.field) == (Direction.BEFORE, "day")
    undated = Case(definition).answer("plan", "go", day="")
    assert due_text(undated, "announce") == "1 wd after task opened of announce"


def signed_for() -> Definition:
    """P04.3-5: signing is a limit of its own; the clocks start at proven receipt."""
    return procedure(
        step(
            "contact",
            outcome("done", "measures"),
            due="1 wd after receipt",
            sign_for={
                "due": "0.5 wd after opened",
                "escalate": [{"at": "1 wd after due", "to": "role leader"}],
            },
        ),
        step(
            "measures",
            outcome("done", "closes done"),
            due=["3 wd after contact.receipt", "3 wd after opened"],
        ),
    )


def test_before_receipt_only_the_limit_to_sign_runs_p04_4() -> None:
    case = Case(signed_for())
    [limit] = case.opened.opens[0].limits
    assert (limit.name, str(limit.duration)) == ("sign_for", "0.5 wd")
    assert limit.ladder == (
        Offset(Duration(Decimal(1), Unit.WORKING_DAY), Direction.AFTER, LEADER),
    )


def test_proven_delivery_starts_the_clock_and_signing_stays_due_p04_4() -> None:
    case = Case(signed_for())
    plan = case.receive("contact")
    [change] = plan.relimits
    assert (change.started, [limit.name for limit in change.limits]) == (
        ("due",),
        ["due", "sign_for"],
    )
    assert due_text(plan, "contact") == "1 wd after task received of contact"


def test_signing_ends_the_limit_to_sign_p04_3() -> None:
    case = Case(signed_for())
    case.receive("contact")
    plan = case.receive("contact", signed=True)
    [change] = plan.relimits
    assert (change.started, [limit.name for limit in change.limits]) == ((), ["due"])


def test_signing_at_once_is_receipt_too_p04_3() -> None:
    case = Case(signed_for())
    case.receive("contact", signed=True)
    assert case.task("contact").received
    key = case.task("contact").key
    assert case.refusal(ReceiptProven(key)) == AlreadyReceived(key)


def test_receipt_is_proven_once() -> None:
    case = Case(signed_for())
    case.receive("contact")
    key = case.task("contact").key
    assert case.refusal(ReceiptProven(key)) == AlreadyReceived(key)


def test_an_answer_is_proof_of_receipt_for_later_clocks_p04_5() -> None:
    case = Case(signed_for())
    plan = case.answer("contact", "done")
    assert case.row("contact").received
    assert due_text(plan, "measures") == "3 wd after task received of contact"


def test_receipt_of_a_closed_task_is_refused() -> None:
    case = Case(signed_for())
    key = case.task("contact").key
    case.answer("contact", "done")
    assert case.refusal(ReceiptProven(key)) == TaskNotOpen(key)


def raised() -> Case:
    return Case(
        procedure(
            step(
                "handle",
                outcome("done", "closes done"),
                due=[HIGH, "3 wd after opened"],
                effects=[
                    {"name": "call", "when": ["case.urgency = high", "case.severity = major"]},
                    "print",
                ],
            )
        ),
        {"urgency": "low"},
    )


def test_raising_the_urgency_restarts_the_limit_it_decides_r6() -> None:
    case = raised()
    case.lapse("handle")
    assert case.task("handle").lapsed == ("due",)
    plan = case.plan(FactsChanged({"urgency": "high"}, "customer called again"))
    assert due_text(plan, "handle") == "2 wh after case received"
    assert plan.relimits[0].started == ("due",)
    assert case.task("handle").lapsed == ()
    assert plan.facts == {"urgency": "high"}


def test_an_effect_runs_when_its_condition_comes_true_while_the_step_is_open_p04_7() -> None:
    case = raised()
    key = case.task("handle").key
    assert case.opened.effects == (DueEffect("print", key),)
    plan = case.plan(FactsChanged({"severity": "major"}, "line stopped"))
    assert plan.effects == (DueEffect("call", key),)
    assert plan.relimits == ()
    still = case.plan(FactsChanged({"urgency": "high"}, "and urgent"))
    assert still.effects == ()


def test_an_effect_whose_condition_holds_runs_with_the_opening_once() -> None:
    definition = procedure(
        step("handle", outcome("done", "closes done"), effects=["call", "call", HIGH_CALL])
    )
    case = Case(definition, {"urgency": "high"})
    assert [effect.name for effect in case.opened.effects] == ["call"]


def test_facts_that_are_none_are_refused() -> None:
    case = raised()
    assert case.refusal(FactsChanged({"mood": "bad", "urgency": "huge"}, "x")) == InvalidFacts(
        (FieldFault("mood", "unknown"), FieldFault("urgency", "choice"))
    )
    assert isinstance(case.refusal(FactsChanged({"urgency": "high"}, " ")), ReasonMissing)
    assert isinstance(case.refusal(FactsChanged({"urgency": "low"}, "x")), NothingChanges)


def test_a_case_is_not_opened_with_facts_that_are_none() -> None:
    refusal = advance(procedure(finish()), State(), CaseOpened({"special": "yes"}))
    assert refusal == InvalidFacts((FieldFault("special", "type"),))


def test_an_answer_can_decide_a_fact_and_other_open_tasks_follow_p06_2() -> None:
    case = Case(
        procedure(
            step("begin", outcome("go", "both")),
            fork("both", "finish", "a:classify", "b:wait"),
            step(
                "classify",
                outcome("ok", "ends accepted"),
                within="both.a",
                field=[field("u", "choice", "low high", sets="urgency")],
            ),
            step(
                "wait",
                outcome("ok", "ends accepted"),
                within="both.b",
                due=[HIGH, "3 wd after opened"],
            ),
            finish(),
        )
    )
    case.answer("begin", "go")
    plan = case.answer("classify", "ok", u="high")
    assert plan.facts == {"urgency": "high"}
    assert due_text(plan, "wait") == "2 wh after case received"


def test_an_unanswered_field_decides_no_fact() -> None:
    case = Case(
        procedure(
            step(
                "classify",
                outcome("ok", "closes done"),
                field=[
                    field("u", "choice", "low high", sets="urgency"),
                    field("s", "bool", sets="special"),
                ],
            )
        ),
        {"urgency": "low"},
    )
    plan = case.answer("classify", "ok", u="", s=False)
    assert plan.facts == {"special": False}


def test_reminders_go_to_the_owner_and_the_ladder_to_whom_it_names() -> None:
    case = Case(
        procedure(
            step(
                "finish",
                outcome("done", "closes done"),
                due={"at": "1 wd after opened", "ours": True},
                remind=["2 wh before due"],
                escalate=[
                    {"at": "at due", "to": "role leader"},
                    {"at": "1 wd after due", "to": "case owner"},
                ],
            )
        )
    )
    [limit] = case.opened.opens[0].limits
    assert limit.ours
    assert [(str(one.duration), one.direction, one.to) for one in limit.reminders] == [
        ("2 wh", Direction.BEFORE, CLERK)
    ]
    assert [(str(one.duration), one.to) for one in limit.ladder] == [
        ("0 h", LEADER),
        ("1 wd", Owner(OwnerKind.CASE_OWNER)),
    ]


def test_owners_come_from_forms_and_fall_back_to_the_owner_of_the_case() -> None:
    definition = procedure(
        step(
            "assess",
            outcome("unit", "by_unit"),
            outcome("person", "by_person"),
            field=[field("unit", "department"), field("name", "person")],
        ),
        step("by_unit", outcome("on", "by_link"), who="department assess.unit"),
        step("by_person", outcome("on", "by_link"), who="person assess.name"),
        step("by_link", outcome("on", "finish"), who="complainant"),
        step("finish", outcome("done", "closes done"), who="case assignee"),
    )
    case = Case(definition)
    case.answer("assess", "unit", unit="works")
    assert case.task("by_unit").owner == Owner(OwnerKind.DEPARTMENT, "works")
    case.answer("by_unit", "on")
    assert case.task("by_link").owner == Owner(OwnerKind.COMPLAINANT)
    case.answer("by_link", "on")
    assert case.task("finish").owner == Owner(OwnerKind.CASE_ASSIGNEE)
    other = Case(definition)
    other.answer("assess", "person")
    assert other.task("by_person").owner == Owner(OwnerKind.CASE_OWNER)


def test_breaches_of_r1_are_told() -> None:
    """The shell asserts this after every plan, so it must be able to find something."""
    checked = procedure(finish())
    task = Task(TaskKey("finish"), CLERK)
    gone = msgspec.structs.replace(task, ending=Ending.CANCELLED)
    assert breaches_of_r1(checked, State(tasks=(task,))) == ()
    assert breaches_of_r1(checked, State(tasks=(task,), verdict="done")) == (
        "a closed case has open tasks",
    )
    assert breaches_of_r1(checked, State(tasks=(gone,))) == ("an open case has no open task",)
    assert breaches_of_r1(checked, State(tasks=(gone,), verdict="done")) == ()
    limitless = msgspec.structs.replace(checked.steps[0], due=())
    unchecked = msgspec.structs.replace(checked, steps=(limitless,))
    [breach] = breaches_of_r1(unchecked, State(tasks=(task,)))
    assert "no running limit" in breach
