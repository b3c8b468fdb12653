"""An engineer's phone: a browser that can be killed, and what thumbs do with the app."""

import os
import re
import signal
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from e2e.conftest import _ARGS
from portal.demonstration.accounts import PASSWORD

# A Pixel 7 in a narrow hand. What is not allowed here is refused, notifications too.
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "geolocation": {"latitude": 30.5561, "longitude": 104.2748, "accuracy": 12},
    "permissions": ["notifications", "background-sync", "geolocation", "camera"],
}
_LIMIT = 15_000


@dataclass
class Phone:
    """One phone: a profile that outlives its browser."""

    browser: Browser
    origin: str
    profile: Path
    language: str = "zh-CN"
    complaints: list[str] = field(default_factory=list)

    def open(self) -> Page:
        """Start the browser, cold, and open the app."""
        self.context: BrowserContext = self.browser.browser_type.launch_persistent_context(
            str(self.profile),
            executable_path="/usr/bin/chromium",
            args=_ARGS,
            locale=self.language,
            **PHONE,
        )
        self.context.set_default_timeout(_LIMIT)
        self.page = self.context.pages[0]
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(f"{self.origin}/field/")
        self.page.wait_for_selector("html[data-ready]")
        return self.page

    def kill(self) -> None:
        """As a phone does that runs out of memory, or of battery."""
        wanted = f"--user-data-dir={self.profile}".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if wanted in command and not any(one.startswith(b"--type=") for one in command):
                os.kill(int(folder.name), signal.SIGKILL)
        with suppress(Error):  # it may be gone already
            self.context.close()

    def sign_in(self, login: str = "zhao") -> Page:
        page = self.page
        page.fill("#login", login)
        page.fill("#password", PASSWORD)
        # A tap where another button was a moment ago would be taken for the second half of two.
        page.press("#password", "Enter")
        page.wait_for_selector(".job-card, .empty")
        page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        return page

    def go(self, hash_: str, wait: str) -> Page:
        self.page.evaluate("(hash) => { location.hash = hash }", hash_)
        self.page.wait_for_selector(wait)
        return self.page


def enter(page: Page, row: str, **typed: str) -> None:
    """Fill in the form behind a row of the work on a job, and save it."""
    page.tap(f"#row-add-{row}")
    for name, text in typed.items():
        page.fill(f"#field-{name}", text)
    page.tap("#do-save")
    expect(page.locator("#toast.is-shown")).to_be_visible()
    page.wait_for_selector(".rows")


def all_sent(page: Page) -> None:
    """Wait until nothing waits on the phone any more."""
    expect(page.locator("#bar .bar-count")).to_have_text(re.compile("已全部上传|all sent"))


def sign(page: Page) -> None:
    """With the finger, which a mouse stands for."""
    board = page.locator("#board")
    board.scroll_into_view_if_needed()
    box = board.bounding_box()
    assert box
    page.mouse.move(box["x"] + 30, box["y"] + 90)
    page.mouse.down()
    for step in range(20):
        page.mouse.move(box["x"] + 30 + step * 12, box["y"] + 90 + (step % 5) * 12)
    page.mouse.up()
