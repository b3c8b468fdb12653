"""The customer's own copy of a report, by their link (R7)."""

from sqlalchemy import update

from portal.kernel.db.unit import Database
from portal.kernel.settings import Settings
from portal.openings.models import Link
from portal.procedures.forms import Value
from tests.openings.support import link_to, rows
from tests.people.support import NewBrowser
from tests.records.support import NOTE, SUMMARY, job, read_pdf, repaired


async def test_the_copy_has_the_report_with_their_phone_and_no_notes_r7(
    database: Database, browser: NewBrowser, settings: Settings
) -> None:
    made = await repaired(database, settings.home)
    own = await link_to(database, made.it.id)
    before = await rows(database)
    customer = await browser()
    index = await customer.get(f"{own}/records")
    path = f"{own}/records/F11/{made.task_id}.pdf"
    assert f'href="{path}"' in index.text
    answer = await customer.get(path)
    assert answer.status_code == 200
    assert answer.headers["referrer-policy"] == "no-referrer"
    pdf = read_pdf(answer.content)
    for said in ("油管接头密封圈老化", "13912345678", SUMMARY, "工程师赵磊", "打印客户本人"):
        assert said.replace(" ", "") in pdf.run, said
    assert NOTE not in pdf.run
    assert NOTE not in index.text
    assert NOTE not in (await customer.get(own)).text
    assert await rows(database) == before


async def test_whoever_else_got_the_link_sees_the_phone_masked(
    database: Database, browser: NewBrowser, settings: Settings
) -> None:
    made = await repaired(database, settings.home)
    own = await link_to(database, made.it.id)
    async with database.writing() as db:
        await db.execute(update(Link).values(contact_id=None))
    answer = await (await browser()).get(f"{own}/records/F11/{made.task_id}.pdf")
    assert "139****5678" in read_pdf(answer.content).run


async def test_the_office_is_not_named_to_the_customer(
    database: Database, browser: NewBrowser, settings: Settings
) -> None:
    made = await job(database, settings.home)
    own, path = await link_to(database, made.it.id), f"records/F11/{made.task_id}.pdf"
    found: dict[str, Value] = {"fault": "缺氟", "tools": "无", "parts": "无", "minutes": 9}
    await made.it.answer("engineer", "visit", "repaired", **found)
    customer, clerk = await browser(), await browser("clerk")
    theirs = read_pdf((await customer.get(f"{own}/{path}")).content).run
    ours = read_pdf((await clerk.get(f"{made.path}.pdf")).content).run
    assert ours.count("赵磊") == 2
    assert theirs.count("赵磊") == 1


async def test_a_visit_that_is_not_over_and_another_case_are_not_found_r7(
    database: Database, browser: NewBrowser, settings: Settings
) -> None:
    finished = await repaired(database, settings.home)
    under_way = await job(database, settings.home)
    under_way.log("arrive")
    await under_way.send()
    own = await link_to(database, under_way.it.id)
    customer = await browser(language="en")
    assert "after each visit" in (await customer.get(f"{own}/records")).text
    for path in (
        f"{own}/records/F11/{under_way.task_id}.pdf",
        f"{own}/records/F11/{finished.task_id}.pdf",
        f"{own}/records/F11/x.pdf",
        "/o/" + "x" * 43 + f"/records/F11/{finished.task_id}.pdf",
        "/o/" + "x" * 43 + "/records",
    ):
        assert (await customer.get(path)).status_code == 404, path
    theirs = await link_to(database, finished.it.id)
    shown = f"{theirs}/records/F11/{finished.task_id}"
    assert (await customer.get(shown)).status_code == 404
    assert (await customer.get(f"{shown}.pdf")).status_code == 200
