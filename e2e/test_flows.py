"""What administrators and new people do, with a mouse and without."""

import re
from itertools import count

import httpx
import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import NewPerson, Person
from e2e.serving import serving

_numbers = count(1)
PASSWORD = "the geese fly south"


def _fill(page: Page, name: str, login: str) -> None:
    page.fill("#name", name)
    page.fill("#login", login)


def _save(page: Page) -> None:
    page.click("main form button[type=submit]")


def _login() -> str:
    return f"person{next(_numbers)}"


def test_a_new_person_is_registered_gets_a_link_and_comes_in(somebody: NewPerson) -> None:
    boss, new, login = somebody(language="en").sign_in(), somebody(language="en"), _login()
    page = boss.go("/people/new")
    _fill(page, "孙悦", login)
    page.check("text=Repair engineer")
    _save(page)
    expect(page.locator("h1")).to_have_text("孙悦")
    expect(page.locator("#main")).to_contain_text("孙悦 is registered.")
    page.click("text=Sign-in link")
    page.click("dialog[open] >> text=Make the link")
    box = page.get_by_label("One-time link", exact=True)
    link = box.input_value()
    assert page.url.endswith(re.search(r"/people/\d+", page.url)[0])  # type: ignore[index]

    new.page.goto(link)
    new.page.fill("#password", PASSWORD)
    new.page.fill("#again", PASSWORD)
    _save(new.page)
    expect(new.page.locator("#main")).to_contain_text("Welcome. Your password is set.")
    new.page.click("[data-menu] >> text=孙悦")
    new.page.click("text=Sign out")
    expect(new.page.locator("h1")).to_have_text("Sign in")
    new.sign_in(login, PASSWORD)
    new.page.goto(link)
    expect(new.page.locator("h1")).to_have_text("This link no longer works")


def test_a_department_is_founded_by_keyboard_alone(admin: Person) -> None:
    page = admin.go("/departments")
    page.keyboard.press("n")
    expect(page.locator("h1")).to_have_text("New department")
    name = f"Dept {next(_numbers)}"
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.id") == "name":
            break
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_contain_text(f"{name} is saved.")
    page.keyboard.press("g")
    page.keyboard.press("h")
    expect(page.locator("h1")).to_have_text("Desk")


def test_pressing_save_twice_registers_once(admin: Person) -> None:
    login = _login()
    page = admin.go("/people/new")
    _fill(page, "两次", login)
    page.dblclick("main form button[type=submit]")
    expect(page.locator("h1")).to_have_text("两次")
    page = admin.go(f"/people?q={login}")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_a_rejected_form_keeps_what_was_typed_and_leads_to_the_fields(admin: Person) -> None:
    page = admin.go("/people/new")
    _fill(page, "被退回", "chen")
    page.fill("#phone", "call me")
    page.check("text=Quality")
    _save(page)
    expect(page.locator("#login-error")).to_have_text("Somebody else has this login.")
    expect(page.locator(".form-errors")).to_be_focused()
    assert page.input_value("#name") == "被退回"
    assert page.input_value("#phone") == "call me"
    expect(page.get_by_label("Quality")).to_be_checked()
    page.click(".form-errors >> text=Phone")
    expect(page.locator("#phone")).to_be_focused()


def test_two_editors_the_second_sees_both_sides_and_keeps_what_was_typed(
    inside: NewPerson,
) -> None:
    one, two = inside(language="en"), inside(language="en")
    pages = [person.go("/skills") for person in (one, two)]
    for page in pages:
        page.click("tbody tr:first-child >> text=Edit")
        page.wait_for_selector("#name")
    first, second = f"先存{next(_numbers)}", f"后存{next(_numbers)}"
    pages[0].fill("#name", first)
    _save(pages[0])
    expect(pages[0].locator("#main")).to_contain_text(f"{first} is saved.")
    pages[1].fill("#name", second)
    _save(pages[1])
    trouble = pages[1].locator("#trouble")
    expect(trouble).to_contain_text("Changed by somebody else")
    expect(trouble).to_contain_text(first)
    expect(trouble).to_contain_text(second)
    assert pages[1].input_value("#name") == second
    pages[1].get_by_role("link", name="Open the stored version").click()
    expect(pages[1].locator("#name")).to_have_value(first)


def test_a_language_is_chosen_and_stays(somebody: NewPerson) -> None:
    person = somebody(language="zh-CN")
    page = person.go("/sign-in")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.click("text=English")
    expect(page.locator("h1")).to_have_text("Sign in")
    person.sign_in()
    expect(page.locator("h1")).to_have_text("Desk")
    page.click("[data-menu] >> nth=0")
    page.click(".menu-sheet >> text=中文")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page = person.go("/people")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")


def test_what_was_typed_survives_the_end_of_the_session(somebody: NewPerson) -> None:
    person = somebody(language="en").sign_in()
    page = person.go("/people/new")
    _fill(page, "没存上", _login())
    expect(page.locator(".submit-state")).to_have_text("Draft kept on this computer")
    person.context.clear_cookies()
    _save(page)
    expect(page.locator("#trouble")).to_contain_text("Please sign in")
    assert page.input_value("#name") == "没存上"
    person.sign_in()
    page = person.go("/people/new")
    page.click("text=Go on with it")
    assert page.input_value("#name") == "没存上"


def test_without_a_network_a_line_says_so_and_nothing_typed_is_lost(admin: Person) -> None:
    page = admin.go("/people/new")
    login = _login()
    _fill(page, "断网", login)
    admin.context.set_offline(True)
    expect(page.locator("#offline")).to_be_visible()
    _save(page)
    assert page.input_value("#name") == "断网"
    admin.context.set_offline(False)
    expect(page.locator("#offline")).to_be_hidden()
    _save(page)
    expect(page.locator("h1")).to_have_text("断网")
    # What the browser and htmx say of the request that could not leave.
    admin.complaints.clear()


def test_keys_open_the_sheet_and_find_the_search(admin: Person) -> None:
    page = admin.go("/people")
    page.keyboard.press("?")
    sheet = page.locator("#shortcuts")
    expect(sheet).to_be_visible()
    expect(sheet).to_contain_text("Register a person")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    page.keyboard.press("/")
    expect(page.locator("[data-search]")).to_be_focused()


def test_the_list_is_filtered_while_typing_and_sorted(admin: Person) -> None:
    page = admin.go("/people")
    page.fill("#filter-q", "zhao")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert "q=zhao" in page.url
    expect(page.locator("#filter-q")).to_be_focused()
    page = admin.go("/people")
    page.click("th >> text=Login")
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Login")


def test_an_absence_is_entered_and_called_off(somebody: NewPerson) -> None:
    person = somebody(language="en").sign_in("zheng")
    page = person.go("/account")
    page.fill("#from_at", "2020-01-01T08:00")
    page.fill("#until_at", "2999-01-01T18:00")
    page.click("text=Enter absence")
    expect(page.locator("#main")).to_contain_text("Your absence is entered.")
    page.click("text=Call off")
    expect(page.locator("#main")).to_contain_text("The absence is called off.")
    expect(page.get_by_role("button", name="Call off")).to_have_count(0)


def test_an_empty_portal_is_taken_over_by_the_link_it_prints(
    somebody: NewPerson, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with serving(tmp_path_factory.mktemp("empty"), "--empty") as empty:
        found = re.search(r"http://\S+/invitations/\S+", empty.said)
        assert found
        new = somebody(language="en")
        new.page.goto(found[0])
        expect(new.page.locator("h1")).to_have_text("The first administrator")
        _fill(new.page, "老板", "boss")
        new.page.fill("#password", PASSWORD)
        new.page.fill("#again", PASSWORD)
        _save(new.page)
        expect(new.page.locator("#main")).to_contain_text("Welcome. Your password is set.")
        new.page.goto(f"{empty.origin}/people")
        expect(new.page.locator("tbody tr")).to_have_count(1)
        assert httpx.get(f"{empty.origin}/healthz").json()["ok"]
