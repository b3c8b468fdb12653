"""What thumbs, eyes and customers find on the screens."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from e2e.field.support import NewPhone, at_work, ledger_of, nth_job
from e2e.looking import findings, overflow
from e2e.phones import all_sent, enter


@pytest.mark.parametrize(("language", "width"), [("zh-CN", 390), ("en", 390), ("en", 360)])
def test_every_screen_is_readable_for_everybody_and_within_the_phone(
    phone: NewPhone, photo: str, language: str, width: int
) -> None:
    one = phone(language=language)
    page = one.open()
    page.set_viewport_size({"width": width, "height": 740})
    wrong = findings(page) + overflow(page)
    one.sign_in()
    job = nth_job(page, 0)
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
    one, page, job = at_work(phone, 1)
    one.go(f"#/jobs/{job}", "#do-receipt")
    page.locator("#do-receipt").dblclick()
    page.wait_for_selector("#do-arrive")
    one.go(f"#/jobs/{job}/add/note", ".entry")
    page.fill("#field-text", "只记一次")
    page.locator("#do-save").dblclick()
    page.wait_for_selector("#do-arrive")
    all_sent(page)
    assert [kind for kind, _ in ledger_of(home, job)] == ["receipt", "note"]


def test_the_customers_consent_is_given_to_what_stands_there_and_never_by_a_draft(
    phone: NewPhone,
) -> None:
    """P06.5: an amount that changes has to be agreed to anew; so has one that was left."""
    one, page, job = at_work(phone, 1)
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
    one, page, job = at_work(phone, 1)
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
