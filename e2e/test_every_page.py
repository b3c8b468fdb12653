"""Every page, wide and narrow: readable for everybody, calm, and inside the screen."""

import pytest

from e2e.conftest import NewPerson
from e2e.looking import findings, overflow

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
    "/parts",
    "/parts/new",
    "/parts/1/edit",
    "/tools",
    "/tools/new",
    "/tools/1/edit",
    "/van-stock",
    "/van-stock/12",
    "/stock-discrepancies",
    "/imports",
    "/imports/1",
    "/history",
    "/history/1",
    "/nothing-here",
    "/sign-out",
]


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
    "/history",
    "/history?q=nothing-like-it",
    "/history/1",
    "/cases/new?record=1",
    "/cases/5",
    "/cases/5/records",
    "/cases/5/records/F10",
]
HEADS_PAGES = ["/", "/cases", "/surveys", "/imports", "/field-inbox", "/procedures/P13"]


@pytest.mark.parametrize(("language", "width"), [("en", 1440), ("zh-CN", 390)])
def test_every_page_of_a_service_manager(somebody: NewPerson, language: str, width: int) -> None:
    head = somebody(language=language, width=width).sign_in("zhou")
    wrong = []
    for path in HEADS_PAGES:
        page = head.go(path)
        wrong += findings(page) + overflow(page)
    assert wrong == []


@pytest.mark.parametrize(("language", "width"), [("en", 1440), ("zh-CN", 390)])
def test_every_page_of_a_clerk(somebody: NewPerson, language: str, width: int) -> None:
    clerk = somebody(language=language, width=width).sign_in("chen")
    wrong = []
    for path in CLERKS_PAGES:
        page = clerk.go(path)
        wrong += findings(page) + overflow(page)
    assert wrong == []


@pytest.mark.parametrize(("language", "width"), [("en", 1440), ("zh-CN", 390), ("en", 390)])
def test_every_page_inside(inside: NewPerson, language: str, width: int) -> None:
    person = inside(language=language, width=width)
    wrong = []
    for path in PAGES:
        page = person.go(path)
        wrong += findings(page) + overflow(page)
    assert wrong == []


@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_outside(somebody: NewPerson, width: int) -> None:
    person = somebody(width=width)
    wrong = []
    for path in ("/sign-in", "/invitations/spent", "/nothing-here", "/service/repair", "/o/spent"):
        page = person.go(path)
        wrong += findings(page) + overflow(page)
    page = person.go("/sign-in")
    page.click("button[type=submit]")
    wrong += findings(page) + overflow(page)
    assert wrong == []


@pytest.mark.parametrize("width", [1440, 390])
def test_what_opens_on_a_page(inside: NewPerson, width: int) -> None:
    person = inside(language="en", width=width)
    page = person.go("/people/8")
    wrong = []
    for name in ("Sign-in link", "Has left"):
        page.click(f"[data-dialog-open] >> text={name}")
        wrong += findings(page) + overflow(page)
        page.keyboard.press("Escape")
    page.keyboard.press("?")
    wrong += findings(page)
    page.keyboard.press("Escape")
    for number in range(page.locator("[data-menu]").count()):
        page.click(f"[data-menu] >> nth={number}")
        wrong += findings(page) + overflow(page)
    page = person.go("/people/new")
    page.click("main form button[type=submit]")
    page.wait_for_selector(".form-errors")
    wrong += findings(page) + overflow(page)
    page = person.go("/account")
    page.click("text=Enter absence")
    page.wait_for_selector(".form-errors")
    wrong += findings(page) + overflow(page)
    assert wrong == []
