"""Kills under load: what browsers and phones were told is there afterwards, once, and whole."""

import json
import random
import shutil
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from field.envelopes import MOST_BYTES
from portal.demonstration.accounts import PASSWORD
from tests.commands.portals import Address, Operator, sign_in, token
from tests.field.support import content, new_id, operation

KILLS = 20
BROWSERS = 2
PHONES = 2


@pytest.mark.slow
def test_a_killed_server_loses_nothing_that_it_acknowledged(
    demonstration: Path, tmp_path: Path
) -> None:
    """Rule 38, and the same of pages."""
    operator = Operator(shutil.copytree(demonstration, tmp_path / "home"))
    load = _Load(operator)
    chance = random.Random(7)
    for number in range(KILLS):
        with operator.serving_quickly() as serving:
            if not number:
                load.begin(serving)
            load.run_until_killed(serving, number, chance.randint(3, 20))
        load.check()
    assert len(load.saved) >= 2 * KILLS
    assert len(load.received) >= 20 * KILLS
    with operator.serving_quickly() as serving, serving.client() as client:
        for phone in load.phones:
            for start in range(0, len(phone.made), 50):
                told = phone.send(client, phone.made[start : start + 50])
                assert {one["outcome"] for one in told} == {"parked"}
                load.received |= {one["op_id"] for one in told}
    load.check()
    assert operator.says("journal", "verify").startswith("The journal is sound: ")


class _Phone:
    """A registered phone, and what it has made."""

    def __init__(self, client: httpx.Client, csrf: str) -> None:
        form = {"device_id": new_id(), "_csrf": csrf}
        told = client.post("/field/v1/devices", data=form).json()
        self.name, self.user_id, self._key = told["device_id"], told["user_id"], told["key"]
        self.made: list[dict[str, Any]] = []

    def write(self) -> None:
        """Make five operations more."""
        for _ in range(5):
            seq = len(self.made) + 1
            text = {"text": "好"}
            self.made.append(operation(self.name, self.user_id, seq, "note", "lost", text))

    def send(self, client: httpx.Client, ops: list[dict[str, Any]]) -> list[dict[str, Any]]:
        call = content(*ops)
        assert len(call) <= MOST_BYTES
        headers = {"authorization": f"Bearer {self._key}", "accept": "application/json"}
        answer = client.post("/field/v1/ops", content=call, headers=headers)
        assert answer.status_code == 200, answer.text
        told: list[dict[str, Any]] = answer.json()["outcomes"]
        return told


class _Load:
    """Browsers that save skills and phones that send operations, and what they were told."""

    def __init__(self, operator: Operator) -> None:
        self._operator = operator
        self._cookies: dict[str, str] = {}
        self.phones: list[_Phone] = []
        self.saved: set[str] = set()
        self.received: set[str] = set()

    def begin(self, serving: Address) -> None:
        """Sign everybody in."""
        home = self._operator.home
        with serving.client() as client:
            csrf = sign_in(home, client, "zhao", PASSWORD)
            self.phones = [_Phone(client, csrf) for _ in range(PHONES)]
        with serving.client() as client:
            sign_in(home, client, "admin", PASSWORD)
            self._cookies = dict(client.cookies)

    def run_until_killed(self, serving: Address, number: int, enough: int) -> None:
        """Kill the server after so many answers, in the middle of other calls. A phone begins with
        what it was not answered for."""
        answers: list[int] = []
        is_enough = threading.Event()

        def go_on(call: Callable[[httpx.Client], None]) -> None:
            with serving.client() as client:
                while True:
                    try:
                        call(client)
                    except httpx.TransportError:
                        return
                    answers.append(number)
                    if len(answers) >= enough:
                        is_enough.set()

        calls = [self._saving(f"{number}-{browser}") for browser in range(BROWSERS)]
        calls += [self._sending(phone) for phone in self.phones]
        writers = [threading.Thread(target=go_on, args=(call,)) for call in calls]
        for writer in writers:
            writer.start()
        assert is_enough.wait(60)
        serving.process.kill()
        for writer in writers:
            writer.join(30)

    def _saving(self, name: str) -> Callable[[httpx.Client], None]:
        count = 0

        def save(client: httpx.Client) -> None:
            nonlocal count
            count += 1
            client.cookies.update(self._cookies)
            form = {"_csrf": token(self._operator.home, client), "name": f"{name}-{count}"}
            answer = client.post("/skills", data=form)
            assert answer.status_code == 303, answer.text
            self.saved.add(form["name"])

        return save

    def _sending(self, phone: _Phone) -> Callable[[httpx.Client], None]:
        def send(client: httpx.Client) -> None:
            phone.write()
            self.received |= {one["op_id"] for one in phone.send(client, phone.made[-10:])}

        return send

    def check(self) -> None:
        """What was acknowledged is there, nothing twice, and each with its line in the journal."""
        with sqlite3.connect(self._operator.database) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            skills = {name for (name,) in connection.execute("SELECT name FROM skill")}
            ops = connection.execute("SELECT op_id, envelope, rev FROM field_op").fetchall()
            words = "SELECT count(*) FROM journal WHERE word LIKE ?"
            ((recorded,), (parked,)) = (
                connection.execute(words, (word,)).fetchone()
                for word in ("skill.%", "operation.parked")
            )
            (last,) = connection.execute("SELECT max(rev) FROM journal").fetchone()
            (head,) = connection.execute("SELECT rev FROM journal_head").fetchone()
        connection.close()
        assert self.saved <= skills
        assert (recorded, head) == (len(skills), last)
        assert self.received <= {op_id for op_id, _, _ in ops}
        assert all(json.loads(envelope)["op_id"] == op_id for op_id, envelope, _ in ops)
        assert len({rev for _, _, rev in ops}) == len(ops) == parked
