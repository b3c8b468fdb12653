"""P06 as it ships: the happy path and every side path."""

import pytest

from portal.procedures.definition import Definition, Flag
from portal.procedures.events import (
    FactsChanged,
    LimitLapsed,
    MissingFields,
    Reopened,
    TaskAnswered,
    TaskNotOpen,
    UnknownOutcome,
)
from portal.procedures.forms import Value
from portal.procedures.loading import digest, load, shipped
from portal.procedures.plan import AlarmKind
from portal.procedures.state import Ending, Owner, OwnerKind, TaskKey
from tests.procedures.samples import Case, due_text

P06 = load(dict(shipped())["P06"])
ENGINEER = Owner(OwnerKind.PERSON, "wu")
INTAKE: dict[str, Value] = {
    "channel": "phone",
    "symptom": "不制冷",
    "in_scope": True,
    "visit_needed": True,
}
REVIEWED: dict[str, Value] = {
    "verified": ("contact", "device"),
    "nature": "electrical",
    "urgency": "medium",
}
WINDOW = {"window_from": "2026-12-03T09:00:00+08:00", "window_to": "2026-12-03T11:00:00+08:00"}
REPAIRED: dict[str, Value] = {"fault": "压缩机", "tools": "表", "parts": "电容", "minutes": 50}


def dispatched() -> Case:
    case = Case(P06)
    case.answer("register", "registered", **INTAKE)
    case.answer("review", "visit", **REVIEWED)
    case.answer("dispatch", "assigned", engineer="wu", reason="同区域、会修压缩机、今日 3 单")
    return case


def on_site() -> Case:
    case = dispatched()
    case.answer("appoint", "agreed", **WINDOW)
    return case


def told() -> Case:
    case = on_site()
    case.answer("visit", "repaired", **REPAIRED)
    case.answer("report", "told", result="已修好", advice="每季清洗滤网")
    return case


@pytest.mark.parametrize(("code", "text"), list(shipped()), ids=lambda value: str(value)[:3])
def test_every_shipped_procedure_is_sound_and_under_its_own_name(code: str, text: str) -> None:
    assert load(text).code == code


def test_the_happy_path_closes_by_the_customer() -> None:
    """P06.1-7."""
    case = told()
    assert case.task("confirm").owner == Owner(OwnerKind.COMPLAINANT)
    plan = case.answer("confirm", "solved")
    assert plan.verdict == "solved"
    rows = [task.key.step for task in case.state.tasks]
    assert rows == ["register", "review", "dispatch", "appoint", "visit", "report", "confirm"]
    assert {task.ending for task in case.state.tasks} == {Ending.ANSWERED}


def test_intake_needs_the_details_p06_1() -> None:
    case = Case(P06)
    key = case.task("register").key
    assert case.refusal(TaskAnswered(key, "registered", {"channel": "phone"})) == MissingFields(
        key, ("symptom", "in_scope", "visit_needed")
    )
    plan = case.answer("register", "registered", **INTAKE)
    assert plan.facts == {"channel": "phone"}


@pytest.mark.parametrize(
    ("urgency", "hours"), [("high", "1 wh"), ("medium", "2 wh"), ("low", "4 wh")]
)
def test_review_decides_the_urgency_and_limits_follow_p06_2(urgency: str, hours: str) -> None:
    case = Case(P06)
    case.answer("register", "registered", **INTAKE)
    plan = case.answer("review", "visit", **{**REVIEWED, "urgency": urgency})
    assert plan.facts == {"urgency": urgency}
    assert due_text(plan, "dispatch") == f"{hours} after task opened of dispatch"
    assert plan.opens[0].limits[0].ours


def test_urgency_raised_later_shortens_the_running_limit_r6() -> None:
    case = Case(P06)
    case.answer("register", "registered", **INTAKE)
    case.answer("review", "visit", **{**REVIEWED, "urgency": "low"})
    plan = case.plan(FactsChanged({"urgency": "high"}, "餐厅停业"))
    assert due_text(plan, "dispatch") == "1 wh after task opened of dispatch"


def test_out_of_scope_needs_a_reason_and_is_answered_before_it_closes_p06_1() -> None:
    case = Case(P06)
    case.answer("register", "registered", **INTAKE)
    key = case.task("review").key
    assert case.refusal(TaskAnswered(key, "out_of_scope", REVIEWED)) == MissingFields(
        key, ("reason",)
    )
    case.answer("review", "out_of_scope", **REVIEWED, reason="非本公司产品")
    plan = case.answer("answer_out_of_scope", "told", answer="已说明")
    assert plan.verdict == "out_of_scope"


@pytest.mark.parametrize(
    ("chosen", "ruling", "after"),
    [
        ("accepts_charge", "", "dispatch"),
        ("disputed", "in_scope", "dispatch"),
        ("disputed", "out_of_scope", ""),
    ],
)
def test_a_customer_may_pay_or_dispute_p06_1(chosen: str, ruling: str, after: str) -> None:
    case = Case(P06)
    case.answer("register", "registered", **INTAKE)
    case.answer("review", "out_of_scope", **REVIEWED, reason="过保")
    case.answer("answer_out_of_scope", chosen, answer="已说明")
    if ruling:
        assert case.task("rule_on_scope").owner == Owner(OwnerKind.ROLE, "department_head")
        case.answer("rule_on_scope", ruling, reason="查购买记录")
    assert case.open_steps == ([after] if after else [])


def test_help_without_a_visit_is_confirmed_by_the_customer_too_p06_1() -> None:
    case = Case(P06)
    case.answer("register", "registered", **INTAKE)
    case.answer("review", "remote", **REVIEWED)
    case.answer("help_remotely", "solved", advice="重启")
    assert case.open_steps == ["confirm"]
    # Not solved, and nobody was dispatched yet: there is no same engineer to send again.
    case.answer("confirm", "not_solved", opinion="还是不行")
    case.answer("next_visit", "same_engineer", preparation="无")
    assert case.open_steps == ["dispatch"]


def test_help_that_fails_is_dispatched_p06_1() -> None:
    case = Case(P06)
    case.answer("register", "registered", **INTAKE)
    case.answer("review", "remote", **REVIEWED)
    case.answer("help_remotely", "visit", advice="重启无效")
    assert case.open_steps == ["dispatch"]


def test_dispatch_says_why_and_leads_to_the_appointment_p06_3() -> None:
    case = Case(P06)
    case.answer("register", "registered", **INTAKE)
    case.answer("review", "visit", **REVIEWED)
    key = case.task("dispatch").key
    assert case.refusal(TaskAnswered(key, "assigned")) == MissingFields(key, ("engineer", "reason"))
    case.answer("dispatch", "assigned", engineer="wu", reason="最近")
    assert case.open_steps == ["appoint"]


def test_no_engineer_goes_up_and_comes_back_to_dispatch_p06_3() -> None:
    case = Case(P06)
    case.answer("register", "registered", **INTAKE)
    case.answer("review", "visit", **REVIEWED)
    case.answer("dispatch", "no_engineer", reason="台风")
    assert case.task("free_engineer").owner == Owner(OwnerKind.ROLE, "department_head")
    assert case.lapse("free_engineer").alarms[0].kind is AlarmKind.ESCALATE
    case.answer("free_engineer", "arranged", arrangement="东区支援")
    assert case.open_steps == ["dispatch#2"]


def test_the_appointment_sets_the_limit_of_the_visit_p06_4() -> None:
    plan = dispatched().answer("appoint", "agreed", **WINDOW)
    assert due_text(plan, "visit") == "4 h after field of appoint"
    assert plan.opens[0].limits[0].moment.field == "window_to"
    assert plan.opens[0].owner == ENGINEER


def test_an_engineer_who_cannot_is_replaced_p06_4() -> None:
    case = dispatched()
    case.answer("appoint", "engineer_cannot", note="请假")
    case.answer("dispatch", "assigned", engineer="he", reason="次近")
    case.answer("appoint", "agreed", **WINDOW)
    assert case.task("visit").owner == Owner(OwnerKind.PERSON, "he")


def test_a_customer_not_reached_is_called_p06_4() -> None:
    case = dispatched()
    case.answer("appoint", "not_reached", note="三次未接")
    assert case.open_steps == ["call_customer"]


def test_the_engineer_signs_for_the_job_and_works_offline_p06_5() -> None:
    case = on_site()
    assert case.lapse("visit", "sign_for").alarms[0].kind is AlarmKind.CHASE
    case.receive("visit", signed=True)
    offline = {step.key for step in P06.steps if Flag.OFFLINE in step.flags}
    assert offline == {"visit", "report"}


def test_tools_parts_and_time_are_recorded_p06_5() -> None:
    case = on_site()
    key = case.task("visit").key
    assert case.refusal(TaskAnswered(key, "repaired")) == MissingFields(
        key, ("fault", "tools", "parts", "minutes")
    )


def test_nobody_home_is_appointed_anew_p06_5() -> None:
    case = on_site()
    case.answer("visit", "nobody_home")
    assert case.open_steps == ["appoint#2"]
    later = {**WINDOW, "window_to": "2026-12-05T11:00:00+08:00"}
    plan = case.answer("appoint", "agreed", **later)
    assert plan.opens[0].limits[0].moment.task == TaskKey("appoint", round=2)


def test_not_solved_gets_the_next_visit_and_old_answers_satisfy_nothing_p06_6() -> None:
    case = on_site()
    old = case.task("visit").key
    case.answer("visit", "not_solved", fault="主板", minutes=30, remaining="缺主板")
    case.answer("next_visit", "same_engineer", preparation="带主板")
    case.answer("appoint", "agreed", **WINDOW)
    assert case.open_steps == ["visit#2"]
    assert case.refusal(TaskAnswered(old, "repaired", REPAIRED)) == TaskNotOpen(old)


def test_another_engineer_can_be_sent_p06_6() -> None:
    case = on_site()
    case.answer("visit", "not_solved", fault="主板", minutes=30, remaining="不会修")
    case.answer("next_visit", "other_engineer", preparation="换人")
    assert case.open_steps == ["dispatch#2"]


def test_a_fault_found_while_telling_the_result_goes_on_p06_6() -> None:
    case = on_site()
    case.answer("visit", "repaired", **REPAIRED)
    case.answer("report", "not_solved", result="又停", advice="先别用")
    assert case.open_steps == ["next_visit"]


def test_not_solved_by_the_customer_is_a_new_round_with_a_new_clock_p06_6() -> None:
    case = told()
    old = case.task("confirm").key
    case.answer("confirm", "not_solved", opinion="又漏水")
    case.answer("next_visit", "same_engineer", preparation="密封圈")
    case.answer("appoint", "agreed", **WINDOW)
    case.answer("visit", "repaired", **REPAIRED)
    plan = case.answer("report", "told", result="好", advice="无")
    assert due_text(plan, "confirm#2") == "3 wd after task opened of confirm"
    assert plan.opens[0].limits[0].moment.task == TaskKey("confirm", round=2)
    assert case.refusal(TaskAnswered(old, "solved")) == TaskNotOpen(old)


def test_a_silent_customer_is_reminded_then_called_and_never_closed_by_silence_p06_6() -> None:
    case = told()
    key = case.task("confirm").key
    assert len(P06.step["confirm"].remind) == 2
    assert case.refusal(TaskAnswered(key, "no_reply")) == UnknownOutcome(key, "no_reply")
    plan = case.lapse("confirm")
    assert plan.verdict == ""
    assert case.open_steps == ["call_customer"]
    assert case.refusal(LimitLapsed(key, "due")) == TaskNotOpen(key)


def called(chosen: str) -> Case:
    case = told()
    case.lapse("confirm")
    case.answer("call_customer", chosen, calls="12/8 10:00", evidence=("rec1",))
    return case


@pytest.mark.parametrize("chosen", ["says_solved", "unreachable"])
def test_closing_on_behalf_is_a_separate_act_by_a_second_person_p06_6(chosen: str) -> None:
    case = called(chosen)
    assert case.open_steps == ["close_on_behalf"]
    assert P06.step["close_on_behalf"].another_than == ("call_customer",)
    assert case.lapse("close_on_behalf").alarms[0].kind is AlarmKind.ESCALATE
    plan = case.answer("close_on_behalf", "close", reason="录音为证")
    assert plan.verdict == "closed_on_behalf"


def test_closing_on_behalf_needs_evidence_p06_6() -> None:
    case = told()
    case.lapse("confirm")
    key = case.task("call_customer").key
    answer = TaskAnswered(key, "says_solved", {"calls": "12/8"})
    assert case.refusal(answer) == MissingFields(key, ("evidence",))


@pytest.mark.parametrize(
    ("chosen", "after"), [("call_again", "call_customer#2"), ("go_on", "next_visit")]
)
def test_the_manager_may_decline_to_close_p06_6(chosen: str, after: str) -> None:
    case = called("unreachable")
    case.answer("close_on_behalf", chosen, reason="证据不足")
    assert case.open_steps == [after]


def test_what_cannot_be_repaired_is_the_heads_to_explain_and_not_the_end_of_it_p06_6() -> None:
    """Ours."""
    case = told()
    case.answer("confirm", "not_solved", opinion="又漏")
    key = case.task("next_visit").key
    untold = case.refusal(TaskAnswered(key, "not_repairable", {}))
    assert untold == MissingFields(key, ("reason",))
    case.answer("next_visit", "not_repairable", reason="缸体开裂")
    assert case.task("answer_not_repairable").owner == Owner(OwnerKind.ROLE, "department_head")
    case.answer("answer_not_repairable", "disputed", answer="客户要求再修一次")
    assert case.open_steps == ["next_visit#2"]
    case.answer("next_visit", "not_repairable", reason="缸体开裂")
    plan = case.answer("answer_not_repairable", "told", answer="换机")
    assert plan.verdict == "not_repairable"


def test_a_customer_who_says_on_the_phone_it_is_not_solved_is_visited_again_p06_6() -> None:
    assert called("says_not_solved").open_steps == ["next_visit"]


def test_a_case_that_breaks_out_again_is_reopened_p06_6() -> None:
    case = told()
    case.answer("confirm", "solved")
    plan = case.plan(Reopened("第二天又停机"))
    assert [one.task.step for one in plan.opens] == ["next_visit"]


def test_only_the_customer_or_the_exception_closes_a_repair_p06_6() -> None:
    closing = {
        (step.key, route.target.name)
        for step in P06.steps
        for outcome in step.outcomes
        for route in outcome.routes
        if route.target.kind == "closes"
    }
    assert closing == {
        ("answer_out_of_scope", "out_of_scope"),
        ("answer_not_repairable", "not_repairable"),
        ("rule_on_scope", "out_of_scope"),
        ("confirm", "solved"),
        ("close_on_behalf", "closed_on_behalf"),
        ("confirm_withdrawal", "withdrawn"),
    }


def test_every_limit_is_marked_as_ours_because_the_source_names_none() -> None:
    limits = [
        limit
        for step in P06.steps
        for limit in (*step.due, *(step.sign_for.due if step.sign_for else ()))
    ]
    assert all(limit.ours for limit in limits)


def test_everything_has_chinese_and_english() -> None:
    def without_chinese(definition: Definition) -> list[str]:
        labels = [(step.key, step.title.zh) for step in definition.steps]
        labels += [(step.key, step.clause.zh) for step in definition.steps]
        labels += [(step.key, one.label.zh) for step in definition.steps for one in step.outcomes]
        labels += [(step.key, one.label.zh) for step in definition.steps for one in step.fields]
        return [key for key, text in labels if not any("一" <= char <= "鿿" for char in text)]

    assert without_chinese(P06) == []


def test_two_loads_of_the_same_text_are_the_same_version_r4() -> None:
    assert digest(P06) == digest(load(dict(shipped())["P06"]))
