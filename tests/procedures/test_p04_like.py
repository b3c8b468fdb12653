"""P04 can be said: sign-for, receipt, countersignature, re-plan, silence with proof, barred."""

from pathlib import Path

from portal.procedures.checking import Known
from portal.procedures.definition import Flag
from portal.procedures.events import FactsChanged, TaskAnswered, TaskNotOpen
from portal.procedures.loading import load
from portal.procedures.plan import Alarm, AlarmKind
from portal.procedures.state import Ending, Owner, OwnerKind, TaskKey
from tests.procedures.samples import Case, due_text

TEXT = (Path(__file__).parent / "P04_like.toml").read_text(encoding="utf-8")
P04 = load(TEXT, Known(procedures={"P06": frozenset({"out_of_scope", "solved"})}))


def registered(**facts: str) -> Case:
    case = Case(P04, facts)
    case.answer("register", "registered")
    return case


def handed_over(**facts: str) -> Case:
    """The sheet has gone to the person responsible."""
    case = registered(**facts)
    case.answer("preliminary_first", "named")
    case.answer("inform_leader", "reported")
    case.answer("instruct", "read")
    case.answer("forward", "sent")
    case.answer("preliminary", "named", responsible="he")
    return case


def planned(**facts: str) -> Case:
    case = handed_over(**facts)
    case.receive("contact", signed=True)
    case.answer("contact", "investigated")
    case.answer("measures", "written", measures="replace")
    return case


def test_report_and_sheet_go_out_with_registration_p04_1() -> None:
    assert [one.name for one in Case(P04).opened.effects] == ["issue_report", "issue_sheet"]


def test_leader_and_responsible_person_are_told_side_by_side_p04_2() -> None:
    case = registered()
    assert case.open_steps == [
        "inform_leader@first_day.1.leader",
        "preliminary_first@first_day.1.responsible",
    ]
    case.answer("preliminary_first", "named")
    case.answer("inform_leader", "reported")
    case.answer("instruct", "instructed", instruction="at once")
    case.answer("pass_on", "passed")
    assert case.open_steps == ["forward"]


def test_a_leader_who_saw_the_report_and_says_nothing_holds_nobody_up_p04_2() -> None:
    case = registered()
    case.answer("inform_leader", "reported")
    case.lapse("instruct", proven=True)
    assert case.open_steps == ["preliminary_first@first_day.1.responsible"]


def test_an_urgent_or_major_case_is_told_by_phone_also_when_raised_later_p04_7() -> None:
    at_once = Case(P04, {"urgency": "high"}).answer("register", "registered")
    assert "tell_by_phone" in [one.name for one in at_once.effects]
    later = registered(urgency="low").plan(FactsChanged({"severity": "major"}, "ten flats"))
    assert [one.name for one in later.effects] == ["tell_by_phone"]


def test_the_clocks_start_at_receipt_and_signing_is_chased_p04_4() -> None:
    case = handed_over()
    contact = case.task("contact")
    assert contact.owner == Owner(OwnerKind.PERSON, "he")
    assert case.lapse("contact", "sign_for").alarms == (
        Alarm(contact.key, "sign_for", AlarmKind.CHASE),
    )
    plan = case.receive("contact")
    assert due_text(plan, "contact") == "1 wd after task received of contact"
    plan = case.answer("contact", "investigated")
    assert due_text(plan, "measures") == "3 wd after task received of contact"


def test_no_promise_is_made_during_investigation_p04_4() -> None:
    flagged = {step.key for step in P04.steps if Flag.NO_PROMISE in step.flags}
    assert flagged == {"contact", "measures"}


def test_measures_by_a_delegate_are_countersigned_p04_5() -> None:
    case = handed_over()
    case.answer("contact", "investigated")
    key = case.task("measures").key
    case.plan(TaskAnswered(key, "written", {"measures": "replace"}, on_behalf=True))
    assert case.open_steps == ["countersign"]
    case.answer("countersign", "back")
    case.answer("measures", "written", measures="by myself")
    assert case.open_steps == ["decide_general"]


def test_silence_past_two_days_is_approval_where_it_is_proven_p04_6() -> None:
    case = planned()
    assert case.lapse("decide_general").alarms[0].kind is AlarmKind.CHASE
    plan = case.lapse("decide_general", "lapse", proven=True)
    assert plan.closes[0].ending is Ending.DEEMED
    assert [one.name for one in plan.effects] == ["grant_full_authority"]
    assert case.open_steps == ["negotiate"]


def test_silence_without_proof_escalates_p04_6() -> None:
    case = planned()
    plan = case.lapse("decide_general", "lapse")
    assert plan.alarms == (
        Alarm(TaskKey("decide_general"), "lapse", AlarmKind.ESCALATE, "unproven"),
    )
    assert case.open_steps == ["decide_general"]


def test_a_case_that_turns_major_is_barred_from_deemed_approval_p04_6() -> None:
    case = planned()
    case.plan(FactsChanged({"severity": "major"}, "ten flats"))
    plan = case.lapse("decide_general", "lapse", proven=True)
    assert plan.alarms[0].because == "barred"


def test_major_cases_are_the_deputy_leaders_p04_6() -> None:
    case = planned(severity="major")
    assert case.open_steps == ["decide_deputy"]
    case.answer("decide_deputy", "approve_with", requirements="invite the owner")
    assert case.open_steps == ["execute"]


def test_a_replan_goes_through_receipt_again_and_old_answers_satisfy_nothing_p04_6() -> None:
    case = planned()
    old = case.row("measures").key
    plan = case.answer("decide_general", "replan")
    assert [one.task for one in plan.opens] == [TaskKey("contact", round=2)]
    assert [limit.name for limit in plan.opens[0].limits] == ["sign_for"]
    late = TaskAnswered(old, "written", {"measures": "late"})
    assert case.refusal(late) == TaskNotOpen(old)
    plan = case.answer("contact", "investigated")
    assert plan.opens[0].limits[0].moment.task == TaskKey("contact", round=2)


def test_a_repair_is_a_case_of_its_own_that_gates_this_one_p04_9() -> None:
    case = planned()
    case.answer("decide_general", "approve")
    plan = case.answer("execute", "repair_needed")
    assert plan.opens[0].child == "P06"
    case.child_closed("repair", "solved")
    assert case.answer("verify", "verified").verdict == "closed"
