"""The client's core in Node: its own tests, and that phone and server fold alike."""

import json
import random
import subprocess
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from field.folding import Line, Record, fold
from tests.support.cast import NOON

HERE = Path(__file__).parent / "client"
STATIC = Path(__file__).parents[2] / "static/js/field"


def node(*arguments: str, given: str = "") -> str:
    done = subprocess.run(
        ["node", *arguments], input=given, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_core_keeps_every_rule_by_itself() -> None:
    """Rules 1-4, 6-13, 15, 18, 22-24, 26-28, 30; each is a test in client/core.test.js."""
    said = node("--test", str(HERE))
    assert "\n# fail 0" in said
    assert "\n# tests 0" not in said


def test_phone_and_server_fold_the_same_log_into_the_same_record() -> None:
    chance = random.Random(22)
    logs = [_log(chance, chance.randrange(40)) for _ in range(300)]
    until = NOON + timedelta(hours=9)
    calls = [
        {"lines": [_for_node(line) for line in log], "until": until.timestamp() * 1000}
        for log in logs
    ]
    given = "".join(json.dumps(call) + "\n" for call in calls)
    found = [json.loads(line) for line in node(str(HERE / "fold.js"), given=given).splitlines()]
    assert [_comparable(fold(log, until)) for log in logs] == [_shown(one) for one in found]
    assert any(one["signature"] and one["amended"] for one in found)
    assert any(one["seconds"] for one in found)


def test_the_core_knows_neither_page_nor_database_nor_network() -> None:
    """Rule 37."""
    for path in (STATIC / "core").glob("*.js"):
        source = path.read_text()
        for foreign in (
            "document.",
            "window.",
            "indexedDB",
            "fetch(",
            "navigator.",
            "localStorage",
        ):
            used = [
                line
                for line in source.splitlines()
                if foreign in line and not line.lstrip().startswith("//")
            ]
            assert used == [], f"{path.name}: {foreign}"


def _log(chance: random.Random, length: int) -> list[Line]:
    bodies: dict[str, Any] = {
        "timer_start": lambda: {"timer": chance.choice("ab")},
        "timer_stop": lambda: {"timer": chance.choice("ab")},
        "receipt": dict,
        "arrive": dict,
        "leave": dict,
        "tool": lambda: {"name": chance.choice(("扳手", "压力表"))},
        "part": lambda: _part(chance),
        "part_returned": lambda: _part(chance),
        "fault": lambda: {"text": f"故障{chance.random()}"},
        "result": lambda: {"text": "好"},
        "estimate": lambda: {"amount": str(chance.randrange(10_000)), "text": ""},
        "note": lambda: {"text": "话"},
        "photo": lambda: {"file": {"att_id": f"a{chance.random()}"}},
        "signature": lambda: {"name": "张"},
        "complete": lambda: {"outcome": "repaired"},
        "void": lambda: {"op": "x"},
    }
    kinds = chance.choices(list(bodies), k=length)
    return [
        Line(
            f"op{number}",
            chance.choice((7, 7, 8)),
            kind,
            bodies[kind](),
            NOON + timedelta(milliseconds=chance.randrange(8 * 3_600_000)),
            chance.random() < 0.15,
        )
        for number, kind in enumerate(kinds)
    ]


def _part(chance: random.Random) -> dict[str, str]:
    quantity = chance.choice(("1", "2.50", "0.1", "0.2", "3", "1E+2"))
    name = chance.choice(("油封", "螺栓"))
    return {"name": name, "quantity": quantity, "number": chance.choice(("", "B7")), "unit": ""}


def _for_node(line: Line) -> dict[str, Any]:
    return {
        "op_id": line.op_id,
        "person_id": line.person_id,
        "kind": line.kind,
        "body": line.body,
        "at": round(line.at.timestamp() * 1000),
        "voided": line.is_voided,
    }


def _comparable(record: Record) -> Sequence[Any]:
    return (
        record.values,
        list(record.tools),
        list(record.parts),
        round(record.worked / timedelta(milliseconds=1)),
        list(record.files),
        record.signature,
        record.is_amended,
    )


def _shown(found: dict[str, Any]) -> Sequence[Any]:
    return (
        found["values"],
        found["tools"],
        [
            (" ".join(filter(None, (part["name"], part["number"]))), Decimal(part["quantity"]))
            for part in found["parts"]
        ],
        round(found["seconds"] * 1000),
        found["files"],
        found["signature"],
        found["amended"],
    )
