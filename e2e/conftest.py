"""One served portal and one browser for all tests; a fresh context for each."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    sync_playwright,
)

from e2e.serving import Served, serving
from portal.demonstration.accounts import PASSWORD

_ARGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    *(["--no-sandbox"] if os.geteuid() == 0 else []),
]
_LIMIT = 10_000
# A refused form is the browser's business to report, not a fault of the page.
_EXPECTED = "Failed to load resource: the server responded with a status of 4"


@dataclass
class Person:
    """Somebody at a screen, with everything the browser complained about."""

    page: Page
    context: BrowserContext
    origin: str
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        self.page.goto(self.origin + path)
        return self.page

    def sign_in(self, login: str = "admin", password: str = PASSWORD) -> "Person":
        """Through the door, as people do."""
        self.go("/sign-in")
        self.page.fill("#login", login)
        self.page.fill("#password", password)
        self.page.press("#password", "Enter")
        self.page.wait_for_selector("#nav", state="attached")
        return self


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("served")) as served:
        yield served


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    found = "/usr/bin/chromium" if Path("/usr/bin/chromium").exists() else shutil.which("chromium")
    assert found, "these tests need Chromium (Debian: apt install chromium)"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=_ARGS)
        yield browser
        browser.close()


NewPerson = Callable[..., Person]


@pytest.fixture
def somebody(chromium: Browser, served: Served) -> Iterator[NewPerson]:
    """``somebody()``: a fresh context in Chinese, 1440 wide; whatever it complains about fails."""
    people: list[Person] = []

    def new(*, language: str = "zh-CN", width: int = 1440, **more: Any) -> Person:
        context = chromium.new_context(
            locale=language, viewport={"width": width, "height": 900}, **more
        )
        context.set_default_timeout(_LIMIT)
        person = Person(context.new_page(), context, more.get("base_url", served.origin))
        _listen(person)
        people.append(person)
        return person

    yield new
    complaints = [complaint for person in people for complaint in person.complaints]
    for person in people:
        person.context.close()
    assert complaints == []


@pytest.fixture(scope="session")
def _signed_in(chromium: Browser, served: Served) -> Any:
    """The cookies of a signed-in administrator, for tests that are about something else."""
    context = chromium.new_context()
    Person(context.new_page(), context, served.origin).sign_in()
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def admin(somebody: NewPerson, _signed_in: Any) -> Person:
    """The administrator, in English, already inside."""
    return somebody(language="en", storage_state=_signed_in)


@pytest.fixture
def inside(somebody: NewPerson, _signed_in: Any) -> NewPerson:
    """``inside(width=390)``: the administrator on another screen."""

    def new(**more: Any) -> Person:
        return somebody(storage_state=_signed_in, **more)

    return new


def _listen(person: Person) -> None:
    def console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and _EXPECTED not in message.text:
            person.complaints.append(f"{person.page.url}: {message.text}")

    def error(problem: Error) -> None:
        person.complaints.append(f"{person.page.url}: {problem}")

    person.page.on("console", console)
    person.page.on("pageerror", error)
