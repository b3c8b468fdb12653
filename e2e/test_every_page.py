"""Every page, wide and narrow: readable for everybody, calm, and inside the screen."""

from typing import Any

import pytest

from e2e.conftest import NewPerson
from e2e.looking import NARROW, WIDE, findings, fitting, overflow, wrong

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


# Whose pages, by login; "" is the administrator, who is inside already.
WALKS = {"": PAGES, "chen": CLERKS_PAGES, "zhou": HEADS_PAGES}
OUTSIDE = (
    "/sign-in",
    "/invitations/spent",
    "/nothing-here",
    "/service/repair",
    "/service/complaint",
    "/o/spent",
)


@pytest.fixture(params=WALKS, ids=lambda login: login or "admin")
def walk(request: pytest.FixtureRequest) -> str:
    """Whose pages are walked."""
    login: str = request.param
    return login


@pytest.mark.parametrize(("language", "width"), [("en", WIDE), ("zh-CN", NARROW)])
def test_every_page_is_readable_and_fits(
    somebody: NewPerson, inside: NewPerson, walk: str, language: str, width: int
) -> None:
    """In English on the wide screen and in Chinese on the narrow one; each page is heard on one of
    them, and fits both."""
    at: dict[str, Any] = {"language": language, "width": width}
    person = somebody(**at).sign_in(walk) if walk else inside(**at)
    found = []
    for number, path in enumerate(WALKS[walk]):
        page = person.go(path)
        found += fitting(page, width)
        if number % 2 == (width == NARROW):
            found += findings(page)
    assert found == []


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_every_page_outside(somebody: NewPerson, width: int) -> None:
    person = somebody(width=width)
    found = [flaw for path in OUTSIDE for flaw in wrong(person.go(path), width)]
    page = person.go("/sign-in")
    found += findings(page, with_sheets=True)
    page.click("button[type=submit]")
    assert found + wrong(page, width) == []


@pytest.mark.parametrize("width", [1440, 390])
def test_what_opens_on_a_page(inside: NewPerson, width: int) -> None:
    person = inside(language="en", width=width)
    page = person.go("/people/8")
    found = []
    for name in ("Sign-in link", "Has left"):
        page.click(f"[data-dialog-open] >> text={name}")
        found += findings(page) + overflow(page)
        page.keyboard.press("Escape")
    page.keyboard.press("?")
    found += findings(page)
    page.keyboard.press("Escape")
    for number in range(page.locator("[data-menu]").count()):
        page.click(f"[data-menu] >> nth={number}")
        found += findings(page) + overflow(page)
    page = person.go("/people/new")
    page.click("main form button[type=submit]")
    page.wait_for_selector(".form-errors")
    found += findings(page) + overflow(page)
    page = person.go("/account")
    page.click("text=Enter absence")
    page.wait_for_selector(".form-errors")
    found += findings(page) + overflow(page)
    assert found == []
