"""The app's page, worker, manifest and texts: the same for everybody, whole, in two languages."""

import gzip
import io
import json
import re
from typing import Any

import pytest
from PIL import Image

from field.pages.shell import Shell, said
from portal.app import ROOT, Portal
from portal.kernel.i18n import language
from portal.kernel.web.assets import Assets
from portal.locales.catalogue import gathered
from tests.people.support import give_password
from tests.support.browser import browsing


@pytest.fixture(scope="module")
def assets() -> Assets:
    return Assets(ROOT)


@pytest.fixture(scope="module")
def shell(assets: Assets) -> Shell:
    return Shell(assets)


async def test_the_page_is_the_same_for_everybody_and_holds_nothing_personal(
    portal: Portal,
) -> None:
    await give_password(portal.database, "engineer")
    async with browsing(portal) as browser:
        before = await browser.get("/field/")
        await browser.sign_in("engineer")
        after = await browser.get("/field/")
    assert before.status_code == 200
    assert before.text == after.text
    assert before.headers["cache-control"] == "no-cache"


async def test_the_address_without_its_stroke_leads_to_the_one_the_worker_reaches(
    portal: Portal,
) -> None:
    async with browsing(portal) as browser:
        answer = await browser.get("/field")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/field/"


async def test_everything_that_the_worker_keeps_is_there(portal: Portal) -> None:
    """Rule 26: one address that fails, and no worker would ever be installed."""
    async with browsing(portal) as browser:
        worker = await browser.get("/field/sw.js")
        kept = json.loads(re.match(r"const KEPT = (.*);\n", worker.text)[1])  # type: ignore[index]
        answers = {address: await browser.get(address) for address in kept["addresses"]}
        page = await browser.get("/field/")
    assert {answer.status_code for answer in answers.values()} == {200}
    assert worker.headers["cache-control"] == "no-cache"
    assert worker.headers["content-type"] == "text/javascript; charset=utf-8"
    assert f'data-build="{kept["build"]}"' in page.text
    named = set(re.findall(r'(?:src|href)="(/[^"]+)"', page.text))
    assert named - {"/field/sw.js"} <= set(kept["addresses"])
    assert "skipWaiting" not in worker.text


def test_a_change_of_a_text_or_a_file_is_another_build(assets: Assets, shell: Shell) -> None:
    assert Shell(assets).build == shell.build
    assert shell.build.startswith("1.")
    other = Assets(ROOT)
    address = other.url("css/field.css")
    other._loaded["css/field.css"].hash = "0" * 16
    assert other.url("css/field.css") != address
    assert Shell(other).build != shell.build


async def test_the_manifest_can_be_installed(portal: Portal) -> None:
    async with browsing(portal) as browser:
        answer = await browser.get("/field/app.webmanifest")
        manifest = answer.json()
        icons = {one["src"]: one for one in manifest["icons"]}
        for address, one in icons.items():
            picture = await browser.get(address)
            assert picture.headers["content-type"] == one["type"]
            if one["type"] == "image/png":
                width, height = Image.open(io.BytesIO(picture.content)).size
                assert one["sizes"] == f"{width}x{height}"
    assert answer.headers["content-type"] == "application/manifest+json"
    assert manifest["start_url"] == manifest["scope"] == "/field/"
    assert manifest["display"] == "standalone"
    assert {one["purpose"] for one in icons.values()} == {"any", "maskable"}
    assert {"192x192", "512x512"} <= {one["sizes"] for one in icons.values()}


def test_every_text_of_the_app_is_gathered_and_has_its_chinese(assets: Assets) -> None:
    """The screens find a text by the same words by which the catalogue has it."""
    texts = said(assets)
    catalogue = {message.id for message in gathered()}
    chinese = language("zh_CN")
    assert len(texts) > 200
    assert texts - catalogue == set()
    marks = re.compile(r"%\(\w+\)s")
    for text in texts:
        assert sorted(marks.findall(text)) == sorted(marks.findall(chinese.gettext(text))), text
        assert chinese.gettext(text) != text, text


async def test_the_texts_come_in_both_languages_at_once(portal: Portal) -> None:
    async with browsing(portal) as browser:
        texts: dict[str, Any] = (await browser.get("/field/texts.json")).json()
    assert set(texts) == {"zh-CN", "en"}
    assert texts["en"] == {}
    assert texts["zh-CN"]["Save"] == "保存"


async def test_who_asks_is_told_who_they_are(portal: Portal) -> None:
    """Rule 27: the app signs in and registers in place, with the token that forms must bring."""
    await give_password(portal.database, "engineer", "clerk")
    async with browsing(portal) as browser:
        nobody = (await browser.get("/field/v1/me")).json()
        assert nobody["user"] is None
        again = (await browser.get("/field/v1/me")).json()
        assert again["csrf"] == nobody["csrf"]
        await browser.sign_in("engineer")
        answer = await browser.get("/field/v1/me")
        me = answer.json()
        assert me["user"]["is_engineer"]
        assert me["csrf"] != nobody["csrf"]
        assert me["zone"] == "Asia/Shanghai"
        assert answer.headers["x-field-sync"] == "1"
        assert answer.headers["cache-control"] == "no-store"
        await browser.sign_in("clerk")
        assert not (await browser.get("/field/v1/me")).json()["user"]["is_engineer"]


def test_the_app_stays_small(assets: Assets, shell: Shell) -> None:
    """All of its scripts at most 60 KB packed; what the worker says itself at most 6 KB."""

    def packed(address: str) -> int:
        found = assets.find(*address.split("/", 3)[2:])
        assert found
        return len(gzip.compress(found.body, 9))

    assert packed(shell.script) <= 60 * 1024
    assert packed(assets.url("js/field/worker.js")) <= 6 * 1024


async def test_engineers_find_the_app_and_others_are_not_led_there(portal: Portal) -> None:
    await give_password(portal.database, "engineer", "clerk")
    async with browsing(portal) as browser:
        await browser.sign_in("engineer")
        for path in ("/", "/account"):
            assert 'href="/field/"' in (await browser.get(path)).text
        await browser.sign_in("clerk")
        for path in ("/", "/account"):
            assert 'href="/field/"' not in (await browser.get(path)).text
