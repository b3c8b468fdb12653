"""Every body ever shipped is read, for ever (rule 25): a fixture for each kind and schema."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from field import kinds
from field.envelopes import Operation, read_batch
from field.kinds import BODIES, SCHEMA, read_body, stored
from field.wording import KINDS
from portal.kernel.db.unit import Database
from tests.field.support import content, entries, job_of, operation, outcomes, phone_of

FIXTURES = Path(__file__).parent / "fixtures"
SHIPPED = sorted(path.name for path in FIXTURES.glob("*.json"))


def fixture(name: str) -> tuple[str, int, str, Any]:
    """Kind, schema, body as it was sent, and what it is read as now."""
    kind, schema, *_ = name.split(".")
    kept = json.loads((FIXTURES / name).read_text())
    return kind, int(schema), kept["body"], kept["read"]


def read(kind: str, schema: int, body: str) -> Operation:
    [sent] = read_batch(content(operation("d", 1, 1, kind, 1, body) | {"schema": schema})).sent
    assert sent.op, sent.fault
    return sent.op


def test_each_kind_has_a_body_of_each_schema_and_a_name_for_the_office() -> None:
    kept = {tuple(name.split(".")[:2]) for name in SHIPPED}
    assert kept == {(kind, str(n)) for kind in BODIES for n in range(1, SCHEMA + 1)}
    assert set(KINDS) == set(BODIES)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_body_that_was_shipped_is_read(name: str) -> None:
    """Rule 25."""
    kind, schema, body, wanted = fixture(name)
    assert stored(read_body(read(kind, schema, body))) == wanted


async def test_what_was_shipped_goes_into_the_record(database: Database) -> None:
    """Rule 25, over the whole way; what ends the job comes last, and voids the first."""
    _, job = await job_of(database)
    phone = await phone_of(database)
    last = {"complete": 2, "void": 1}
    made: list[dict[str, Any]] = []
    for name in sorted(SHIPPED, key=lambda one: last.get(one.split(".")[0], 0)):
        kind, schema, body, _ = fixture(name)
        if kind == "void":
            body = json.dumps(json.loads(body) | {"op": made[0]["op_id"]})
        phone.now += timedelta(minutes=1)
        made.append(phone.op(kind, job, body, schema=schema))
    told = outcomes(await phone.send(*made, at=phone.now))
    assert {one.split()[0] for one in told} == {"applied"}
    assert {entry.kind for entry in await entries(database)} == set(BODIES)


def test_an_older_body_is_led_to_the_newest_one_step_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rule 25: a step that did not change a kind leaves its body as it is."""
    monkeypatch.setattr(kinds, "SCHEMA", 3)
    renamed = {("note", 1): lambda body: {"words": body["said"]}}
    again = {("note", 2): lambda body: {"text": body["words"]}}
    monkeypatch.setattr(kinds, "UPCAST", renamed | again)
    assert stored(read_body(read("note", 1, '{"said": "漏油"}'))) == {"text": "漏油"}
    assert stored(read_body(read("note", 2, '{"words": "漏油"}'))) == {"text": "漏油"}
    assert stored(read_body(read("note", 3, '{"text": "漏油"}'))) == {"text": "漏油"}
    assert stored(read_body(read("timer_start", 1, '{"timer": "a"}'))) == {"timer": "a"}
