"""The app itself: it is installed, and a newer one waits (rule 26)."""

import shutil
from pathlib import Path

from playwright.sync_api import expect

from e2e.field.support import NewPhone
from e2e.serving import ROOT, free_port, serving


def test_the_app_can_be_installed(phone: NewPhone) -> None:
    one = phone()
    page = one.open()
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    session = one.context.new_cdp_session(page)
    found = session.send("Page.getInstallabilityErrors")
    assert found["installabilityErrors"] == []
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == []


def test_a_newer_app_waits_until_this_one_is_closed(
    phone: NewPhone, home: Path, tmp_path: Path
) -> None:
    """Rule 26: no reload under the hands; a prompt that can be put away; the next cold start."""
    newer = tmp_path / "newer"
    ignore = shutil.ignore_patterns("node_modules", ".*", "tests", "e2e", "bench", "__pycache__")
    shutil.copytree(ROOT, newer, ignore=ignore)
    (newer / "node_modules").symlink_to(ROOT / "node_modules")
    with (newer / "static/css/field.css").open("a") as style:
        style.write("\n/* newer */\n")
    port = free_port()
    place = tmp_path / "home"
    place.mkdir()
    one = phone(origin=f"http://127.0.0.1:{port}")
    with serving(place, port=port):
        one.open()
        page = one.sign_in()
        page.wait_for_function("() => navigator.serviceWorker.controller !== null")
        first = page.get_attribute("html", "data-build")
    with serving(place, root=newer, port=port):
        page.evaluate("() => navigator.serviceWorker.getRegistration().then((one) => one.update())")
        expect(page.locator("#banner-update")).to_be_visible()
        page.tap("#do-dismiss-update")
        expect(page.locator("#banner-update")).to_have_count(0)
        page.reload()
        page.wait_for_selector("html[data-ready]")
        assert page.get_attribute("html", "data-build") == first
        one.context.close()
        page = one.open()
        page.wait_for_selector(".job-card")
        assert page.get_attribute("html", "data-build") != first
