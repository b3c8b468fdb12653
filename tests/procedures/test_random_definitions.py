"""Any definition the checker lets through, driven by any events in any order, stays sound."""

from collections import Counter
from random import Random

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from portal.procedures.definition import Definition
from portal.procedures.events import (
    ChildClosed,
    Event,
    FactsChanged,
    LimitLapsed,
    PauseBegun,
    PauseEnded,
    ReceiptProven,
    Refusal,
    Reopened,
    TaskAnswered,
    TaskNotOpen,
    Withdrawn,
)
from portal.procedures.forms import Value
from portal.procedures.joining import decision
from portal.procedures.standing import next_step
from portal.procedures.state import State, Task
from tests.procedures.driving import drive_to_the_end, fields_for
from tests.procedures.random_definitions import random_content, wounded
from tests.procedures.samples import Case, definition_of, faults_of

FACTS: list[dict[str, Value]] = [
    {"urgency": "high"},
    {"urgency": "low"},
    {"severity": "major"},
    {"special": True},
    {"special": False, "severity": "general"},
]
SLOW = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def any_event(case: Case, random: Random) -> Event:
    """One event of any kind, about any row, sensible or not."""
    task = random.choice(case.state.tasks)
    if case.state.open_tasks and random.random() < 0.7:
        task = random.choice(case.state.open_tasks)
    step = case.definition.step[task.key.step]
    chosen = random.choice([*(one.key for one in step.outcomes), "no_such"])
    fields = fields_for(step, random, filled=random.random() < 0.7)
    answer = TaskAnswered(task.key, chosen, fields, on_behalf=random.random() < 0.2)
    some_limit = random.choice(["due", "lapse", "sign_for"])
    events: list[Event] = [
        answer,
        answer,
        answer,
        LimitLapsed(task.key, some_limit, random.random() < 0.5),
        LimitLapsed(task.key, "lapse" if step.lapse.at else "due", True),
        ReceiptProven(task.key, random.random() < 0.5),
        ChildClosed(task.key, chosen),
        PauseBegun("part on order", random.choice([None, task.key])),
        PauseEnded(random.choice([None, task.key])),
        FactsChanged(random.choice(FACTS), "customer called"),
        Reopened("again"),
        Withdrawn("no more"),
    ]
    return random.choice(events)


def stays_sound(case: Case) -> None:
    """What must hold after every event; samples.Case asserts R1, row order and repetition."""
    state = case.state
    assert (next_step(case.definition, state) is None) is bool(state.verdict)
    keys = [task.key for task in state.tasks]
    assert len(keys) == len(set(keys)), "task rows are unique on their five columns"
    paths = Counter(task.key.fork_path for task in state.open_tasks)
    assert set(paths.values()) <= {1}, "one task is open in a scope at a time"
    for task in state.open_tasks:
        below = [path for path in paths if path.startswith(f"{task.key.fork_path}/".lstrip("/"))]
        assert [path for path in below if path != task.key.fork_path] == []
        for depth in range(len(task.frames)):
            waits_rightly(case.definition, state, task, depth)


def waits_rightly(definition: Definition, state: State, task: Task, depth: int) -> None:
    """A join with an open task in it is undecided, and each of its branches is open or ended."""
    frame = task.frames[depth]

    def same(other: Task) -> bool:
        inner = other.frames
        return len(inner) > depth and inner[: depth + 1] == (
            *task.frames[:depth],
            frame._replace(branch=inner[depth].branch),
        )

    members = [other for other in state.tasks if same(other)]
    branches = {other.frames[depth].branch for other in members}
    votes = {
        vote.path: vote.accepted
        for other in members
        for vote in other.votes
        if vote.path.count("/") == depth
    }
    live = {other.frames[depth].branch for other in members if other.is_open}
    assert len(live) + len(votes) == len(branches), "a branch is open or has ended, not both"
    fork = definition.fork[frame.fork]
    counts = list(votes.values()).count(True), list(votes.values()).count(False)
    assert decision(fork.join, len(branches), *counts) is None


def play(case: Case, random: Random, events: int) -> list[str]:
    """Throw events at a case; the kinds of answers it gave."""
    answers = []
    for _ in range(events):
        event = any_event(case, random)
        before = case.state
        answer = case.try_(event)
        answers.append(type(answer).__name__)
        if isinstance(answer, Refusal):
            assert case.state == before
        if isinstance(event, TaskAnswered | ChildClosed | LimitLapsed | ReceiptProven):
            row = before.task(event.task)
            if row and not row.is_open:
                assert answer == TaskNotOpen(event.task), "a late answer satisfies nothing"
        stays_sound(case)
    return answers


@SLOW
@given(st.integers(0, 10**9))
def test_any_sound_definition_stays_sound_under_any_events(seed: int) -> None:
    """R1, and: from any state reached, people can still close the case."""
    random = Random(seed)
    whole = random_content(random)
    assume(not faults_of(whole))
    case = Case(definition_of(whole), random.choice(FACTS))
    stays_sound(case)
    play(case, random, 40)
    drive_to_the_end(case, random)
    assert case.state.open_tasks == ()


@SLOW
@given(st.integers(0, 10**9))
def test_a_wounded_definition_is_refused_or_still_sound(seed: int) -> None:
    random = Random(seed)
    whole = random_content(random)
    for _ in range(random.randint(1, 2)):
        whole = wounded(whole, random)
    assume(not faults_of(whole))
    case = Case(definition_of(whole))
    play(case, random, 25)
    drive_to_the_end(case, random)


def test_the_random_definitions_are_worth_their_name() -> None:
    """Most are sound, they hold every construct, and events are both taken and refused."""
    seen: Counter[str] = Counter()
    for seed in range(60):
        random = Random(seed)
        whole = random_content(random)
        seen["sound" if not faults_of(whole) else "unsound"] += 1
        if faults_of(whole):
            continue
        seen.update(key for part in whole["step"] + whole["fork"] for key in part)
        seen.update("nested" for part in whole["fork"] if part.get("in"))
        seen.update(play(Case(definition_of(whole)), random, 15))
        refused = bool(faults_of(wounded(whole, random)))
        seen["wound refused" if refused else "wound harmless"] += 1
    assert seen["sound"] > 40
    least = {"Plan", "TaskNotOpen", "nested", "for_each", "sign_for", "child", "refused"}
    assert min(seen[key] for key in least) > 5, seen
    assert min(seen["wound refused"], seen["wound harmless"]) > 5, seen
