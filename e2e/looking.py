"""What is wrong with a page that is shown: for people who hear it, and on its screen."""

from pathlib import Path

from playwright.sync_api import Page

from e2e.serving import ROOT

WIDE, NARROW = 1440, 390
AXE = (Path(ROOT) / "node_modules/axe-core/axe.min.js").read_text()


# All pages share their style sheets, so axe need not fetch them again on each (`preload`).
_HEAR = """async preload => {
  const { violations } = await axe.run(document, { reporter: "no-passes", preload });
  return violations
    .filter(({ impact }) => ["serious", "critical"].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 160)}`);
}"""


def findings(page: Page, *, with_sheets: bool = False) -> list[str]:
    """What axe finds serious; ``with_sheets``: in the style sheets, too."""
    page.evaluate(AXE)
    found: list[str] = page.evaluate(_HEAR, with_sheets)
    return [f"{page.url}: {one}" for one in found]


def overflow(page: Page) -> list[str]:
    """By how much it is wider than its screen."""
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    return [f"{page.url} is {wide} px too wide"] if wide > 0 else []


def fitting(page: Page, width: int = WIDE) -> list[str]:
    """By how much it is too wide on a screen so wide, and on the other one."""
    found = overflow(page)
    for other in (NARROW if width == WIDE else WIDE, width):
        page.set_viewport_size({"width": other, "height": 900})
        found += overflow(page)
    return found


def wrong(page: Page, width: int = WIDE) -> list[str]:
    """All that is wrong with it."""
    return findings(page) + fitting(page, width)
