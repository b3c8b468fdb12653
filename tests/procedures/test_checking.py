"""The checker: what must not run, and where the fault lies."""

from typing import Any

import pytest

from portal.procedures.checking import Known
from tests.procedures.samples import Content, content, faults_of, field, fork, outcome, step

DONE = outcome("ok", "closes done")


def work(*outcomes: Content, **more: Any) -> Content:
    return step("work", *(outcomes or [DONE]), **more)


def other(*outcomes: Content, **more: Any) -> Content:
    return step("other", *(outcomes or [DONE]), **more)


def go(**more: Any) -> Content:
    return work(outcome("go", "other"), **more)


def silent(goes: str = "closes done", **more: Any) -> Content:
    return outcome("silent", goes, silent=True, **more)


def test_a_sound_definition_has_no_faults() -> None:
    assert faults_of(content(go(), other())) == []


# One part wrong: the whole list of faults is expected, so that no sound part is blamed.
NAMES: list[tuple[Content, str, str]] = [
    (content(), "no_steps", ""),
    (content(work(), reopens="play"), "unknown_step", "reopens"),
    (content(work(who="role boss")), "unknown_role", "step.0.who"),
    (content(work(escalate=[{"at": "at due", "to": "role boss"}])), "unknown_role",
     "step.0.escalate.0.to"),
    (content(work(sign_for={"due": "1 h after opened",
                            "escalate": [{"at": "at due", "to": "role boss"}]})),
     "unknown_role", "step.0.sign_for.escalate.0.to"),
    (content(work(another_than=["play"])), "unknown_step", "step.0.another_than.0"),
    (content(work(another_than=["case.urgency"])), "unknown_step", "step.0.another_than.0"),
    (content(work(), reopens="work", reopenable=["gone"]), "unknown_verdict", "reopenable.0"),
    (content(work(DONE, DONE)), "twice", "step.0.outcome.1.key"),
    (content(work(field=[field("a"), field("a")])), "twice", "step.0.field.1.key"),
    (content(work(outcome("ok", "closes gone"))), "unknown_verdict", "step.0.outcome.0"),
    (content(work(outcome("ok", [{"when": "case.special = yes", "closes": "gone"},
                                 {"closes": "done"}]))), "unknown_verdict",
     "step.0.outcome.0.then.0"),
    (content(work(outcome("ok", "rest"))), "unknown_target", "step.0.outcome.0"),
    (content(work(outcome("ok", "ends accepted"))), "ends_outside", "step.0.outcome.0"),
    (content(work(**{"in": "both.a"})), "first_step_inside", "step.0.in"),
    # Forms
    (content(work(field=[field("a", "choice")])), "choices_needed", "step.0.field.0"),
    (content(work(field=[field("a", "text", "x y")])), "choices_unused", "step.0.field.0.choices"),
    (content(work(field=[field("a", "date", max=3)])), "max_unused", "step.0.field.0.max"),
    (content(work(field=[field("a", max=0)])), "max_too_small", "step.0.field.0.max"),
    (content(work(field=[field("a", required=True, required_for=["ok"])])), "required_both",
     "step.0.field.0.required_for"),
    (content(work(field=[field("a", required=True, required_when="case.channel = fax")])),
     "required_always", "step.0.field.0.required_when"),
    (content(work(field=[field("a", required_when="work.on_behalf = yes")])), "needed_elsewhere",
     "step.0.field.0.required_when"),
    (content(work(field=[field("a", required_when="work.gone = x")])), "unknown_field",
     "step.0.field.0.required_when"),
    (content(work(field=[field("a", sets="mood")])), "unknown_fact", "step.0.field.0.sets"),
    (content(work(field=[field("a", "bool", sets="urgency")])), "cannot_set",
     "step.0.field.0.sets"),
    (content(work(field=[field("a", "choice", "low huge", sets="urgency")])), "cannot_set",
     "step.0.field.0.sets"),
    # Silence
    (content(work(lapse="escalate")), "empty_ladder", "step.0.lapse"),
    (content(work(DONE, silent())), "silent_unused", "step.0.outcome.1.silent"),
    (content(work(outcome("ok", "closes done", by_customer=True))), "customer_unseen",
     "step.0.outcome.0.by_customer"),
    (content(work(DONE, silent(), lapse={"outcome": "silent"}, flags=["never deemed"])),
     "never_deemed", "step.0.lapse"),
    (content(work(DONE, silent(), lapse={"outcome": "silent", "proof": False})),
     "silence_decides", "step.0.lapse"),
    (content(work(DONE, silent("other"), lapse={"outcome": "silent", "proof": False,
                                                "barred_when": "case.special = yes"}), other()),
     "barred_needs_proof", "step.0.lapse.barred_when"),
    # Child cases
    (content(work(child={"procedure": "P06", "outcome": "gone", "by_verdict": {"x": "ok"}})),
     "unknown_outcome", "step.0.child.outcome"),
    (content(work(child={"procedure": "P06", "outcome": "ok", "by_verdict": {"x": "gone"}})),
     "unknown_outcome", "step.0.child.by_verdict.x"),
    (content(work(DONE, outcome("no", "closes done"), child={"procedure": "P06", "outcome": "ok"})),
     "child_unmapped", "step.0.outcome.1"),
    (content(work(child={"procedure": "P06", "outcome": "ok"}, field=[field("a")])),
     "child_form", "step.0.field"),
    # Sight
    (content(work(effects=[{"name": "x", "when": "case.mood = bad"}])), "unknown_field",
     "step.0.effects.0.when"),
    (content(work(outcome("ok", "closes done", effects=[{"name": "x", "when": "work.a = b"}]))),
     "unknown_field", "step.0.outcome.0.effects.0.when"),
    (content(work(who="person work.name")), "unknown_field", "step.0.who"),
    (content(go(field=[field("a")]), other(who="department work.a")), "wrong_field_type",
     "step.1.who"),
    (content(work(escalate=[{"at": "at due", "to": "person work.x"}])), "unknown_field",
     "step.0.escalate.0.to"),
    (content(work(sign_for={"due": "1 h after opened",
                            "escalate": [{"at": "at due", "to": "each person"}]})),
     "each_outside", "step.0.sign_for.escalate.0.to"),
    (content(work(DONE, silent(), lapse={"outcome": "silent", "barred_when": "work.a is set"})),
     "unknown_field", "step.0.lapse.barred_when"),
    (content(work(DONE, silent(), lapse={"outcome": "silent", "at": [
        {"at": "1 h after opened", "when": "work.a is set"}, "2 h after opened"]})),
     "unknown_field", "step.0.lapse.at.0.when"),
    (content(work(sign_for={"due": [{"at": "1 h after opened", "when": "work.a is set"},
                                    "2 h after opened"]})),
     "unknown_field", "step.0.sign_for.due.0.when"),
    (content(work(outcome("ok", [{"closes": "done"}, {"closes": "dropped"}]))),
     "route_after_default", "step.0.outcome.0.then.1"),
    (content(work(outcome("ok", [{"when": "case.special = yes", "closes": "done"}]))),
     "no_default", "step.0.outcome.0.then.0"),
    # Limits
    (content(work(due="1 wd after receipt")), "no_sure_limit", "step.0.due.0"),
    (content(work(due=[{"at": "1 wd after opened", "when": "case.special = yes"}])),
     "no_sure_limit", "step.0.due.0"),
    (content(work(due=["1 wd after opened", "2 wd after opened"])), "limit_never_used",
     "step.0.due.1"),
    (content(work(sign_for="1 wd after opened", due=["1 wd after receipt", "2 wd after opened"])),
     "limit_never_used", "step.0.due.1"),
    (content(work(sign_for="1 wd after receipt")), "no_sure_limit", "step.0.sign_for.due.0"),
    (content(work(DONE, silent(), lapse={"outcome": "silent", "at": "1 wd after receipt"})),
     "no_sure_limit", "step.0.lapse.at.0"),
    (content(work(due="1 wd before opened")), "before_needs_date", "step.0.due.0"),
    (content(work(due=["1 wd after work.closed", "1 wd after opened"])), "own_closing",
     "step.0.due.0"),
    (content(work(due=["1 wd after play.closed", "1 wd after opened"])), "unknown_step",
     "step.0.due.0"),
    (content(work(due=["1 wd before work.day", "1 wd after opened"])), "unknown_field",
     "step.0.due.0"),
    (content(work(field=[field("day")], due=["1 wd before work.day", "1 wd after opened"])),
     "wrong_field_type", "step.0.due.0"),
    (content(work(escalate=[{"at": "1 h after opened", "to": "role clerk"}])), "due_only",
     "step.0.escalate.0.at"),
    (content(work(sign_for={"due": "1 h after opened", "escalate": [
        {"at": "1 h after opened", "to": "role clerk"}]})), "due_only",
     "step.0.sign_for.escalate.0.at"),
    # Flow
    (content(work(), other()), "unreachable", "step.1"),
    (content(work(outcome("a", "work"))), "never_ends", "step.0"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("whole", "reason", "path"), NAMES, ids=[f"{reason}-{path}" for _, reason, path in NAMES]
)
def test_one_fault_is_told_and_no_sound_part_is_blamed(
    whole: Content, reason: str, path: str
) -> None:
    found = faults_of(whole)
    assert (reason, path) in found
    extra = {why for why, _ in found} - {reason}
    assert extra <= {"unknown_scope"} if reason == "first_step_inside" else not extra


def test_a_step_needs_an_outcome_that_people_can_choose() -> None:
    whole = content(work(silent(), lapse={"outcome": "silent"}))
    assert ("no_outcomes", "step.0") in faults_of(whole)


def test_a_child_case_cannot_be_overruled_by_silence() -> None:
    whole = content(
        work(
            DONE, silent(), lapse={"outcome": "silent"}, child={"procedure": "P06", "outcome": "ok"}
        )
    )
    assert ("child_silent", "step.0.lapse") in faults_of(whole)


def test_effects_procedures_and_their_verdicts_are_checked_where_they_are_known() -> None:
    child = {"procedure": "P06", "outcome": "ok", "by_verdict": {"lost": "ok"}}
    whole = content(work(outcome("ok", "closes done", effects=["b"]), effects=["a"], child=child))
    assert faults_of(whole) == []
    known = Known(frozenset({"c"}), {"P06": frozenset({"solved"})})
    assert faults_of(whole, known) == [
        ("unknown_effect", "step.0.effects.0"),
        ("unknown_effect", "step.0.outcome.0.effects.0"),
        ("unknown_verdict", "step.0.child.by_verdict.lost"),
    ]
    assert ("unknown_procedure", "step.0.child.procedure") in faults_of(
        whole, Known(procedures={"P09": frozenset()})
    )
    assert faults_of(whole, Known(frozenset({"a", "b"}), {"P06": frozenset({"lost"})})) == []


def test_only_a_field_that_names_people_has_a_role_and_one_that_people_hold() -> None:
    whole = content(
        work(DONE, field=[field("why", role="clerk"), field("who", "person", role="x")])
    )
    assert ("role_unused", "step.0.field.0.role") in faults_of(whole)
    assert ("unknown_role", "step.0.field.1.role") in faults_of(whole)


def test_only_a_time_has_a_tense() -> None:
    whole = content(
        work(DONE, field=[field("why", tense="past"), field("at", "date", tense="past")])
    )
    assert faults_of(whole) == [("tense_unused", "step.0.field.0.tense")]


def test_the_page_of_a_step_is_one_that_the_portal_serves() -> None:
    whole = content(work(DONE, page="board"))
    assert faults_of(whole) == []
    assert faults_of(whole, Known(pages=frozenset({"map"}))) == [("unknown_page", "step.0.page")]
    assert faults_of(whole, Known(pages=frozenset({"board"}))) == []


def test_a_role_that_nobody_in_the_company_can_hold_is_refused_at_its_line() -> None:
    whole = content(work(outcome("ok", "closes done")))
    keys = sorted(whole["roles"])
    assert faults_of(whole, Known(roles=frozenset(keys))) == []
    assert faults_of(whole, Known(roles=frozenset(keys[1:]))) == [
        ("nobody_holds", f"roles.{keys[0]}")
    ]


# Forks -------------------------------------------------------------------------------------------


def forked(both: Content | None = None, a1: Content | None = None, **more: Any) -> Content:
    """``work`` forks into a and b; give ``both`` or ``a1`` to break one."""
    return content(
        work(outcome("go", "both"), field=[field("units", "departments"), field("n", "number")]),
        both or fork("both", "other", "a:a1", "b:b1"),
        a1 or step("a1", outcome("ok", "ends accepted"), within="both.a"),
        step("b1", outcome("ok", "ends accepted"), within="both.b"),
        other(),
        **more,
    )


def listing(starts: Content | None = None, **more: Any) -> Content:
    """``work`` forks for each of its units."""
    settings = {"for_each": "work.units", "starts": "sign", "if_empty": "other", **more}
    settings = {key: value for key, value in settings.items() if value}
    return content(
        work(
            outcome("go", "each_unit"),
            field=[field("units", "departments"), field("n", "number"), field("who", "people")],
        ),
        fork("each_unit", "other", **settings),
        starts
        or step("sign", outcome("ok", "ends accepted"), within="each_unit.each", who="case owner"),
        other(),
    )


def test_sound_forks_have_no_faults() -> None:
    assert faults_of(forked()) == []
    assert faults_of(listing()) == []


def a1(goes: str, **more: Any) -> Content:
    return step("a1", outcome("ok", goes), **{"within": "both.a", **more})


def sign(goes: str = "ends accepted", **more: Any) -> Content:
    return step("sign", outcome("ok", goes), within="each_unit.each", **more)


FORKS: list[tuple[Content, str, str]] = [
    (forked(a1=a1("b1")), "out_of_scope", "step.1.outcome.0"),
    (forked(fork("both", "b1", "a:a1", "b:b1")), "out_of_scope", "fork.0.accepted"),
    (forked(fork("both", "rest", "a:a1", "b:b1")), "unknown_target", "fork.0.accepted"),
    (forked(fork("both", "closes gone", "a:a1", "b:b1")), "unknown_verdict", "fork.0.accepted"),
    (forked(fork("both", "ends accepted", "a:a1", "b:b1")), "ends_outside", "fork.0.accepted"),
    (forked(fork("both", "other", "a:b1", "b:b1")), "starts_elsewhere", "fork.0.branch.0.starts"),
    (forked(fork("both", "other", "a:rest", "b:b1")), "unknown_step", "fork.0.branch.0.starts"),
    (forked(fork("both", "other", "a:a1", "b:b1", "a:a1")), "twice", "fork.0.branch.2.key"),
    (forked(fork("both", "other", "a:a1", "b:b1", refused="work")), "never_refused",
     "fork.0.refused"),
    (forked(fork("both", "other", "a:a1", "b:b1", if_empty="other")), "if_empty_alone",
     "fork.0.if_empty"),
    (forked(fork("both", "other", "a:a1", "b:b1", join="most")), "bad_join", "fork.0.join"),
    (forked(fork("both", "other", "a:a1", "b:b1", join="0 %")), "bad_join", "fork.0.join"),
    (forked(fork("both", "other", "a:a1", "b:b1", join="101 %")), "bad_join", "fork.0.join"),
    (forked(fork("both", "other", "a:a1", "b:b1", join="")), "missing", "fork.0.join"),
    (forked(a1=a1("ends refused")), "needs_refused", "fork.0"),
    (forked(a1=a1("work")), "never_accepted", "fork.0"),
    (forked(a1=a1("a1")), "never_ends", "step.1"),
    (forked(a1=a1("ends accepted", who="each department")), "each_outside", "step.1.who"),
    (forked(reopens="a1"), "reopens_inside", "reopens"),
    (listing(if_empty=None), "needs_if_empty", "fork.0"),
    (listing(starts=sign(), branch=[{"key": "x", "title": {"zh": "x", "en": "x"},
                                     "starts": "sign"}]), "for_each_branch", "fork.0.branch"),
    (listing(for_each="work.n"), "wrong_field_type", "fork.0.for_each"),
    (listing(for_each="work.z"), "unknown_field", "fork.0.for_each"),
    (listing(for_each="sign.z"), "unknown_field", "fork.0.for_each"),
    (listing(sign(who="each person")), "wrong_field_type", "step.1.who"),
    (listing(if_empty="each_unit"), "empty_cycle", "fork.0.if_empty"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("whole", "reason", "path"), FORKS, ids=[f"{reason}-{path}" for _, reason, path in FORKS]
)
def test_a_broken_fork_is_told_where_it_is_broken(whole: Content, reason: str, path: str) -> None:
    assert (reason, path) in faults_of(whole)


def test_a_fork_needs_two_branches() -> None:
    whole = forked(fork("both", "other", "a:a1"))
    assert ("no_branches", "fork.0") in faults_of(whole)
    # b is gone, so what lay in it lies nowhere.
    assert ("unknown_scope", "step.2.in") in faults_of(whole)


def test_a_fork_inside_itself_lies_nowhere() -> None:
    whole = forked(fork("both", "other", "a:a1", "b:b1", within="both.a"))
    assert ("unknown_scope", "fork.0.in") in faults_of(whole)


def test_each_department_owns_in_its_own_list_only() -> None:
    assert faults_of(listing(sign(who="each department"))) == []
    assert faults_of(listing(sign(who="each person"), for_each="work.who")) == []


def test_fields_of_another_branch_are_out_of_sight() -> None:
    reading = step(
        "b1",
        outcome("ok", "ends accepted"),
        within="both.b",
        due=[
            {"at": "1 h after opened", "when": "a1.x = y"},
            "2 h after a1.closed",
            "3 h after opened",
        ],
    )
    whole = content(
        work(outcome("go", "both")),
        fork("both", "other", "a:a1", "b:b1"),
        a1("ends accepted", field=[field("x")]),
        reading,
        other(),
    )
    assert faults_of(whole) == [
        ("unknown_field", "step.2.due.0.when"),
        ("unknown_step", "step.2.due.1"),
    ]


def test_fields_of_the_enclosing_scope_are_in_sight() -> None:
    assert faults_of(forked(a1=a1("ends accepted", due=[
        {"at": "1 h after opened", "when": "work.n > 3"}, "2 h after work.closed",
        "3 h after opened"])) ) == []  # fmt: skip


# Endings -----------------------------------------------------------------------------------------


def test_a_refusal_that_only_loops_can_still_end_by_acceptance() -> None:
    whole = forked(
        fork("both", "other", "a:a1", "b:b1", refused="work"),
        step("a1", outcome("ok", "ends accepted"), outcome("no", "ends refused"), within="both.a"),
    )
    assert faults_of(whole) == []


def test_a_loop_that_only_a_condition_leaves_is_refused() -> None:
    """Nobody at the keyboard chooses what a condition finds: the case could loop for ever."""
    routes = [{"when": "case.severity = major", "then": "work"}, {"closes": "done"}]
    assert ("never_ends", "step.0") in faults_of(content(work(outcome("on", routes))))
    assert faults_of(content(work(outcome("on", routes), outcome("drop", "closes done")))) == []


def test_a_step_that_only_silence_leaves_is_refused() -> None:
    whole = content(
        work(outcome("again", "work"), silent(), lapse={"outcome": "silent"}),
    )
    assert faults_of(whole) == [("never_ends", "step.0")]


def test_a_join_that_can_only_be_refused_into_a_loop_is_refused() -> None:
    whole = forked(
        fork("both", "other", "a:a1", "b:b1", refused="work"),
        step("a1", outcome("no", "ends refused"), within="both.a"),
    )
    assert ("never_accepted", "fork.0") in faults_of(whole)
    assert ("never_ends", "fork.0") in faults_of(whole)


def test_any_lets_one_accepting_branch_be_enough() -> None:
    whole = forked(
        fork("both", "other", "a:a1", "b:b1", refused="work", join="any"),
        step("a1", outcome("no", "ends refused"), within="both.a"),
    )
    # b1 accepts always, so the join is never refused.
    assert faults_of(whole) == [("never_refused", "fork.0.refused")]


@pytest.mark.parametrize(
    ("join", "expected"),
    [("all", ["never_accepted"]), ("any", []), ("50 %", []), ("51 %", ["never_accepted"])],
)
def test_how_many_branches_can_accept_decides_whether_a_join_can(
    join: str, expected: list[str]
) -> None:
    whole = content(
        work(outcome("go", "both")),
        fork("both", "closes done", "a:a1", "b:b1", refused="closes dropped", join=join),
        step("a1", outcome("ok", "ends accepted"), outcome("no", "ends refused"), within="both.a"),
        step("b1", outcome("no", "ends refused"), within="both.b"),
    )
    assert [reason for reason, _ in faults_of(whole)] == expected


def test_votes_that_conditions_choose_are_sound_where_either_decision_leads_on() -> None:
    """Nobody chooses the vote, but there will be one."""
    routes = [{"when": "work.n > 3", "ends": "accepted"}, {"ends": "refused"}]
    sound = forked(
        fork("both", "other", "a:a1", "b:b1", refused="closes dropped"),
        step("a1", outcome("on", routes), within="both.a"),
    )
    assert faults_of(sound) == []
    looping = forked(
        fork("both", "other", "a:a1", "b:b1", refused="work"),
        step("a1", outcome("on", routes), within="both.a"),
    )
    assert {reason for reason, _ in faults_of(looping)} == {"never_ends"}


def emptied(if_empty: str, required: bool) -> Content:
    """A list that, empty, leads back to where it is chosen."""
    return content(
        work(outcome("go", "each_unit"), field=[field("units", "departments", required=required)]),
        fork("each_unit", "other", for_each="work.units", starts="sign", if_empty=if_empty),
        sign(),
        other(),
    )


def test_an_empty_list_may_lead_back_to_who_can_fill_it() -> None:
    found = faults_of(emptied("work", required=False))
    # The fork itself could go round, but who answers `work` can always name a unit.
    assert found == []


def test_a_required_list_cannot_be_left_empty_to_get_away() -> None:
    stuck = content(
        work(outcome("go", "each_unit"), field=[field("units", "departments", required=True)]),
        fork("each_unit", "work", for_each="work.units", starts="sign", if_empty="closes done"),
        sign(),
    )
    assert {reason for reason, _ in faults_of(stuck)} == {"never_ends"}
    free = content(
        work(outcome("go", "each_unit"), field=[field("units", "departments")]),
        fork("each_unit", "work", for_each="work.units", starts="sign", if_empty="closes done"),
        sign(),
    )
    assert ("never_ends", "step.0") not in faults_of(free)


def test_lists_chosen_earlier_may_be_empty_so_that_way_must_lead_on_as_well() -> None:
    whole = content(
        work(outcome("go", "middle"), field=[field("units", "departments")]),
        step("middle", outcome("go", "each_unit")),
        fork("each_unit", "other", for_each="work.units", starts="sign", if_empty="middle"),
        sign(),
        other(),
    )
    assert {reason for reason, _ in faults_of(whole)} == {"never_ends"}


def test_empty_lists_that_open_one_another_are_refused() -> None:
    whole = content(
        work(outcome("go", "one"), field=[field("units", "departments")]),
        fork("one", "other", for_each="work.units", starts="s1", if_empty="two"),
        step("s1", outcome("ok", "ends accepted"), within="one.each"),
        fork("two", "other", for_each="work.units", starts="s2", if_empty="one"),
        step("s2", outcome("ok", "ends accepted"), within="two.each"),
        other(),
    )
    assert {path for reason, path in faults_of(whole) if reason == "empty_cycle"} == {
        "fork.0.if_empty",
        "fork.1.if_empty",
    }


def test_an_empty_list_inside_a_branch_can_end_it_without_a_cycle() -> None:
    inner = fork(
        "inner",
        "ends accepted",
        within="both.a",
        for_each="work.units",
        starts="s1",
        if_empty="ends refused",
    )
    whole = forked(
        fork("both", "other", "a:a1", "b:b1", refused="closes dropped"),
        a1("inner"),
    )
    whole["fork"].append(inner)
    whole["step"].append(step("s1", outcome("ok", "ends accepted"), within="inner.each"))
    assert faults_of(whole) == []


def test_one_answer_cannot_fill_a_list_and_leave_it_empty_at_once() -> None:
    """Two forks over the same list, one that only a full list leaves and one only an empty one."""
    routes = [{"when": "case.special = yes", "then": "full"}, {"then": "empty"}]
    whole = content(
        work(outcome("go", routes), field=[field("units", "departments")]),
        fork("full", "other", for_each="work.units", starts="s1", if_empty="work"),
        step("s1", outcome("ok", "ends accepted"), within="full.each"),
        fork("empty", "work", for_each="work.units", starts="s2", if_empty="other"),
        step("s2", outcome("ok", "ends accepted"), within="empty.each"),
        other(),
    )
    assert ("never_ends", "step.0") in faults_of(whole)


def test_a_list_needed_for_the_outcome_alone_cannot_be_left_empty_either() -> None:
    whole = content(
        work(
            outcome("go", "each_unit"),
            field=[field("units", "departments", required_for=["go"])],
        ),
        fork("each_unit", "work", for_each="work.units", starts="sign", if_empty="closes done"),
        sign(),
    )
    assert {reason for reason, _ in faults_of(whole)} == {"never_ends"}


def test_a_branch_that_only_goes_back_cannot_be_waited_for() -> None:
    """a may refuse, whatever people want; then b must end, and it only starts all over again."""
    routes = [{"when": "work.n > 3", "ends": "accepted"}, {"ends": "refused"}]
    whole = content(
        work(outcome("go", "both"), field=[field("n", "number")]),
        fork("both", "other", "a:a1", "b:b1", join="any"),
        step("a1", outcome("on", routes), within="both.a"),
        step("b1", outcome("back", "work"), within="both.b"),
        other(),
    )
    assert ("never_ends", "fork.0") in faults_of(whole)


def nested(inner_votes: Content) -> Content:
    """A fork in a branch of a fork; refused, all starts over again."""
    return content(
        work(outcome("go", "both"), field=[field("n", "number")]),
        fork("both", "other", "a:a1", "b:b1", refused="work"),
        a1("inner"),
        fork("inner", "ends accepted", "x:x1", "y:y1", refused="ends refused", within="both.a"),
        step("x1", *inner_votes["outcome"], within="inner.x"),
        step("y1", outcome("ok", "ends accepted"), within="inner.y"),
        step("b1", outcome("ok", "ends accepted"), within="both.b"),
        other(),
    )


def test_people_can_carry_a_vote_out_of_a_fork_within_a_fork() -> None:
    either = step("x", outcome("yes", "ends accepted"), outcome("no", "ends refused"))
    assert faults_of(nested(either)) == []


def test_a_vote_within_a_fork_that_only_conditions_choose_cannot_be_carried_out() -> None:
    routes = [{"when": "work.n > 3", "ends": "accepted"}, {"ends": "refused"}]
    found = faults_of(nested(step("x", outcome("on", routes))))
    assert ("never_ends", "fork.0") in found


def test_each_owns_in_a_list_inside_a_branch() -> None:
    whole = forked(a1=a1("inner"))
    settings = {"for_each": "work.units", "starts": "s1", "if_empty": "ends accepted"}
    whole["fork"].append(fork("inner", "ends accepted", within="both.a", **settings))
    each = step("s1", outcome("ok", "ends accepted"), within="inner.each", who="each department")
    whole["step"].append(each)
    assert faults_of(whole) == []


def test_a_way_out_of_a_branch_does_not_hide_how_else_it_can_end() -> None:
    whole = forked(
        fork("both", "other", "a:a1", "b:b1", refused="work"),
        step("a1", outcome("on", "a2"), outcome("back", "work"), within="both.a"),
    )
    votes = [outcome("yes", "ends accepted"), outcome("no", "ends refused")]
    whole["step"].append(step("a2", *votes, within="both.a"))
    assert faults_of(whole) == []
