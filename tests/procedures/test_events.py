"""Events: answers, lapses, child cases, pauses, reopening; each refused where it has no place."""

from typing import Any

from portal.procedures.definition import Definition
from portal.procedures.engine import advance
from portal.procedures.events import (
    AlreadyPaused,
    CaseAlreadyOpened,
    CaseNotClosed,
    CaseNotOpen,
    CaseOpened,
    ChildClosed,
    ClockStopped,
    FactsChanged,
    GatedByChild,
    InvalidFields,
    LimitLapsed,
    LimitNotRunning,
    MissingFields,
    NotGatedByChild,
    NothingChanges,
    NotPaused,
    NotReopenable,
    NotWithdrawable,
    PauseBegun,
    PauseEnded,
    ReasonMissing,
    Reopened,
    TaskAnswered,
    TaskNotOpen,
    UnknownOutcome,
    Withdrawn,
)
from portal.procedures.forms import FieldFault
from portal.procedures.plan import Alarm, AlarmKind, DueEffect
from portal.procedures.state import Ending, State, TaskKey
from tests.procedures.samples import Case, field, outcome, procedure, step

NOWHERE = TaskKey("check", "nowhere.1.x")


def looped(**more: Any) -> Definition:
    return procedure(
        step("work", outcome("hand_in", "check"), field=[field("text", required=True)]),
        step(
            "check",
            outcome("again", "work"),
            outcome("ok", "closes done", effects=["thank"]),
            field=[field("why", required_for=["again"], max=5)],
        ),
        **more,
    )


def checked_once() -> Case:
    case = Case(looped())
    case.answer("work", "hand_in", text="x")
    return case


def test_an_answer_closes_its_task_and_opens_the_next() -> None:
    case = Case(looped())
    plan = case.answer("work", "hand_in", text="x")
    [closed] = plan.closes
    assert (closed.key, closed.outcome, closed.fields) == (
        TaskKey("work"),
        "hand_in",
        {"text": "x"},
    )
    assert [one.task for one in plan.opens] == [TaskKey("check")]
    assert (plan.verdict, plan.alarms, plan.changes) == ("", (), ())


def test_a_loop_opens_a_new_round_and_a_late_answer_of_the_old_one_is_refused() -> None:
    case = checked_once()
    old = case.task("check").key
    case.answer("check", "again", why="no")
    assert case.open_steps == ["work#2"]
    case.answer("work", "hand_in", text="y")
    assert case.refusal(TaskAnswered(old, "ok")) == TaskNotOpen(old)
    assert case.open_steps == ["check#2"]


def test_a_task_that_never_was_is_not_open() -> None:
    assert checked_once().refusal(TaskAnswered(NOWHERE, "ok")) == TaskNotOpen(NOWHERE)


def test_the_outcome_that_closes_runs_its_effects_and_leaves_nothing_open() -> None:
    case = checked_once()
    plan = case.answer("check", "ok")
    assert plan.verdict == "done"
    assert plan.effects == (DueEffect("thank", TaskKey("check")),)
    assert case.state.open_tasks == ()


def test_an_unknown_outcome_is_refused() -> None:
    case = checked_once()
    key = case.task("check").key
    assert case.refusal(TaskAnswered(key, "maybe")) == UnknownOutcome(key, "maybe")


def test_missing_fields_are_named_for_the_outcome_that_needs_them() -> None:
    case = checked_once()
    key = case.task("check").key
    assert case.refusal(TaskAnswered(key, "again", {"why": ""})) == MissingFields(key, ("why",))
    case.answer("check", "ok")


def test_values_the_form_does_not_take_are_named() -> None:
    case = checked_once()
    key = case.task("check").key
    refusal = case.refusal(TaskAnswered(key, "again", {"why": "too long", "who": "me"}))
    assert refusal == InvalidFields(
        key, (FieldFault("why", "maximum"), FieldFault("who", "unknown"))
    )


def test_a_case_is_opened_once() -> None:
    case = checked_once()
    assert case.refusal(CaseOpened()) == CaseAlreadyOpened()


def test_conditions_choose_among_targets_with_a_default_branch() -> None:
    definition = procedure(
        step(
            "assess",
            outcome(
                "on",
                [
                    {"when": "assess.cost >= 5000 and case.severity = major", "then": "leader"},
                    {"when": ["assess.cost > 90000", "case.special = yes"], "closes": "dropped"},
                    {"then": "clerk"},
                ],
            ),
            field=[field("cost", "money")],
        ),
        step("leader", outcome("ok", "closes done")),
        step("clerk", outcome("ok", "closes done")),
    )
    assert opened(definition, {"severity": "major"}, 5000) == ["leader"]
    assert opened(definition, {"severity": "general"}, 5000) == ["clerk"]
    assert opened(definition, {"severity": "major"}, 4999) == ["clerk"]
    assert opened(definition, {}, 90001) == []
    assert opened(definition, {"special": True}, 1) == []
    assert opened(definition, {}, None) == ["clerk"]


def opened(definition: Definition, facts: dict[str, Any], cost: int | None) -> list[str]:
    case = Case(definition, facts)
    case.answer("assess", "on", **({} if cost is None else {"cost": cost}))
    return case.open_steps


def test_an_answer_by_a_delegate_can_be_sent_to_countersignature_p04_5() -> None:
    definition = procedure(
        step(
            "measures",
            outcome("on", [{"when": "measures.on_behalf = yes", "then": "sign"}, {"then": "send"}]),
        ),
        step("sign", outcome("ok", "send")),
        step("send", outcome("ok", "closes done")),
    )
    own, delegated = Case(definition), Case(definition)
    own.answer("measures", "on")
    assert own.open_steps == ["send"]
    delegated.plan(TaskAnswered(TaskKey("measures"), "on", on_behalf=True))
    assert delegated.open_steps == ["sign"]
    assert delegated.row("measures").on_behalf


# Lapses ------------------------------------------------------------------------------------------


def lapsing(**more: Any) -> Case:
    return Case(
        procedure(
            step(
                "decide",
                outcome("approve", "closes done"),
                outcome("silent", "act", silent=True, effects=["tell_leader"]),
                **{"lapse": {"outcome": "silent", "at": "2 wd after opened"}, **more},
            ),
            step("act", outcome("ok", "closes done")),
        )
    )


def test_a_lapse_is_chased_and_the_task_stays_open() -> None:
    case = lapsing()
    plan = case.lapse("decide")
    key = case.task("decide").key
    assert plan.alarms == (Alarm(key, "due", AlarmKind.CHASE),)
    assert case.task("decide").lapsed == ("due",)


def test_silence_with_proof_is_the_deemed_outcome_p04_6() -> None:
    case = lapsing()
    plan = case.lapse("decide", "lapse", proven=True)
    [closed] = plan.closes
    assert (closed.ending, closed.outcome, closed.received) == (Ending.DEEMED, "silent", False)
    assert closed.lapsed == ("lapse",)
    assert case.open_steps == ["act"]
    assert plan.effects == (DueEffect("tell_leader", closed.key),)


def test_silence_without_proof_escalates_instead_p04_6() -> None:
    case = lapsing()
    plan = case.lapse("decide", "lapse", proven=False)
    key = case.task("decide").key
    assert plan.alarms == (Alarm(key, "lapse", AlarmKind.ESCALATE, "unproven"),)
    assert plan.closes == ()
    # Proof that comes later does not turn the lapsed silence into a decision.
    again = LimitLapsed(key, "lapse", proven=True)
    assert case.refusal(again) == LimitNotRunning(key, "lapse")


def test_a_barred_class_is_never_deemed_p04_6() -> None:
    case = lapsing(
        lapse={
            "outcome": "silent",
            "at": "2 wd after opened",
            "barred_when": "case.severity = major",
        }
    )
    case.plan(FactsChanged({"severity": "major"}, "batch"))
    plan = case.lapse("decide", "lapse", proven=True)
    key = case.task("decide").key
    assert plan.alarms == (Alarm(key, "lapse", AlarmKind.ESCALATE, "barred"),)
    case.answer("decide", "approve")


def test_a_class_that_is_not_barred_is_deemed_p04_6() -> None:
    case = lapsing(lapse={"outcome": "silent", "barred_when": "case.severity = major"})
    case.lapse("decide", proven=True)
    assert case.open_steps == ["act"]


def test_silence_can_be_taken_at_the_due_time_itself() -> None:
    case = lapsing(lapse={"outcome": "silent"})
    key = case.task("decide").key
    assert case.refusal(LimitLapsed(key, "lapse", True)) == LimitNotRunning(key, "lapse")
    case.lapse("decide", proven=True)
    assert case.open_steps == ["act"]


def test_silence_that_only_moves_the_work_on_needs_no_proof() -> None:
    case = lapsing(lapse={"outcome": "silent", "proof": False})
    case.lapse("decide")
    assert case.open_steps == ["act"]


def test_nobody_can_choose_the_silent_outcome() -> None:
    case = lapsing()
    key = case.task("decide").key
    assert case.refusal(TaskAnswered(key, "silent")) == UnknownOutcome(key, "silent")


def test_a_step_can_go_up_the_ladder_when_it_is_due() -> None:
    case = Case(
        procedure(
            step(
                "decide",
                outcome("approve", "closes done"),
                lapse="escalate",
                escalate=[{"at": "at due", "to": "role leader"}],
                sign_for="0.5 wd after opened",
            )
        )
    )
    key = case.task("decide").key
    assert case.lapse("decide").alarms == (Alarm(key, "due", AlarmKind.ESCALATE),)
    # Not having signed is chased; only the step's own limit escalates.
    assert case.lapse("decide", "sign_for").alarms == (Alarm(key, "sign_for", AlarmKind.CHASE),)
    assert case.task("decide").lapsed == ("due", "sign_for")


def test_a_limit_that_does_not_run_cannot_lapse() -> None:
    case = lapsing()
    key = case.task("decide").key
    assert case.refusal(LimitLapsed(key, "sign_for")) == LimitNotRunning(key, "sign_for")
    case.answer("decide", "approve")
    assert case.refusal(LimitLapsed(key, "due")) == TaskNotOpen(key)


def test_a_limit_from_receipt_cannot_lapse_before_receipt_p04_4() -> None:
    definition = procedure(
        step(
            "act",
            outcome("ok", "closes done"),
            due="1 wd after receipt",
            sign_for="0.5 wd after opened",
        )
    )
    case = Case(definition)
    key = case.task("act").key
    assert case.refusal(LimitLapsed(key, "due")) == LimitNotRunning(key, "due")
    case.receive("act")
    case.lapse("act")


# Child cases -------------------------------------------------------------------------------------


def gated() -> Case:
    return Case(
        procedure(
            step(
                "repair",
                outcome("repaired", "finish"),
                outcome("refused", "closes dropped"),
                child={
                    "procedure": "P06",
                    "outcome": "repaired",
                    "by_verdict": {"out_of_scope": "refused"},
                },
            ),
            step("finish", outcome("ok", "closes done")),
        )
    )


def test_a_child_case_gates_its_parent() -> None:
    """The step that waits is a watch task with owner and limit (R1)."""
    case = gated()
    assert [(one.child, len(one.limits)) for one in case.opened.opens] == [("P06", 1)]
    key = case.task("repair").key
    assert case.refusal(TaskAnswered(key, "repaired")) == GatedByChild(key)
    plan = case.child_closed("repair", "solved")
    assert plan.closes[0].ending is Ending.CHILD
    assert case.open_steps == ["finish"]


def test_the_verdict_of_the_child_decides_the_outcome() -> None:
    assert gated().child_closed("repair", "out_of_scope").verdict == "dropped"


def test_a_child_that_closes_late_or_belongs_elsewhere_is_refused() -> None:
    case = gated()
    key = case.task("repair").key
    case.child_closed("repair", "solved")
    assert case.refusal(ChildClosed(key, "solved")) == TaskNotOpen(key)
    finish = case.task("finish").key
    assert case.refusal(ChildClosed(finish, "solved")) == NotGatedByChild(finish)


# Pauses ------------------------------------------------------------------------------------------


def test_nothing_lapses_while_the_case_is_paused() -> None:
    case = checked_once()
    key = case.task("check").key
    assert case.plan(PauseBegun("customer abroad")).paused
    assert case.refusal(LimitLapsed(key, "due")) == ClockStopped(key)
    assert case.refusal(PauseBegun("again")) == AlreadyPaused()
    case.plan(PauseEnded())
    case.lapse("check")


def test_one_task_can_be_paused_alone() -> None:
    case = checked_once()
    key = case.task("check").key
    plan = case.plan(PauseBegun("part on order", key))
    assert [task.key for task in plan.changes] == [key]
    assert not plan.paused
    assert case.refusal(LimitLapsed(key, "due")) == ClockStopped(key)
    assert case.refusal(PauseBegun("again", key)) == AlreadyPaused()
    case.plan(PauseEnded(key))
    assert case.refusal(PauseEnded(key)) == NotPaused()
    case.lapse("check")


def test_a_pause_needs_a_reason_and_something_open() -> None:
    case = checked_once()
    assert case.refusal(PauseBegun("  ")) == ReasonMissing()
    assert case.refusal(PauseEnded()) == NotPaused()
    assert case.refusal(PauseBegun("x", NOWHERE)) == TaskNotOpen(NOWHERE)
    case.answer("check", "ok")
    assert case.refusal(PauseBegun("x")) == CaseNotOpen()
    assert case.refusal(PauseEnded()) == CaseNotOpen()
    assert case.refusal(FactsChanged({"special": True}, "x")) == CaseNotOpen()


def test_answers_count_during_a_pause_and_end_that_of_their_task() -> None:
    case = checked_once()
    case.plan(PauseBegun("part on order", case.task("check").key))
    case.plan(PauseBegun("customer abroad"))
    plan = case.answer("check", "again", why="no")
    assert not plan.closes[0].paused
    assert plan.paused
    assert case.refusal(LimitLapsed(case.task("work").key, "due")) == ClockStopped(
        TaskKey("work", round=2)
    )


def test_closing_ends_the_pause_so_that_reopening_starts_with_a_running_clock() -> None:
    """GLPI #10594 and its like."""
    case = Case(looped(reopens="check"))
    case.answer("work", "hand_in", text="x")
    case.plan(PauseBegun("customer abroad"))
    assert not case.answer("check", "ok").paused
    case.plan(Reopened("leaks again"))
    case.lapse("check")


# Reopening ---------------------------------------------------------------------------------------


def test_a_closed_case_is_reopened_in_a_new_round_with_a_new_clock() -> None:
    case = Case(looped(reopens="check"))
    case.answer("work", "hand_in", text="x")
    first = case.task("check").key
    case.answer("check", "ok")
    plan = case.plan(Reopened("leaks again"))
    assert plan.verdict == ""
    assert [one.task for one in plan.opens] == [TaskKey("check", round=2)]
    assert plan.opens[0].limits[0].moment.task == TaskKey("check", round=2)
    assert case.refusal(TaskAnswered(first, "ok")) == TaskNotOpen(first)
    case.answer("check", "ok")


def test_only_a_closed_case_is_reopened_with_a_reason_and_where_the_procedure_says() -> None:
    case = Case(looped(reopens="check"))
    assert case.refusal(Reopened("x")) == CaseNotClosed()
    case.answer("work", "hand_in", text="x")
    case.answer("check", "ok")
    assert case.refusal(Reopened("")) == ReasonMissing()
    final = checked_once()
    final.answer("check", "ok")
    assert final.refusal(Reopened("x")) == NotReopenable()


def test_only_what_closed_with_a_verdict_that_reopens_is_taken_up_again() -> None:
    case = Case(looped(reopens="check", reopenable=["dropped"]))
    case.answer("work", "hand_in", text="x")
    case.answer("check", "ok")
    assert case.refusal(Reopened("leaks again")) == NotReopenable()
    assert looped(reopens="check").reopens_after("done")
    assert not looped().reopens_after("done")


# Withdrawing -------------------------------------------------------------------------------------


def test_a_withdrawal_leaves_what_is_open_for_whoever_makes_sure() -> None:
    case = Case(looped(withdraws="check"))
    plan = case.plan(Withdrawn("no longer needed"))
    assert [(one.key.step, one.ending) for one in plan.closes] == [("work", "cancelled")]
    assert [one.task for one in plan.opens] == [TaskKey("check")]
    assert case.refusal(Withdrawn("again")) == NothingChanges()
    case.answer("check", "ok")
    assert case.refusal(Withdrawn("too late")) == CaseNotOpen()


def test_a_withdrawal_needs_a_reason_and_a_procedure_that_says_who_makes_sure() -> None:
    assert Case(looped(withdraws="check")).refusal(Withdrawn(" ")) == ReasonMissing()
    assert checked_once().refusal(Withdrawn("x")) == NotWithdrawable()


def test_nothing_happens_in_a_case_that_was_never_opened() -> None:
    definition = looped(reopens="check")
    assert advance(definition, State(), Reopened("x")) == CaseNotClosed()
    assert advance(definition, State(), PauseBegun("x")) == CaseNotOpen()
    assert advance(definition, State(), TaskAnswered(TaskKey("work"), "x")) == TaskNotOpen(
        TaskKey("work")
    )
