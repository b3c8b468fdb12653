"""Forks: static branches, lists chosen at run time, nesting, jumps out of a branch."""

from portal.procedures.events import TaskAnswered, TaskNotOpen
from portal.procedures.paths import Frame, frames_of, written
from portal.procedures.standing import next_step
from portal.procedures.state import Ending, Owner, OwnerKind
from tests.procedures.samples import Case, field, fork, outcome, procedure, step


def two_branches(**more: str) -> Case:
    return Case(
        procedure(
            step("begin", outcome("go", "both")),
            fork("both", "finish", "a:a1", "b:b1", **more),
            step("a1", outcome("on", "a2"), within="both.a"),
            step(
                "a2",
                outcome("end", "ends accepted"),
                outcome("back", "begin"),
                outcome("drop", "closes dropped"),
                within="both.a",
            ),
            step("b1", outcome("end", "ends accepted"), within="both.b"),
            step("finish", outcome("done", "closes done")),
        )
    )


def test_branches_run_side_by_side_and_the_join_waits_for_both() -> None:
    case = two_branches()
    case.answer("begin", "go")
    assert case.open_steps == ["a1@both.1.a", "b1@both.1.b"]
    case.answer("a1", "on")
    case.answer("a2", "end")
    assert case.open_steps == ["b1@both.1.b"]
    case.answer("b1", "end")
    assert case.open_steps == ["finish"]


def test_a_jump_out_of_a_branch_cancels_its_siblings() -> None:
    case = two_branches()
    case.answer("begin", "go")
    case.answer("a1", "on")
    case.answer("a2", "back")
    assert case.open_steps == ["begin#2"]
    assert case.row("b1").ending is Ending.CANCELLED


def test_branches_opened_again_are_a_new_activation() -> None:
    case = two_branches()
    case.answer("begin", "go")
    old = case.task("b1").key
    case.answer("a1", "on")
    case.answer("a2", "back")
    case.answer("begin", "go")
    assert case.open_steps == ["a1@both.2.a", "b1@both.2.b"]
    assert case.refusal(TaskAnswered(old, "end")) == TaskNotOpen(old)
    case.answer("b1", "end")
    assert case.open_steps == ["a1@both.2.a"]


def test_closing_from_within_a_branch_closes_everything() -> None:
    case = two_branches()
    case.answer("begin", "go")
    case.answer("a1", "on")
    plan = case.answer("a2", "drop")
    assert plan.verdict == "dropped"
    assert case.open_steps == []
    assert {task.key.step: task.ending for task in plan.closes} == {
        "a2": Ending.ANSWERED,
        "b1": Ending.CANCELLED,
    }


def test_any_of_two_branches_supersedes_the_other() -> None:
    case = two_branches(join="any")
    case.answer("begin", "go")
    plan = case.answer("b1", "end")
    assert case.open_steps == ["finish"]
    assert {task.key.step: task.ending for task in plan.closes} == {
        "b1": Ending.ANSWERED,
        "a1": Ending.SUPERSEDED,
    }


def listed(**more: str) -> Case:
    """A list of people, each of whom hears the departments of their own choice."""
    return Case(
        procedure(
            step(
                "plan",
                outcome("go", "people"),
                field=[field("names", "people")],
            ),
            fork(
                "people",
                "finish",
                for_each="plan.names",
                starts="ask",
                if_empty="closes dropped",
                refused="plan",
            ),
            step(
                "ask",
                outcome("go", "units"),
                field=[field("units", "departments")],
                within="people.each",
                who="each person",
            ),
            fork(
                "units",
                "ends accepted",
                within="people.each",
                for_each="ask.units",
                starts="hear",
                if_empty="ends refused",
                refused="ends refused",
            ),
            step(
                "hear",
                outcome("yes", "ends accepted"),
                outcome("no", "ends refused"),
                within="units.each",
                who="each department",
            ),
            step("finish", outcome("done", "closes done")),
            **more,
        )
    )


def test_one_branch_is_opened_for_each_item_and_owned_by_it() -> None:
    case = listed()
    plan = case.answer("plan", "go", names=("ning", "o/li%"))
    assert [(one.task.for_key, one.owner) for one in plan.opens] == [
        ("ning", Owner(OwnerKind.PERSON, "ning")),
        ("o/li%", Owner(OwnerKind.PERSON, "o/li%")),
    ]
    assert case.open_steps == ["ask@people.1.ning", "ask@people.1.o%2Fli%25"]


def test_nested_lists_join_inside_out() -> None:
    case = listed()
    case.answer("plan", "go", names=("ning", "o/li%"))
    case.answer("ask@ning", "go", units=("sales", "works"))
    case.answer("ask@li", "go", units=("sales",))
    [works] = [task for task in case.state.open_tasks if task.key.for_key == "works"]
    assert works.frames == (Frame("people", 1, "ning"), Frame("units", 1, "works"))
    case.answer("hear@ning/units.1.sales", "yes")
    case.answer("hear@o%2Fli%25", "yes")
    assert case.open_steps == ["hear@people.1.ning/units.1.works"]
    case.answer("hear@works", "yes")
    assert case.open_steps == ["finish"]
    assert [vote.path for vote in case.row("hear@works").votes] == [
        "people.1.ning/units.1.works",
        "people.1.ning",
    ]


def test_a_refusal_inside_is_carried_out_to_the_outer_join() -> None:
    case = listed()
    case.answer("plan", "go", names=("ning", "li"))
    case.answer("ask@ning", "go", units=("sales", "works"))
    case.answer("hear@sales", "no")
    assert case.open_steps == ["plan#2"]
    assert case.row("ask@li").ending is Ending.SUPERSEDED


def test_an_empty_list_takes_the_way_for_empty_lists() -> None:
    case = listed()
    plan = case.answer("plan", "go", names=())
    assert plan.verdict == "dropped"


def test_an_unanswered_list_inside_a_branch_ends_the_branch_at_once() -> None:
    case = listed()
    case.answer("plan", "go", names=("ning", "li"))
    case.answer("ask@ning", "go")
    assert case.open_steps == ["plan#2"]
    [cast] = case.row("ask@ning").votes
    assert (cast.path, cast.accepted) == ("people.1.ning", False)


def test_items_with_names_that_begin_alike_do_not_share_a_branch() -> None:
    case = listed()
    case.answer("plan", "go", names=("li", "li2"))
    case.answer("ask@people.1.li2", "go", units=("sales", "sales2"))
    case.answer("hear@units.1.sales2", "yes")
    assert case.open_steps == ["ask@people.1.li", "hear@people.1.li2/units.1.sales"]


def test_the_tenth_activation_is_not_the_first() -> None:
    case = two_branches()
    for _ in range(10):
        case.answer("begin", "go")
        case.answer("a1", "on")
        case.answer("a2", "back")
    case.answer("begin", "go")
    case.answer("b1", "end")
    assert case.open_steps == ["a1@both.11.a"]


def test_paths_read_back_as_they_were_written() -> None:
    frames = (Frame("a", 1, "x"), Frame("b_2", 12, "北/区%2F.1"))
    assert frames_of(written(frames)) == frames
    assert frames_of("") == ()


def test_one_next_step_is_named_whatever_the_order_of_rows() -> None:
    """R1: the next step is the first in the procedure's order, then by branch."""
    case = two_branches()
    case.answer("begin", "go")
    named = next_step(case.definition, case.state)
    assert named is not None
    assert named.key.step == "a1"
    case.answer("a1", "on")
    case.answer("a2", "end")
    case.answer("b1", "end")
    case.answer("finish", "done")
    assert next_step(case.definition, case.state) is None
