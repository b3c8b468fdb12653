"""A customer with a phone: the public form, and all that is done by the link (P06.1, P06.4)."""

import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from e2e.conftest import NewPerson, Person
from e2e.looking import findings, overflow

# Who may get what comes in: the least busy of them does.
CLERKS = {"陈晓燕": "chen", "冯雪": "feng"}
PHONE: dict[str, Any] = {"width": 390, "has_touch": True, "is_mobile": True}


@pytest.fixture
def photo(tmp_path: Path) -> str:
    path = tmp_path / "漏油.jpg"
    Image.new("RGB", (600, 400), "brown").save(path)
    return str(path)


def _fill(page: Page, phone: str) -> None:
    page.fill("#symptom", "洗衣机漏水")
    page.fill("#name", "钱大妈")
    page.fill("#phone", phone)
    page.fill("#address", "锦江区一号院")
    page.check("#consent")


def _report(person: Person, phone: str, photo: str) -> Page:
    page = person.go("/service/repair")
    _fill(page, phone)
    page.set_input_files("#photos", photo)
    page.click("#form button[type=submit]")
    page.wait_for_url(re.compile("/o/"))
    return page


def _answer(page: Page, outcome: str) -> None:
    page.click(f"button[name=outcome][value={outcome}]")
    expect(page.locator(f"button[name=outcome][value={outcome}]")).to_have_count(0)


def _dispatch(somebody: NewPerson, number: str) -> None:
    """The office does its part, in Chinese, up to the appointment."""
    page = somebody().sign_in("chen").go(f"/cases?q={number}")
    page.click(f"tbody a:has-text('{number}')")
    expect(page.locator("h1")).to_contain_text(number)
    address = page.url
    owner = page.locator(".next-step-line a").inner_text()
    page = somebody().sign_in(CLERKS[owner]).page
    page.goto(address)
    page.select_option(".next-step [name=channel]", "site")
    page.fill(".next-step [name=symptom]", "漏水")
    page.select_option(".next-step [name=in_scope]", "yes")
    page.select_option(".next-step [name=visit_needed]", "yes")
    _answer(page, "registered")
    page.check(".next-step [name=verified] >> nth=0")
    page.select_option(".next-step [name=nature]", "mechanical")
    page.select_option(".next-step [name=urgency]", "medium")
    _answer(page, "visit")
    dispatcher = somebody().sign_in("liu")
    dispatcher.page.goto(address)
    dispatcher.page.click(".next-step .other-answers > summary")
    dispatcher.page.select_option(".next-step [name=engineer]", label="赵磊")
    dispatcher.page.fill(".next-step [name=reason]", "区域、技能均符合")
    _answer(dispatcher.page, "assigned")


def test_a_customer_reports_writes_presses_and_agrees_on_a_time(
    somebody: NewPerson, photo: str
) -> None:
    customer = somebody(**PHONE)
    page = _report(customer, "13900018881", photo)
    expect(page.locator(".opening-kept")).to_be_visible()
    wrong = findings(page) + overflow(page)
    address = page.url.partition("?")[0]
    number = page.locator(".opening-number").inner_text()
    page.fill("#text", "水越漏越多")
    page.set_input_files("#photos", photo)
    page.click("#words button[type=submit]")
    expect(page.locator("#main")).to_contain_text("水越漏越多")
    expect(page.locator(".opening-photos li")).to_have_count(2)
    shown = page.locator(".opening-photos img >> nth=1")
    assert shown.evaluate("it => it.decode().then(() => it.naturalWidth)") > 0
    page.click("#press button[type=submit]")
    expect(page.locator("#press")).to_have_count(0)
    _dispatch(somebody, number)
    page.goto(address)
    expect(page.locator("#appointment")).to_contain_text("赵磊")
    wrong += findings(page) + overflow(page)
    page.click("#appointment-form button[type=submit]")
    expect(page.locator("#window-error")).to_be_visible()
    wrong += findings(page) + overflow(page)
    page.check(".opening-slot input >> nth=0", force=True)
    page.click("#appointment-form button[type=submit]")
    expect(page.locator(".opening-window")).to_be_visible()
    wrong += findings(page) + overflow(page)
    page.goto(f"{address}?lang=en")
    wrong += findings(page) + overflow(page)
    page.click(".opening-cancel summary")
    page.fill("#reason", "no longer needed")
    page.click("#cancel button[type=submit]")
    expect(page.locator(".opening-now")).not_to_be_empty()
    expect(page.locator("#cancel")).to_have_count(0)
    assert wrong == []


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_public_form_says_what_is_missing(somebody: NewPerson, language: str) -> None:
    customer = somebody(language=language, **PHONE)
    page = customer.go("/service/repair?device=nothing")
    wrong = findings(page) + overflow(page)
    page.fill("#symptom", "漏水")
    page.click("#form button[type=submit]")
    expect(page.locator("#name-error")).to_be_visible()
    expect(page.locator("#consent-error")).to_be_visible()
    expect(page.locator("#symptom")).to_have_value("漏水")
    wrong += findings(page) + overflow(page)
    for path in ("/service/personal-information", "/o/unknown"):
        page = customer.go(path)
        wrong += findings(page) + overflow(page)
    assert wrong == []


def test_staff_make_a_link_and_copy_it(somebody: NewPerson) -> None:
    clerk = somebody(language="en").sign_in("chen")
    page = clerk.go("/cases/1")
    page.click("#link-form button[type=submit]")
    field = page.locator("#customer-link")
    expect(field).to_have_value(re.compile("/o/.{43}$"))
    assert page.url.endswith("/cases/1")
    assert findings(page) + overflow(page) == []
    page.click("[data-copy]")
    expect(page.locator("[data-copy]")).to_contain_text("Copied")
    customer = somebody(language="en", **PHONE)
    customer.page.goto(field.input_value())
    expect(customer.page.locator(".opening-number")).not_to_be_empty()
