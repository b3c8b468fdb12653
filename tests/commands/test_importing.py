"""``import``: a file of another system, at the machine: counted, imported, stopped, once."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from portal.commands.running import terminal_language
from portal.imports.returning import heading
from portal.kernel.i18n import language
from tests.commands.portals import ROOT, Operator
from tests.imports.support import EXCAVATORS, NYC

# Each command is a process of its own: a second for each.
pytestmark = pytest.mark.slow


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "excavators.csv"
    path.write_bytes(EXCAVATORS)
    return path


def test_a_file_is_counted_imported_and_known_the_second_time(
    operator: Operator, file: Path, tmp_path: Path
) -> None:
    operator.says("migrate")
    counted = operator.run("import", str(file), "--dry-run")
    assert counted.returncode == 3
    assert counted.stdout == ("Would import 47 new of 48 rows: 0 known, 1 rejected, 0 flagged.\n")
    assert "line 47" in counted.stderr
    rejected = tmp_path / "rejected.csv"
    first = operator.run("import", str(file), "--rejected", str(rejected))
    assert first.returncode == 3
    assert first.stdout == "Imported: 48 of 48 rows read: 47 new, 0 known, 1 rejected, 0 flagged.\n"
    assert "48 of 48 rows" in first.stderr
    lines = rejected.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("47,")
    again = operator.run("import", str(file))
    assert again.stdout == "Imported: 48 of 48 rows read: 0 new, 47 known, 1 rejected, 0 flagged.\n"
    assert operator.says("journal", "verify").startswith("The journal is sound")


def test_nothing_rejected_is_success_and_what_is_odd_is_said(
    operator: Operator, tmp_path: Path
) -> None:
    operator.says("migrate")
    path = tmp_path / "nyc311.csv"
    path.write_bytes(NYC)
    said = operator.says("import", str(path), "--profile", "nyc311")
    assert said == "Imported: 40 of 40 rows read: 40 new, 0 known, 0 rejected, 10 flagged.\n"


def test_a_file_that_nobody_knows_is_mapped_by_options(operator: Operator, tmp_path: Path) -> None:
    operator.says("migrate")
    path = tmp_path / "矿山.csv"
    path.write_text("a;b\n漏水;03/04/2019\n", encoding="gb18030")
    assert "columns: a, b" in operator.fails("import", str(path))
    assert "no field 'x'" in operator.fails("import", str(path), "--map", "x=a")
    assert "no column 'c'" in operator.fails("import", str(path), "--map", "title=c")
    wanted = ("--map", "title=a", "--map", "happened=b", "--day-first", "--owner", "一号矿")
    assert "no time zone" in operator.fails("import", str(path), *wanted, "--zone", "Mars/1")
    assert "not the columns" in operator.fails("import", str(path), "--profile", "nyc311")
    said = operator.says("import", str(path), *wanted, "--zone", "Asia/Shanghai")
    assert "1 new" in said


def test_what_is_no_table_fails_in_one_line(operator: Operator, tmp_path: Path) -> None:
    operator.says("migrate")
    path = tmp_path / "x.csv"
    path.write_bytes(b"%PDF-1.7")
    assert "This is no table" in operator.fails("import", str(path))


def test_ctrl_c_stops_between_two_parts_and_the_file_again_brings_the_rest(
    operator: Operator, tmp_path: Path
) -> None:
    operator.says("migrate")
    path = tmp_path / "many.csv"
    rows = "".join(f"漏水 {number},2024-01-01\n" for number in range(800))
    path.write_text(f"标题,日期\n{rows}", encoding="utf-8")
    running = subprocess.Popen(
        [sys.executable, "-m", "portal", "import", str(path)],
        cwd=ROOT,
        env=operator.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert running.stderr
    assert running.stdout
    read = b""
    while b"100 of 800 rows" not in read:
        more = os.read(running.stderr.fileno(), 4096)
        assert more, read
        read += more
    running.send_signal(signal.SIGINT)
    said, _ = running.communicate(timeout=60)
    assert running.returncode == 130
    assert said.startswith(b"Stopped: ")
    done = int(said.split()[1])
    assert 0 < done < 800
    assert done % 100 == 0
    assert operator.says("import", str(path)) == (
        f"Imported: 800 of 800 rows read: {800 - done} new, {done} known, 0 rejected, 0 flagged.\n"
    )


def test_reasons_are_told_in_the_language_of_the_terminal(
    operator: Operator, file: Path, tmp_path: Path
) -> None:
    operator.says("migrate")
    rejected = tmp_path / "rejected.csv"
    del operator.environ["BIHUAN_LANGUAGE"]
    for told, code in (({}, "zh_CN"), ({"LANG": "en_GB.UTF-8"}, "en")):
        operator.environ |= told
        operator.run("import", str(file), "--rejected", str(rejected))
        first = rejected.read_text(encoding="utf-8-sig").splitlines()[0]
        assert first.startswith(",".join(heading(language(code))))


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({}, "zh_CN"),
        ({"LANG": "C.UTF-8"}, "zh_CN"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "BIHUAN_LANGUAGE": "en"}, "en"),
        ({"LANG": "en_GB.UTF-8", "BIHUAN_LANGUAGE": "zh_CN"}, "zh_CN"),
    ],
)
def test_the_portals_own_setting_goes_before_the_systems(
    monkeypatch: pytest.MonkeyPatch, told: dict[str, str], code: str
) -> None:
    for name in ("BIHUAN_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, said in told.items():
        monkeypatch.setenv(name, said)
    assert terminal_language().code == code
