"""The pages of imports: looked at, mapped, started, followed, cancelled, and taken away again."""

import asyncio
import re
from datetime import timedelta

import pytest
from sqlalchemy import delete

from portal.imports import preparing
from portal.imports.jobs import carry_on_imports
from portal.imports.models import ImportRun, PastRecord, Stage
from portal.kernel import tokens
from portal.kernel.settings import Settings
from portal.kernel.web.csrf import csrf_token
from portal.people.models import RoleGrant
from portal.people.roles import OVERSEERS
from tests.imports.support import EXCAVATORS, NYC, REPAIRS, Importer, counts, workbook
from tests.people.support import NewBrowser, words
from tests.support.browser import Browser
from tests.support.cast import NOON

_IMPORTERS = ("head", "admin")


async def send(page: Browser, content: bytes) -> str:
    """Send a file; the address of its import."""
    answer = await page.upload("/imports", {}, content)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def typed(text: str) -> dict[str, str]:
    """The mapping form as the page shows it."""
    form = text[text.index('id="mapping-form"') :]
    values = {
        name: value
        for name, value in re.findall(r'name="(\w+)"[^>]*value="([^"]*)"', form)
        if name not in ("then", "_csrf")
    }
    values["order"] = "month"
    for name, select in re.findall(r'<select[^>]*name="(\w+)"(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', select)
        values[name] = chosen[1] if chosen else ""
    return values


async def test_a_known_file_is_recognised_and_counted_before_anything_is_imported(
    importer: Importer, browser: NewBrowser
) -> None:
    page = await browser("admin", "en")
    text = (await page.get(await send(page, NYC))).text
    assert "New York City 311 service requests" in text
    assert "NYC Open Data" in text
    assert re.findall(r"<strong>(\d+)</strong> <span>(\w+)", text) == [
        ("40", "new"),
        ("0", "known"),
        ("0", "will"),
        ("10", "flagged"),
    ]
    assert await importer.count(PastRecord) == 0
    assert typed(text)["zone"] == "America/New_York"


async def test_an_import_is_started_followed_and_told_of(
    importer: Importer, browser: NewBrowser, settings: Settings
) -> None:
    page = await browser("admin", "en")
    own = await send(page, EXCAVATORS)
    text = (await page.get(own)).text
    assert "Line 47" in text
    assert "“PM01” is no amount" in text
    started = await page.post(own, typed(text) | {"then": "start"})
    assert started.headers["location"] == own
    text = (await page.get(own)).text
    assert 'hx-trigger="every 1s"' in text
    assert "0 of 48 rows" in text
    await carry_on_imports(importer.database, settings, NOON)
    text = (await page.get(own)).text
    assert "every 1s" not in text
    assert "Finished" in text
    assert "/rejected" in text
    run = await importer.run(1)
    assert counts(run) == (48, 47, 0, 1, 0)
    assert await words(importer.database, "import:1") == [
        "import.prepared",
        "import.mapped",
        "import.started",
        "import.continued",
        "import.ended",
    ]
    listed = (await page.get("/imports")).text
    assert "file.csv" in listed
    assert "何静" in listed


async def test_the_rejected_rows_can_be_taken_away_in_the_readers_language(
    importer: Importer, browser: NewBrowser
) -> None:
    await importer.imported(EXCAVATORS + b"2012-01-01,A,=cmd(),PM01,x\n", "excavators.csv")
    for language, why in (("en", "is no amount"), ("zh-CN", "不是金额")):
        answer = await (await browser("admin", language)).get("/imports/1/rejected")
        assert answer.status_code == 200
        assert "attachment" in answer.headers["content-disposition"]
        lines = answer.content.decode().splitlines()
        assert lines[0].startswith("\ufeff")
        assert lines[1].startswith("47,")
        assert why in lines[1]
        assert ",'=cmd()," in lines[2]


async def test_a_file_that_nobody_knows_is_mapped_by_hand(
    importer: Importer, browser: NewBrowser, settings: Settings
) -> None:
    page = await browser("head", "en")
    own = await send(page, "a;b;c\n漏水;03/04/2019;x\n停电;05/04/2019;y\n".encode())
    text = (await page.get(own)).text
    assert "Say which columns" in text
    form = typed(text)
    refused = await page.post(own, form | {"then": "start", "owner": "一号矿"})
    assert refused.status_code == 422
    assert "This field is required." in refused.text
    assert "一号矿" in refused.text  # nothing typed is lost
    form |= {"column_title": "0", "column_happened": "1", "order": "day", "source": "矿山"}
    twice = await page.post(own, form | {"column_kind": "0"})
    assert "This column is chosen twice." in twice.text
    counted = await page.post(own, form | {"then": "preview", "owner": "一号矿"})
    assert counted.status_code == 303
    text = (await page.get(own)).text
    assert "<strong>2</strong> <span>new" in text
    assert (await importer.run(1)).stage is Stage.DRAFT
    await page.post(own, typed(text) | {"then": "start", "order": "day"})
    await carry_on_imports(importer.database, settings, NOON)
    first, _ = await importer.records()
    assert first.happened_on.isoformat() == "2019-04-03"
    assert first.source == "矿山"
    assert first.customer_id
    # The next file with this heading is read the same way.
    own = await send(page, "a;b;c\n漏水;03/04/2019;x\n".encode())
    assert "<strong>1</strong> <span>known" in (await page.get(own)).text


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "The file you sent has no content."),
        (b"%PDF-1.7", "This is no table"),
        (b"a,b\n", "a heading and no rows"),
        (b"title,date\n1,2\n3,4\n5,6\n", "more than 2 rows"),
        (b"a,b\n" + b"1,2\n" * 100, "larger than the portal accepts"),
    ],
    ids=["empty", "kind", "heading", "rows", "size"],
)
async def test_a_file_that_cannot_be_imported_says_why_at_its_field(
    importer: Importer,
    browser: NewBrowser,
    monkeypatch: pytest.MonkeyPatch,
    content: bytes,
    why: str,
) -> None:
    monkeypatch.setattr(preparing, "MOST_ROWS", 2)
    monkeypatch.setattr("portal.imports.pages.imports.MOST_BYTES", 300)
    page = await browser("admin", "en")
    answer = await page.upload("/imports", {}, content)
    assert answer.status_code == 422
    assert why in answer.text
    assert 'id="file-error"' in answer.text
    assert await importer.count(ImportRun) == 0


async def test_without_a_file_the_form_asks_for_one(browser: NewBrowser) -> None:
    page = await browser("admin", "en")
    for answer in (await page.post("/imports", {}), await page.post("/imports", {"file": "x"})):
        assert answer.status_code == 422
        assert "Choose a file." in answer.text


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b"a\x00b.csv", "ab.csv"),
        (b"\x00", "file"),
        (b"x" * 3000 + b".csv", "x" * 196 + ".csv"),
    ],
    ids=["nul", "nothing", "long"],
)
async def test_a_name_that_no_database_takes_is_kept_without_it(
    importer: Importer, browser: NewBrowser, sent: bytes, kept: str
) -> None:
    page = await browser("admin", "en")
    token = csrf_token(page.portal.settings.secret, page.token).encode()
    part = b'--x\r\nContent-Disposition: form-data; name="'
    body = part + b'_csrf"\r\n\r\n' + token + b"\r\n"
    body += part + b'file"; filename="' + sent + b'"\r\n\r\n' + REPAIRS + b"\r\n--x--\r\n"
    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = await page.client.post("/imports", content=body, headers=headers)
    assert answer.status_code == 303, answer.text
    assert (await importer.run(1)).name == kept
    assert (await page.get(answer.headers["location"])).status_code == 200


async def test_a_file_that_is_sent_twice_by_one_press_becomes_one_draft(
    importer: Importer, browser: NewBrowser
) -> None:
    page = await browser("admin", "en")
    assert 'name="_once"' in (await page.get("/imports")).text
    form = {"_once": tokens.mint()}
    both = await asyncio.gather(*(page.upload("/imports", form, REPAIRS) for _ in range(2)))
    assert [answer.headers["location"] for answer in both] == ["/imports/1"] * 2
    assert await importer.count(ImportRun) == 1
    await send(page, REPAIRS)
    assert await importer.count(ImportRun) == 2


async def test_the_history_is_offered_to_those_who_may_see_it_and_others_are_told_who_can(
    importer: Importer, browser: NewBrowser
) -> None:
    await importer.imported(REPAIRS)
    head, admin = [(await (await browser(who, "en")).get("/imports/1")).text for who in _IMPORTERS]
    assert 'href="/history?source=' in head
    assert "can look at it" not in head
    assert 'href="/history?source=' not in admin
    assert "can look at it" in admin


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Nobody can look at what was imported yet"), ("zh-CN", "目前没有人能查看导入的内容")],
)
async def test_where_nobody_may_see_the_history_the_importer_is_told_to_give_a_role(
    importer: Importer, browser: NewBrowser, language: str, said: str
) -> None:
    """Rights stay: an administrator sees no history, also where nobody else does."""
    await importer.imported(REPAIRS)
    page = await browser("admin", language)
    assert said not in (await page.get("/imports/1")).text
    async with importer.database.writing() as db:
        await db.execute(delete(RoleGrant).where(RoleGrant.role.in_(OVERSEERS)))
    text = (await page.get("/imports/1")).text
    assert said in text
    assert 'href="/people"' in text[text.index(said) :]
    assert (await page.get("/history")).status_code == 403


@pytest.mark.parametrize(
    ("language", "why"), [("en", "Closed before it was created"), ("zh-CN", "关闭早于创建")]
)
async def test_flagged_rows_are_listed_with_line_and_reason(
    importer: Importer, browser: NewBrowser, language: str, why: str
) -> None:
    """Before and after; those who may see the history find them there."""
    draft = await importer.prepared(NYC, "nyc311.csv", is_started=False)
    done = await importer.imported(NYC, "nyc311.csv")
    again = await importer.imported(NYC, "nyc311.csv")
    for who in _IMPORTERS:
        page = await browser(who, language)
        for run_id in (draft, done.id, again.id):
            text = (await page.get(f"/imports/{run_id}")).text
            (lines,) = re.findall(rf"{why}</span></span> <span[^>]*>([^<]*)<", text)
            assert re.findall(r"\d+", lines) == [str(line) for line in range(32, 42)]
            link = 'href="/history?which=flagged&amp;source=nyc311"'
            assert (link in text) == (who == "head" and run_id == done.id)


async def test_of_many_flagged_rows_the_first_twenty_are_listed(
    importer: Importer, browser: NewBrowser
) -> None:
    content = "标题,日期,完成时间\n" + "停电,2024-01-02,2024-01-01\n" * 22
    await importer.imported(content.encode())
    text = (await (await browser("admin", "en")).get("/imports/1")).text
    (lines,) = re.findall(r"Lines ([\d, ]+)<", text)
    assert lines.split(", ") == [str(line) for line in range(2, 22)]
    assert "These are the first; 22 are flagged." in text


@pytest.mark.parametrize(("language", "said"), [("en", "Interrupted"), ("zh-CN", "已中断")])
async def test_an_import_that_was_killed_is_shown_as_interrupted(
    importer: Importer, browser: NewBrowser, settings: Settings, language: str, said: str
) -> None:
    run_id = await importer.prepared(REPAIRS)
    await carry_on_imports(importer.database, settings, NOON + timedelta(minutes=6))
    page = await browser("admin", language)
    assert said in (await page.get("/imports")).text
    text = (await page.get(f"/imports/{run_id}")).text
    assert said in text
    assert "every 1s" not in text
    assert 'id="cancel-form"' not in text


async def test_a_workbook_is_imported_like_a_text(importer: Importer, browser: NewBrowser) -> None:
    rows: list[list[str | float]] = [
        ["编号", "标题", "日期", "电话"],
        [40157411.0, "漏水", "2024-01-02", 13912345678.0],
    ]
    page = await browser("admin", "en")
    own = await send(page, workbook(rows))
    assert "<strong>1</strong> <span>new" in (await page.get(own)).text


async def test_a_workbook_with_one_far_cell_is_refused_at_the_field(
    importer: Importer, browser: NewBrowser
) -> None:
    page = await browser("admin", "en")
    answer = await page.upload("/imports", {}, workbook([["a"], ["1"]], far="XFD1048576"))
    assert answer.status_code == 422
    assert "a cell stands far outside" in answer.text
    assert await importer.count(ImportRun) == 0


async def test_the_rows_of_a_workbook_go_with_its_draft(
    importer: Importer, browser: NewBrowser
) -> None:
    page = await browser("admin", "en")
    own = await send(page, workbook([["标题", "日期"], ["漏水", "2024-01-02"]]))
    assert len(list(importer.folder.rglob("*.rows"))) == 1
    await page.post(f"{own}/cancellation")
    assert not list(importer.folder.rglob("*.rows"))


async def test_an_import_is_cancelled_and_a_draft_dropped(
    importer: Importer, browser: NewBrowser, settings: Settings
) -> None:
    page = await browser("admin", "en")
    draft, own = [await send(page, REPAIRS) for _ in range(2)]
    dropped = await page.post(f"{draft}/cancellation")
    assert dropped.headers["location"] == "/imports"
    await page.post(own, typed((await page.get(own)).text) | {"then": "start"})
    assert (await page.post(f"{own}/cancellation")).headers["location"] == own
    await carry_on_imports(importer.database, settings, NOON)
    assert await importer.count(PastRecord) == 0
    assert "Cancelled after 0 of 3 rows" in (await page.get(own)).text
    assert (await page.post(f"{own}/cancellation")).status_code == 409
    assert (await page.post(own, {"then": "start"})).status_code == 409


async def test_two_who_map_one_file_do_not_overwrite_each_other(
    importer: Importer, browser: NewBrowser
) -> None:
    one, other = await browser("admin", "en"), await browser("head", "en")
    own = await send(one, REPAIRS)
    form = typed((await one.get(own)).text)
    assert (await one.post(own, form | {"source": "旧系统"})).status_code == 303
    late = await other.post(own, form | {"source": "另一个"})
    assert late.status_code == 409
    assert "旧系统" in late.text
    assert "另一个" in late.text


async def test_a_draft_whose_file_is_gone_says_so(importer: Importer, browser: NewBrowser) -> None:
    page = await browser("admin", "en")
    own = await send(page, REPAIRS)
    for path in importer.folder.rglob("*"):
        if path.is_file():
            path.unlink()
    assert "no longer in the store" in (await page.get(own)).text
    assert (await page.post(own, {"then": "start"})).status_code == 422


async def test_only_those_who_may_import_come_here(importer: Importer, browser: NewBrowser) -> None:
    await importer.imported(REPAIRS)
    for login in ("clerk", "engineer", "plain", "manager"):
        page = await browser(login)
        for path in ("/imports", "/imports/1", "/imports/1/rejected"):
            assert (await page.get(path)).status_code == 403
        assert (await page.upload("/imports", {}, REPAIRS)).status_code == 403
        assert (await page.post("/imports/1/cancellation")).status_code == 403
    assert await importer.count(ImportRun) == 1
    assert (await (await browser("admin")).get("/imports/2")).status_code == 404
