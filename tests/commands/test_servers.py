"""Which servers use a home, and where a link of a command leads."""

from dataclasses import replace
from pathlib import Path

import pytest

from portal.commands.servers import known_here, origin_for_links, running_servers
from portal.kernel.settings import Settings, read_settings
from tests.commands.portals import LINK, Operator

ONE, OTHER = "http://127.0.0.1:8001", "https://service.example.cn"
_GIVING = ("PORT", "PORT_FILE", "BIHUAN_PUBLIC_URL", "BIHUAN_PUBLIC_URL_FILE")


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of a command to which nobody has given an address."""
    for name in _GIVING:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BIHUAN_LANGUAGE", "en")
    return read_settings({"BIHUAN_HOME": str(tmp_path)})


def test_a_server_is_known_while_it_runs_and_the_next_one_hears_of_it(given: Settings) -> None:
    assert running_servers(given.home) == []
    with known_here(given.home, ONE) as before:
        assert before == []
        assert running_servers(given.home) == [ONE]
        with known_here(given.home, OTHER) as earlier:
            assert earlier == [ONE]
            assert set(running_servers(given.home)) == {ONE, OTHER}
        assert running_servers(given.home) == [ONE]
    assert running_servers(given.home) == []


def test_what_a_killed_server_has_left_is_no_server_and_goes(given: Settings) -> None:
    left = given.home / "servers" / "0a1b2c3d"
    left.parent.mkdir()
    left.write_text(ONE)
    assert running_servers(given.home) == []
    assert not left.exists()


def test_a_link_leads_to_the_server_that_runs(
    given: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with known_here(given.home, ONE):
        assert origin_for_links(given) == ONE
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("variable", "value"), [("PORT", "8003"), ("BIHUAN_PUBLIC_URL", "https://a.example")]
)
def test_an_address_that_was_given_goes_before_the_servers(
    given: Settings, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    said = read_settings({"BIHUAN_HOME": str(given.home), variable: value})
    with known_here(given.home, ONE):
        assert origin_for_links(said) == said.origin != ONE


@pytest.mark.parametrize(
    ("language", "line"),
    [("en", "No running server is known here"), ("zh_CN", "这里没有正在运行的服务")],
)
def test_where_no_server_is_known_a_line_says_by_what_the_link_was_made(
    given: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    language: str,
    line: str,
) -> None:
    monkeypatch.setenv("BIHUAN_LANGUAGE", language)
    assert origin_for_links(given) == "http://127.0.0.1:8000"
    out, err = capsys.readouterr()
    assert out == ""
    assert line in err
    assert "http://127.0.0.1:8000" in err
    assert len(err.splitlines()) == 1


def test_of_several_servers_the_link_names_its_own(
    given: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with known_here(given.home, ONE), known_here(given.home, OTHER):
        origin = origin_for_links(replace(given))
        assert origin in (ONE, OTHER)
    assert origin in capsys.readouterr().err


@pytest.mark.slow
def test_a_second_server_on_one_home_is_told_and_links_lead_to_the_one_that_is_left(
    operator: Operator,
) -> None:
    with operator.serving("--empty", "--no-worker") as first:
        with operator.serving("--empty", "--no-worker") as second:
            code, _, err = second.stop()
            assert code == 0
            assert f"Another server uses this home: http://127.0.0.1:{first.port}. " in err
        link = operator.run("user", "add", "boss", "何静", "--role", "administrator")
        assert link.stderr == ""
        assert LINK.search(link.stdout)
        assert f"http://127.0.0.1:{first.port}/" in link.stdout
