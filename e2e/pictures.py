"""The README's pictures: the demonstration company, as people see it.

bin/pictures            # writes docs/pictures/*.png anew
"""

import re
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from e2e.conftest import _ARGS, Person
from e2e.office import to_dispatch
from e2e.phones import PHONE
from e2e.serving import ROOT, serving

FOLDER = ROOT / "docs/pictures"
SCREEN = {"width": 1280, "height": 800}


def take(page: Page, name: str) -> None:
    """Keep what the page shows, in few colours: pictures are of text and plain surfaces."""
    page.evaluate("() => document.fonts.ready.then(() => true)")
    image = Image.open(BytesIO(page.screenshot())).convert("RGB")
    if image.width > SCREEN["width"]:
        image = image.resize((SCREEN["width"], SCREEN["height"]))
    image.quantize(96, dither=Image.Dither.NONE).save(FOLDER / f"{name}.png", optimize=True)


def person(browser: Browser, origin: str, login: str = "", **more: Any) -> Person:
    context = browser.new_context(locale="zh-CN", **({"viewport": SCREEN} | more))
    made = Person(context.new_page(), context, origin)
    return made.sign_in(login) if login else made


def office(browser: Browser, origin: str) -> str:
    """Desk, ranking and board; the link of a customer who is asked for a time."""
    clerk = person(browser, origin, "chen")
    take(clerk.page, "desk")
    to_dispatch(clerk.page, "收割机提升缓慢", "13900030001")
    case = clerk.page.url
    page = person(browser, origin, "liu").page
    page.goto(case)
    page.click(".next-step a[href$='/dispatch']")
    take(page, "dispatch")
    page.click("main form.form .btn-primary")
    page.wait_for_url(re.compile(r"/cases/\d+"))
    page = clerk.page
    page.goto(case)
    take(page, "case")
    page.click("#link-form button[type=submit]")
    return page.input_value("#customer-link")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=_ARGS)
        with serving(Path(folder)) as served:
            link = office(browser, served.origin)
            customer = person(browser, served.origin, **PHONE)
            customer.page.goto(link)
            take(customer.page, "customer")
            engineer = person(browser, served.origin, "zhao", **PHONE)
            page = engineer.go("/field/")
            page.tap("#do-enter")
            page.wait_for_selector(".job-card")
            take(page, "jobs")
            page.locator(".job-card").first.tap()
            page.tap("#tab-work")
            page.wait_for_selector(".rows")
            take(page, "work")
        browser.close()


if __name__ == "__main__":
    main()
