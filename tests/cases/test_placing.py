"""Where the engineer goes and what is mended can be entered and put right after intake (P06.2)."""

import pytest
from sqlalchemy import select

from portal.cases.models import Case
from portal.customers.models import Device, Site
from portal.customers.registering import Caller
from portal.kernel.db.unit import Database
from tests.cases.support import matter
from tests.people.support import NewBrowser
from tests.support.cast import NOON


async def placed(company: Database, case_id: int) -> tuple[str, str]:
    """Address and device of a case, empty for none."""
    async with company.reading() as db:
        case = (await db.scalars(select(Case).where(Case.id == case_id))).one()
        site = await db.get(Site, case.site_id) if case.site_id else None
        device = await db.get(Device, case.device_id) if case.device_id else None
        return site.address if site else "", device.model if device else ""


async def test_a_case_without_an_address_gets_one_and_is_found_by_it(
    company: Database, browser: NewBrowser
) -> None:
    it = await matter(company)
    page = await browser("clerk")
    assert "尚未登记" in (await page.get(f"/cases/{it.id}")).text
    form = {"address": "简阳市石桥镇", "device_model": "4LZ-6.0", "device_serial": "SH6-1"}
    assert (await page.post(f"/cases/{it.id}/place", form)).status_code == 303
    assert await placed(company, it.id) == ("简阳市石桥镇", "4LZ-6.0")
    text = (await page.get(f"/cases/{it.id}")).text
    assert "简阳市石桥镇" in text
    assert "尚未登记" not in text
    assert (await it.case()).number in (await page.get("/cases?q=石桥")).text
    assert (await it.case()).number in (await page.get("/cases?q=SH6-1")).text


async def test_what_stands_in_the_files_is_chosen_and_another_customers_is_not(
    company: Database, browser: NewBrowser
) -> None:
    it = await matter(company, caller=Caller("孙大爷", "13912345678", address="龙泉驿区"))
    other = await matter(company, caller=Caller("周", "13800000000", address="锦江区"))
    page = await browser("clerk")
    theirs = (await other.case()).site_id
    refused = await page.post(f"/cases/{it.id}/place", {"site": str(theirs)})
    assert refused.status_code == 422
    assert await placed(company, it.id) == ("龙泉驿区", "")
    assert (await page.post(f"/cases/{it.id}/place", {"site": ""})).status_code == 303
    assert await placed(company, it.id) == ("", "")


@pytest.mark.parametrize("login", ["engineer", "admin", "plain"])
async def test_only_those_who_oversee_place_a_case(
    company: Database, browser: NewBrowser, login: str
) -> None:
    it = await matter(company)
    page = await browser(login)
    answer = await page.post(f"/cases/{it.id}/place", {"address": "x"})
    assert answer.status_code in (403, 404)
    assert await placed(company, it.id) == ("", "")


async def test_a_closed_case_is_not_placed_any_more(company: Database, browser: NewBrowser) -> None:
    it = await matter(company)
    async with company.writing() as db:
        (await db.get_one(Case, it.id)).closed_at = NOON
    page = await browser("clerk")
    assert (await page.post(f"/cases/{it.id}/place", {"address": "x"})).status_code == 409
