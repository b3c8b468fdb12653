"""A repair through the office, each in their own browser, as far as the engineer's answer (P06)."""

import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import NewPerson

# Each outcome's button and the step it leads to, as the procedure names them.
PATH = [
    ("已登记，转审核", "审核与分类"),
    ("需上门，转派单", "派单"),
    ("已派单", "预约上门时间"),
    ("已约定", "上门维修"),
    ("已修好", "告知维修结果"),
]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def _register(page: Page, subject: str) -> None:
    """As a clerk does who forgets something first."""
    page.keyboard.press("n")
    expect(page.locator("#customer_phone")).to_be_focused()
    page.keyboard.type("13900019959")
    page.fill("#customer_name", "赵铁柱")
    page.fill("#subject", subject)
    page.click("main form .btn-primary")
    expect(page.locator("#details-error")).to_contain_text("此项必填")
    page.fill("#details", "油管接头处漏油")
    page.select_option("#in_scope", "yes")
    page.select_option("#visit_needed", "yes")
    page.set_input_files("#photos", {"name": "漏油.png", "mimeType": "image/png", "buffer": PNG})
    page.click("main form .btn-primary")
    expect(page.locator("h1")).to_contain_text(subject)
    expect(page.locator("main")).to_contain_text("漏油.png")


def _answer(page: Page, outcome: str, leads_to: str) -> None:
    page.click(f".next-step button[name=outcome]:has-text('{outcome}')")
    expect(page.locator(".next-step > .panel-head h2")).to_have_text(leads_to)


def test_a_repair_goes_from_the_call_to_the_engineers_answer(somebody: NewPerson) -> None:
    registered, visit, assigned, agreed, repaired = PATH
    clerk = somebody().sign_in("chen")
    page = clerk.go("/")
    _register(page, "割台漏油")
    address = page.url
    expect(page.locator(".next-step > .panel-head h2")).to_have_text(registered[1])
    page.check(".next-step [name=verified] >> nth=0")
    page.select_option(".next-step [name=nature]", "mechanical")
    page.select_option(".next-step [name=urgency]", "high")
    _answer(page, *visit)

    dispatcher = somebody().sign_in("liu")
    expect(dispatcher.page.locator("#inbox-count")).not_to_have_text("")
    dispatcher.page.goto(address)
    dispatcher.page.click(".next-step .other-answers > summary")
    dispatcher.page.select_option(".next-step [name=engineer]", label="赵磊")
    dispatcher.page.fill(".next-step [name=reason]", "区域、技能均符合")
    _answer(dispatcher.page, *assigned)

    page.goto(address)
    page.click(".next-step .other-answers > summary")
    page.fill(".next-step [name=window_from]", "2026-12-01T09:00")
    page.fill(".next-step [name=window_to]", "2026-12-01T11:00")
    _answer(page, *agreed)

    engineer = somebody(width=390).sign_in("zhao")
    engineer.page.goto(address)
    engineer.page.click(f"button:has-text('{'签收'}')")
    expect(engineer.page.locator(f"button:has-text('{'签收'}')")).to_have_count(0)
    for name, text in (("fault", "接头老化"), ("tools", "扳手"), ("parts", "油管接头 1 个")):
        engineer.page.fill(f".next-step [name={name}]", text)
    engineer.page.fill(".next-step [name=minutes]", "80")
    _answer(engineer.page, *repaired)
    expect(engineer.page.locator(".timeline")).to_contain_text("油管接头 1 个")


def test_a_case_is_found_by_the_word_a_clerk_remembers(somebody: NewPerson) -> None:
    clerk = somebody().sign_in("chen")
    page = clerk.go("/")
    page.keyboard.press("/")
    page.keyboard.type("空调")
    page.keyboard.press("Enter")
    expect(page.locator(".list tbody tr")).to_have_count(1)
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("驾驶室空调不制冷")


@pytest.mark.parametrize("width", [1440, 390])
def test_a_caller_is_found_and_chosen_without_a_mouse(somebody: NewPerson, width: int) -> None:
    clerk = somebody(width=width).sign_in("chen")
    page = clerk.go("/cases/new")
    expect(page.locator("#customer_phone")).to_be_focused()
    page.keyboard.type("139 0001 0001")
    expect(page.locator("#caller-contact-1")).to_be_visible()
    expect(page.locator("#alike")).to_contain_text("P06-2026-0001")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    # Whose number it is stands chosen; somebody else of theirs is one key away.
    expect(page.locator("#caller-contact-1")).to_be_checked()
    expect(page.locator("#customer_name")).to_have_value("张建军")
    while page.evaluate("document.activeElement.name") != "caller":
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#site_id")).to_be_visible()
    expect(page.locator("#caller-customer-1")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#customer_name")).to_have_value("张建军")
    expect(page.locator("#caller-contact-1")).to_be_focused()
    expect(page.locator("#device_id option:checked")).to_contain_text("SH6-2024-0317")
    page.fill("#details", "割台又漏油了")
    page.select_option("#in_scope", "yes")
    page.select_option("#visit_needed", "yes")
    page.fill("#subject", f"割台又漏油 {width}")
    page.press("#subject", "Enter")
    expect(page.locator("#another_matter-error")).to_be_visible()
    expect(page.locator("#details")).to_have_value("割台又漏油了")
    page.locator("#another_matter").focus()
    page.keyboard.press("Space")
    page.press("#subject", "Enter")
    expect(page.locator("h1")).to_contain_text(f"割台又漏油 {width}")
    page.click("form.phone button")
    expect(page.locator(".phone a")).to_have_attribute("href", "tel:+8613900010001")
