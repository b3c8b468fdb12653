"""Settings: read once, from the environment or from files, and refused in one line."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from portal.kernel.settings import BadSetting, Settings, read_settings


def settings_of(home: Path, **environ: str) -> Settings:
    return read_settings({"BIHUAN_HOME": str(home), **environ})


def test_without_any_variable_the_portal_serves_this_machine_from_sqlite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = read_settings({})
    assert found.home == tmp_path / ".bihuan"
    assert found.database_url == f"sqlite+aiosqlite:///{tmp_path}/.bihuan/bihuan.db"
    assert found.origin == "http://127.0.0.1:8000"
    assert not found.secure
    assert found.zone == ZoneInfo("Asia/Shanghai")
    assert found.anchors_file == tmp_path / ".bihuan/journal-heads.txt"


def test_an_empty_variable_counts_as_none(tmp_path: Path) -> None:
    found = settings_of(tmp_path, PORT="", BIHUAN_TLS="", BIHUAN_ZONE="")
    assert (found.port, found.secure, found.zone.key) == (8000, False, "Asia/Shanghai")


def test_a_file_can_hold_any_value(tmp_path: Path) -> None:
    address = tmp_path / "address"
    address.write_text("postgresql://bihuan:s3cret@db/bihuan\n")
    found = settings_of(tmp_path, BIHUAN_DATABASE_URL_FILE=str(address))
    assert found.database_url == "postgresql://bihuan:s3cret@db/bihuan"


def test_a_file_wins_over_the_variable_itself(tmp_path: Path) -> None:
    port = tmp_path / "port"
    port.write_text("8080")
    assert settings_of(tmp_path, PORT="9", PORT_FILE=str(port)).port == 8080


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"BIHUAN_DATABASE_URL: .*nowhere"):
        settings_of(tmp_path, BIHUAN_DATABASE_URL_FILE=str(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "²"),
        ("BIHUAN_TLS", "yes"),
        ("BIHUAN_ZONE", "Mars/Olympus"),
        ("BIHUAN_ZONE", "../etc/passwd"),
        ("BIHUAN_HOME", "\x00"),
    ],
)
def test_a_bad_value_is_refused_in_one_line_that_names_it(
    tmp_path: Path, variable: str, value: str
) -> None:
    with pytest.raises(BadSetting) as refused:
        settings_of(tmp_path, **{variable: value})
    assert str(refused.value).startswith(f"{variable} = {value!r}: ")
    assert "\n" not in str(refused.value)


def test_a_home_that_cannot_be_made_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadSetting, match=r"BIHUAN_HOME = .* cannot be used: .*Not a directory"):
        settings_of(tmp_path / "file" / "home")


def test_the_public_address_is_the_one_that_people_are_told(tmp_path: Path) -> None:
    found = settings_of(tmp_path, BIHUAN_PUBLIC_URL="https://service.example.cn/")
    assert found.origin == "https://service.example.cn"


def test_an_address_of_version_six_stands_in_brackets(tmp_path: Path) -> None:
    assert settings_of(tmp_path, HOST="::1", PORT="80").origin == "http://[::1]:80"


def test_the_key_is_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    first = settings_of(tmp_path / "home")
    assert len(first.secret) == 32
    assert settings_of(tmp_path / "home").secret == first.secret
    assert settings_of(tmp_path / "other").secret != first.secret
    assert stat.S_IMODE((tmp_path / "home/secret.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["secret.key"]


def test_processes_that_start_at_once_agree_on_the_key(tmp_path: Path) -> None:
    program = (
        "import sys; sys.stdin.readline()\n"
        "from portal.kernel.settings import read_settings\n"
        "print(read_settings().secret.hex())"
    )
    environ = os.environ | {"BIHUAN_HOME": str(tmp_path / "home")}
    starts = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            env=environ,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(6)
    ]
    for start in starts:
        assert start.stdin
        start.stdin.write("go\n")
        start.stdin.flush()
    keys = [start.communicate(timeout=30)[0].strip() for start in starts]
    assert len(keys[0]) == 64
    assert set(keys) == {keys[0]}


@pytest.mark.parametrize("content", ["", "abcd", "not hex at all", "ab" * 33])
def test_a_damaged_key_is_refused_rather_than_used(tmp_path: Path, content: str) -> None:
    (tmp_path / "secret.key").write_text(content)
    with pytest.raises(BadSetting, match="cannot be used"):
        settings_of(tmp_path)


def test_no_secret_is_shown_where_settings_are(tmp_path: Path) -> None:
    found = settings_of(tmp_path, BIHUAN_DATABASE_URL="postgresql://bihuan:s3cret@db/bihuan")
    assert "s3cret" not in repr(found)
    assert repr(found.secret) not in repr(found)


def test_no_secret_is_shown_in_a_refusal(tmp_path: Path) -> None:
    address = tmp_path / "address"
    address.write_bytes(b"postgresql://bihuan:s3cret\xff@db/bihuan")
    with pytest.raises(BadSetting) as refused:
        settings_of(tmp_path, BIHUAN_DATABASE_URL_FILE=str(address))
    assert "BIHUAN_DATABASE_URL" in str(refused.value)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    "address",
    [
        "smtp://u:s3cret/x@host",
        "http://u:s3cret@host",
        "smtp://u:s3cret@:25",
        "smtp://u:s3cret@h:0",
    ],
)
def test_a_mail_server_that_cannot_be_read_is_refused_without_its_password(
    tmp_path: Path, address: str
) -> None:
    with pytest.raises(BadSetting, match=r"^BIHUAN_SMTP_URL: write smtp://user") as refused:
        settings_of(tmp_path, BIHUAN_SMTP_URL=address, BIHUAN_MAIL_FROM="p@example.cn")
    assert "s3cret" not in str(refused.value)


def test_a_mail_server_needs_a_sender(tmp_path: Path) -> None:
    server = "smtps://u:s3cret@mail.example.cn:465"
    with pytest.raises(BadSetting, match="BIHUAN_MAIL_FROM is needed"):
        settings_of(tmp_path, BIHUAN_SMTP_URL=server)
    with pytest.raises(BadSetting, match="BIHUAN_MAIL_FROM = 'nobody': "):
        settings_of(tmp_path, BIHUAN_SMTP_URL=server, BIHUAN_MAIL_FROM="nobody")
    found = settings_of(tmp_path, BIHUAN_SMTP_URL=server, BIHUAN_MAIL_FROM="p@example.cn")
    assert "s3cret" not in repr(found)
