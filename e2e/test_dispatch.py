"""Sending an engineer from the ranking, and agreeing one of the free windows (P06.3, P06.4)."""

import re

import pytest
from playwright.sync_api import expect

from e2e.conftest import NewPerson
from e2e.looking import findings, overflow
from e2e.office import to_dispatch


@pytest.mark.parametrize(("language", "width"), [("zh-CN", 390), ("en", 1440)])
def test_an_engineer_is_chosen_by_figures_and_comes_when_it_was_agreed(
    somebody: NewPerson, language: str, width: int
) -> None:
    clerk = somebody(language=language).sign_in("chen")
    page = clerk.go("/")
    to_dispatch(page, f"液压漏油 {language}", f"1391000{width:04}")
    address = page.url

    dispatcher = somebody(language=language, width=width).sign_in("liu")
    choice = dispatcher.page
    choice.goto(address)
    choice.click(".next-step a[href$='/dispatch']")
    reason = choice.locator("#reason")
    expect(reason).not_to_have_value("")
    first = reason.input_value()
    choice.check("tbody input[type=radio] >> nth=1")
    expect(reason).not_to_have_value(first)
    wrong = findings(choice) + overflow(choice)
    # Another length ranks anew, and proposes the best again.
    choice.select_option("#filter-minutes", "60")
    choice.wait_for_url(re.compile("minutes=60"))
    expect(choice.locator("tbody input[type=radio] >> nth=0")).to_be_checked()
    name = choice.locator("tbody tr:first-child label").inner_text()
    choice.click("main form.form .btn-primary")
    expect(choice.locator(".next-step")).to_contain_text("P06.4")

    page.goto(address)
    page.click(".next-step a[href$='/appointment']")
    page.set_viewport_size({"width": width, "height": 900})
    wrong += findings(page) + overflow(page)
    page.click("main form.form .btn-primary")
    expect(page.locator(".field-error")).to_be_visible()
    chosen = page.locator(".windows input >> nth=0")
    day = re.match(r"\d{4}-\d\d-\d\d", chosen.get_attribute("value") or "")
    chosen.check()
    page.click("main form.form .btn-primary")
    expect(page.locator(".next-step")).to_contain_text("P06.5")

    assert day
    choice.goto(f"{dispatcher.origin}/dispatch?day={day[0]}")
    shown = ".board" if width > 767 else ".board-list"
    row = choice.locator(f"{shown} :is(tr, li)").filter(has_text=f"液压漏油 {language}").first
    expect(row).to_be_visible()
    expect(row).to_contain_text(name)
    assert wrong + findings(choice) + overflow(choice) == []
