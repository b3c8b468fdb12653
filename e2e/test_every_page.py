"""Every page, wide and narrow: readable for everybody, calm, and inside the screen."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from e2e.conftest import NewPerson
from e2e.serving import ROOT

AXE = (Path(ROOT) / "node_modules/axe-core/axe.min.js").read_text()
PAGES = [
    "/",
    "/account",
    "/account/password",
    "/people",
    "/people?q=nobody-at-all",
    "/people?left=1&sort=-login",
    "/people/new",
    "/people/1",
    "/people/8",
    "/people/8/edit",
    "/people/8/qualification",
    "/people/8/hours",
    "/departments",
    "/departments/new",
    "/departments/1/edit",
    "/skills",
    "/skills/new",
    "/skills/1/edit",
    "/regions",
    "/regions/new",
    "/regions/1/edit",
    "/calendar",
    "/calendar?year=2027",
    "/calendar/week",
    "/calendar/days?day=2026-10-01",
    "/procedures",
    "/procedures/P06",
    "/inbox",
    "/devices-in-field",
    "/dispatch",
    "/dispatch?day=2026-11-28",
    "/dead-letters",
    "/nothing-here",
    "/sign-out",
]


def _findings(page: Page) -> list[str]:
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{page.url}: {one['id']}: {one['nodes'][0]['html'][:160]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


def _overflow(page: Page) -> list[str]:
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    return [f"{page.url} is {wide} px too wide"] if wide > 0 else []


# What an administrator of the portal does not see: other people's cases.
CLERKS_PAGES = [
    "/",
    "/cases",
    "/cases?q=nothing-like-it",
    "/cases/new",
    "/cases/new?phone=1390001",
    "/cases/new?caller=contact-3",
    "/cases/1",
    "/customers",
    "/customers?q=nobody-like-it",
    "/customers/new",
    "/customers/3",
    "/customers/3/edit",
    "/customers/3/contacts/new",
    "/customers/3/sites/new",
    "/customers/3/devices/new",
    "/contacts/3/edit",
    "/sites/3/edit",
    "/devices/3/edit",
    "/devices/3/label",
    "/inbox",
]


@pytest.mark.parametrize(("language", "width"), [("en", 1440), ("zh-CN", 390)])
def test_every_page_of_a_clerk(somebody: NewPerson, language: str, width: int) -> None:
    clerk = somebody(language=language, width=width).sign_in("chen")
    wrong = []
    for path in CLERKS_PAGES:
        page = clerk.go(path)
        wrong += _findings(page) + _overflow(page)
    assert wrong == []


@pytest.mark.parametrize(("language", "width"), [("en", 1440), ("zh-CN", 390), ("en", 390)])
def test_every_page_inside(inside: NewPerson, language: str, width: int) -> None:
    person = inside(language=language, width=width)
    wrong = []
    for path in PAGES:
        page = person.go(path)
        wrong += _findings(page) + _overflow(page)
    assert wrong == []


@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_outside(somebody: NewPerson, width: int) -> None:
    person = somebody(width=width)
    wrong = []
    for path in ("/sign-in", "/invitations/spent", "/nothing-here", "/service/repair", "/o/spent"):
        page = person.go(path)
        wrong += _findings(page) + _overflow(page)
    page = person.go("/sign-in")
    page.click("button[type=submit]")
    wrong += _findings(page) + _overflow(page)
    assert wrong == []


@pytest.mark.parametrize("width", [1440, 390])
def test_what_opens_on_a_page(inside: NewPerson, width: int) -> None:
    person = inside(language="en", width=width)
    page = person.go("/people/8")
    wrong = []
    for name in ("Sign-in link", "Has left"):
        page.click(f"[data-dialog-open] >> text={name}")
        wrong += _findings(page) + _overflow(page)
        page.keyboard.press("Escape")
    page.keyboard.press("?")
    wrong += _findings(page)
    page.keyboard.press("Escape")
    for number in range(page.locator("[data-menu]").count()):
        page.click(f"[data-menu] >> nth={number}")
        wrong += _findings(page) + _overflow(page)
    page = person.go("/people/new")
    page.click("main form button[type=submit]")
    page.wait_for_selector(".form-errors")
    wrong += _findings(page) + _overflow(page)
    page = person.go("/account")
    page.click("text=Enter absence")
    page.wait_for_selector(".form-errors")
    wrong += _findings(page) + _overflow(page)
    assert wrong == []
