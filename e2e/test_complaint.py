"""A complaint by the procedure to the letter (P04), in Chromium and by a stopped clock: registered,
read, looked into, approved by the leader's silence, carried out, and closed by the customer."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e.conftest import NewPerson
from e2e.looking import wrong
from e2e.office import link_of
from e2e.serving import Served, serving
from e2e.stopped_clock import begin, move_on

SHANGHAI = ZoneInfo("Asia/Shanghai")
# A Friday morning; the leader gets the sheet at that time.
BEGINS = datetime(2026, 11, 20, 10, 0, tzinfo=SHANGHAI)
# Two working days later, by the word of 4.8.1.3.
LAPSES = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    begin(tmp_path, BEGINS)
    return tmp_path


@pytest.fixture
def stopped(home: Path) -> Iterator[Served]:
    with serving(home, module=("e2e.stopped_clock",)) as served:
        yield served


def test_a_complaint_that_silence_approves_and_its_customer_closes_p04(
    somebody: NewPerson, home: Path, stopped: Served
) -> None:
    at: dict[str, Any] = {"base_url": stopped.origin}
    people = {who: somebody(**at).sign_in(who) for who in ("chen", "wang", "wu", "zhou")}
    clerk, leader, responsible, head = (one.page for one in people.values())
    case = _register(clerk)
    for page in (leader, responsible):
        page.goto(case)
    _answer(leader, "read")
    _answer(clerk, "sent", findings="三楼西户窗边", responsible="吴刚")

    responsible.goto(case)
    expect(responsible.locator(".no-promise")).to_be_visible()
    responsible.click("[id^=sign-] button")  # the sheet is signed for on the register (4.4.2)
    expect(responsible.locator("[id^=sign-]")).to_have_count(0)
    seen = {"contacted_at": "2026-11-20T10:00", "facts": "窗框密封老化"}
    _answer(responsible, "investigated", **seen)
    _answer(responsible, "written", cause="密封胶老化", measures="重新打胶，免费")
    clerk.goto(case)
    _answer(clerk, "forwarded")

    # Unseen, nothing is approved by silence; the leader's page itself notes that they have it.
    leader.goto(case)
    expect(_step(leader, "approve")).to_be_visible()
    leader.wait_for_load_state("networkidle")
    move_on(home, LAPSES - timedelta(minutes=1))
    for who, one in people.items():  # after four days everybody signs in anew
        one.sign_in(who)
    responsible.goto(case)
    expect(responsible.locator("button[value=agreed]")).to_have_count(0)
    move_on(home, LAPSES)
    responsible.reload()
    mark = responsible.locator("p.deemed")
    expect(mark).to_contain_text("2026年11月24日 10:00")
    expect(mark).to_contain_text("P04.6")
    found = wrong(responsible)
    head.goto(f"{stopped.origin}/cases?state=deemed")
    expect(head.locator("tbody")).to_contain_text("外墙渗水")

    _answer(responsible, "agreed", talks="客户同意")
    carried = {"presented": "电话说明", "agreed_for": "2026-11-24T09:00", "done": "已重新打胶"}
    _answer(responsible, "done", invited="yes", **carried)
    clerk.goto(case)
    _answer(clerk, "verified", way="on_site", finding="淋水无渗漏")
    _answer(clerk, "told", result="已重新打胶，淋水无渗漏")

    customer = somebody(width=390, **at).page
    customer.goto(link_of(clerk, case))
    expect(customer.locator("body")).to_contain_text("已重新打胶")
    found += wrong(customer)
    customer.click("#closure button[type=submit]")
    expect(customer.locator(".opening-now")).to_contain_text("客户确认已处理完毕")
    clerk.goto(case)
    expect(clerk.locator("#main")).to_contain_text("客户确认已处理完毕")
    clerk.goto(case + "/records/F04")
    expect(clerk.locator("#main")).to_contain_text("视为")
    assert found + wrong(clerk) == []


def _register(page: Page) -> str:
    """The complaint, registered; the address of its case."""
    page.keyboard.press("n")
    page.select_option("[name=code]", "P04")
    page.select_option("[name=category]", "product")
    page.fill("#subject", "外墙渗水")
    page.fill("#customer_name", "孙大爷")
    page.fill("#customer_phone", "13900099001")
    page.fill("[name=details]", "三楼西户窗边渗水")
    page.click("main form button[value=answer]")
    page.wait_for_url(re.compile(r"/cases/\d+$"))
    return page.url


def _step(page: Page, outcome: str) -> Locator:
    """The open step that takes ``outcome``."""
    return page.locator(f".next-step:has(button[value={outcome}])")


def _answer(page: Page, outcome: str, **fields: str) -> None:
    """Fill in the step's form and press ``outcome``; the step is then done."""
    step = _step(page, outcome)
    step_id = step.get_attribute("id")
    for name, value in fields.items():
        control = step.locator(f"[name={name}]").first
        if control.evaluate("one => one.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)
    step.locator(f"button[value={outcome}]").click()
    expect(page.locator(f"#{step_id}")).to_have_count(0)
