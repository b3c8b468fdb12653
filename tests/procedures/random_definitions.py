"""Definitions made at random, sound by design, and small wounds to make them unsound."""

from random import Random
from typing import Any

from tests.procedures.samples import Content, content, faults_of, field, fork, outcome, step

ANCHORS = ["opened", "case.received", "case.opened"]
WHENS = [
    "case.urgency = high",
    "case.special = yes",
    ["case.severity = major", "case.special = no"],
]


class Maker:
    """Scopes of one to four nodes. The first outcome of every step leads forward, so that each
    definition can end; the others loop, jump, fork, refuse, lapse and close as they please."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.steps: list[Content] = []
        self.forks: list[Content] = []

    def some(self, chance: float = 0.5) -> bool:
        return self.random.random() < chance

    def scope(self, within: str, depth: int, outer: list[str], prefix: str) -> str:
        """Make the nodes of a scope; the name of its first step."""
        count = self.random.randint(1, 4 if depth == 0 else 2)
        names = [f"{prefix}{number}" for number in range(count)]
        kinds = ["step"] + ["fork" if depth < 2 and self.some(0.45) else "step" for _ in names[1:]]
        for number, (name, kind) in enumerate(zip(names, kinds, strict=True)):
            ends = ["ends accepted"] if within else ["closes done"]
            forward = names[number + 1] if number + 1 < count else ends[0]
            aims = [*names[: number + 1], forward, *outer, "closes dropped"]
            aims += ["ends refused"] if within else []
            if kind == "fork":
                self.fork(name, within, depth, forward, [*outer, *names[: number + 1]], aims)
            else:
                lists = number + 1 < count and kinds[number + 1] == "fork"
                self.step(name, within, forward, aims, lists, names[:number])
        return names[0]

    def fork(
        self, name: str, within: str, depth: int, forward: str, outer: list[str], aims: list[str]
    ) -> None:
        place = len(self.forks)
        join = self.random.choice(["all", "any", "50 %", "67 %", "1 %"])
        settings: dict[str, Any] = {"within": within, "join": join}
        lister = self.steps[-1]
        listed = lister.get("in", "") == within and "units" in str(lister.get("field"))
        if listed and self.some(0.6):
            starts = self.scope(f"{name}.each", depth + 1, outer, f"{name}e")
            settings |= {"for_each": f"{lister['key']}.units", "starts": starts}
            settings["if_empty"] = forward
            branches: list[str] = []
        else:
            branches = [
                f"{key}:{self.scope(f'{name}.{key}', depth + 1, outer, f'{name}{key}')}"
                for key in "abc"[: self.random.randint(2, 3)]
            ]
        settings["refused"] = self.random.choice(aims)
        self.forks.insert(place, fork(name, forward, *branches, **settings))

    def step(
        self, name: str, within: str, forward: str, aims: list[str], lists: bool, seen: list[str]
    ) -> None:
        outcomes = [outcome("go", forward)]
        more: dict[str, Any] = {"due": self.due(seen)}
        for number in range(self.random.randint(0, 2)):
            outcomes.append(outcome(f"x{number}", self.route(aims)))
        if self.some(0.3):
            more["sign_for"] = f"1 wh after {self.random.choice(ANCHORS)}"
            if self.some():
                more["due"] = "1 wd after receipt"
        if lists:
            more["field"] = [field("units", "departments", required=self.some(0.3))]
        elif self.some(0.2):
            more["child"] = {
                "procedure": "P06",
                "outcome": "go",
                "by_verdict": {one["key"]: one["key"] for one in outcomes[1:]},
            }
        if "child" not in more and self.some(0.3):
            proof = self.some(0.7)
            aim = self.random.choice(
                [aim for aim in aims if proof or not aim.startswith(("ends", "closes"))]
            )
            outcomes.append(outcome("silent", aim, silent=True))
            more["lapse"] = {"outcome": "silent", "proof": proof}
            if proof and self.some(0.3):
                more["lapse"]["barred_when"] = self.random.choice(WHENS)
            if self.some():
                more["lapse"]["at"] = "2 wd after opened"
        if self.some(0.2):
            more["effects"] = [{"name": "tell", "when": self.random.choice(WHENS)}]
        self.steps.append(step(name, *outcomes, within=within, **more))

    def route(self, aims: list[str]) -> str | list[Content]:
        if self.some(0.7):
            return self.random.choice(aims)
        first, second = (outcome("x", self.random.choice(aims)) for _ in range(2))
        keep = {"then", "ends", "closes"}
        conditional = {key: value for key, value in first.items() if key in keep}
        default = {key: value for key, value in second.items() if key in keep}
        return [{"when": self.random.choice(WHENS), **conditional}, default]

    def due(self, seen: list[str]) -> Any:
        last = f"1 wd after {self.random.choice(ANCHORS)}"
        steps = [name for name in seen if any(one["key"] == name for one in self.steps)]
        if steps and self.some(0.4):
            kind = self.random.choice(["closed", "receipt"])
            return [f"2 wd after {self.random.choice(steps)}.{kind}", last]
        if self.some(0.3):
            return [{"when": self.random.choice(WHENS), "at": "2 wh after opened"}, last]
        return last


def random_content(random: Random) -> Content:
    """A whole definition; what the joins can decide is asked of the checker and put right."""
    maker = Maker(random)
    maker.scope("", 0, [], "n")
    ways = {way: "n0" for way in ("reopens", "withdraws") if maker.some()}
    whole = content(*maker.steps, *maker.forks, **ways)
    for _ in range(4):
        for reason, path in faults_of(whole):
            parts = path.split(".")
            if reason == "never_refused":
                del whole["fork"][int(parts[1])]["refused"]
    return whole


def wounded(whole: Content, random: Random) -> Content:
    """``whole`` with one thing changed at random; it may still be sound."""
    parts = whole["step"] + whole["fork"]
    if parts:
        random.choice(_WOUNDS)(whole, random.choice(parts), random)
    return whole


def _names(whole: Content) -> list[str]:
    return [part.get("key", "x") for part in whole["step"] + whole["fork"]]


def _drop(whole: Content, part: Content, random: Random) -> None:
    whole["step" if part in whole["step"] else "fork"].remove(part)


def _redirect(whole: Content, part: Content, random: Random) -> None:
    aims: list[Content] = [{"then": random.choice(_names(whole))}, {"closes": "done"}]
    aim = random.choice([*aims, {"ends": random.choice(["accepted", "refused"])}])
    if "accepted" in part:
        part[random.choice(["accepted", "refused", "if_empty"])] = aim
    elif part.get("outcome"):
        one = random.choice(part["outcome"])
        for key in ("then", "ends", "closes"):
            one.pop(key, None)
        one |= aim


def _move(whole: Content, part: Content, random: Random) -> None:
    part["in"] = f"{random.choice(_names(whole))}.{random.choice(['a', 'each'])}"


def _cut(whole: Content, part: Content, random: Random) -> None:
    part.pop(random.choice(list(part)))


def _rename(whole: Content, part: Content, random: Random) -> None:
    part["key"] = random.choice(_names(whole))


def _rejoin(whole: Content, part: Content, random: Random) -> None:
    if "join" in part:
        part["join"] = random.choice(["all", "any", "34 %", "99 %"])


def _relimit(whole: Content, part: Content, random: Random) -> None:
    part["due"] = [f"1 wd after {random.choice(_names(whole))}.closed", "1 wd after opened"]


def _reassign(whole: Content, part: Content, random: Random) -> None:
    part["who"] = random.choice(["each department", "person n0.units", "case owner"])


def _silence(whole: Content, part: Content, random: Random) -> None:
    for one in part.get("outcome", [])[:1]:
        one["silent"] = not one.get("silent", False)


_WOUNDS = [_drop, _redirect, _move, _cut, _rename, _rejoin, _relimit, _reassign, _silence]
