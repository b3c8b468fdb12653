"""What is wrong with a page that is shown: for people who hear it, and on its screen."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from e2e.serving import ROOT

WIDE, NARROW = 1440, 390
AXE = (Path(ROOT) / "node_modules/axe-core/axe.min.js").read_text()


def findings(page: Page) -> list[str]:
    """What axe finds serious."""
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{page.url}: {one['id']}: {one['nodes'][0]['html'][:160]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


def overflow(page: Page) -> list[str]:
    """By how much it is wider than its screen."""
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    return [f"{page.url} is {wide} px too wide"] if wide > 0 else []


def wrong(page: Page, width: int = WIDE) -> list[str]:
    """All that is wrong with it on a screen so wide, and whether it fits the other one, too."""
    found = findings(page) + overflow(page)
    for other in (NARROW if width == WIDE else WIDE, width):
        page.set_viewport_size({"width": other, "height": 900})
        found += overflow(page)
    return found
