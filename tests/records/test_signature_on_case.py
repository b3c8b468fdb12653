"""The signature that the customer gave on the phone, on the page of the case (P06.5, rule 22)."""

from portal.kernel.db.unit import Database
from portal.kernel.settings import Settings
from portal.procedures.forms import Value
from tests.people.support import NewBrowser
from tests.records.support import SUMMARY, drawing, job


def _step(page: str) -> str:
    """The open step of the page, as HTML."""
    return page.split('class="panel next-step', 1)[1].split('class="case-events"', 1)[0]


async def test_whoever_reports_sees_who_signed_when_and_the_picture_p06_5(
    database: Database, browser: NewBrowser, settings: Settings
) -> None:
    made = await job(database, settings.home)
    await made.sign(picture=drawing())
    found: dict[str, Value] = {"fault": "缺氟", "tools": "压力表", "parts": "油管", "minutes": 9}
    await made.it.answer("engineer", "visit", "repaired", **found)
    engineer = await browser("engineer")
    step = _step((await engineer.get(f"/cases/{made.it.id}")).text)
    assert "孙大爷 于" in step
    assert SUMMARY in step
    source = step.split('class="signature-picture" src="', 1)[1].split('"', 1)[0]
    assert (await engineer.get(source)).content == drawing()
    assert "签字后有新增" not in step


async def test_an_amended_signature_says_that_it_does_not_cover_what_came_after(
    database: Database, browser: NewBrowser, settings: Settings
) -> None:
    made = await job(database, settings.home)
    await made.sign(amended_at=made.at)
    clerk = await browser("clerk", language="en")
    page = await clerk.get(f"/cases/{made.it.id}")
    assert "Something was entered after the signature, which does not cover it." in page.text
    assert "The picture has not arrived yet." in page.text
    # The visit is still open: the signature belongs to the report, and stands at the side.
    assert 'id="signature"' not in _step(page.text)


async def test_a_signature_that_was_a_mistake_is_not_shown(
    database: Database, browser: NewBrowser, settings: Settings
) -> None:
    made = await job(database, settings.home)
    await made.sign(voided_at=made.at)
    page = await browser("clerk")
    assert 'id="signature"' not in (await page.get(f"/cases/{made.it.id}")).text
