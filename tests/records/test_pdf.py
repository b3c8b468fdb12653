"""Forms as PDF files, read back; and a press that what people typed cannot harm."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import unquote

import pytest

from portal.app import Portal
from portal.commands.serve import _announce
from portal.kernel.db.unit import Database
from portal.kernel.pictures import derivative
from portal.kernel.problems import Problem
from portal.kernel.settings import Settings
from portal.people.pages.sign_in import DemoAccounts
from portal.records import illustrating, press, printing
from portal.records.printing import MOST_WAITING, Press
from portal.records.problems import PRINTING_BUSY, PRINTING_FAILED, PRINTING_MISSING
from tests.openings.support import link_to
from tests.people.support import NewBrowser
from tests.records.support import (
    SUMMARY,
    dark_pixels,
    job,
    plain,
    read_pdf,
    repaired,
)

pytestmark = pytest.mark.any_database

CHILD = (sys.executable, "-I", str(Path(press.__file__).resolve()))
LACKING = (sys.executable, "-c", "print('libpango-1.0-0 fonts-noto-cjk')")


def drawn(html: str) -> Callable[[], Awaitable[str]]:
    """What draws ``html``."""

    async def draw() -> str:
        return html

    return draw


async def test_the_file_has_the_form_as_text_on_a4_with_the_signature_drawn_p06_5(
    database: Database, browser: NewBrowser, settings: Settings
) -> None:
    made = await repaired(database, settings.home)
    answer = await (await browser("engineer")).get(f"{made.path}.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    named = answer.headers["content-disposition"].partition("filename*=UTF-8''")[2]
    assert unquote(named) == "现场服务报告-P06-2026-0001-F11-1.pdf"
    assert answer.headers["cache-control"] == "private, no-store"
    pdf = read_pdf(answer.content)
    assert "A4" in pdf.size
    assert pdf.title == "现场服务报告 P06-2026-0001-F11-1"
    for said in ("现场服务报告", "油管接头密封圈老化", "扭力扳手", "139****5678", SUMMARY):
        assert said.replace(" ", "") in pdf.run, said
    for number, page in enumerate(pdf.pages, start=1):
        assert f"第{number}页共{len(pdf.pages)}页" in "".join(page.split())
    assert pdf.images == 2
    assert dark_pixels(answer.content, (0, 0, 128)) > 30


async def test_200_lines_go_over_pages_and_each_page_has_the_head(
    database: Database, browser: NewBrowser, settings: Settings
) -> None:
    made = await job(database, settings.home)
    for number in range(200):
        name = f"第{number:03}条" + "，更换油管接头" * (number % 12)
        made.log("reading", {"name": name, "value": "1"}, after=0.1)
    await made.send()
    await made.sign("确认" * 3000)
    answer = await (await browser("engineer")).get(f"{made.path}.pdf")
    pdf = read_pdf(answer.content)
    assert len(pdf.pages) > 5
    for page in pdf.pages:
        assert "现场服务报告" in "".join(page.split())
        assert "P06-2026-0001-F11-1" in page
    for number in range(200):
        assert pdf.run.count(f"第{number:03}条") == 1, number
    # By one character of each: a cell breaks the words, and the next cell comes between.
    assert pdf.run.count("换") == sum(number % 12 for number in range(200))
    assert "电子签字" in pdf.run
    # What runs over a page is whole, too: three thousand times two characters.
    assert pdf.run.count("确认") >= 3000


async def test_an_english_readers_file_is_chinese_with_english_labels(
    database: Database, browser: NewBrowser, settings: Settings
) -> None:
    made = await repaired(database, settings.home)
    answer = await (await browser("engineer", "en")).get(f"{made.path}.pdf")
    pdf = read_pdf(answer.content)
    for said in (
        "现场服务报告",
        "On-siteservicereport",
        "故障判断",
        "Faultfound",
        "第1页",
        "Page1of",
    ):
        assert said in pdf.run, said


async def test_what_people_typed_does_no_harm(
    database: Database, browser: NewBrowser, settings: Settings
) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        near = f"http://127.0.0.1:{listener.getsockname()[1]}/x.png"
        texts = [
            f'<img src="{near}"><script>alert(1)</script></td></table>',
            '<link rel="stylesheet" href="file:///etc/passwd"><style>@page{size:A0}</style>',
            f"url({near}) file:///etc/passwd",
            "很长" * 1500,
            "W" * 3000,
            "表情😀👩‍🔧结束",
            "控制\x01\x08\x1b[2J\u202e反转\u2066\ufffe字符",
            "{{ 7 * 7 }} {% raw %} %(name)s %",
        ]
        made = await job(database, settings.home)
        for text in texts:
            made.log("quotation", {"amount": "1", "accepted": True, "text": text})
        made.log("part", {"name": "P" * 200, "number": "9" * 200, "quantity": "0.5"})
        await made.send()
        await made.sign("</style><h1>假" + "长" * 5000)
        answer = await (await browser("engineer")).get(f"{made.path}.pdf")
        assert answer.status_code == 200
        with pytest.raises(BlockingIOError):
            listener.accept()
    pdf = read_pdf(answer.content)
    assert "A4" in pdf.size
    assert pdf.images == 0
    assert "<script>alert(1)</script></td></table>" in pdf.run
    assert pdf.run.count("W") >= 3000
    assert pdf.run.count("很长") == 1500
    assert "{{7*7}}" in pdf.run
    assert "反转" in pdf.run
    assert "\u202e" not in pdf.text
    assert "root:" not in pdf.text


async def test_the_press_fetches_nothing_but_data() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        near = f"http://127.0.0.1:{listener.getsockname()[1]}/x.png"
        html = f"""<link rel=stylesheet href="{near}"><style>@import url("{near}");
            body {{ background: url("{near}") }}</style><p>text
            <img src="{near}"><img src="/etc/hostname"><img src="file:///etc/hostname">
            <object data="{near}"></object>
            <a rel=attachment href="file:///etc/hostname">file</a>"""
        made = await Press().pdf(drawn(html))
        with pytest.raises(BlockingIOError):
            listener.accept()
    pdf = read_pdf(made)
    assert pdf.images == 0
    assert Path("/etc/hostname").read_bytes().strip() not in made
    assert b"EmbeddedFile" not in made


def test_the_press_has_limits(tmp_path: Path) -> None:
    """Of memory, processor and files; each is really refused."""
    tried = {
        "bytearray(2 << 30)": "MemoryError",
        f"open({str(tmp_path / 'x')!r}, 'wb', 0).write(b'x')": "File too large",
    }
    folder = str(Path(press.__file__).parent)
    for deed, refused in tried.items():
        script = f"import sys; sys.path.insert(0, {folder!r}); import press; press._limit(); {deed}"
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode != 0
        assert refused in done.stderr
    asks = "import resource, press; press._limit(); print(resource.getrlimit(resource.RLIMIT_CPU))"
    script = f"import sys; sys.path.insert(0, {folder!r}); {asks}"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == f"({press.CPU_SECONDS}, {press.CPU_SECONDS})"


async def test_what_takes_too_long_is_stopped() -> None:
    endless = Press(command=(sys.executable, "-c", "while True: pass"), wall=0.2)
    endless._looked_at = 1.0
    with pytest.raises(Problem) as refused:
        await endless.pdf(drawn("<p>x"))
    assert refused.value.kind is PRINTING_FAILED


async def test_the_press_knows_no_setting_of_the_portal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIHUAN_DATABASE_URL", "postgresql://secret")
    telling = Press(command=(sys.executable, "-c", "import os; print('%PDF-', dict(os.environ))"))
    telling._looked_at = 1.0
    assert b"secret" not in await telling.pdf(drawn(""))


async def test_who_prints_while_many_wait_is_told_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate = asyncio.Event()

    async def run(self: Press, sent: bytes, *words: str) -> tuple[int, bytes]:
        if words:
            return 0, b""
        await gate.wait()
        return 0, b"%PDF-"

    monkeypatch.setattr(Press, "_run", run)
    one = Press()
    printed = [asyncio.create_task(one.pdf(drawn(""))) for _ in range(MOST_WAITING)]
    while one._waiting < MOST_WAITING:
        await asyncio.sleep(0)
    with pytest.raises(Problem) as refused:
        await one.pdf(drawn(""))
    assert refused.value.kind is PRINTING_BUSY
    gate.set()
    assert await asyncio.gather(*printed) == [b"%PDF-"] * MOST_WAITING
    assert await one.pdf(drawn("")) == b"%PDF-"


async def test_where_too_many_wait_no_picture_is_drawn_either(
    database: Database,
    browser: NewBrowser,
    settings: Settings,
    portal: Portal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """P06.5: drawing 24 photos costs more than the refusal that follows."""
    made = await repaired(database, settings.home)
    own = await link_to(database, made.it.id)
    pictures: list[int] = []

    async def derive(content: bytes, longest: int) -> bytes:
        pictures.append(longest)
        return await derivative(content, longest)

    monkeypatch.setattr(illustrating, "derivative", derive)
    portal.state.press._waiting = MOST_WAITING
    paths = (f"{made.path}.pdf", f"{own}/records/F11/{made.task_id}.pdf")
    for path, reader in zip(paths, (await browser("engineer"), await browser()), strict=True):
        refused = await reader.get(path)
        assert (refused.status_code, pictures) == (503, []), path
    portal.state.press._waiting = 0
    assert (await (await browser()).get(paths[1])).status_code == 200
    assert len(pictures) == 2


async def test_where_pango_or_a_font_is_missing_every_place_says_what_to_install(
    database: Database,
    browser: NewBrowser,
    settings: Settings,
    portal: Portal,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = await repaired(database, settings.home)
    portal.state.press = Press(command=LACKING)
    engineer = await browser("engineer")
    page = await engineer.get(made.path)
    assert page.status_code == 200
    assert "生成 PDF 需要服务器安装：libpango-1.0-0 fonts-noto-cjk" in page.text
    assert f'href="{made.path}.pdf"' not in page.text
    refused = await engineer.get(f"{made.path}.pdf")
    assert refused.status_code == 503
    assert "apt-get install libpango-1.0-0 fonts-noto-cjk" in refused.text
    health = await engineer.get("/healthz")
    assert health.status_code == 200
    assert health.json()["printing"] == "PDF files need: libpango-1.0-0 fonts-noto-cjk"
    _announce(settings, DemoAccounts(), await portal.state.press.missing())
    said = capsys.readouterr().out
    assert "apt-get install libpango-1.0-0 fonts-noto-cjk\n" in said


async def test_what_is_missing_is_looked_for_again_after_a_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [1000.0]
    monkeypatch.setattr(printing, "monotonic", lambda: now[0])
    one = Press(command=LACKING)
    assert await one.missing() == "libpango-1.0-0 fonts-noto-cjk"
    one.command = CHILD
    assert await one.missing() == "libpango-1.0-0 fonts-noto-cjk"
    now[0] += 61
    assert await one.missing() == ""
    one.command = LACKING
    now[0] += 61
    assert await one.missing() == ""


async def test_a_library_that_cannot_be_loaded_is_said_too() -> None:
    broken = Press(command=(sys.executable, "-c", f"raise SystemExit({press.UNLOADABLE})"))
    broken._looked_at = 1.0
    with pytest.raises(Problem) as refused:
        await broken.pdf(drawn("<p>x"))
    assert refused.value.kind is PRINTING_MISSING
    assert "libpango-1.0-0" in refused.value.params["packages"]


def test_what_is_missing_is_found_out_by_trying(monkeypatch: pytest.MonkeyPatch) -> None:
    assert press.missing() == []
    monkeypatch.setattr(press, "LIBRARIES", {**press.LIBRARIES, "libnone.so.9": "libnone9"})
    assert press.missing() == ["libnone9"]
    monkeypatch.setattr(press, "_has_chinese_font", lambda: False)
    assert press.missing() == ["libnone9", "fonts-noto-cjk"]
    monkeypatch.setattr(sys, "platform", "darwin")
    assert press.missing() == []


async def test_a_photo_in_print_is_small(
    database: Database, browser: NewBrowser, settings: Settings
) -> None:
    """Pixels of a form are for paper, not for a wall: a large photo weighs little."""
    made = await job(database, settings.home)
    await made.photo(plain((3000, 2000)))
    answer = await (await browser("engineer")).get(f"{made.path}.pdf")
    assert len(answer.content) < 700_000
    assert dark_pixels(answer.content, (0, 128, 0)) > 30
