"""A repair from the call to the customer's own closing, by all who take part in it, in Chromium: a
clerk, a dispatcher, an engineer whose phone has no network and dies, the customer (P06.1–P06.7)."""

import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from e2e.conftest import NewPerson, Person
from e2e.looking import findings, overflow
from e2e.office import link_of, to_dispatch
from e2e.phones import Phone, all_sent, enter, sign
from e2e.serving import free_port, serving

CUSTOMER: dict[str, Any] = {"width": 390, "has_touch": True, "is_mobile": True}
WORDS = {
    "zh-CN": {
        "fault": "多路阀内漏",
        "result": "更换多路换向阀，试车正常",
        "advice": "每 200 小时更换液压油",
        "part": "FZ-4L20 多路换向阀",
        "closed": "客户确认已解决",
        "improve": "满意度改进",
    },
    "en": {
        "fault": "The control valve leaks inside",
        "result": "Control valve replaced, trial run without fault",
        "advice": "Change the hydraulic oil every 200 hours",
        "part": "FZ-4L20 control valve",
        "closed": "Solved, confirmed by the customer",
        "improve": "",
    },
}


@pytest.fixture
def photo(tmp_path: Path) -> str:
    path = tmp_path / "site.jpg"
    Image.effect_noise((1200, 900), 30).convert("RGB").save(path, quality=80)
    return str(path)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_repair_from_the_call_to_the_customers_own_closing(
    somebody: NewPerson, chromium: Browser, tmp_path: Path, photo: str, language: str
) -> None:
    words = WORDS[language]
    home, port = tmp_path / "home", free_port()
    home.mkdir()
    at = {"language": language, "base_url": f"http://127.0.0.1:{port}"}
    phone = Phone(chromium, at["base_url"], tmp_path / "phone", language=language)
    with serving(home, port=port):
        clerk, dispatcher = somebody(**at).sign_in("chen"), somebody(**at).sign_in("liu")
        page, customer = clerk.go("/"), somebody(**at, **CUSTOMER).page
        to_dispatch(page, f"收割机无力 {language}", f"1390002{len(language):04}")
        case = page.url
        _send_zhao(dispatcher.page, case)
        link = link_of(page, case)
        customer.goto(link)
        number = customer.locator(".opening-number").inner_text()
        customer.check(".opening-slot input >> nth=0", force=True)
        customer.click("#appointment-form button[type=submit]")
        expect(customer.locator(".opening-window")).to_be_visible()
        phone.open()
        job = _take_along(phone, number)
        for one in (page, dispatcher.page, customer):
            one.goto("about:blank")
    # No server, no network: all of the visit lies on the phone, whose browser is killed with it.
    _visit(phone, job, words, photo)
    with serving(home, port=port):
        phone.page.tap("#bar")
        phone.page.tap("#do-send")
        all_sent(phone.page)
        phone.context.close()
        customer.goto(link)
        wrong = _close(customer, words)
        page.goto(case)
        expect(page.locator("#main")).to_contain_text(words["closed"])
        wrong += findings(page) + overflow(page)
        report = page.locator("#case-records a[href*='/records/F11/']").first
        page.goto(clerk.origin + (report.get_attribute("href") or ""))
        for said in (number, words["fault"], words["result"], *words["part"].split(" ", 1)):
            expect(page.locator("#main")).to_contain_text(said)
        wrong += findings(page) + overflow(page)
        _improvement(somebody(**at).sign_in("zhou"), number)
        for one in (page, customer):
            one.goto("about:blank")
    assert phone.complaints == []
    assert wrong == []


def _send_zhao(page: Page, case: str) -> None:
    page.goto(case)
    page.click(".next-step a[href$='/dispatch']")
    page.check("tbody tr:has(label:text-is('赵磊')) input[type=radio]")
    page.click("main form.form .btn-primary")
    expect(page.locator(".next-step")).to_contain_text("P06.4")


def _take_along(phone: Phone, number: str) -> str:
    """The job, once it lies on the phone with the app."""
    page = phone.sign_in()
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    card = page.locator(".job-card", has_text=number)
    job = (card.get_attribute("id") or "").removeprefix("job-")
    card.tap()
    page.wait_for_selector("#do-receipt")
    return job


def _visit(phone: Phone, job: str, words: dict[str, str], photo: str) -> None:
    page = phone.page
    page.tap("#do-receipt")
    page.tap("#do-arrive")
    page.tap("#confirm-yes")
    page.tap("#do-timer-start")
    page.tap("#tab-work")
    enter(page, "fault", text=words["fault"])
    part_number, _, part = words["part"].partition(" ")
    enter(page, "part", name=part, number=part_number, quantity="1")
    phone.kill()

    page = phone.open()
    phone.go(f"#/jobs/{job}/work", ".rows")
    expect(page.locator("#row-add-part")).to_contain_text(words["part"].partition(" ")[2])
    enter(page, "tool", name="GJ-002")
    page.tap("#row-photo")
    page.set_input_files("#file-photo", photo)
    page.wait_for_selector(".thumbnails img")
    page.tap("#back")
    enter(page, "result", text=words["result"])
    enter(page, "advice", text=words["advice"])
    page.tap("#row-sign")
    expect(page.locator("#summary")).to_contain_text(words["result"])
    page.tap("#do-stop-first")
    expect(page.locator("#do-stop-first")).to_have_count(0)
    sign(page)
    page.tap("#do-save")
    page.wait_for_selector(".rows")
    page.tap("#go-complete")
    page.check("#outcome-repaired")
    page.tap("#do-save")
    page.wait_for_selector(".bottom-said")


def _close(page: Page, words: dict[str, str]) -> list[str]:
    """The customer reads what was signed, closes by a real button, and says how it was."""
    page.reload()
    signed = page.locator(".opening-signed")
    expect(signed).to_contain_text(words["result"])
    expect(signed).to_contain_text(words["advice"])
    wrong = findings(page) + overflow(page)
    page.click("#closure button[type=submit]")
    expect(page.locator(".opening-now")).to_contain_text(words["closed"])
    wrong += findings(page) + overflow(page)
    for scale in page.locator(".opinion-scale").all():
        scale.locator("input").nth(3).check(force=True)
    page.locator(".opinion-scale").first.locator("input").nth(1).check(force=True)
    page.click("#survey-form button[type=submit]")
    expect(page.locator(".opinion-rated .is-low")).to_have_count(1)
    page.reload()
    expect(page.locator("#closure, #survey-form")).to_have_count(0)
    return wrong + findings(page) + overflow(page)


def _improvement(head: Person, number: str) -> None:
    """A low rating is somebody's task, with a limit (P13.2)."""
    page = head.go("/surveys")
    row = page.locator("tbody tr", has_text=number)
    expect(row).to_be_visible()
    page.goto(head.origin + (row.locator("a").first.get_attribute("href") or ""))
    expect(page.locator("#main")).to_contain_text(re.compile(r"P13"))
