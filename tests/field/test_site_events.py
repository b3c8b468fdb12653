"""What the phone told of the site, on the page of the case (P06.5)."""

import re
from html import unescape

from portal.kernel.db.unit import Database
from portal.kernel.settings import Settings
from tests.openings.support import link_to
from tests.people.support import NewBrowser
from tests.records.support import NOTE, job, repaired

# The newest first.
_LINES = ("离开现场 赵磊", "测量读数 赵磊", "工程师备注 赵磊", "到达现场 赵磊")


def _happened(page: str) -> list[str]:
    """The entries of what happened, the newest first, as words."""
    part = page.split('class="case-events"', 1)[1].split("</ol>", 1)[0]
    texts = [re.sub(r"<[^>]+>", " ", one) for one in part.split('<li class="moment')[1:]]
    return [re.sub(r"\s+", " ", unescape(text.partition(">")[2])).strip() for text in texts]


async def test_the_case_tells_arrival_departure_note_and_readings_p06_5(
    database: Database, browser: NewBrowser, settings: Settings
) -> None:
    made = await repaired(database, settings.home)
    clerk = await browser("clerk")
    told = _happened((await clerk.get(f"/cases/{made.it.id}")).text)
    found = [one for one in told if one.startswith(_LINES)]
    assert [one.startswith(line) for one, line in zip(found, _LINES, strict=True)] == [True] * 4
    assert "系统压力 16.0 MPa" in found[1]
    assert found[2].endswith(NOTE)


async def test_the_readings_of_a_visit_are_told_at_once_and_a_voided_entry_is_not(
    database: Database, browser: NewBrowser, settings: Settings
) -> None:
    made = await job(database, settings.home)
    made.log("reading", {"name": "绝缘电阻", "value": "0.2", "unit": "MΩ"})
    made.log("reading", {"name": "绝缘电阻", "value": "55", "unit": "MΩ"}, after=30)
    wrong = made.log("note", {"text": "写错的备注"})
    made.log("note", {"text": "配电箱在后门"})
    made.log("void", {"op": wrong["op_id"], "reason": "写错"})
    await made.send()
    page = (await (await browser("engineer", "en")).get(f"/cases/{made.it.id}")).text
    told = _happened(page)
    [readings] = [one for one in told if one.startswith("Readings")]
    assert re.search(r"0\.2 MΩ 20 Nov, 10:01 .*55 MΩ", readings), readings
    [note] = [one for one in told if one.startswith("Note of the engineer")]
    assert note.endswith("配电箱在后门")
    assert "写错的备注" not in page


async def test_the_customer_sees_neither_note_nor_reading_r7(
    database: Database, browser: NewBrowser, settings: Settings
) -> None:
    made = await repaired(database, settings.home)
    page = (await (await browser()).get(await link_to(database, made.it.id))).text
    assert (await made.it.case()).number in page
    for said in (NOTE, "系统压力", "16.0", "到达现场", "离开现场"):
        assert said not in page, said
