"""Taking over: history becomes a case with an owner and a clock from that moment, once."""

import asyncio
import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.cases.models import Case, TakingOver, Task
from portal.cases.opening import open_case
from portal.cases.problems import TAKEN_OVER
from portal.cases.taking_over import take_over
from portal.customers.models import Customer, PositionSource, Site
from portal.imports.access import find_record
from portal.imports.models import PastRecord
from portal.kernel import tokens
from portal.kernel.db.unit import Database
from portal.kernel.problems import FORBIDDEN, Problem
from portal.kernel.settings import Settings
from portal.procedures.events import TaskAnswered
from portal.procedures.state import TaskKey
from tests.cases.support import HAPPY, ZONE, Matter, happen, holds_true, registration
from tests.imports.support import EXCAVATORS, NYC, Importer
from tests.people.support import NewBrowser, act_of, words
from tests.support.browser import Browser
from tests.support.cast import NOON


@pytest.fixture
def importer(database: Database, settings: Settings) -> Importer:
    return Importer(database, settings.attachments)


async def an_open_one(importer: Importer) -> int:
    """An open request of the other system; its id."""
    await importer.imported(NYC, "nyc311.csv")
    return next(one.id for one in await importer.records() if one.is_open)


async def shown(page: Browser, record_id: int) -> dict[str, str]:
    """The intake form as the record fills it."""
    text = (await page.get(f"/cases/new?record={record_id}")).text
    names = r'<(?:input|textarea)[^>]*name="(\w+)"'
    values = dict(re.findall(names + r'[^>]*value="([^"]*)"', text))
    values |= {
        name: body.strip("\r\n")
        for name, body in re.findall(
            r'<textarea[^>]*name="(\w+)"[^>]*>(.*?)</textarea>', text, re.DOTALL
        )
    }
    wanted = ("record", "subject", "details", "customer_address", "received_at", "device_model")
    return {name: values.get(name, "") for name in wanted}


def form(filled: dict[str, str], **more: str) -> dict[str, str]:
    """What the clerk sends: as proposed, with who speaks and what P06 asks."""
    said = {"customer_name": "Ms Rivera", "customer_phone": "13900001111", "channel": "phone"}
    return {"code": "P06", "urgency": "medium", "severity": "general"} | said | filled | more


async def test_the_form_proposes_what_the_record_says_and_the_present_time(
    company: Database, importer: Importer, browser: NewBrowser
) -> None:
    record_id = await an_open_one(importer)
    past = next(one for one in await importer.records() if one.id == record_id)
    filled = await shown(await browser("clerk"), record_id)
    assert filled["record"] == str(record_id)
    assert past.title in filled["subject"]
    assert filled["customer_address"] == past.address
    assert filled["received_at"] == "2026-11-20 10:00:00"


async def test_what_is_taken_over_has_an_owner_and_a_new_clock_and_each_knows_the_other(
    company: Database, importer: Importer, browser: NewBrowser
) -> None:
    record_id = await an_open_one(importer)
    clerk = await browser("clerk", "en")
    answer = await clerk.post("/cases", form(await shown(clerk, record_id)))
    assert answer.status_code == 303
    href = answer.headers["location"]
    it = Matter(company, int(href.rpartition("/")[2]))
    case = await it.case()
    assert case.received_at == NOON
    assert case.next_due_at
    assert case.next_due_at > NOON
    await holds_true(company, it.id)
    record = (await clerk.get(f"/history/{record_id}")).text
    assert f'href="{href}"' in record
    assert "Take over as a case" not in record
    page = (await clerk.get(href)).text
    assert f'href="/history/{record_id}"' in page
    assert "Taken over from the history" in page
    assert case.number in (await clerk.get("/history?which=taken")).text
    assert await words(company, f"past_record:{record_id}") == ["past_record.taken_over"]


async def test_a_request_of_the_past_goes_through_the_steps_of_a_repair_p06(
    company: Database, importer: Importer, browser: NewBrowser
) -> None:
    record_id = await an_open_one(importer)
    clerk = await browser("clerk")
    answer = await clerk.post("/cases", form(await shown(clerk, record_id)))
    it = Matter(company, int(answer.headers["location"].rpartition("/")[2]))
    for login, step, outcome, fields in HAPPY:
        await it.answer(login, step, outcome, **dict(fields))
    assert await it.open_steps() == ["confirm"]
    await happen(company, it.id, TaskAnswered(TaskKey("confirm"), "solved"))
    await holds_true(company, it.id)


async def test_a_work_order_brings_its_customer_and_its_device(
    company: Database, importer: Importer, browser: NewBrowser
) -> None:
    await importer.imported(EXCAVATORS, "excavators.csv")
    past = (await importer.records())[0]
    clerk = await browser("clerk", "en")
    text = (await clerk.get(f"/cases/new?record={past.id}")).text
    assert f'value="customer-{past.customer_id}" data-picks checked' in text
    assert re.search(rf'<option value="{past.device_id}" selected', text)
    chosen = {"caller": f"customer-{past.customer_id}", "device_id": str(past.device_id)}
    answer = await clerk.post("/cases", form(await shown(clerk, past.id), **chosen))
    case = await Matter(company, int(answer.headers["location"].rpartition("/")[2])).case()
    assert (case.customer_id, case.device_id) == (past.customer_id, past.device_id)
    file = (await clerk.get(f"/customers/{past.customer_id}")).text
    assert f"/history?device={past.device_id}" in file
    assert f"/history/{past.id}" in (await clerk.get(f"/history?device={past.device_id}")).text


@pytest.mark.parametrize(
    ("kept", "typed", "is_there"),
    [
        ("12 Main Street", "12 Main Street", True),
        ("", "Corner of Main Street", True),
        ("12 Main Street", "1 Elsewhere Road", False),
    ],
)
async def test_the_position_of_a_record_is_that_of_the_site_unless_it_is_another_place(
    company: Database,
    importer: Importer,
    browser: NewBrowser,
    kept: str,
    typed: str,
    is_there: bool,
) -> None:
    """Dispatch counts the way from it; the first arrival says better."""
    record_id = await an_open_one(importer)
    async with company.writing() as db:
        past = await db.get_one(PastRecord, record_id)
        past.address = kept
    assert past.latitude
    clerk = await browser("clerk")
    filled = await shown(clerk, record_id)
    assert filled["customer_address"] == kept
    await clerk.post("/cases", form(filled, customer_address=typed))
    async with company.reading() as db:
        site = (await db.scalars(select(Site))).one()
    found = (site.latitude, site.longitude, site.position_source)
    place = (past.latitude, past.longitude, PositionSource.TYPED)
    assert found == (place if is_there else (None, None, None))


async def test_a_position_that_the_files_have_is_not_overwritten_by_a_record(
    company: Database, importer: Importer
) -> None:
    record_id = await an_open_one(importer)
    act = await act_of(company, "clerk")
    async with company.writing() as db:
        case = await open_case(db, act, registration(), ZONE)
        site = Site(customer_id=case.customer_id, address="12 Main Street")
        site.latitude, site.longitude, site.position_source = 30.5, 104.0, PositionSource.ARRIVAL
        db.add(site)
        await db.flush()
        case.site_id = site.id
        past = await find_record(db, act.actor, record_id)
        past.address = site.address
        await take_over(db, act, past, case)
    assert (site.latitude, site.position_source) == (30.5, PositionSource.ARRIVAL)


async def test_a_record_becomes_one_case_however_often_it_is_pressed(
    company: Database, importer: Importer, browser: NewBrowser
) -> None:
    record_id = await an_open_one(importer)
    clerk, dispatcher = await browser("clerk"), await browser("dispatcher")
    filled = form(await shown(clerk, record_id)) | {"_once": tokens.mint()}
    other = form(await shown(dispatcher, record_id), customer_phone="13900002222")
    answers = await asyncio.gather(
        *(clerk.post("/cases", filled) for _ in range(3)), dispatcher.post("/cases", other)
    )
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses in ([303, 303, 303, 409], [303, 409, 409, 409])
    assert (await clerk.get(f"/cases/new?record={record_id}")).status_code == 409
    async with company.reading() as db:
        for model in (Case, TakingOver, Customer):
            assert await db.scalar(select(func.count()).select_from(model)) == 1


async def test_the_verb_lets_a_record_become_a_case_once(
    company: Database, importer: Importer
) -> None:
    record_id = await an_open_one(importer)
    act = await act_of(company, "clerk")

    async def again() -> None:
        async with company.writing() as db:
            case = await open_case(db, act, registration(), ZONE)
            await take_over(db, act, await find_record(db, act.actor, record_id), case)

    await again()
    with pytest.raises(Problem) as refused:
        await again()
    assert refused.value.kind is TAKEN_OVER


@pytest.mark.parametrize("login", ["quality", "leader", "manager", "engineer", "plain", "admin"])
async def test_only_clerks_dispatchers_and_heads_take_over(
    company: Database, importer: Importer, browser: NewBrowser, login: str
) -> None:
    record_id = await an_open_one(importer)
    page = await browser(login)
    assert (await page.get(f"/cases/new?record={record_id}")).status_code == 403
    sent = form({"record": str(record_id), "subject": "x", "received_at": "2026-11-20T09:00"})
    assert (await page.post("/cases", sent)).status_code == 403
    act = await act_of(company, login)
    async with company.writing() as db:
        case = await open_case(db, await act_of(company, "clerk"), registration(), ZONE)
        past = await find_record(db, (await act_of(company, "clerk")).actor, record_id)
        with pytest.raises(Problem) as refused:
            await take_over(db, act, past, case)
    assert refused.value.kind is FORBIDDEN


async def test_a_record_that_is_not_there_is_not_taken_over(
    company: Database, importer: Importer, browser: NewBrowser
) -> None:
    clerk = await browser("clerk")
    for record in ("999", "x", "9" * 30, "-1"):
        assert (await clerk.get(f"/cases/new?record={record}")).status_code == 404
        assert (await clerk.post("/cases", form({"record": record}))).status_code == 404


async def test_no_clock_runs_before_and_one_runs_after(
    company: Database, importer: Importer, browser: NewBrowser
) -> None:
    """Imported years ago, taken over now: what is due is due from now on (R1)."""
    record_id = await an_open_one(importer)
    async with company.reading() as db:
        assert await db.scalar(select(func.count()).select_from(Task)) == 0
    clerk = await browser("clerk")
    await clerk.post("/cases", form(await shown(clerk, record_id)))
    async with company.reading() as db:
        task = (await db.scalars(select(Task))).one()
    assert task.opened_at - NOON < timedelta(minutes=1)


async def test_history_is_searched_from_the_cases_and_filtered(
    company: Database, importer: Importer, browser: NewBrowser
) -> None:
    await importer.imported(NYC, "nyc311.csv")
    await importer.imported(EXCAVATORS, "excavators.csv")
    page = await browser("head", "en")
    assert "4 records of the history hold these words" in (await page.get("/cases?q=busted")).text

    async def rows(query: str) -> int:
        return (await page.get(f"/history?{query}")).text.count('<td data-label="Created"')

    assert await rows("q=busted") == 4
    assert await rows("which=flagged") == 10
    assert await rows("which=open") == 16
    assert await rows("source=nyc311") == 40
    assert await rows("q=39573567") == 1
    assert await rows("q=nothing-like-it") == 0
    assert await rows("customer=x&device=9999999999999999999999") == 50
    first = re.findall(r'href="/history/(\d+)"', (await page.get("/history?sort=title")).text)
    older = re.search(r'rel="next" href="([^"]+)"', (await page.get("/history?sort=title")).text)
    assert older
    then = re.findall(
        r'href="/history/(\d+)"', (await page.get(older[1].replace("&amp;", "&"))).text
    )
    assert len(first) + len(then) == 87
    assert not set(first) & set(then)


async def test_those_who_do_not_oversee_see_no_history(
    company: Database, importer: Importer, browser: NewBrowser
) -> None:
    await importer.imported(EXCAVATORS)
    for login in ("engineer", "plain", "admin"):
        page = await browser(login, "en")
        assert (await page.get("/history")).status_code == 403
        assert (await page.get("/history/1")).status_code == 403
        assert "of the history" not in (await page.get("/cases?q=busted")).text
