"""Customer files (F01): found by anything that is in them, entered, amended, and for few eyes."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from portal.customers.labels import works_here_only
from portal.customers.models import Contact, Device, Site
from portal.kernel.db.unit import Database
from portal.kernel.journal.models import JournalEntry
from tests.customers.support import file
from tests.people.support import NewBrowser

KEEPERS = ("clerk", "dispatcher", "head", "quality", "leader", "manager")
OTHERS = ("responsible", "engineer", "admin", "plain")


@pytest.mark.parametrize(
    "words",
    [
        "向阳",
        "刘会计",
        "139 1234 5678",
        "13912345678",
        "+86 139-1234-5678",
        "1391234",
        "5678",
        "黄水",
        "TD-1204",
        "td12-0042",
        "向阳 5678",
    ],
)
async def test_a_customer_is_found_by_name_phone_address_or_device(
    database: Database, browser: NewBrowser, words: str
) -> None:
    it = await file(database)
    await file(database, "别家", "别人", "13800000000", "X-1", "郫都区", "收割机")
    page = await browser("clerk")
    found = await page.client.get("/customers", params={"q": words})
    assert re.findall(r'href="/customers/(\d+)"', found.text) == [str(it.customer)]


@pytest.mark.parametrize("words", ["123", "9999", "%", "_", "农机 别家", "1234 5678x"])
async def test_what_is_in_no_file_finds_nothing(
    database: Database, browser: NewBrowser, words: str
) -> None:
    await file(database)
    await file(database, "别家", "别人", "13800000000", "X-1", "郫都区", "收割机")
    page = await browser("clerk")
    found = await page.client.get("/customers", params={"q": words})
    assert re.findall(r'href="/customers/(\d+)"', found.text) == []


@pytest.mark.parametrize("sort", ["name", "-name", "made", "-made"])
async def test_paging_neither_repeats_nor_hides_a_customer(
    database: Database, browser: NewBrowser, sort: str
) -> None:
    for number in range(53):
        await file(database, f"客户 {number % 7}", serial=f"S-{number}")
    page = await browser("clerk")
    found: list[str] = []
    address = f"/customers?sort={sort}"
    while address:
        text = (await page.get(address)).text
        found += re.findall(r'href="/customers/(\d+)"', text)
        older = re.search(r'rel="next" href="([^"]+)"', text)
        address = older[1].replace("&amp;", "&") if older else ""
    assert len(found) == len(set(found)) == 53


async def test_files_are_for_those_whose_work_they_are(
    database: Database, browser: NewBrowser
) -> None:
    it = await file(database)
    paths = [
        "/customers",
        f"/customers/{it.customer}",
        f"/contacts/{it.contact}/edit",
        f"/sites/{it.site}/edit",
        f"/devices/{it.device}/edit",
        f"/devices/{it.device}/label",
    ]
    for login in (*KEEPERS, *OTHERS):
        page = await browser(login)
        wanted = 200 if login in KEEPERS else 403
        for path in paths:
            assert (await page.get(path)).status_code == wanted, (login, path)
        shown = await page.post(f"/contacts/{it.contact}/phone")
        assert shown.status_code == wanted


async def test_a_phone_is_masked_until_somebody_asks_and_that_is_on_record(
    database: Database, browser: NewBrowser
) -> None:
    it = await file(database)
    page = await browser("clerk")
    places = ("/customers", f"/customers/{it.customer}", f"/contacts/{it.contact}/edit")
    for path in (*places, "/customers?q=13912345678", "/cases/new?phone=13912345678"):
        text = (await page.get(path)).text
        for typed in ("q=13912345678", "phone=13912345678", 'value="13912345678"'):
            text = text.replace(typed, "")
        assert "139****5678" in text, path
        assert "13912345678" not in text.replace(" ", ""), path
    whole = await page.post(f"/contacts/{it.contact}/phone")
    assert '<a href="tel:+8613912345678">139 1234 5678</a>' in whole.text
    assert whole.headers["cache-control"] == "no-store"
    by_htmx = {"hx-request": "true"}
    part = await page.post(f"/contacts/{it.contact}/phone", None, **by_htmx)
    assert part.text.strip().startswith('<span class="phone"><a href="tel:')
    async with database.reading() as db:
        shown = select(JournalEntry).where(JournalEntry.word == "phone.shown")
        entries = list(await db.scalars(shown))
        bodies = [entry.body for entry in await db.scalars(select(JournalEntry))]
    assert [entry.subject for entry in entries] == [f"contact:{it.contact}"] * 2
    assert not any("1234" in str(body) or "刘会计" in str(body) for body in bodies)
    assert (await page.get(f"/contacts/{it.contact}/phone")).status_code == 405


async def test_a_number_is_kept_changed_or_taken_away(
    database: Database, browser: NewBrowser
) -> None:
    it = await file(database)
    page = await browser("clerk")
    path = f"/contacts/{it.contact}"
    steps: list[tuple[dict[str, str], str]] = [
        ({}, "+8613912345678"),
        ({"phone": "028-8765 4321 转 12"}, "+862887654321x12"),
        ({"no_phone": "y"}, ""),
    ]
    for version, (sent, kept) in enumerate(steps, 1):
        form = {"name": f"刘会计{version}", "version": str(version), **sent}
        assert (await page.post(path, form)).status_code == 303
        async with database.reading() as db:
            assert (await db.get_one(Contact, it.contact)).phone == kept


async def test_a_position_is_whole_and_says_where_it_is_from(
    database: Database, browser: NewBrowser
) -> None:
    it = await file(database)
    page = await browser("clerk", "en")
    path = f"/sites/{it.site}"
    half = {"address": "双流区黄水镇", "latitude": "30.5", "version": "1"}
    answer = await page.post(path, half)
    assert answer.status_code == 422
    assert 'id="longitude-error"' in answer.text
    assert (await page.post(path, half | {"longitude": "103.9"})).status_code == 303
    async with database.writing() as db:
        site = await db.get_one(Site, it.site)
        assert (site.latitude, site.position_source) == (30.5, "typed")
        site.position_source = "arrival"
    whole = half | {"longitude": "103.9", "version": "3", "address": "双流区黄水镇 1 号"}
    assert (await page.post(path, whole)).status_code == 303
    async with database.reading() as db:
        assert (await db.get_one(Site, it.site)).position_source == "arrival"
    assert (await page.post(path, {"address": "x", "version": "4"})).status_code == 303
    async with database.reading() as db:
        assert (await db.get_one(Site, it.site)).position_source is None


async def test_a_device_stands_at_a_site_of_its_own_customer(
    database: Database, browser: NewBrowser
) -> None:
    it, other = await file(database), await file(database, "别家", serial="X-2")
    page = await browser("clerk")
    form = {"model": "TD-904", "site": str(other.site)}
    answer = await page.post(f"/customers/{it.customer}/devices", form)
    assert answer.status_code == 422
    assert 'id="site-error"' in answer.text
    dates = {"bought_on": "2026-05-01", "warranty_until": "2026-04-30"}
    early = await page.post(f"/customers/{it.customer}/devices", {"model": "TD-904", **dates})
    assert early.status_code == 422
    assert 'id="warranty_until-error"' in early.text


async def test_the_label_leads_to_the_repair_form_and_stays_the_same(
    database: Database, browser: NewBrowser
) -> None:
    it = await file(database)
    page = await browser("clerk")
    async with database.reading() as db:
        label = (await db.get_one(Device, it.device)).label
    text = (await page.get(f"/devices/{it.device}/label")).text
    assert f"/service/repair?device={label}" in text
    assert '<svg viewBox="0 0' in text
    assert "data-print" in text
    assert "BIHUAN_PUBLIC_URL" in text
    form = {"model": "TD-1304", "serial": "N-1", "version": "1"}
    assert (await page.post(f"/devices/{it.device}", form)).status_code == 303
    async with database.reading() as db:
        assert (await db.get_one(Device, it.device)).label == label


@pytest.mark.parametrize(
    ("address", "here_only"),
    [
        ("http://127.0.0.1:8000/x", True),
        ("http://localhost/x", True),
        ("http://[::1]:8000", True),
        ("https://service.example.cn/x", False),
        ("http://192.168.1.5:8000", False),
    ],
)
def test_an_address_that_phones_cannot_open_is_known(address: str, here_only: bool) -> None:
    assert works_here_only(address) is here_only


def _edits(it: Any) -> list[tuple[str, dict[str, str]]]:
    return [
        (f"/customers/{it.customer}", {"name": "后存的"}),
        (f"/contacts/{it.contact}", {"name": "后存的"}),
        (f"/sites/{it.site}", {"address": "后存的"}),
        (f"/devices/{it.device}", {"model": "后存的"}),
    ]


async def test_the_second_editor_sees_both_sides(database: Database, browser: NewBrowser) -> None:
    it = await file(database)
    page = await browser("clerk", "en")
    for path, form in _edits(it):
        [(name, _)] = form.items()
        assert (await page.post(path, {name: "先存的", "version": "1"})).status_code == 303
        answer = await page.post(path, form | {"version": "1"})
        assert answer.status_code == 409, path
        assert "先存的" in answer.text
        assert "后存的" in answer.text
        assert "13912345678" not in answer.text


@pytest.mark.parametrize("key", ["0", "9" * 18, "9" * 40, "x"])
async def test_ids_that_cannot_be_lead_nowhere(
    database: Database, browser: NewBrowser, key: str
) -> None:
    page = await browser("clerk")
    for path in (f"/customers/{key}", f"/contacts/{key}/edit", f"/devices/{key}/label"):
        assert (await page.get(path)).status_code in (400, 404, 422), path
    for path in (f"/customers/{key}/contacts", f"/sites/{key}", f"/contacts/{key}/phone"):
        assert (await page.post(path, {"name": "x"})).status_code in (400, 404, 422), path
