"""An engineer with a phone: everything of a visit without a network, the browser killed in the
middle, and afterwards all of it in the record, once (rules 4, 8, 13, 23, 26, 27, 30)."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from e2e.looking import findings, overflow
from e2e.phones import Phone, all_sent, enter, sign
from e2e.serving import ROOT, Served, free_port, serving
from portal.demonstration.accounts import PASSWORD


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("field")


@pytest.fixture(scope="module")
def portal(home: Path) -> Iterator[Served]:
    with serving(home) as served:
        yield served


NewPhone = Callable[..., Phone]


@pytest.fixture
def phone(chromium: Browser, portal: Served, tmp_path: Path) -> Iterator[NewPhone]:
    phones: list[Phone] = []

    def new(origin: str = portal.origin, **more: Any) -> Phone:
        made = Phone(chromium, origin, tmp_path / f"phone{len(phones)}", **more)
        phones.append(made)
        return made

    yield new
    for one in phones:
        one.context.close()
    assert [complaint for one in phones for complaint in one.complaints] == []


@contextmanager
def _reading(home: Path) -> Iterator[sqlite3.Connection]:
    found = next(home.glob("*.db"))
    connection = sqlite3.connect(f"file:{found}?mode=ro", uri=True)
    try:
        yield connection
    finally:
        connection.close()


def _ledger(home: Path, job: str) -> list[tuple[str, str]]:
    """What the server's ledger holds of a job: kind and outcome, in the order they were made."""
    with _reading(home) as db:
        query = "SELECT kind, outcome FROM field_op WHERE job = ? ORDER BY seq"
        return list(db.execute(query, (job,)))


def _job(page: Page, nth: int) -> str:
    """The number of the nth job of the day."""
    found = page.locator(".job-card").nth(nth).get_attribute("id") or ""
    return found.removeprefix("job-")


@pytest.fixture
def photo(tmp_path: Path) -> str:
    """As a camera makes it: large, and telling where it was."""
    image = Image.effect_noise((2400, 1800), 40).convert("RGB")
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2026:11:27 10:00:00"
    place = exif.get_ifd(0x8825)
    place[1], place[2], place[3], place[4] = "N", (30.0, 33.0, 36.0), "E", (104.0, 16.0, 12.0)
    path = tmp_path / "camera.jpg"
    image.save(path, exif=exif, quality=85)
    return str(path)


def test_the_app_can_be_installed(phone: NewPhone) -> None:
    one = phone()
    page = one.open()
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    session = one.context.new_cdp_session(page)
    found = session.send("Page.getInstallabilityErrors")
    assert found["installabilityErrors"] == []
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == []


def test_a_visit_without_a_network_survives_the_browsers_end_and_is_in_the_record_once(
    phone: NewPhone, tmp_path: Path, photo: str
) -> None:
    # No network here is no server: what the browser believes about networks does not help.
    home, port = tmp_path / "home", free_port()
    home.mkdir()
    one = phone(origin=f"http://127.0.0.1:{port}")
    with serving(home, port=port):
        one.open()
        page = one.sign_in()
        job = _job(page, 0)
        page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    page.reload()
    page.tap(f"#job-{job}")
    _arrive(page)
    _record(page, photo)
    _void(page, "客户要求周末前修好")
    # Half typed, not saved.
    page.tap("#tab-work")
    page.tap("#row-add-advice")
    page.fill("#field-text", "每 200 小时更换")
    page.wait_for_function(_IS_DRAFT_KEPT, arg=f"{job}/advice")
    one.kill()

    # Cold, and still without a network: where one was, with everything.
    page = one.open()
    expect(page.locator("#field-text")).to_have_value("每 200 小时更换")
    page.fill("#field-text", "每 200 小时更换液压油")
    page.tap("#do-save")
    page.wait_for_selector(".rows")
    expect(page.locator("#row-add-part")).to_contain_text("轴承 6205 × 1 个")
    expect(page.locator("#row-add-fault")).to_contain_text("液压泵轴承磨损")
    expect(page.locator(".thumbnails img")).to_have_count(1)
    expect(page.locator("#bar")).to_contain_text("离线")
    _have_it_signed(page)
    _end(page)
    page.tap("#bar")
    waiting = page.locator(".outbox-line").count()
    assert _ledger(home, job) == []

    # The network is back; however often it is asked for, it is there once.
    with serving(home, port=port):
        page.tap("#do-send")
        all_sent(page)
        page.tap("#do-send")
        all_sent(page)
        one.go(f"#/jobs/{job}/log", ".entry-line")
        expect(page.locator(".mark.is-phone, .mark.is-received")).to_have_count(0)
        expect(page.locator(".entry-line.is-recorded:has-text('照片')")).to_have_count(1)
    ledger = _ledger(home, job)
    assert len(ledger) == waiting
    assert [kind for kind, _ in ledger] == [
        *("receipt", "arrive", "timer_start", "fault", "estimate", "quotation", "tool", "part"),
        *("part_returned", "reading", "note", "photo", "result", "void", "advice"),
        *("timer_stop", "signature", "leave", "complete"),
    ]
    assert {outcome for _, outcome in ledger} == {"applied"}
    _is_whole(home, job)


_IS_DRAFT_KEPT = """(key) => new Promise((resolve) => {
  const asked = indexedDB.open("bihuan-field-drafts");
  asked.onsuccess = () => {
    const found = asked.result.transaction("drafts").objectStore("drafts").getAllKeys();
    found.onsuccess = () => {
      asked.result.close();
      resolve(found.result.some((one) => one.endsWith(`:${key}`)));
    };
  };
})"""


def _arrive(page: Page) -> None:
    page.tap("#do-receipt")
    page.tap("#do-arrive")
    page.tap("#confirm-yes")
    page.tap("#do-timer-start")
    expect(page.locator("#do-timer-stop")).to_contain_text("00:0")


def _record(page: Page, photo: str) -> None:
    page.tap("#tab-work")
    enter(page, "fault", text="液压泵轴承磨损")
    enter(page, "estimate", amount="380", minutes="60", text="轴承与密封圈")
    page.tap("#row-quote")
    expect(page.locator(".figure")).to_have_text("¥380.00")
    page.check("#field-accepted")
    page.tap("#do-accept")
    enter(page, "tool", name="拉马")
    enter(page, "part", name="轴承", number="6205", quantity="2", unit="个")
    enter(page, "part_returned", name="轴承", number="6205", quantity="1", unit="个")
    enter(page, "reading", name="工作压力", value="16.2", unit="MPa")
    enter(page, "note", text="客户要求周末前修好")
    page.tap("#row-photo")
    page.set_input_files("#file-photo", photo)
    page.wait_for_selector(".thumbnails img")
    page.tap("#back")
    enter(page, "result", text="更换轴承，试车正常")


def _void(page: Page, said: str) -> None:
    """A wrong one is voided, with a reason."""
    page.tap("#tab-log")
    page.tap(f".entry-line:has-text('{said}') button")
    page.tap("#confirm-yes")
    expect(page.locator("#confirm-error")).to_be_visible()
    page.fill("#confirm-reason", "写错工单")
    page.tap("#confirm-yes")
    expect(page.locator(".entry-line.is-voided")).to_have_count(1)


def _have_it_signed(page: Page) -> None:
    page.tap("#row-sign")
    expect(page.locator("#summary")).to_contain_text("更换轴承，试车正常")
    page.tap("#do-stop-first")
    expect(page.locator("#do-stop-first")).to_have_count(0)
    page.tap("#do-save")
    expect(page.locator("#sign-error")).to_be_visible()
    sign(page)
    page.tap("#do-save")
    page.wait_for_selector(".rows")
    expect(page.locator("#row-sign")).to_contain_text("陈富贵")


def _end(page: Page) -> None:
    page.tap("#go-complete")
    page.check("#outcome-not_solved")
    page.tap("#do-save")
    expect(page.locator("#field-remaining-error")).to_be_visible()
    page.check("#outcome-repaired")
    page.tap("#do-save")
    page.wait_for_selector(".bottom-said:has-text('已修好')")
    page.tap("#tab-log")
    expect(page.locator(".mark.is-recorded")).to_have_count(0)


def _is_whole(home: Path, job: str) -> None:
    """The visit is answered; the photo is there, small, and tells nobody where it was taken."""
    with _reading(home) as db:
        task = db.execute("SELECT outcome FROM task WHERE id = ?", (job,)).fetchone()
        query = (
            "SELECT a.sha256, a.mime, a.verified_at, a.document_id FROM field_attachment a "
            "JOIN field_op o ON o.op_id = a.op_id WHERE o.job = ? ORDER BY o.seq"
        )
        files = list(db.execute(query, (job,)))
        entry = db.execute(
            "SELECT body FROM field_entry WHERE task_id = ? AND kind = 'photo'", (job,)
        ).fetchone()
    assert task == ("repaired",)
    assert [mime for _, mime, _, _ in files] == ["image/jpeg", "image/png"]
    assert all(verified and document for _, _, verified, document in files)
    stored = next(path for path in home.rglob(f"*{files[0][0]}*") if path.is_file())
    with Image.open(stored) as image:
        assert max(image.size) == 1600
        assert not image.getexif()
    body = json.loads(entry[0])
    assert body["position"] == {"latitude": 30.56, "longitude": 104.27, "accuracy": None}
    assert "拍摄于" in body["caption"]


def test_an_ended_session_is_renewed_in_place_and_the_outbox_is_untouched(
    phone: NewPhone, home: Path
) -> None:
    """Rule 27: writing goes on, by the device's key even sending does."""
    one = phone(language="en")
    one.open()
    page = one.sign_in()
    job = _job(page, 0)
    one.context.set_offline(True)
    one.go(f"#/jobs/{job}/work", ".rows")
    enter(page, "note", text="before the end of the session")
    one.context.clear_cookies()
    one.context.set_offline(False)
    expect(page.locator("#banner-session")).to_be_visible()
    all_sent(page)
    enter(page, "note", text="after the end of the session")
    all_sent(page)
    notes = [entry for entry in _ledger(home, job) if entry[0] == "note"]
    assert notes[-2:] == [("note", "applied")] * 2
    page.tap("#sign-in-again")
    page.fill("#login", "zhao")
    page.fill("#password", "wrong")
    page.tap("#do-sign-in")
    expect(page.locator("#door-error")).to_have_text("Login or password is wrong.")
    assert page.input_value("#login") == "zhao"
    page.fill("#password", PASSWORD)
    page.tap("#do-sign-in")
    page.wait_for_selector(".job-card")
    expect(page.locator("#banner-session")).to_have_count(0)


def test_another_user_of_the_phone_sends_what_the_first_one_left(
    phone: NewPhone, home: Path
) -> None:
    """Rule 8."""
    one = phone()
    one.open()
    page = one.sign_in()
    job = _job(page, 0)
    one.context.set_offline(True)
    one.go(f"#/jobs/{job}/work", ".rows")
    enter(page, "note", text="下班前没发出去")
    before = len(_ledger(home, job))
    one.go("#/account", "#do-sign-out")
    page.tap("#do-sign-out")
    expect(page.locator("#confirm-title")).to_contain_text("1")
    page.tap("#confirm-yes")
    page.wait_for_selector("#do-again")
    expect(page.locator("#bar")).to_contain_text("1 条待上传")
    one.context.clear_cookies()
    one.context.set_offline(False)
    page.tap("#do-again")
    page.wait_for_selector("#login")
    one.sign_in("yang")
    expect(page.locator(f"#job-{job}")).to_have_count(0)
    all_sent(page)
    ledger = _ledger(home, job)
    assert len(ledger) == before + 1
    assert ledger[-1] == ("note", "applied")


def test_what_waits_goes_when_the_network_is_back_though_the_app_is_closed(
    phone: NewPhone, home: Path
) -> None:
    """Rule 10: Background Sync, where there is one, by the worker alone."""
    one = phone()
    one.open()
    page = one.sign_in()
    job = _job(page, 0)
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    other = one.context.new_page()
    one.context.set_offline(True)
    one.go(f"#/jobs/{job}/work", ".rows")
    enter(page, "note", text="由后台上传")
    before = len(_ledger(home, job))
    page.wait_for_function(
        "() => navigator.serviceWorker.ready.then((worker) => worker.sync.getTags())"
        ".then((tags) => tags.includes('field'))"
    )
    page.close()
    one.context.set_offline(False)
    one.page = other
    for _ in range(100):
        if len(_ledger(home, job)) > before:
            break
        other.wait_for_function("() => new Promise((go) => requestAnimationFrame(() => go(1)))")
        other.goto(f"{one.origin}/healthz")
    assert len(_ledger(home, job)) == before + 1


def test_a_newer_app_waits_until_this_one_is_closed(
    phone: NewPhone, home: Path, tmp_path: Path
) -> None:
    """Rule 26: no reload under the hands; a prompt that can be put away; the next cold start."""
    newer = tmp_path / "newer"
    ignore = shutil.ignore_patterns("node_modules", ".*", "tests", "e2e", "bench", "__pycache__")
    shutil.copytree(ROOT, newer, ignore=ignore)
    (newer / "node_modules").symlink_to(ROOT / "node_modules")
    with (newer / "static/css/field.css").open("a") as style:
        style.write("\n/* newer */\n")
    port = free_port()
    place = tmp_path / "home"
    place.mkdir()
    one = phone(origin=f"http://127.0.0.1:{port}")
    with serving(place, port=port):
        one.open()
        page = one.sign_in()
        page.wait_for_function("() => navigator.serviceWorker.controller !== null")
        first = page.get_attribute("html", "data-build")
    with serving(place, root=newer, port=port):
        page.evaluate("() => navigator.serviceWorker.getRegistration().then((one) => one.update())")
        expect(page.locator("#banner-update")).to_be_visible()
        page.tap("#do-dismiss-update")
        expect(page.locator("#banner-update")).to_have_count(0)
        page.reload()
        page.wait_for_selector("html[data-ready]")
        assert page.get_attribute("html", "data-build") == first
        one.context.close()
        page = one.open()
        page.wait_for_selector(".job-card")
        assert page.get_attribute("html", "data-build") != first


@pytest.mark.parametrize(("language", "width"), [("zh-CN", 390), ("en", 390), ("en", 360)])
def test_every_screen_is_readable_for_everybody_and_within_the_phone(
    phone: NewPhone, photo: str, language: str, width: int
) -> None:
    one = phone(language=language)
    page = one.open()
    page.set_viewport_size({"width": width, "height": 740})
    wrong = findings(page) + overflow(page)
    one.sign_in()
    job = _job(page, 0)
    one.go(f"#/jobs/{job}/work", ".rows")
    one.context.set_offline(True)
    enter(page, "note", text="x" * 200)
    base = f"#/jobs/{job}"
    one.go(f"{base}/photo", "#file-photo")
    page.set_input_files("#file-photo", photo)
    page.wait_for_selector(".thumbnails img")
    kinds = ("fault", "result", "advice", "note", "reading", "estimate", "tool", "part")
    screens = {
        "#/": ".job-card",
        base: ".tabs",
        f"{base}/work": ".rows",
        f"{base}/log": ".entry-line",
        **{f"{base}/add/{kind}": ".entry" for kind in kinds},
        f"{base}/photo": "#file-photo",
        f"{base}/quote": ".figure",
        f"{base}/sign": "#board",
        f"{base}/complete": ".outcomes",
        "#/outbox": ".outbox-line",
        "#/account": ".facts",
        "#/jobs/999": ".empty",
    }
    for path, mark in screens.items():
        one.go(path, mark)
        wrong += [f"{path} {found}" for found in findings(page) + overflow(page)]
        wrong += [f"{path} {found}" for found in _small(page)]
        for button in page.locator("#do-save, #do-accept").all():
            button.tap()
            wrong += [f"{path} refused {found}" for found in findings(page) + overflow(page)]
    assert wrong == []


def _small(page: Page) -> list[str]:
    """What can be pressed and is smaller than 44 px, links within a text left out."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("a, button, input:not([type=file]), label.tick")]
          .filter((node) => node.offsetParent && !node.closest("p, .outbox-job"))
          .filter((node) => !(node.matches("input") && node.closest("label")))
          .map((node) => [node, node.getBoundingClientRect()])
          .filter(([, box]) => box.height < 43.5 || box.width < 43.5)
          .map(([node, box]) => `${box.width}x${box.height} ${node.outerHTML.slice(0, 100)}`)"""
    )
    return found


def test_a_double_tap_does_it_once_and_does_not_press_what_comes_next(
    phone: NewPhone, home: Path
) -> None:
    one = phone()
    one.open()
    page = one.sign_in()
    job = _job(page, 1)
    one.go(f"#/jobs/{job}", "#do-receipt")
    page.locator("#do-receipt").dblclick()
    page.wait_for_selector("#do-arrive")
    one.go(f"#/jobs/{job}/add/note", ".entry")
    page.fill("#field-text", "只记一次")
    page.locator("#do-save").dblclick()
    page.wait_for_selector("#do-arrive")
    all_sent(page)
    assert [kind for kind, _ in _ledger(home, job)] == ["receipt", "note"]


def test_the_customers_consent_is_given_to_what_stands_there_and_never_by_a_draft(
    phone: NewPhone,
) -> None:
    """P06.5: an amount that changes has to be agreed to anew; so has one that was left."""
    one = phone()
    one.open()
    page = one.sign_in()
    job = _job(page, 1)
    one.go(f"#/jobs/{job}/quote", ".figure")
    page.check("#field-accepted")
    # Nothing was typed: what the estimate says later is offered.
    one.go(f"#/jobs/{job}/work", ".rows")
    enter(page, "estimate", amount="120", text="密封圈")
    page.tap("#row-quote")
    expect(page.locator("#field-amount")).to_have_value("120")
    expect(page.locator("#field-accepted")).not_to_be_checked()
    for name, text in (("amount", "180"), ("text", "密封圈两个")):
        page.check("#field-accepted")
        page.fill(f"#field-{name}", text)
        expect(page.locator("#field-accepted")).not_to_be_checked()
    page.check("#field-accepted")
    page.reload()
    page.wait_for_selector(".figure")
    expect(page.locator("#field-amount")).to_have_value("180")
    expect(page.locator("#field-accepted")).not_to_be_checked()
    page.tap("#do-accept")
    expect(page.locator("#field-accepted-error")).to_be_visible()


def test_nothing_is_used_no_times_and_more_than_the_van_holds_is_said_and_saved(
    phone: NewPhone,
) -> None:
    """Rule 20."""
    one = phone()
    one.open()
    page = one.sign_in()
    job = _job(page, 1)
    one.go(f"#/jobs/{job}/work", ".rows")
    page.tap("#row-add-part")
    page.tap(".found-item:has-text('车上有') >> nth=0")
    for quantity in ("0", "-1", "x"):
        page.fill("#field-quantity", quantity)
        page.tap("#do-save")
        expect(page.locator("#field-quantity-error")).to_be_visible()
    page.fill("#field-quantity", "1")
    expect(page.locator("#part-warning .notice")).to_have_count(0)
    page.fill("#field-quantity", "900")
    expect(page.locator("#part-warning .notice")).to_be_visible()
    page.tap("#do-save")
    page.wait_for_selector(".rows")
    expect(page.locator("#row-add-part")).to_contain_text("× 900")


def test_consent_is_a_persons_and_not_the_phones(phone: NewPhone) -> None:
    one = phone()
    one.open()
    page = one.sign_in()
    one.go("#/account", "#position")
    page.check("#position")
    page.tap("#do-sign-out")
    page.wait_for_selector("#login")
    one.sign_in("yang")
    one.go("#/account", "#position")
    expect(page.locator("#position")).not_to_be_checked()
    page.tap("#do-sign-out")
    page.wait_for_selector("#login")
    one.sign_in()
    one.go("#/account", "#position")
    expect(page.locator("#position")).to_be_checked()
