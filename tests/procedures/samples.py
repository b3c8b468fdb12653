"""Small definitions for the tests, written short, and a case that is driven through one."""

import random
from collections.abc import Mapping
from datetime import date
from typing import Any

from portal.procedures.checking import Known, check
from portal.procedures.definition import Definition
from portal.procedures.engine import advance
from portal.procedures.events import (
    CaseOpened,
    ChildClosed,
    Event,
    LimitLapsed,
    ReceiptProven,
    Refusal,
    TaskAnswered,
)
from portal.procedures.faults import FaultyProcedure, Findings
from portal.procedures.forms import Value
from portal.procedures.plan import Plan, apply
from portal.procedures.reading import read_definition
from portal.procedures.standing import breaches_of_r1
from portal.procedures.state import State, Task, TaskKey

Content = dict[str, Any]


def label(text: str) -> Content:
    return {"zh": f"中 {text}", "en": text}


def target(text: str) -> Content:
    """``"x"`` goes to x; ``"ends accepted"``; ``"closes done"``."""
    verb, _, name = text.partition(" ")
    return {verb: name} if name else {"then": verb}


def outcome(key: str, goes: str | list[Content], **more: Any) -> Content:
    aim = target(goes) if isinstance(goes, str) else {"then": goes}
    return {"key": key, "label": label(key), **aim, **more}


def field(key: str, kind: str = "text", choices: str = "", **more: Any) -> Content:
    offered = {"choices": {one: label(one) for one in choices.split()}} if choices else {}
    return {"key": key, "label": label(key), "type": kind, **offered, **more}


def step(key: str, *outcomes: Content, within: str = "", **more: Any) -> Content:
    return {
        "key": key,
        "title": label(key),
        "clause": {"id": "T01.1", **label("clause")},
        "who": "role clerk",
        "due": "1 wd after opened",
        "lapse": "chase",
        "outcome": list(outcomes),
        **({"in": within} if within else {}),
        **more,
    }


def fork(key: str, accepted: str, *branches: str, within: str = "", **more: Any) -> Content:
    """Branches are written ``"quality:sign_quality"``: its key and the step it starts with."""
    listed = [
        {"key": one.split(":")[0], "title": label(one), "starts": one.split(":")[1]}
        for one in branches
    ]
    for name in ("refused", "if_empty"):
        if name in more:
            more[name] = target(more[name])
    return {
        "key": key,
        "title": label(key),
        "join": "all",
        "accepted": target(accepted),
        **({"branch": listed} if listed else {}),
        **({"in": within} if within else {}),
        **more,
    }


def content(*parts: Content, **more: Any) -> Content:
    """A whole file's content; parts with a join are forks."""
    return {
        "code": "T01",
        "title": label("Test"),
        "edition": "A/0",
        "effective_on": date(2026, 1, 1),
        "owner": "clerk",
        "roles": {"clerk": label("Clerk"), "leader": label("Leader")},
        "verdicts": {"done": label("Done"), "dropped": label("Dropped")},
        "step": [part for part in parts if "join" not in part],
        "fork": [part for part in parts if "join" in part],
        **more,
    }


def faults_of(whole: Content, known: Known | None = None) -> list[tuple[str, str]]:
    """Reason and dotted path of every fault."""
    findings = Findings()
    check(read_definition(whole, findings), known or Known(), findings)
    return [(fault.reason, ".".join(map(str, fault.path))) for fault in findings.faults]


def definition_of(whole: Content) -> Definition:
    findings = Findings()
    definition = read_definition(whole, findings)
    check(definition, Known(), findings)
    if findings.faults:
        raise FaultyProcedure(tuple(findings.faults))
    return definition


def procedure(*parts: Content, **more: Any) -> Definition:
    return definition_of(content(*parts, **more))


class Case:
    """A case driven by events. After each it must satisfy R1, and know nothing but its rows."""

    def __init__(self, definition: Definition, facts: Mapping[str, Value] | None = None) -> None:
        self.definition = definition
        self.state = State()
        self.opened = self.plan(CaseOpened(facts or {}))

    def try_(self, event: Event) -> Plan | Refusal:
        """Apply an event; a refusal must leave everything as it is, a plan must change it."""
        answer = advance(self.definition, self.state, event)
        shuffled = list(self.state.tasks)
        random.Random(1).shuffle(shuffled)
        again = advance(self.definition, _with_tasks(self.state, shuffled), event)
        if isinstance(answer, Refusal):
            assert again == answer
            return answer
        assert isinstance(again, Plan)
        assert _unordered(again) == _unordered(answer), "the order of rows must not matter"
        after = apply(self.state, answer)
        assert after != self.state, "a plan changes something"
        assert breaches_of_r1(self.definition, after) == ()
        self.state = after
        twice = advance(self.definition, after, event)
        assert isinstance(twice, Refusal), "the same event twice does nothing the second time"
        return answer

    def plan(self, event: Event) -> Plan:
        answer = self.try_(event)
        assert isinstance(answer, Plan), answer
        return answer

    def refusal(self, event: Event) -> Refusal:
        answer = self.try_(event)
        assert isinstance(answer, Refusal), answer
        return answer

    def task(self, name: str) -> Task:
        """The open task named ``step`` or ``step@part-of-its-path``."""
        key, _, part = name.partition("@")
        found = [
            task
            for task in self.state.open_tasks
            if task.key.step == key and part in task.key.fork_path
        ]
        assert len(found) == 1, (name, self.open_steps)
        return found[0]

    def row(self, name: str, round_: int = 1) -> Task:
        """The row of a step, open or closed."""
        key, _, part = name.partition("@")
        [found] = [
            task
            for task in self.state.tasks
            if (task.key.step, task.key.round) == (key, round_) and part in task.key.fork_path
        ]
        return found

    @property
    def open_steps(self) -> list[str]:
        return sorted(_short(task.key) for task in self.state.open_tasks)

    def answer(self, name: str, chosen: str, **fields: Value) -> Plan:
        return self.plan(TaskAnswered(self.task(name).key, chosen, fields))

    def lapse(self, name: str, limit: str = "due", proven: bool = False) -> Plan:
        return self.plan(LimitLapsed(self.task(name).key, limit, proven))

    def receive(self, name: str, signed: bool = False) -> Plan:
        return self.plan(ReceiptProven(self.task(name).key, signed))

    def child_closed(self, name: str, verdict: str) -> Plan:
        return self.plan(ChildClosed(self.task(name).key, verdict))


def _short(key: TaskKey) -> str:
    path = f"@{key.fork_path}" if key.fork_path else ""
    return f"{key.step}{path}" + (f"#{key.round}" if key.round > 1 else "")


def _with_tasks(state: State, tasks: list[Task]) -> State:
    return State(state.facts, tuple(tasks), state.verdict, state.paused)


def _unordered(plan: Plan) -> object:
    return (
        sorted(plan.opens, key=lambda one: one.task),
        sorted(plan.closes, key=lambda one: one.key),
        sorted(plan.changes, key=lambda one: one.key),
        sorted(plan.relimits, key=lambda one: one.task),
        sorted((effect.task, effect.name) for effect in plan.effects),
        plan.alarms,
        plan.facts,
        plan.verdict,
        plan.paused,
    )


def due_text(plan: Plan, name: str, limit: str = "due") -> str:
    """A limit of a task that ``plan`` opens or relimits, as ``2 wh after task opened``."""
    lists = [(one.task, one.limits) for one in plan.opens]
    lists += [(one.task, one.limits) for one in plan.relimits]
    [limits] = [limits for task, limits in lists if _short(task).startswith(name)]
    [found] = [one for one in limits if one.name == limit]
    moment = found.moment
    place = f" of {moment.task.step}" if moment.task else ""
    return f"{found.duration} {found.direction} {moment.kind}{place}"
