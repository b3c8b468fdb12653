"""What the office does before a case is where a test begins."""

import re

from playwright.sync_api import Page, expect


def to_dispatch(page: Page, subject: str, phone: str) -> None:
    """Register a repair of the hydraulics and review it; the case then waits for an engineer."""
    page.keyboard.press("n")
    page.fill("#subject", subject)
    page.fill("#customer_name", "张建军")
    page.fill("#customer_phone", phone)
    page.fill("[name=details]", "油管接头处漏油")
    page.select_option("[name=in_scope]", "yes")
    page.select_option("[name=visit_needed]", "yes")
    page.click("main form button[value=answer]")
    page.check(".next-step [name=verified] >> nth=0")
    page.select_option(".next-step [name=nature]", "mechanical")
    page.select_option(".next-step [name=urgency]", "high")
    page.select_option(".next-step [name=skill]", label="液压系统")
    page.click(".next-step button[value=visit]")
    expect(page.locator(".next-step")).to_contain_text("P06.3")


def link_of(page: Page, case: str) -> str:
    """A new link for the customer of the case."""
    page.goto(case)
    page.click("#link-form button[type=submit]")
    field = page.locator("#customer-link")
    expect(field).to_have_value(re.compile("/o/.{43}$"))
    return field.input_value()
