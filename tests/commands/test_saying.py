"""What commands print: in one language, and what an import tells."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from portal.commands import importing
from portal.commands.backup import _restore
from portal.commands.importing import WITH_REJECTIONS
from portal.commands.journal import said_fault
from portal.commands.running import CommandFailed
from portal.imports.models import ImportRun, Stage
from portal.kernel.db.archive import BadArchive, check
from portal.kernel.i18n import language
from portal.kernel.journal.verifying import Verdict
from portal.kernel.settings import BadSetting, Settings, read_settings
from portal.tables import METADATA
from tests.imports.support import EXCAVATORS, NYC, Importer

Speak = Callable[[str], None]
_UNMAPPED: dict[str, Any] = {
    "profile": None,
    "source": None,
    "mapped": (),
    "zone": None,
    "day_first": False,
    "owner": None,
}


@pytest.fixture
def speak(monkeypatch: pytest.MonkeyPatch) -> Speak:
    return lambda code: monkeypatch.setenv("BIHUAN_LANGUAGE", code)


@pytest.fixture
def at_home(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Commands find the portal that the test has, and leave signals alone."""
    monkeypatch.setenv("BIHUAN_HOME", str(settings.home))
    monkeypatch.setenv("BIHUAN_DATABASE_URL", settings.database_url)
    monkeypatch.setattr(importing, "_stop_at_signal", lambda: lambda: False)
    return settings


async def imports(folder: Path, content: bytes, *, dry: bool = False) -> int:
    file = folder / "file.csv"
    file.write_bytes(content)
    return await importing._import(file, dry, None, _UNMAPPED)


@pytest.mark.parametrize(
    ("code", "total", "reason"),
    [
        (
            "en",
            "Imported: 48 of 48 rows read: 47 new, 0 known, 1 rejected, 0 flagged.\n",
            "  line 47: Cost “PM01” is no amount.",
        ),
        (
            "zh_CN",
            "已导入：共 48 行，读了 48 行：新增 47，已有 0，拒收 1，有疑点 0。\n",
            "  第 47 行：“费用”的值“PM01”不是金额。",
        ),
    ],
)
async def test_an_import_tells_its_total_and_its_reasons_in_one_language(
    at_home: Settings,
    tmp_path: Path,
    speak: Speak,
    capsys: pytest.CaptureFixture[str],
    code: str,
    total: str,
    reason: str,
) -> None:
    speak(code)
    assert await imports(tmp_path, EXCAVATORS) == WITH_REJECTIONS
    out, err = capsys.readouterr()
    assert out == total
    assert reason in err.splitlines()
    # Each figure of the progress once.
    assert err.count("48 of 48" if code == "en" else "48 / 48") == 1


@pytest.mark.parametrize("dry", [True, False])
async def test_what_is_flagged_is_told_with_its_line_and_its_reason(
    at_home: Settings, tmp_path: Path, speak: Speak, capsys: pytest.CaptureFixture[str], dry: bool
) -> None:
    speak("en")
    assert await imports(tmp_path, NYC, dry=dry) == 0
    flagged = [line for line in capsys.readouterr().err.splitlines() if "flagged: " in line]
    assert len(flagged) == 10
    assert flagged[0] == "  line 32, flagged: Closed before it was created"


async def test_of_many_rows_the_first_are_told_and_how_many_more(
    at_home: Settings, tmp_path: Path, speak: Speak, capsys: pytest.CaptureFixture[str]
) -> None:
    speak("en")
    content = "标题,日期,完成时间\n" + "漏水,x,\n" * 13 + "停电,2024-01-02,2024-01-01\n" * 22
    assert await imports(tmp_path, content.encode()) == WITH_REJECTIONS
    lines = capsys.readouterr().err.splitlines()
    assert sum("is no time" in line for line in lines) == 10
    assert sum("flagged: " in line for line in lines) == 20
    assert [line for line in lines if "more" in line] == ["  … and 3 more", "  … and 2 more"]


async def test_an_import_that_nobody_hears_any_more_is_interrupted_and_comes_again(
    at_home: Settings,
    importer: Importer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    speak: Speak,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As when the pipe that reads what is printed is closed."""
    speak("en")

    def unheard(*_: ImportRun) -> None:
        raise BrokenPipeError

    with monkeypatch.context() as closed:
        closed.setattr(importing._Progress, "part", unheard)
        with pytest.raises(BrokenPipeError):
            await imports(tmp_path, EXCAVATORS)
    run = await importer.run(1)
    assert (run.stage, run.read) == (Stage.INTERRUPTED, 48)
    assert await imports(tmp_path, EXCAVATORS) == WITH_REJECTIONS
    assert "0 new, 47 known" in capsys.readouterr().out


def test_a_fault_is_one_line_in_the_language_of_the_terminal(tmp_path: Path, speak: Speak) -> None:
    with pytest.raises(BadSetting) as refused:
        read_settings({"BIHUAN_HOME": str(tmp_path), "PORT": "eighty"})
    assert str(refused.value) == "PORT = 'eighty': a port is a number from 1 to 65535"
    chinese = refused.value.words(language("zh_CN"))
    assert chinese == "PORT = 'eighty'：端口是 1 到 65535 的数字"
    verdict = Verdict(9, 7, "is missing: the journal once reached %(last)s", last=9)
    for code, said in (
        ("en", "is missing: the journal once reached 9"),
        ("zh_CN", "缺失：日志曾写到第 9 条"),
    ):
        speak(code)
        assert said_fault(verdict) == said


@pytest.mark.parametrize("content", [b"", b"half", b"\x1f\x8b\x08\x00half"])
def test_a_backup_is_checked_before_anything_is_made(
    tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch, speak: Speak
) -> None:
    file, home = tmp_path / "b.tar.gz", tmp_path / "home"
    file.write_bytes(content)
    with pytest.raises(BadArchive):
        check(file, METADATA, "0016")
    monkeypatch.setenv("BIHUAN_HOME", str(home))
    monkeypatch.delenv("BIHUAN_DATABASE_URL", raising=False)
    speak("zh_CN")
    with pytest.raises(CommandFailed) as refused:
        asyncio.run(_restore(file))
    assert "不是本版本的完整备份" in refused.value.words(language("zh_CN"))
    assert not home.exists()
