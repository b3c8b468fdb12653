"""``migrate``, ``demo`` and ``user``: what an operator does at the machine."""

import shutil
from pathlib import Path

import pytest

from tests.commands.portals import LINK, Operator

# Each command is a process of its own: a second for each.
pytestmark = pytest.mark.slow


def test_a_database_is_migrated_once(operator: Operator) -> None:
    assert "run `migrate` first" in operator.fails("user", "list")
    assert not operator.home.exists()
    assert operator.says("migrate").startswith("applied 0001\n")
    assert operator.says("migrate") == "The database is up to date.\n"
    assert operator.says("user", "list") == ""


def test_accounts_are_listed_added_and_invited_again(demonstration: Path, tmp_path: Path) -> None:
    operator = Operator(shutil.copytree(demonstration, tmp_path / "home"))
    first = LINK.search(operator.says("user", "add", "new.one", "新人", "--role", "engineer"))
    again = LINK.search(operator.says("user", "invite", "new.one"))
    assert first
    assert again
    assert first[1] != again[1]
    (line,) = [line for line in operator.says("user", "list").splitlines() if "new.one" in line]
    assert line.split() == ["new.one", "新人", "engineer"]
    assert operator.fails("user", "add", "new.one", "另一个") == (
        "the login new.one exists already"
    )
    assert operator.fails("user", "add", "New One", "x").startswith("a login has 2 to 60")
    assert "nobody" in operator.fails("user", "invite", "nobody")
    assert operator.run("user", "add", "x.y", "X", "--role", "emperor").returncode == 2


def test_a_demonstration_fills_an_empty_portal_only(demonstration: Path, tmp_path: Path) -> None:
    operator = Operator(shutil.copytree(demonstration, tmp_path / "home"))
    assert operator.fails("demo") == (
        "this portal has people already; demo fills an empty one only"
    )
