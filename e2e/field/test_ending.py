"""Leaving, and ending a visit: a timer that runs, and proof that was not taken (rules 3, 19)."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from e2e.field.support import NewPhone, arrive, ledger_of
from e2e.phones import all_sent, enter, sign


def _visit(phone: NewPhone, buttons: str) -> tuple[Page, str]:
    """A job whose page has one of these buttons: what is left of a visit that another test ended
    is no visit."""
    one = phone()
    one.open()
    page = one.sign_in()
    cards = page.locator(".job-card")
    expect(cards.first).to_be_visible()
    for name in [card.get_attribute("id") or "" for card in cards.all()]:
        job = name.removeprefix("job-")
        one.go(f"#/jobs/{job}", "#tab-work")
        if page.locator(buttons).first.is_visible():
            return page, job
        one.go("#/", ".job-card")
    raise AssertionError("no visit is left")


@pytest.fixture
def on_site(phone: NewPhone) -> tuple[Page, str]:
    """A job that is worked on, its timer running."""
    page, job = _visit(phone, "#do-receipt")
    arrive(page)
    return page, job


def _fix(page: Page) -> None:
    page.tap("#tab-work")
    enter(page, "fault", text="油封老化")
    enter(page, "result", text="更换油封")


def _kinds(home: Path, job: str, nth: int) -> list[str]:
    return [kind for kind, _ in ledger_of(home, job)][nth:]


def test_leaving_stops_a_timer_that_runs_and_says_so(on_site: tuple[Page, str], home: Path) -> None:
    page, job = on_site
    page.tap("#do-leave")
    expect(page.locator("#confirm-title")).to_contain_text("计时")
    page.tap("#confirm-no")
    expect(page.locator("#do-timer-stop")).to_be_visible()
    page.tap("#do-leave")
    page.tap("#confirm-yes")
    page.wait_for_selector("#do-arrive")
    expect(page.locator("#do-timer-stop")).to_have_count(0)
    all_sent(page)
    assert _kinds(home, job, -3) == ["timer_start", "timer_stop", "leave"]


def test_ending_the_visit_offers_to_stop_the_timer_and_stops_one_that_runs(
    on_site: tuple[Page, str], home: Path
) -> None:
    page, job = on_site
    _fix(page)
    enter(page, "advice", text="每 200 小时更换")
    page.tap("#go-complete")
    page.check("#outcome-repaired")
    page.tap("#do-stop-first")
    expect(page.locator("#do-stop-first")).to_have_count(0)
    expect(page.locator("#outcome-repaired")).to_be_checked()
    page.tap("#back")
    page.tap("#do-timer-start")
    page.tap("#go-complete")
    expect(page.locator(".notice.is-warn")).to_contain_text("结束上门")
    page.tap("#do-save")
    page.tap("#confirm-yes")
    page.wait_for_selector(".bottom-said:has-text('已修好')")
    all_sent(page)
    assert _kinds(home, job, -5) == ["timer_stop", "timer_start", "timer_stop", "leave", "complete"]
    # What was said on site was told: the repair is listed once, with both of its steps.
    page.evaluate("() => { location.hash = '#/' }")
    over = page.locator(".case-card", has=page.locator(f"#job-{job}"))
    expect(over.locator(".case-step")).to_have_count(2)
    expect(over.locator(".case-outcome")).to_have_text(["已修好", "已告知，请客户确认"])


def test_a_visit_without_proof_is_ended_knowingly(on_site: tuple[Page, str], home: Path) -> None:
    """A customer may refuse: it is said before, and not in the way."""
    page, job = on_site
    _fix(page)
    page.tap("#go-complete")
    page.check("#outcome-repaired")
    page.tap("#do-save")
    expect(page.locator("dialog")).to_contain_text("没有签字，也没有拍照")
    page.tap("#confirm-no")
    assert "complete" not in _kinds(home, job, 0)
    page.tap("#back")
    page.tap("#row-sign")
    page.tap("#do-stop-first")
    expect(page.locator("#do-stop-first")).to_have_count(0)
    sign(page)
    page.tap("#do-save")
    page.wait_for_selector(".rows")
    page.tap("#go-complete")
    page.tap("#do-save")
    expect(page.locator("dialog")).to_contain_text("没有拍照")
    expect(page.locator("dialog")).not_to_contain_text("签字")
    page.tap("#confirm-yes")
    page.wait_for_selector(".bottom-said:has-text('已修好')")
    all_sent(page)
    assert ledger_of(home, job)[-1] == ("complete", "applied")


def test_who_found_nobody_is_not_asked_for_proof(phone: NewPhone) -> None:
    page, _ = _visit(phone, "#do-receipt, #do-arrive")
    page.tap("#go-complete")
    page.check("#outcome-nobody_home")
    page.tap("#do-save")
    page.wait_for_selector(".bottom-said")
