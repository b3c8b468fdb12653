"""Kills while phones send: what was acknowledged is there afterwards, once, and whole."""

import json
import random
import shutil
import sqlite3
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from field.envelopes import MOST_BYTES
from portal.demonstration.accounts import PASSWORD
from tests.commands.conftest import demonstration  # noqa: F401 - a fixture
from tests.commands.portals import Operator, Serving, sign_in
from tests.field.support import content, new_id, operation

KILLS = 20
PHONES = 3


@pytest.mark.slow
def test_a_killed_server_loses_no_operation_that_it_acknowledged(
    demonstration: Path,  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    """Rule 38."""
    operator = Operator(shutil.copytree(demonstration, tmp_path / "home"))
    chance = random.Random(11)
    phones: list[tuple[str, str, int]] = []
    sent: list[list[dict[str, Any]]] = [[] for _ in range(PHONES)]
    acknowledged: set[str] = set()
    for _ in range(KILLS):
        with operator.serving() as serving:
            if not phones:
                phones = [_register(operator, serving) for _ in range(PHONES)]
            acknowledged |= _send_until_killed(serving, phones, sent, chance.randint(2, 12))
        _check(operator, acknowledged)
    assert len(acknowledged) >= 2 * KILLS
    assert operator.says("journal", "verify").startswith("The journal is sound: ")
    with operator.serving() as serving, serving.client() as client:
        for phone, made in zip(phones, sent, strict=True):
            for start in range(0, len(made), 50):
                told = _send(client, phone, made[start : start + 50])
                assert {one["outcome"] for one in told} == {"parked"}
    _check(operator, {one["op_id"] for made in sent for one in made})


def _register(operator: Operator, serving: Serving) -> tuple[str, str, int]:
    with serving.client() as client:
        csrf = sign_in(operator.home, client, "zhao", PASSWORD)
        form = {"device_id": new_id(), "_csrf": csrf}
        made = client.post("/field/v1/devices", data=form).json()
    return made["device_id"], made["key"], made["user_id"]


def _send(
    client: httpx.Client, phone: tuple[str, str, int], ops: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    call = content(*ops)
    assert len(call) <= MOST_BYTES
    headers = {"authorization": f"Bearer {phone[1]}", "accept": "application/json"}
    answer = client.post("/field/v1/ops", content=call, headers=headers)
    assert answer.status_code == 200, answer.text
    told: list[dict[str, Any]] = answer.json()["outcomes"]
    return told


def _send_until_killed(
    serving: Serving,
    phones: list[tuple[str, str, int]],
    sent: list[list[dict[str, Any]]],
    enough: int,
) -> set[str]:
    """What was acknowledged before the server was killed, in the middle of other calls. Each phone
    begins with what it was not answered for."""
    acknowledged: list[str] = []
    calls: list[int] = []
    is_enough = threading.Event()

    def write(number: int) -> None:
        made = sent[number]
        name, _, user_id = phones[number]
        with serving.client() as client:
            for _ in range(1_000):
                for _ in range(5):
                    made.append(
                        operation(name, user_id, len(made) + 1, "note", "lost", {"text": "好"})
                    )
                try:
                    told = _send(client, phones[number], made[-10:])
                except httpx.TransportError:
                    return
                acknowledged.extend(one["op_id"] for one in told)
                calls.append(number)
                if len(calls) >= enough:
                    is_enough.set()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(PHONES)]
    for writer in writers:
        writer.start()
    assert is_enough.wait(60)
    serving.process.kill()
    for writer in writers:
        writer.join(30)
    return set(acknowledged)


def _check(operator: Operator, acknowledged: set[str]) -> None:
    with sqlite3.connect(operator.database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = connection.execute("SELECT op_id, envelope, rev FROM field_op").fetchall()
        words = "SELECT count(*) FROM journal WHERE word = 'operation.parked'"
        (recorded,) = connection.execute(words).fetchone()
    connection.close()
    assert acknowledged <= {op_id for op_id, _, _ in rows}
    assert all(json.loads(envelope)["op_id"] == op_id for op_id, envelope, _ in rows)
    assert len({rev for _, _, rev in rows}) == len(rows) == recorded
