"""Kills under load: what was acknowledged is there afterwards, and whole."""

import random
import shutil
import sqlite3
import threading
from pathlib import Path

import httpx
import pytest

from portal.demonstration.accounts import PASSWORD
from tests.commands.portals import Operator, Serving, sign_in, token

KILLS = 20
WRITERS = 4


@pytest.mark.slow
def test_a_killed_server_loses_nothing_that_it_acknowledged(
    demonstration: Path, tmp_path: Path
) -> None:
    operator = Operator(shutil.copytree(demonstration, tmp_path / "home"))
    chance = random.Random(7)
    acknowledged: set[str] = set()
    cookies: dict[str, str] = {}
    for number in range(KILLS):
        with operator.serving() as serving:
            if not cookies:
                with serving.client() as client:
                    sign_in(operator.home, client, "admin", PASSWORD)
                    cookies = dict(client.cookies)
            acknowledged |= _write_until_killed(
                operator.home, serving, cookies, number, chance.randint(3, 30)
            )
        _check(operator, acknowledged)
    assert len(acknowledged) >= 3 * KILLS
    assert operator.says("journal", "verify").startswith("The journal is sound: ")


def _write_until_killed(
    home: Path, serving: Serving, cookies: dict[str, str], number: int, enough: int
) -> set[str]:
    """What was acknowledged before the server was killed, in the middle of other writes."""
    acknowledged: list[str] = []
    is_enough = threading.Event()

    def write(writer: int) -> None:
        with serving.client() as client:
            client.cookies.update(cookies)
            form = {"_csrf": token(home, client)}
            for count in range(10_000):
                name = f"{number}-{writer}-{count}"
                try:
                    answer = client.post("/skills", data={**form, "name": name})
                except httpx.TransportError:
                    return
                assert answer.status_code == 303, answer.text
                acknowledged.append(name)
                if len(acknowledged) >= enough:
                    is_enough.set()

    writers = [threading.Thread(target=write, args=(n,)) for n in range(WRITERS)]
    for writer in writers:
        writer.start()
    assert is_enough.wait(30)
    serving.process.kill()
    for writer in writers:
        writer.join(30)
    return set(acknowledged)


def _check(operator: Operator, acknowledged: set[str]) -> None:
    with sqlite3.connect(operator.database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        stored = {name for (name,) in connection.execute("SELECT name FROM skill")}
        (recorded,) = connection.execute(
            "SELECT count(*) FROM journal WHERE word = 'skill.saved' OR word LIKE 'skill.%'"
        ).fetchone()
        (last,) = connection.execute("SELECT max(rev) FROM journal").fetchone()
        (head,) = connection.execute("SELECT rev FROM journal_head").fetchone()
    connection.close()
    assert acknowledged <= stored
    assert (recorded, head) == (len(stored), last)
