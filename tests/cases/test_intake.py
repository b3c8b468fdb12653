"""Taking a case in (P06.1): the caller is found, everything is typed once, nothing twice."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.cases.models import Answer, Case, Document, Task
from portal.customers.models import Contact, Device, Site
from portal.customers.registering import Caller
from portal.kernel import tokens
from portal.kernel.db.unit import Database
from portal.kernel.web.csrf import csrf_token
from tests.cases.support import counts, matter, opened, store
from tests.cases.test_pages import NEW
from tests.customers.support import File, file
from tests.people.support import NewBrowser, person_id
from tests.procedures.samples import field, outcome, step
from tests.support.browser import Browser
from tests.support.cast import NOON

WHOLE = NEW | {
    "details": "左侧液压管接头漏油",
    "device_model": "4LZ-6.0 收割机",
    "device_serial": "SH6-1",
    "happened": "2026-11-20T08:00",
    "environment": "水田",
    "in_scope": "yes",
    "visit_needed": "no",
    "then": "answer",
}
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


def chosen(it: File, **more: str) -> dict[str, str]:
    """A form in which the file is chosen."""
    ids = {"caller": f"contact-{it.contact}", "site_id": str(it.site), "device_id": str(it.device)}
    return WHOLE | {"customer_name": "", "device_model": "", "device_serial": ""} | ids | more


async def only(database: Database, model: type[Any]) -> Any:
    async with database.reading() as db:
        return (await db.scalars(select(model))).one()


async def number_of(database: Database, model: type[Any]) -> int:
    async with database.reading() as db:
        return await db.scalar(select(func.count()).select_from(model)) or 0


async def send_files(page: Browser, form: dict[str, str], *files: tuple[str, bytes]) -> Any:
    token = csrf_token(page.portal.settings.secret, page.token)
    sent = [("photos", file) for file in files]
    return await page.client.post("/cases", data={"_csrf": token, **form}, files=sent)


async def test_everything_is_typed_once_and_the_first_step_is_answered_p06_1(
    company: Database, browser: NewBrowser
) -> None:
    page = await browser("clerk")
    answer = await page.post("/cases", WHOLE)
    assert answer.status_code == 303
    case, device = await only(company, Case), await only(company, Device)
    assert case.details == "左侧液压管接头漏油"
    fields = (await only(company, Answer)).fields
    assert fields == {
        "channel": "phone",
        "device": str(device.id),
        "symptom": "左侧液压管接头漏油",
        "happened": "2026-11-20T08:00:00+08:00",
        "environment": "水田",
        "in_scope": True,
        "visit_needed": False,
    }
    async with company.reading() as db:
        steps = list(await db.execute(select(Task.step, Task.closed_at.is_(None))))
    assert sorted(map(tuple, steps)) == [("register", False), ("review", True)]


async def test_what_is_completed_later_is_there_later(
    company: Database, browser: NewBrowser
) -> None:
    page = await browser("clerk")
    form = WHOLE | {"then": "later", "visit_needed": ""}
    answer = await page.post("/cases", form)
    assert answer.status_code == 303
    text = (await page.get(answer.headers["location"])).text
    assert re.search(r'name="happened"[^>]*value="2026-11-20[T ]08:00', text)
    assert "左侧液压管接头漏油</textarea>" in text
    assert "水田</textarea>" in text
    assert re.search(r'name="in_scope".*?value="yes" selected', text, re.DOTALL)
    task = await only(company, Task)
    assert task.draft["in_scope"] is True
    own = f"{answer.headers['location']}/tasks/{task.id}/answer"
    sent = {"outcome": "registered", "channel": "phone", "symptom": "漏油"}
    done = await page.post(own, sent | {"in_scope": "yes", "visit_needed": "yes"})
    assert done.status_code == 303
    async with company.reading() as db:
        assert (await db.get_one(Task, task.id)).draft is None


async def test_a_dispatcher_opens_and_leaves_the_first_step_to_a_clerk(
    company: Database, browser: NewBrowser
) -> None:
    page = await browser("dispatcher")
    assert (await page.post("/cases", WHOLE)).status_code == 303
    task = await only(company, Task)
    assert (task.step, task.closed_at) == ("register", None)
    assert task.draft["environment"] == "水田"


@pytest.mark.parametrize(
    ("sent", "place"),
    [
        ({"details": ""}, "details"),
        ({"in_scope": ""}, "in_scope"),
        ({"happened": "2026-11-20T10:01"}, "happened"),
        ({"received_at": "2026-11-20T10:01"}, "received_at"),
        ({"customer_name": " "}, "customer_name"),
        ({"caller": "contact-99"}, "caller"),
        ({"site_id": "99"}, "site_id"),
        ({"region_id": "99"}, "region_id"),
        ({"code": "P99"}, "code"),
    ],
)
async def test_a_refused_form_says_so_at_the_field_and_keeps_the_rest(
    company: Database, browser: NewBrowser, sent: dict[str, str], place: str
) -> None:
    before = await counts(company)
    page = await browser("clerk")
    answer = await page.post("/cases", WHOLE | sent)
    assert answer.status_code == 422
    assert f'id="{place}-error"' in answer.text
    for name in ("subject", "device_model", "customer_phone"):
        assert WHOLE[name] in answer.text, name
    assert await counts(company) == before


@pytest.mark.parametrize(
    "words", ["phone=1391234", "phone=5678", "customer_name=刘会", "phone=+86139"]
)
async def test_who_calls_is_found_while_the_number_is_typed(
    company: Database, browser: NewBrowser, words: str
) -> None:
    it = await file(company)
    await file(company, "别家", "别人", "13800000000", "X-1")
    page = await browser("clerk")
    for path in ("/cases/new/matches", "/cases/new"):
        text = (await page.get(f"{path}?{words.replace('+', '%2B')}")).text
        assert re.findall(r'value="(contact-\d+)"', text) == [f"contact-{it.contact}"]
        for known in ("向阳农机合作社", "139****5678", "双流区黄水镇", "TD-1204 拖拉机 TD12-0042"):
            assert known in text
        assert "13912345678" not in text


def _checked(text: str) -> list[str]:
    return re.findall(r'name="caller" value="([^"]*)" data-picks checked', text)


@pytest.mark.parametrize("phone", ["139 1234 5678", "+86 139-1234-5678"])
async def test_whose_number_is_typed_in_full_is_chosen_until_the_clerk_says_otherwise(
    company: Database, browser: NewBrowser, phone: str
) -> None:
    it = await file(company)
    page, known = await browser("clerk"), f"contact-{it.contact}"
    for path in ("/cases/new/matches", "/cases/new"):
        # So far "somebody new" was marked, as nobody was found by half the number.
        for typed in ({"phone": phone}, {"customer_phone": phone, "caller": ""}):
            text = (await page.client.get(path, params=typed)).text
            assert _checked(text) == [known]
            assert f'<option value="{it.device}" selected>' in text
            assert f'name="proposed" type="hidden" value="{known}"' in text
    again = {"customer_phone": phone, "proposed": known}
    for said in ("", f"customer-{it.customer}"):
        text = (await page.client.get("/cases/new/matches", params=again | {"caller": said})).text
        assert _checked(text) == [said]
    # The number was not theirs after all.
    typed = again | {"customer_phone": "13912345679", "caller": known, "customer_name": "刘会计"}
    text = (await page.client.get("/cases/new/matches", params=typed)).text
    assert known not in _checked(text)
    assert 'name="customer_name" type="text" value=""' in text
    assert "checked" not in (await page.get("/cases/new/matches?phone=1391234567")).text.replace(
        'id="caller-new" name="caller" value="" data-picks checked', ""
    )


async def test_a_number_of_two_chooses_neither(company: Database, browser: NewBrowser) -> None:
    await file(company)
    await file(company, "别家", "别人", serial="X-1")
    text = (await (await browser("clerk")).get("/cases/new/matches?phone=13912345678")).text
    assert len(re.findall(r'value="contact-\d+"', text)) == 2
    assert _checked(text) == [""]


async def test_fewer_than_four_digits_find_nobody(company: Database, browser: NewBrowser) -> None:
    await file(company)
    page = await browser("clerk")
    assert "contact-" not in (await page.get("/cases/new/matches?phone=139")).text


async def test_at_most_a_handful_is_shown(company: Database, browser: NewBrowser) -> None:
    for number in range(9):
        await file(company, f"客户{number}", serial=f"S{number}")
    text = (await (await browser("clerk")).get("/cases/new/matches?phone=1391234")).text
    assert len(re.findall(r'value="contact-\d+"', text)) == 5


async def test_who_is_chosen_brings_their_sites_and_devices(
    company: Database, browser: NewBrowser
) -> None:
    it = await file(company)
    page = await browser("clerk")
    text = (await page.get(f"/cases/new/matches?caller=contact-{it.contact}")).text
    assert f'<option value="{it.site}" selected>' in text
    assert f'<option value="{it.device}" selected>' in text
    assert 'hx-swap-oob="true"' in text
    before = await number_of(company, Contact), await number_of(company, Site)
    assert (await page.post("/cases", chosen(it))).status_code == 303
    case = await only(company, Case)
    found = (case.customer_id, case.contact_id, case.site_id, case.device_id)
    assert found == (it.customer, it.contact, it.site, it.device)
    assert (await number_of(company, Contact), await number_of(company, Site)) == before


async def test_somebody_else_of_a_customer_with_a_new_site_and_device(
    company: Database, browser: NewBrowser
) -> None:
    it = await file(company)
    page = await browser("clerk")
    new = {"customer_phone": "13700001111", "customer_address": "新津区花源镇", "region_id": "1"}
    form = WHOLE | new | {"caller": f"customer-{it.customer}", "customer_name": "周社长"}
    assert (await page.post("/cases", form)).status_code == 303
    case = await only(company, Case)
    assert case.customer_id == it.customer
    async with company.reading() as db:
        contact = await db.get_one(Contact, case.contact_id)
        site = await db.get_one(Site, case.site_id)
        device = await db.get_one(Device, case.device_id)
    assert (contact.name, contact.phone) == ("周社长", "+8613700001111")
    assert (site.address, site.region_id) == ("新津区花源镇", 1)
    assert (device.serial, device.site_id) == ("SH6-1", site.id)


async def test_a_device_of_another_customer_is_refused(
    company: Database, browser: NewBrowser
) -> None:
    it, other = await file(company), await file(company, "别家", "别人", "13800000000", "X-1")
    page = await browser("clerk")
    for name, key in (("device_id", other.device), ("site_id", other.site)):
        answer = await page.post("/cases", chosen(it, **{name: str(key)}))
        assert answer.status_code == 422
        assert f'id="{name}-error"' in answer.text


async def test_the_same_phone_within_a_fortnight_looks_like_an_open_case(
    company: Database, browser: NewBrowser
) -> None:
    first = await matter(company, received_at=NOON - timedelta(days=13))
    page = await browser("clerk")
    answer = await page.post("/cases", WHOLE)
    assert answer.status_code == 422
    assert f'href="/cases/{first.id}"' in answer.text
    assert 'id="another_matter-error"' in answer.text
    assert WHOLE["environment"] in answer.text
    several = await page.post("/cases", WHOLE | {"subject": "", "details": ""})
    for name in ("another_matter", "subject", "details"):
        assert f'id="{name}-error"' in several.text
    assert await number_of(company, Case) == 1
    wrong = await page.post("/cases", WHOLE | {"another_matter": "999"})
    assert wrong.status_code == 422
    assert (await page.post("/cases", WHOLE | {"another_matter": str(first.id)})).status_code == 303


async def test_a_case_that_came_meanwhile_is_shown_before_the_tick_counts(
    company: Database, browser: NewBrowser
) -> None:
    first = await matter(company)
    second = await matter(company)
    page = await browser("clerk")
    answer = await page.post("/cases", WHOLE | {"another_matter": str(first.id)})
    assert answer.status_code == 422
    assert f'value="{second.id},{first.id}"' in answer.text


async def test_an_older_case_of_the_same_phone_is_another_matter(
    company: Database, browser: NewBrowser
) -> None:
    await matter(company, received_at=NOON - timedelta(days=15))
    page = await browser("clerk")
    assert (await page.post("/cases", WHOLE)).status_code == 303


async def test_the_same_device_looks_like_an_open_case_however_old(
    company: Database, browser: NewBrowser
) -> None:
    it = await file(company)
    caller = Caller("别人", "13700000000", customer_id=it.customer, device_id=it.device)
    first = await opened(company, caller=caller, received_at=NOON - timedelta(days=60))
    page = await browser("clerk")
    shown = await page.get(f"/cases/new/matches?caller=contact-{it.contact}")
    assert 'id="alike"' in shown.text
    assert (await page.post("/cases", chosen(it))).status_code == 422
    serial = WHOLE | {"customer_phone": "", "device_serial": "TD12-0042"}
    assert (await page.post("/cases", serial)).status_code == 422
    other = chosen(it, device_id="", device_model="TD-504", device_serial="N-9")
    assert (await page.post("/cases", other)).status_code == 303
    done = await page.post("/cases", chosen(it, another_matter=f"{first + 1},{first}"))
    assert done.status_code == 303


async def test_photos_become_documents_and_the_answer_names_them(
    company: Database, browser: NewBrowser
) -> None:
    page = await browser("clerk")
    files = ("漏油.png", PNG), ("合同.pdf", b"%PDF-1.7 x"), ("again.png", PNG)
    answer = await send_files(page, WHOLE, *files)
    assert answer.status_code == 303
    async with company.reading() as db:
        documents = {d.name: str(d.id) for d in await db.scalars(select(Document))}
    assert set(documents) == {"漏油.png", "合同.pdf"}, "one content is one file"
    fields = (await only(company, Answer)).fields
    assert fields["photos"] == [documents["漏油.png"], documents["合同.pdf"]]


async def test_photos_of_a_refused_form_need_not_be_sent_again(
    company: Database, browser: NewBrowser
) -> None:
    page = await browser("clerk")
    answer = await send_files(page, WHOLE | {"subject": ""}, ("漏油.png", PNG))
    assert answer.status_code == 422
    [token] = re.findall(r'name="kept_photos" value="([^"]+)"', answer.text)
    forged = await page.post("/cases", WHOLE | {"kept_photos": "e30.00", "subject": ""})
    assert "kept_photos" not in forged.text
    assert (await page.post("/cases", WHOLE | {"kept_photos": token})).status_code == 303
    assert (await only(company, Document)).name == "漏油.png"


@pytest.mark.parametrize("content", [b"", b"<script>alert(1)</script>", b"PK\x03\x04"])
async def test_what_is_no_photo_is_refused_at_its_field(
    company: Database, browser: NewBrowser, content: bytes
) -> None:
    page = await browser("clerk")
    answer = await send_files(page, WHOLE, ("x.png", content))
    assert answer.status_code == 422
    assert 'id="photos-error"' in answer.text
    assert await number_of(company, Case) == 0


async def test_a_form_that_is_sent_fifty_times_at_once_is_one_case(
    company: Database, browser: NewBrowser
) -> None:
    page = await browser("clerk")
    text = (await page.get("/cases/new")).text
    key = re.search(r'name="_once" value="([^"]+)"', text)
    assert key
    assert tokens.is_token(key[1])
    form = WHOLE | {"_once": key[1]}
    answers = await asyncio.gather(*(page.post("/cases", form) for _ in range(50)))
    assert {(one.status_code, one.headers["location"]) for one in answers} == {(303, "/cases/1")}
    assert await number_of(company, Case) == 1
    assert await number_of(company, Contact) == 1


async def test_a_rejected_form_may_be_sent_again_with_its_key(
    company: Database, browser: NewBrowser
) -> None:
    page = await browser("clerk")
    key = {"_once": tokens.mint()}
    assert (await page.post("/cases", WHOLE | key | {"subject": ""})).status_code == 422
    assert (await page.post("/cases", WHOLE | key)).status_code == 303


async def test_another_procedure_asks_its_own_questions_in_the_same_form(
    company: Database, browser: NewBrowser
) -> None:
    fields = [
        field("what", type="long text", required=True),
        field("subject", required=True),
        field("when", type="date", tense="past"),
    ]
    await store(
        company,
        step("one", outcome("done", "closes done"), who="role intake_clerk", field=fields),
    )
    page = await browser("clerk")
    assert 'hx-get="/cases/new/step"' in (await page.get("/cases/new")).text
    part = (await page.get("/cases/new/step?code=T01&details=话")).text
    assert 'name="step_subject"' in part
    assert "话</textarea>" in part
    assert 'name="in_scope"' not in part
    form = WHOLE | {"code": "T01", "step_subject": "另一个", "when": "2026-11-21"}
    early = await page.post("/cases", form)
    assert early.status_code == 422
    assert 'id="when-error"' in early.text
    assert (await page.post("/cases", form | {"when": "2026-11-20"})).status_code == 303
    answered = (await only(company, Answer)).fields
    assert answered == {"what": WHOLE["details"], "subject": "另一个", "when": "2026-11-20"}


async def test_the_case_shows_whose_device_is_where_and_masks_the_phone(
    company: Database, browser: NewBrowser
) -> None:
    it = await file(company)
    await (await browser("clerk")).post("/cases", chosen(it))
    case = await only(company, Case)
    engineer = await person_id(company, "engineer")
    async with company.writing() as db:
        task = (await db.scalars(select(Task).where(Task.closed_at.is_(None)))).one()
        task.owner_id = engineer
    page = await browser("engineer")
    text = (await page.get(f"/cases/{case.id}")).text
    for known in ("刘会计", "双流区黄水镇", "TD-1204 拖拉机 TD12-0042", "139****5678"):
        assert known in text
    assert f"/customers/{it.customer}" not in text
    assert "13912345678" not in text.replace(" ", "")
    shown = await page.post(f"/cases/{case.id}/phone")
    assert "tel:+8613912345678" in shown.text
    stranger = await browser("plain")
    assert (await stranger.post(f"/cases/{case.id}/phone")).status_code == 404
    clerk = await browser("clerk")
    assert f'href="/customers/{it.customer}"' in (await clerk.get(f"/cases/{case.id}")).text
    file_page = (await clerk.get(f"/customers/{it.customer}")).text
    assert case.number in file_page


async def test_what_a_case_was_opened_with_is_not_asked_again_at_its_first_step(
    company: Database, browser: NewBrowser
) -> None:
    it = await matter(company, caller=Caller("孙大爷", "13912345678", device_model="TD-504"))
    text = (await (await browser("clerk")).get(f"/cases/{it.id}")).text
    assert re.search(r'name="symptom"[^>]*>\s*左侧液压管接头漏油</textarea>', text)
    device = (await it.case()).device_id
    assert f'<option value="{device}" selected>TD-504</option>' in text
