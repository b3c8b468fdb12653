"""``serve``: one command from nothing to a portal, and one clear line when it cannot."""

import shutil
import signal
import socket
import sqlite3
from pathlib import Path

import pytest

from portal.demonstration.accounts import ACCOUNTS, PASSWORD
from tests.commands.portals import LINK, Operator, free_port, sign_in, token


@pytest.mark.slow
def test_from_nothing_to_a_demonstration_that_stops_when_asked(operator: Operator) -> None:
    with operator.serving() as first:
        assert "making the demonstration company" in first.said
        for login, _, _ in ACCOUNTS:
            assert f"  {login}" in first.said
        assert PASSWORD in first.said
        with first.client() as client:
            assert client.get("/healthz").json()["ok"] is True
            sign_in(operator.home, client, "chen", PASSWORD)
            assert client.get("/people").status_code == 200
        code, out, err = first.stop()
        assert (code, out, err) == (0, "Stopped.\n", "")
    with operator.serving() as second:
        assert "making" not in second.said
        assert "database:" not in second.said
        assert PASSWORD in second.said
        with second.client() as client:
            assert client.get("/healthz").status_code == 200
        assert second.stop()[0] == 0


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_at_either_signal_and_leaves_a_whole_database(
    demonstration: Path, tmp_path: Path, number: signal.Signals
) -> None:
    operator = Operator(shutil.copytree(demonstration, tmp_path / "home"))
    with operator.serving("--no-worker") as serving:
        code, out, _ = serving.stop(number)
    assert (code, out) == (0, "Stopped.\n")
    with sqlite3.connect(operator.database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


@pytest.mark.slow
def test_an_empty_portal_gives_a_link_to_its_first_administrator(operator: Operator) -> None:
    for _ in range(2):  # whoever lost the link starts again
        with operator.serving("--empty") as serving:
            assert PASSWORD not in serving.said
            link = LINK.search(serving.said)
            assert link
            with serving.client() as client:
                assert client.get(link[1]).status_code == 200
    with operator.serving("--empty") as serving, serving.client() as client:
        link = LINK.search(serving.said)
        assert link
        client.get(link[1])
        form = {
            "login": "boss",
            "name": "Boss",
            "password": "a short sentence",
            "again": "a short sentence",
            "_csrf": token(operator.home, client),
        }
        assert client.post(link[1], data=form).status_code == 303
        assert client.get("/").status_code == 200
        assert client.get(link[1]).status_code != 200
    with operator.serving("--empty") as serving:
        assert LINK.search(serving.said) is None


def test_a_port_in_use_is_said_before_anything_is_made(operator: Operator) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        operator.environ["PORT"] = str(other.getsockname()[1])
        assert "the port is in use; choose another with PORT" in operator.fails("serve")
    assert not operator.home.exists()


@pytest.mark.slow
def test_an_address_of_another_machine_is_said(operator: Operator) -> None:
    operator.environ["HOST"] = "192.0.2.1"
    assert operator.fails("serve").startswith("cannot listen on 192.0.2.1:8000: ")


def test_a_home_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    environ = {"PORT": str(free_port())}
    said = Operator(tmp_path / "file" / "home", environ).fails("serve")
    assert said.startswith("BIHUAN_HOME = ")


@pytest.mark.slow
def test_a_bad_setting_is_said(operator: Operator) -> None:
    operator.environ["PORT"] = "eighty"
    said = "PORT = 'eighty': a port is a number from 1 to 65535"
    assert operator.fails("serve") == said
    typed = operator.types("serve")
    assert (typed.returncode, typed.stdout, typed.stderr) == (1, "", f"bihuan: {said}\n")


@pytest.mark.slow
@pytest.mark.parametrize("url", ["mysql://u:s3cret@host/db", "not a url"])
def test_another_database_is_said_without_its_password(operator: Operator, url: str) -> None:
    operator.environ["BIHUAN_DATABASE_URL"] = url
    said = operator.fails("migrate")
    assert said.startswith("BIHUAN_DATABASE_URL")
    assert "s3cret" not in said


@pytest.mark.slow
def test_a_database_that_is_away_is_said(operator: Operator) -> None:
    operator.environ["BIHUAN_DATABASE_URL"] = "postgresql://bihuan:s3cret@127.0.0.1:1/bihuan"
    said = operator.fails("migrate")
    assert said.startswith("the database does not answer: ")
    assert "s3cret" not in said


@pytest.mark.slow
def test_a_database_newer_than_the_program_is_said(demonstration: Path, tmp_path: Path) -> None:
    operator = Operator(shutil.copytree(demonstration, tmp_path / "home"))
    with sqlite3.connect(operator.database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    for command in ("serve", "migrate", "demo"):
        assert "it was written by a newer version" in operator.fails(command)


@pytest.mark.slow
def test_a_file_that_is_no_database_is_said(operator: Operator) -> None:
    operator.home.mkdir()
    operator.database.write_bytes(b"no database" * 1000)
    assert "file is not a database" in operator.fails("migrate")


@pytest.mark.slow
def test_an_unsafe_library_is_said(operator: Operator, tmp_path: Path) -> None:
    fake = tmp_path / "site" / "pysqlite3"
    fake.mkdir(parents=True)
    (fake / "__init__.py").write_text("raise ImportError('not bundled')")
    operator.environ["PYTHONPATH"] = str(fake.parent)
    done = operator.run("migrate")
    if done.returncode == 0:
        pytest.skip("this machine's own SQLite is safe")
    assert "can corrupt its write-ahead log" in operator.fails("migrate")
