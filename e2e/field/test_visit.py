"""An engineer with a phone: everything of a visit without a network, the browser killed in the
middle, and afterwards all of it in the record, once (rules 4, 8, 13, 23, 30)."""

import json
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect

from e2e.field.support import NewPhone, arrive, at_work, ledger_of, nth_job, reading
from e2e.phones import all_sent, enter, sign
from e2e.serving import free_port, serving


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
        job = nth_job(page, 0)
        page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    page.reload()
    page.tap(f"#job-{job}")
    arrive(page)
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
    assert ledger_of(home, job) == []

    # The network is back; however often it is asked for, it is there once.
    with serving(home, port=port):
        page.tap("#do-send")
        all_sent(page)
        page.tap("#do-send")
        all_sent(page)
        one.go(f"#/jobs/{job}/log", ".entry-line")
        expect(page.locator(".mark.is-phone, .mark.is-received")).to_have_count(0)
        expect(page.locator(".entry-line.is-recorded:has-text('照片')")).to_have_count(1)
    ledger = ledger_of(home, job)
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
    with reading(home) as db:
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


def test_what_waits_goes_when_the_network_is_back_though_the_app_is_closed(
    phone: NewPhone, home: Path
) -> None:
    """Rule 10: Background Sync, where there is one, by the worker alone."""
    one, page, job = at_work(phone, 0)
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    other = one.context.new_page()
    one.context.set_offline(True)
    one.go(f"#/jobs/{job}/work", ".rows")
    enter(page, "note", text="由后台上传")
    before = len(ledger_of(home, job))
    page.wait_for_function(
        "() => navigator.serviceWorker.ready.then((worker) => worker.sync.getTags())"
        ".then((tags) => tags.includes('field'))"
    )
    page.close()
    one.context.set_offline(False)
    one.page = other
    for _ in range(100):
        if len(ledger_of(home, job)) > before:
            break
        other.wait_for_function("() => new Promise((go) => requestAnimationFrame(() => go(1)))")
        other.goto(f"{one.origin}/healthz")
    assert len(ledger_of(home, job)) == before + 1
