"""P04 as it ships, clause by clause: the happy path and every side path, in the pure engine."""

from typing import Any

import pytest

from portal.procedures.definition import Flag
from portal.procedures.events import (
    FactsChanged,
    GatedByChild,
    MissingFields,
    Reopened,
    TaskAnswered,
    TaskNotOpen,
    UnknownOutcome,
    Withdrawn,
)
from portal.procedures.forms import Value
from portal.procedures.loading import load, shipped
from portal.procedures.plan import Alarm, AlarmKind, Plan
from portal.procedures.state import Ending, Owner, OwnerKind, TaskKey
from portal.procedures.storing import KNOWN
from portal.procedures.swimlane import swimlane
from tests.procedures.samples import Case, due_text

P04 = load(dict(shipped())["P04"], KNOWN)
RESPONSIBLE = Owner(OwnerKind.PERSON, "wu")
REGISTERED: dict[str, Value] = {"channel": "phone", "symptom": "外墙渗水", "category": "product"}
SEEN: dict[str, Value] = {"contacted_at": "2026-11-20T15:00:00+08:00", "facts": "窗边渗水"}
PLANNED: dict[str, Value] = {"cause": "密封胶老化", "measures": "重新打胶"}
CARRIED_OUT: dict[str, Value] = {
    "presented": "电话说明",
    "agreed_for": "2026-11-27T09:00:00+08:00",
    "invited": True,
}
TOLD: dict[str, Value] = {
    "leader_told_at": "2026-11-20T09:40:00+08:00",
    "responsible_told_at": "2026-11-20T09:45:00+08:00",
}
BY_AUTHORITY: dict[str, Value] = {"authority": "standing"}


def registered(**facts: Value) -> Case:
    case = Case(P04, facts)
    case.answer("register", "registered", **REGISTERED)
    return case


def sent(**facts: Value) -> Case:
    """The handling sheet has gone out; the leader has read the report."""
    case = registered(**facts)
    case.answer("inform_leader", "read")
    case.answer("preliminary", "sent", findings="三楼西户", responsible="wu", **TOLD)
    return case


def planned(**facts: Value) -> Case:
    """Measures are back at Customer Service."""
    case = sent(**facts)
    case.receive("contact", signed=True)
    case.answer("contact", "investigated", **SEEN)
    case.answer("measures", "written", **PLANNED)
    return case


def put_up(**facts: Value) -> Case:
    """The leader has the sheet to decide."""
    case = planned(**facts)
    case.answer("forward", "forwarded")
    return case


def approved(**facts: Value) -> Case:
    case = put_up(**facts)
    case.answer("decide", "approve")
    return case


def verified() -> Case:
    case = approved()
    case.answer("execute", "done", **CARRIED_OUT, done="已重新打胶")
    case.answer("verify", "verified", way="on_site", finding="淋水无渗漏")
    return case


def steps_of(case: Case) -> list[str]:
    """The open steps by name alone."""
    return sorted(task.key.step for task in case.state.open_tasks)


def effects(plan: Plan) -> list[str]:
    return [effect.name for effect in plan.effects]


def test_the_happy_path_closes_by_the_customers_link_p04_1_to_10() -> None:
    case = verified()
    assert steps_of(case) == ["report"]
    plan = case.answer("report", "told", result="已修好")
    assert effects(plan) == ["send_closing_link"]
    assert case.task("confirm").owner == Owner(OwnerKind.COMPLAINANT)
    plan = case.answer("confirm", "solved")
    assert (plan.verdict, effects(plan)) == ("satisfied", ["invite_survey"])
    assert {task.ending for task in case.state.tasks} == {Ending.ANSWERED}


# P04.1 --------------------------------------------------------------------------------------------


def test_registration_issues_register_report_and_sheet_at_once_p04_1() -> None:
    """4.2."""
    plan = Case(P04).answer("register", "registered", **REGISTERED)
    assert effects(plan) == ["issue_f02", "issue_f03", "issue_f04"]
    assert sorted(one.task.step for one in plan.opens) == ["inform_leader", "preliminary"]


@pytest.mark.parametrize("channel", ["phone", "in_person", "email", "site", "chat", "app"])
def test_each_channel_registers_and_the_clocks_start_at_its_time_p04_1(channel: str) -> None:
    case = Case(P04)
    assert due_text(case.opened, "register") == "1 wh after case received"
    plan = case.answer("register", "registered", **{**REGISTERED, "channel": channel})
    assert plan.facts["channel"] == channel
    assert due_text(plan, "inform_leader", "sign_for") == "0.5 wd after case received"
    assert due_text(plan, "preliminary") == "0.5 wd after case received"


@pytest.mark.parametrize(
    ("channel", "needed"),
    [
        ("letter", ("scans",)),
        ("fax", ("scans",)),
        ("forwarded", ("forwarded_by",)),
    ],
)
def test_a_letter_or_fax_comes_with_its_scan_and_who_forwards_is_named_p04_1(
    channel: str, needed: tuple[str, ...]
) -> None:
    case = Case(P04)
    key = case.task("register").key
    fields: dict[str, Value] = {**REGISTERED, "channel": channel}
    refused = case.refusal(TaskAnswered(key, "registered", fields))
    assert refused == MissingFields(key, needed)
    case.answer("register", "registered", **fields, scans=("7",), forwarded_by="市消协")


# P04.2 --------------------------------------------------------------------------------------------


def test_the_report_is_with_the_leader_in_half_a_day_or_is_chased_and_goes_up_p04_2() -> None:
    """4.3.1: until it is received and signed for, its own limit runs."""
    case = registered()
    task = case.task("inform_leader")
    assert task.owner == Owner(OwnerKind.ROLE, "deputy_leader")
    assert case.lapse("inform_leader", "sign_for").alarms[0].kind is AlarmKind.CHASE
    assert P04.step["inform_leader"].sign_for
    rungs = [rung.to.name for rung in P04.step["inform_leader"].sign_for.escalate]
    assert rungs == ["", "general_manager"]


def test_the_leader_may_instruct_and_it_is_passed_on_at_once_p04_2() -> None:
    """4.3.2."""
    case = registered()
    key = case.task("inform_leader").key
    assert case.refusal(TaskAnswered(key, "pass_on")) == MissingFields(key, ("instruction",))
    case.answer("inform_leader", "pass_on", instruction="当日上门")
    assert case.task("pass_on").owner == Owner(OwnerKind.ROLE, "intake_clerk")
    case.answer("pass_on", "passed", passed_at="2026-11-20T11:00:00+08:00")
    assert steps_of(case) == ["preliminary"]


@pytest.mark.parametrize("outcome", ["read", "passed_directly"])
def test_a_leader_who_reads_or_passes_it_on_directly_needs_nobody_p04_2(outcome: str) -> None:
    """4.3.2."""
    case = registered()
    case.answer("inform_leader", outcome, instruction="当日上门")
    assert steps_of(case) == ["preliminary"]


def test_half_a_day_after_receipt_no_instruction_means_none_and_nothing_is_approved_p04_2() -> None:
    """4.3.2: the half day of the leader counts from receipt, and holds nobody up."""
    case = registered()
    plan = case.receive("inform_leader")
    assert due_text(plan, "inform_leader") == "0.5 wd after task received of inform_leader"
    case.lapse("inform_leader", proven=True)
    assert steps_of(case) == ["preliminary"]
    none_given = P04.step["inform_leader"].outcome("none_given")
    assert none_given
    assert not none_given.approves


# P04.3 and 4 --------------------------------------------------------------------------------------


def test_preliminary_analysis_names_the_responsible_person_of_the_role_p04_3() -> None:
    """4.4.1."""
    case = registered()
    plan = case.answer("preliminary", "sent", findings="三楼西户", responsible="wu")
    assert plan.facts == {"responsible": "wu"}
    assert plan.opens[0].owner == RESPONSIBLE
    named = P04.step["preliminary"].field("responsible")
    assert named
    assert named.role == "responsible_person"
    # The handling does not wait for the leader's instruction.
    assert steps_of(case) == ["contact", "inform_leader"]


def test_the_sheet_is_signed_for_and_the_clocks_start_at_receipt_p04_3_p04_4() -> None:
    """4.4.2, 4.5.1: signing is a limit of its own, chased; seeing the sheet starts the day."""
    case = registered()
    plan = case.answer("preliminary", "sent", findings="三楼西户", responsible="wu")
    assert [limit.name for limit in plan.opens[0].limits] == ["sign_for"]
    assert due_text(plan, "contact", "sign_for") == "0.5 wd after case received"
    assert case.lapse("contact", "sign_for").alarms == (
        Alarm(case.task("contact").key, "sign_for", AlarmKind.CHASE),
    )
    plan = case.receive("contact")
    assert due_text(plan, "contact") == "1 wd after task received of contact"
    assert not case.task("contact").signed
    plan = case.receive("contact", signed=True)
    assert [limit.name for one in plan.relimits for limit in one.limits] == ["due"]


def test_who_is_not_responsible_sends_it_back_and_the_next_one_signs_anew_p04_3() -> None:
    """Ours: the source does not say what follows a wrong guess."""
    case = sent()
    case.answer("contact", "wrong_person", objection="属外墙分包")
    plan = case.answer("preliminary", "sent", findings="外墙", responsible="sun")
    assert plan.opens[0].owner == Owner(OwnerKind.PERSON, "sun")
    assert due_text(plan, "contact", "sign_for") == "0.5 wd after task closed of preliminary"


def test_no_promise_to_the_customer_before_the_measures_are_decided_p04_4() -> None:
    """4.5.1, and R7 for the steps of planning."""
    flagged = [step.key for step in P04.steps if Flag.NO_PROMISE in step.flags]
    assert flagged == [
        "preliminary",
        "contact",
        "delegate_investigates",
        "measures",
        "delegate_plans",
        "countersign",
        "consult_counsel",
        "replan",
        "take_up_again",
    ]


def test_a_delegate_has_the_same_day_from_the_sheets_receipt_p04_4() -> None:
    """4.5.1."""
    case = sent()
    case.receive("contact", signed=True)
    plan = case.answer("contact", "delegated", delegate="ma")
    assert plan.opens[0].owner == Owner(OwnerKind.PERSON, "ma")
    assert due_text(plan, "delegate_investigates") == "1 wd after task received of contact"


# P04.5 --------------------------------------------------------------------------------------------


def test_measures_are_back_three_days_after_the_sheets_receipt_p04_5() -> None:
    """4.5.2, 4.5.3."""
    case = sent()
    case.receive("contact", signed=True)
    plan = case.answer("contact", "investigated", **SEEN)
    assert due_text(plan, "measures") == "3 wd after task received of contact"
    key = case.task("measures").key
    assert case.refusal(TaskAnswered(key, "written")) == MissingFields(key, ("cause", "measures"))
    case.answer("measures", "written", **PLANNED)
    assert case.task("forward").owner == Owner(OwnerKind.ROLE, "intake_clerk")


def delegated() -> Case:
    case = sent()
    case.answer("contact", "delegated", delegate="ma")
    case.answer("delegate_investigates", "investigated", **SEEN)
    case.answer("delegate_plans", "written", **PLANNED)
    return case


def test_a_delegates_measures_are_countersigned_by_the_responsible_person_p04_5() -> None:
    """4.5.2."""
    case = delegated()
    assert case.task("countersign").owner == RESPONSIBLE
    step = P04.step["countersign"]
    assert Flag.NEVER_DEEMED in step.flags
    assert "delegate_plans" in step.another_than
    case.answer("countersign", "signed")
    assert steps_of(case) == ["forward"]


def test_a_countersignature_refused_needs_an_opinion_and_has_it_planned_again_p04_5() -> None:
    """4.5.2."""
    case = delegated()
    key = case.task("countersign").key
    assert case.refusal(TaskAnswered(key, "refused")) == MissingFields(key, ("opinion",))
    case.answer("countersign", "refused", opinion="原因不清")
    assert case.task("delegate_plans").key.round == 2
    case.answer("delegate_plans", "written", **PLANNED)
    assert steps_of(case) == ["countersign"]


def test_measures_written_by_who_stands_in_are_countersigned_too_p04_5() -> None:
    """4.5.2."""
    case = sent()
    case.answer("contact", "investigated", **SEEN)
    case.plan(TaskAnswered(case.task("measures").key, "written", PLANNED, on_behalf=True))
    assert steps_of(case) == ["countersign"]
    case.answer("countersign", "refused", opinion="原因不清")
    assert steps_of(case) == ["measures"]


def test_a_countersignature_is_never_given_by_silence_p04_5() -> None:
    case = delegated()
    case.receive("countersign")
    assert case.lapse("countersign", proven=True).alarms[0].kind is AlarmKind.ESCALATE
    assert steps_of(case) == ["countersign"]


# P04.6 --------------------------------------------------------------------------------------------


def test_customer_service_forwards_at_once_to_the_leader_p04_6() -> None:
    """4.5.4: every sheet goes to the deputy leader."""
    case = planned()
    plan = case.answer("forward", "forwarded")
    assert plan.opens[0].owner == Owner(OwnerKind.ROLE, "deputy_leader")
    assert due_text(plan, "decide") == "1 wd after task opened of decide"
    plan = case.receive("decide")
    assert due_text(plan, "decide") == "1 wd after task received of decide"
    assert due_text(plan, "decide", "lapse") == "2 wd after task received of decide"


@pytest.mark.parametrize(
    ("facts", "step"),
    [
        ({}, "decide"),
        ({"severity": "general"}, "decide"),
        ({"urgency": "high"}, "decide"),
        ({"severity": "major"}, "decide_major"),
        ({"special": True}, "decide_major"),
        ({"special": False}, "decide"),
    ],
)
def test_special_and_major_ones_are_decided_by_recorded_authority_p04_6(
    facts: dict[str, Value], step: str
) -> None:
    """3.2."""
    case = put_up(**facts)
    assert steps_of(case) == [step]
    if step == "decide_major":
        key = case.task(step).key
        assert case.refusal(TaskAnswered(key, "approve")) == MissingFields(key, ("authority",))


APPROVAL = [
    # step, facts, what is done, proven, what is open then, how it ended
    ("decide", "approve", False, ["execute"], Ending.ANSWERED),
    ("decide", "approve_with", False, ["execute"], Ending.ANSWERED),
    ("decide", "replan", False, ["replan"], Ending.ANSWERED),
    ("decide", "silence", True, ["negotiate"], Ending.DEEMED),
    ("decide", "silence", False, ["decide"], None),
    ("decide_major", "approve", False, ["execute"], Ending.ANSWERED),
    ("decide_major", "approve_with", False, ["execute"], Ending.ANSWERED),
    ("decide_major", "replan", False, ["replan"], Ending.ANSWERED),
    ("decide_major", "silence", True, ["decide_major"], None),
    ("decide_major", "silence", False, ["decide_major"], None),
]


@pytest.mark.parametrize(("step", "does", "proven", "then", "ending"), APPROVAL)
def test_the_truth_table_of_the_approval_p04_6(
    step: str, does: str, proven: bool, then: list[str], ending: Ending | None
) -> None:
    """4.5.5, 4.5.6, 4.8.1."""
    case = put_up(**({"severity": "major"} if step == "decide_major" else {}))
    if does == "silence":
        if proven:
            case.receive(step)
        lapses = P04.step[step].lapse.at
        case.lapse(step, "lapse" if lapses else "due", proven=proven)
    else:
        words: dict[str, Value] = {"requirements": "请业主到场", "reason": "治本"}
        case.answer(step, does, **words, **(BY_AUTHORITY if step == "decide_major" else {}))
    assert steps_of(case) == then
    assert case.row(step).ending is ending


@pytest.mark.parametrize(
    ("outcome", "field"), [("approve_with", "requirements"), ("replan", "reason")]
)
@pytest.mark.parametrize("facts", [{}, {"severity": "major"}])
def test_requirements_and_the_wish_to_plan_again_take_words_p04_6(
    outcome: str, field: str, facts: dict[str, Value]
) -> None:
    """4.8.1.1, 4.8.1.2."""
    case = put_up(**facts)
    [step] = steps_of(case)
    key = case.task(step).key
    given = BY_AUTHORITY if step == "decide_major" else {}
    assert case.refusal(TaskAnswered(key, outcome, given)) == MissingFields(key, (field,))


def test_nobody_chooses_silence_p04_6() -> None:
    case = put_up()
    key = case.task("decide").key
    assert case.refusal(TaskAnswered(key, "silence")) == UnknownOutcome(key, "silence")


def test_past_one_day_it_is_chased_past_two_it_counts_as_approved_p04_6() -> None:
    """4.5.5, 4.5.6, 4.8.1.3."""
    case = put_up()
    case.receive("decide")
    assert case.lapse("decide").alarms[0].kind is AlarmKind.CHASE
    assert steps_of(case) == ["decide"]
    plan = case.lapse("decide", "lapse", proven=True)
    assert plan.closes[0].ending is Ending.DEEMED
    outcome = P04.step["decide"].outcome(plan.closes[0].outcome)
    assert outcome
    assert outcome.approves
    assert case.task("negotiate").owner == RESPONSIBLE


def test_without_proof_of_receipt_silence_goes_up_and_later_receipt_starts_anew_p04_6() -> None:
    """4.5.6 counts from receipt (接到): what never arrived approves nothing."""
    case = put_up()
    plan = case.lapse("decide", "lapse")
    assert plan.alarms[0].because == "unproven"
    plan = case.receive("decide")
    assert due_text(plan, "decide", "lapse") == "2 wd after task received of decide"
    case.lapse("decide", "lapse", proven=True)
    assert steps_of(case) == ["negotiate"]


@pytest.mark.parametrize("facts", [{"severity": "major"}, {"special": True}])
def test_a_case_that_becomes_major_or_special_while_it_waits_is_barred_p04_6(
    facts: dict[str, Value],
) -> None:
    case = put_up()
    case.receive("decide")
    case.plan(FactsChanged(facts, "十户同样"))
    plan = case.lapse("decide", "lapse", proven=True)
    assert plan.alarms[0].because == "barred"
    assert steps_of(case) == ["decide"]


def test_a_replan_is_signed_for_again_and_decided_again_p04_6() -> None:
    """4.8.1.1: by 4.4.2 and then up for approval."""
    case = put_up()
    old = case.row("measures").key
    plan = case.answer("decide", "replan", reason="治本")
    assert plan.opens[0].owner == RESPONSIBLE
    assert [limit.name for limit in plan.opens[0].limits] == ["sign_for"]
    assert case.refusal(TaskAnswered(old, "written", PLANNED)) == TaskNotOpen(old)
    plan = case.receive("replan", signed=True)
    assert due_text(plan, "replan") == "3 wd after task received of replan"
    case.answer("replan", "written", **PLANNED)
    case.answer("forward", "forwarded")
    assert case.task("decide").key.round == 2


def test_a_replan_by_who_stands_in_is_countersigned_p04_6() -> None:
    case = put_up()
    case.answer("decide", "replan", reason="治本")
    case.plan(TaskAnswered(case.task("replan").key, "written", PLANNED, on_behalf=True))
    case.answer("countersign", "refused", opinion="不够")
    assert case.task("replan").key.round == 2


@pytest.mark.parametrize(("outcome", "then"), [("agreed", ["execute"]), ("not_agreed", ["replan"])])
def test_after_silence_the_measures_are_negotiated_with_the_customer_p04_6(
    outcome: str, then: list[str]
) -> None:
    """4.8.1.3."""
    case = put_up()
    case.receive("decide")
    case.lapse("decide", "lapse", proven=True)
    case.answer("negotiate", outcome, talks="电话两次", objection="要求换窗")
    assert steps_of(case) == then


# P04.7 and 8 --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({}, False),
        ({"urgency": "medium", "severity": "general"}, False),
        ({"urgency": "high"}, True),
        ({"severity": "major"}, True),
    ],
)
def test_what_is_urgent_or_major_is_told_by_telephone_too_p04_7(
    facts: dict[str, Value], told: bool
) -> None:
    """4.6: the leader at the report and the decision, the responsible person at the sheet."""
    case = Case(P04, facts)
    plan = case.answer("register", "registered", **REGISTERED)
    asked = [effect.task.step for effect in plan.effects if effect.name == "tell_by_phone"]
    assert asked == (["inform_leader"] if told else [])
    key = case.task("preliminary").key
    found: dict[str, Value] = {"findings": "三楼西户", "responsible": "wu"}
    if told:
        untold = case.refusal(TaskAnswered(key, "sent", found))
        assert untold == MissingFields(key, tuple(TOLD)), "the sheet waits for the call"
        found |= TOLD
    plan = case.answer("preliminary", "sent", **found)
    assert ("tell_by_phone" in effects(plan)) is told
    case.answer("contact", "investigated", **SEEN)
    case.answer("measures", "written", **PLANNED)
    assert ("tell_by_phone" in effects(case.answer("forward", "forwarded"))) is told


def test_what_becomes_urgent_later_is_told_then_p04_7() -> None:
    plan = sent(urgency="low").plan(FactsChanged({"urgency": "high"}, "漏到电箱"))
    assert [(one.name, one.task.step) for one in plan.effects] == [("tell_by_phone", "contact")]


def test_reminders_press_by_telephone_p04_7() -> None:
    """4.6 催办, 4.8.4."""
    pressed = [step.key for step in P04.steps if "press_by_phone" in step.reminded]
    assert pressed == [
        "contact",
        "measures",
        "decide",
        "decide_major",
        "replan",
        "negotiate",
        "execute",
    ]
    assert all(P04.step[key].remind for key in pressed)


def test_a_legal_question_goes_through_customer_service_only_and_comes_back_p04_8() -> None:
    """4.7."""
    case = sent()
    case.answer("contact", "investigated", **SEEN)
    key = case.task("measures").key
    assert case.refusal(TaskAnswered(key, "ask_counsel")) == MissingFields(key, ("legal_question",))
    case.answer("measures", "ask_counsel", legal_question="能否免责")
    assert case.task("consult_counsel").owner == Owner(OwnerKind.ROLE, "intake_clerk")
    case.answer("consult_counsel", "advised", asked="counsel", advice="不能免责")
    assert case.task("measures").key.round == 2
    case.answer("measures", "written", **PLANNED)
    case.answer("forward", "forwarded")
    case.answer("decide", "replan", reason="治本")
    case.answer("replan", "ask_counsel", legal_question="赔偿标准")
    case.answer("consult_counsel", "advised", asked="legal_affairs", advice="按合同")
    assert steps_of(case) == ["replan"]


# P04.9 and 10 -------------------------------------------------------------------------------------


def test_the_customer_is_told_the_measures_agrees_the_time_and_is_invited_p04_9() -> None:
    """4.8.2."""
    case = approved()
    assert case.task("execute").owner == RESPONSIBLE
    key = case.task("execute").key
    assert case.refusal(TaskAnswered(key, "done")) == MissingFields(
        key, ("presented", "agreed_for", "invited", "done")
    )
    case.answer("execute", "not_accepted", presented="电话", objection="要求换窗")
    assert steps_of(case) == ["negotiate"]


def test_after_a_repair_the_customer_is_invited_to_verify_on_site_p04_9() -> None:
    """4.8.3 b, c."""
    case = approved()
    case.answer("execute", "repair", **CARRIED_OUT)
    assert case.task("repair").owner == Owner(OwnerKind.ROLE, "intake_clerk")
    key = case.task("repair").key
    assert case.refusal(TaskAnswered(key, "repaired")) == GatedByChild(key)
    case.child_closed("repair", "solved")
    site: dict[str, Any] = {"invited_for": "2026-11-30T09:00:00+08:00", "customer_came": True}
    on_site = case.task("verify_on_site").key
    assert case.refusal(TaskAnswered(on_site, "verified", site | {"finding": "无渗漏"})) == (
        MissingFields(on_site, ("protected",))
    )
    case.answer("verify_on_site", "verified", **site, finding="无渗漏", protected="铺膜")
    assert steps_of(case) == ["report"]


@pytest.mark.parametrize("verdict", ["out_of_scope", "withdrawn"])
def test_what_cannot_be_repaired_goes_back_to_the_responsible_person_p04_9(verdict: str) -> None:
    case = approved()
    case.answer("execute", "repair", **CARRIED_OUT)
    case.child_closed("repair", verdict)
    assert case.task("execute").key.round == 2


@pytest.mark.parametrize("step", ["verify", "verify_on_site"])
@pytest.mark.parametrize(
    ("outcome", "then"), [("failed", ["execute"]), ("measures_fail", ["replan"])]
)
def test_a_verification_that_fails_goes_back_p04_10(
    step: str, outcome: str, then: list[str]
) -> None:
    """4.9.1; what it holds is ours."""
    case = approved()
    found: dict[str, Value] = {"finding": "仍渗水"}
    if step == "verify":
        case.answer("execute", "done", **CARRIED_OUT, done="已打胶")
        case.answer(step, outcome, **found, way="on_site")
    else:
        case.answer("execute", "repair", **CARRIED_OUT)
        case.child_closed("repair", "closed_on_behalf")
        found |= {
            "protected": "铺膜",
            "invited_for": "2026-11-30T09:00:00+08:00",
            "customer_came": True,
        }
        case.answer(step, outcome, **found)
    assert steps_of(case) == then


def test_who_is_responsible_never_verifies_or_closes_p04_10() -> None:
    for key in ("verify", "verify_on_site", "close_on_behalf"):
        assert "case.responsible" in P04.step[key].another_than


def test_a_customer_not_satisfied_is_taken_up_again_before_leader_and_responsible_p04_10() -> None:
    """Ours: report and sheet are issued anew, and their clocks run from then."""
    case = verified()
    case.answer("report", "told", result="已修好")
    case.answer("confirm", "not_solved", opinion="下雨又漏")
    assert case.task("take_up_again").owner == Owner(OwnerKind.ROLE, "intake_clerk")
    plan = case.answer("take_up_again", "again", why="下雨又漏")
    assert effects(plan) == ["issue_f03", "issue_f04"]
    assert steps_of(case) == ["inform_leader", "preliminary"]
    assert due_text(plan, "preliminary") == "0.5 wd after task closed of take_up_again"
    key = case.task("preliminary").key
    assert key.fork_path != case.row("contact").key.fork_path


def test_a_silent_customer_is_called_and_a_second_person_closes_p04_10() -> None:
    case = verified()
    case.answer("report", "told", result="已修好")
    case.lapse("confirm")
    assert steps_of(case) == ["call_customer"]
    case.answer("call_customer", "says_solved", calls="两次", evidence=("4",))
    plan = case.answer("close_on_behalf", "close", reason="客户口头确认")
    assert plan.verdict == "closed_on_behalf"


@pytest.mark.parametrize("verdict", ["satisfied", "closed_on_behalf"])
def test_a_closed_complaint_is_taken_up_again_p04_10(verdict: str) -> None:
    case = verified()
    case.answer("report", "told", result="已修好")
    if verdict == "satisfied":
        case.answer("confirm", "solved")
    else:
        case.lapse("confirm")
        case.answer("call_customer", "unreachable", calls="五次", evidence=("4",))
        case.answer("close_on_behalf", "close", reason="联系不上")
    case.plan(Reopened("又漏"))
    assert steps_of(case) == ["take_up_again"]


@pytest.mark.parametrize(("outcome", "then"), [("withdrawn", []), ("goes_on", ["take_up_again"])])
def test_a_withdrawal_is_made_sure_of_p04_10(outcome: str, then: list[str]) -> None:
    case = sent()
    case.plan(Withdrawn("不追究了"))
    assert steps_of(case) == ["confirm_withdrawal"]
    case.answer("confirm_withdrawal", outcome, reason="已和解")
    assert steps_of(case) == then


def test_a_leader_who_never_read_the_report_holds_up_the_end_not_the_handling_p04_2() -> None:
    """Each half of the fork is finished before the customer is told; the open one is chased."""
    case = registered()
    case.answer("preliminary", "sent", findings="三楼西户", responsible="wu")
    case.answer("contact", "investigated", **SEEN)
    case.answer("measures", "written", **PLANNED)
    case.answer("forward", "forwarded")
    case.answer("decide", "approve")
    case.answer("execute", "done", **CARRIED_OUT, done="已打胶")
    case.answer("verify", "verified", way="phone", finding="满意")
    assert steps_of(case) == ["inform_leader"]
    case.answer("inform_leader", "read")
    assert steps_of(case) == ["report"]


def test_the_document_says_what_silence_means_and_from_when_p04_6() -> None:
    table = swimlane(P04)
    [decide] = [row for row in table.rows if row.key == "decide"]
    assert decide.lapse.en == (
        "reminder; no answer within 2 working days after: receipt"
        " / within 2 working days after: this step opens (company rule): Silence counts as"
        " approval: the responsible person acts with full authority (with proof of receipt,"
        " else escalated);"
        " not where Severity is major or Special case is yes"
    )
    assert [lane.zh for lane in table.lanes] == [
        "客户服务部",
        "客户服务部负责人",
        "公司分管领导",
        "直接责任人",
        "指定人员",
        "客户",
    ]
    assert [junction.before for junction in table.junctions] == ["inform_leader"]


# What is ours -------------------------------------------------------------------------------------

NAMED = {
    # step: the limits whose figure the source names, in the file's words
    "inform_leader": {"0.5 wd after receipt"},
    "preliminary": {"0.5 wd after take_up_again.closed", "0.5 wd after case.received"},
    "contact": {"1 wd after receipt"},
    "delegate_investigates": {"1 wd after contact.receipt"},
    "measures": {"3 wd after contact.receipt"},
    "delegate_plans": {"3 wd after contact.receipt"},
    "countersign": {"3 wd after contact.receipt"},
    "decide": {"1 wd after receipt", "2 wd after receipt"},
    "decide_major": {"1 wd after receipt"},
    "replan": {"3 wd after receipt"},
}


def test_every_figure_that_the_source_does_not_name_is_marked_ours() -> None:
    theirs = {
        step.key: {_text(rule) for rule in (*step.due, *step.lapse.at) if not rule.ours}
        for step in P04.steps
    }
    assert {key: found for key, found in theirs.items() if found} == NAMED


def _text(rule: Any) -> str:
    at = rule.at
    place = f"{at.anchor.step}.closed" if at.anchor.kind == "step closed" else ""
    place = place or (f"{at.anchor.step}.receipt" if at.anchor.kind == "step receipt" else "")
    return f"{at.duration} {at.direction} {place or at.anchor.kind}"


def test_every_step_cites_a_clause_of_the_specification_and_the_sources_number() -> None:
    for step in P04.steps:
        assert step.clause.id.startswith("P04."), step.key
        assert step.clause.ours or "（" in step.clause.zh, step.key
    assert TaskKey("register") == Case(P04).task("register").key
