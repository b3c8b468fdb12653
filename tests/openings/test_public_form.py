"""The public form: a customer reports a repair without an account (P06.1)."""

import asyncio
import re
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.cases.models import Case, Document
from portal.customers.models import Consent, Contact, Customer, Device, Site
from portal.kernel import tokens
from portal.kernel.db.unit import Database
from portal.kernel.i18n import language
from portal.kernel.problems import Problem
from portal.openings.models import SentForm
from portal.openings.photos import MOST
from portal.openings.problems import TOO_OFTEN
from portal.openings.reporting import NOTICE_EDITION
from portal.openings.slowing import (
    MOST_PER_ADDRESS,
    MOST_PER_PHONE,
    WINDOW,
    count_form,
    forget_forms,
    refuse_too_often,
)
from portal.procedures.forms import Value
from tests.cases.support import Matter, matter, told
from tests.conftest import Clock
from tests.openings.support import files_of, one_more_clerk, photo, rows, send
from tests.people.support import NewBrowser
from tests.support.cast import NOON

FORM = {
    "name": "钱大妈",
    "phone": "139 8888 7777",
    "address": "锦江区一号院",
    "symptom": "洗衣机不转\n有异味",
    "happened": "昨晚",
    "preferred": "下午",
    "consent": "y",
}


async def cases(database: Database) -> list[Case]:
    async with database.reading() as db:
        query = select(Case).options(
            joinedload(Case.contact), joinedload(Case.site), joinedload(Case.owner)
        )
        return list(await db.scalars(query.order_by(Case.id)))


async def labelled(database: Database) -> Device:
    """A device of somebody who would not like strangers to know it."""
    async with database.writing() as db:
        owner = Customer(name="周先生", made_at=NOON)
        db.add(owner)
        await db.flush()
        site = Site(customer_id=owner.id, address="金牛区九号别墅")
        db.add(site)
        db.add(Contact(customer_id=owner.id, name="周先生", phone="+8613811112222"))
        await db.flush()
        device = Device(
            customer_id=owner.id,
            site_id=site.id,
            model="4LZ-8",
            serial="SN20260042",
            label=tokens.mint(),
        )
        db.add(device)
    return device


async def test_a_report_becomes_a_case_and_a_link_to_it_p06_1(
    database: Database, browser: NewBrowser
) -> None:
    nobody = await browser()
    assert (await nobody.get("/service/repair")).status_code == 200
    sent = await send(nobody, "/service/repair", FORM, ("机器.jpg", photo()))
    assert sent.status_code == 303
    page = (await nobody.get(sent.headers["location"])).text
    assert "洗衣机不转" in page
    assert "机器.jpg" in page
    (case,) = await cases(database)
    assert case.contact
    assert case.site
    assert (case.code, case.channel, case.subject) == ("P06", "site", "洗衣机不转")
    assert (case.contact.name, case.contact.phone) == ("钱大妈", "+8613988887777")
    assert case.site.address == "锦江区一号院"
    assert case.owner.login == "clerk"
    assert "昨晚" in case.details
    assert "下午" in case.details
    async with database.reading() as db:
        consent = (await db.scalars(select(Consent))).one()
        document = (await db.scalars(select(Document))).one()
    assert (consent.contact_id, consent.edition) == (case.contact_id, NOTICE_EDITION)
    assert document.by_id is None


async def test_a_complaint_is_taken_in_by_its_own_form_and_procedure_p04_1(
    database: Database, browser: NewBrowser
) -> None:
    nobody = await browser()
    page = (await nobody.get("/service/complaint")).text
    assert "我要投诉" in page
    form = FORM | {"demand": "退款", "address": ""}
    sent = await send(nobody, "/service/complaint", form, ("水渍.jpg", photo()))
    assert sent.status_code == 303
    theirs = (await nobody.get(sent.headers["location"])).text
    assert "水渍.jpg" in theirs
    assert "您的要求：退款" in theirs
    (case,) = await cases(database)
    assert (case.code, case.channel, case.owner.login) == ("P04", "site", "clerk")
    assert "客户要求：退款" in case.details
    assert "您" not in case.details
    refused = await send(nobody, "/service/complaint", form | {"symptom": " "})
    assert (refused.status_code, "您的要求" in refused.text) == (422, True)
    assert 'action="/service/complaint"' in refused.text


@pytest.mark.parametrize(
    ("tongue", "said", "wrote", "reported"),
    [
        ("zh-CN", "您的要求：退款", "您留言", "登记情况"),
        ("en", "What you ask us to do: 退款", "You wrote", "What was reported"),
    ],
)
async def test_what_was_registered_as_it_was_sent_is_shown_to_its_sender_once(
    database: Database, browser: NewBrowser, tongue: str, said: str, wrote: str, reported: str
) -> None:
    nobody = await browser(language=tongue)
    sent = await send(nobody, "/service/complaint", FORM | {"demand": "退款"})
    own = sent.headers["location"].partition("?")[0]
    (case,) = await cases(database)
    it = Matter(database, case.id)
    # The clerk's form writes its ends of lines as forms do.
    registered = case.details.replace("\n", "\r\n")
    given: dict[str, Value] = {"channel": "site", "category": "product"}
    await it.answer("clerk", "register", "registered", symptom=registered, **given)
    page = (await nobody.get(own)).text
    assert (page.count(said), page.count("有异味")) == (1, 1)
    assert (wrote in page, reported in page) == (True, False)


async def test_what_the_clerk_made_of_it_is_shown_beside_what_was_sent(
    database: Database, browser: NewBrowser
) -> None:
    nobody = await browser()
    sent = await send(nobody, "/service/complaint", FORM | {"demand": "退款"})
    own = sent.headers["location"].partition("?")[0]
    (case,) = await cases(database)
    given: dict[str, Value] = {"channel": "site", "category": "product"}
    await Matter(database, case.id).answer(
        "clerk", "register", "registered", symptom="洗衣机脱水不转", **given
    )
    page = (await nobody.get(own)).text
    assert "洗衣机脱水不转" in page
    assert "您的要求：退款" in page


async def test_the_least_busy_clerk_owns_what_comes_in(
    database: Database, browser: NewBrowser
) -> None:
    await matter(database)
    await one_more_clerk(database, "second")
    await send(await browser(), "/service/repair", FORM)
    assert [case.owner.login for case in await cases(database)] == ["clerk", "second"]


async def test_a_label_tells_a_stranger_the_device_and_not_whose_it_is_r7(
    database: Database, browser: NewBrowser
) -> None:
    device = await labelled(database)
    nobody = await browser()
    page = (await nobody.get(f"/service/repair?device={device.label}")).text
    assert "4LZ-8" in page
    assert "SN2026" not in page
    form = {**FORM, "device": device.label, "address": ""}
    sent = await send(nobody, "/service/repair", form)
    assert sent.status_code == 303
    page += (await nobody.get(sent.headers["location"])).text
    for kept in ("周先生", "13811112222", "九号别墅"):
        assert kept not in page
    (case,) = await cases(database)
    assert case.contact
    assert case.site
    assert (case.customer_id, case.device_id) == (device.customer_id, device.id)
    assert case.contact.name == "钱大妈"
    assert case.site.address == "金牛区九号别墅"
    # Who reports again is known by then.
    await send(await browser(), "/service/repair", form)
    assert len({one.contact_id for one in await cases(database)}) == 1


async def test_an_unknown_label_is_a_plain_form_with_a_word_about_it(
    database: Database, browser: NewBrowser
) -> None:
    nobody = await browser(language="en")
    for label in ("nothing", "x" * 5000, "%00", "'"):
        page = await nobody.get(f"/service/repair?device={label}")
        assert page.status_code == 200
    assert "We do not know this label." in page.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"consent": ""},
        {"name": " "},
        {"phone": "abc"},
        {"phone": ""},
        {"symptom": ""},
        {"address": ""},
        {"symptom": "长" * 2001},
        {"region": "999"},
        {"website": "https://spam.example"},
    ],
    ids="-".join,
)
async def test_what_is_missing_is_said_at_the_field_and_nothing_is_lost(
    database: Database, browser: NewBrowser, wrong: dict[str, Any]
) -> None:
    before = await rows(database)
    sent = await send(await browser(), "/service/repair", {**FORM, "preferred": "周末", **wrong})
    assert sent.status_code == 422
    assert "周末" in sent.text
    assert "field-error" in sent.text
    assert await rows(database) == before


_KEPT = re.compile(r'name="kept_photos" value="([^"]+)"')
AGAIN = "Please choose the files again."


async def test_photos_of_a_refused_form_need_not_be_sent_again(
    database: Database, browser: NewBrowser
) -> None:
    nobody = await browser(language="en")
    wrong = {**FORM, "consent": ""}
    plain = await send(nobody, "/service/repair", wrong)
    assert AGAIN not in plain.text
    sent = await send(nobody, "/service/repair", wrong, ("机器.jpg", photo()))
    assert (sent.status_code, AGAIN in sent.text) == (422, False)
    kept = _KEPT.findall(sent.text)
    more = await send(
        nobody,
        "/service/repair",
        {**wrong, "kept_photos": kept},
        ("再来.jpg", photo((50, 40))),
        ("机器.jpg", photo()),
    )
    kept = _KEPT.findall(more.text)
    assert len(kept) == 2
    forged = [*kept, kept[0][:-2] + "AA", "x"]
    assert (
        await send(nobody, "/service/repair", {**FORM, "kept_photos": forged})
    ).status_code == 303
    async with database.reading() as db:
        names = list(await db.scalars(select(Document.name).order_by(Document.id)))
    assert names == ["机器.jpg", "再来.jpg"]


async def test_photos_that_cannot_be_kept_are_asked_for_again(
    database: Database, browser: NewBrowser
) -> None:
    nobody = await browser(language="en")
    wrong = {**FORM, "consent": ""}
    bad = await send(nobody, "/service/repair", wrong, ("x.jpg", b"no photo"))
    assert 'id="photos-error"' in bad.text
    assert AGAIN in bad.text
    first = await send(nobody, "/service/repair", wrong, ("a.jpg", photo()))
    kept = _KEPT.findall(first.text)
    many = [(f"{n}.jpg", photo((20 + n, 30))) for n in range(MOST)]
    over = await send(nobody, "/service/repair", {**FORM, "kept_photos": kept}, *many)
    assert (over.status_code, AGAIN in over.text) == (422, True)
    assert _KEPT.findall(over.text) == kept
    # Files of forms that are never right are taken as often as forms.
    for _ in range(MOST_PER_ADDRESS - 1):
        await send(nobody, "/service/repair", wrong, ("a.jpg", photo()))
    refused = await send(nobody, "/service/repair", wrong, ("a.jpg", photo()))
    assert (refused.status_code, AGAIN in refused.text) == (422, True)
    assert _KEPT.findall(refused.text) == []


async def test_five_an_hour_from_one_phone_and_then_a_clear_word(
    database: Database, browser: NewBrowser, clock: Clock
) -> None:
    nobody = await browser(language="en")
    for _ in range(MOST_PER_PHONE):
        assert (await send(nobody, "/service/repair", FORM)).status_code == 303
        clock.forward(minutes=1)
    before = await rows(database)
    again = await send(nobody, "/service/repair", {**FORM, "phone": "+86 13988887777"})
    assert again.status_code == 429
    assert again.headers["retry-after"] == str(55 * 60)
    assert "Wait 55 minutes" in again.text
    assert "洗衣机不转" in again.text
    assert await rows(database) == before
    other = {**FORM, "phone": "13900000001"}
    assert (await send(nobody, "/service/repair", other)).status_code == 303
    clock.forward(hours=1)
    assert (await send(nobody, "/service/repair", FORM)).status_code == 303
    async with database.writing() as db:
        await forget_forms(db, clock.now)
    async with database.reading() as db:
        left = list(await db.scalars(select(SentForm.at)))
    assert all(at > clock.now - WINDOW for at in left)


async def test_twenty_an_hour_from_one_address_however_many_at_once(
    database: Database, browser: NewBrowser
) -> None:
    nobody = await browser()
    answers = await asyncio.gather(
        *(
            send(nobody, "/service/repair", {**FORM, "phone": f"1390000{number:04}"})
            for number in range(MOST_PER_ADDRESS + 5)
        )
    )
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [303] * MOST_PER_ADDRESS + [429] * 5


async def test_a_form_sent_twice_is_one_case_and_leads_to_it_twice(
    database: Database, browser: NewBrowser, clock: Clock
) -> None:
    nobody = await browser()
    form = {**FORM, "_once": tokens.mint()}
    first = await send(nobody, "/service/repair", form)
    second = await send(nobody, "/service/repair", form)
    assert len(await cases(database)) == 1
    for sent in (first, second):
        assert (await nobody.get(sent.headers["location"])).status_code == 200
    clock.forward(hours=2)
    late = await send(nobody, "/service/repair", form)
    assert late.status_code == 200
    assert "/o/" not in late.text
    assert len(await cases(database)) == 1


async def test_a_form_sent_again_gets_its_link_however_often_was_sent(
    database: Database, browser: NewBrowser
) -> None:
    nobody = await browser()
    forms = [{**FORM, "_once": tokens.mint()} for _ in range(MOST_PER_PHONE)]
    for form in forms:
        assert (await send(nobody, "/service/repair", form)).status_code == 303
    again = await send(nobody, "/service/repair", forms[0], ("a.pdf", b"%PDF-1"))
    assert again.status_code == 303
    assert (await nobody.get(again.headers["location"])).status_code == 200
    other = {**FORM, "_once": tokens.mint()}
    sent = await send(nobody, "/service/repair", other, ("b.pdf", b"%PDF-2"))
    assert sent.status_code == 429
    assert len(await cases(database)) == MOST_PER_PHONE
    assert files_of(nobody) == 0


@pytest.mark.parametrize(
    ("sent", "same", "other"),
    [
        ("2001:db8:1:2:{:x}::1", "2001:DB8:1:2::9", "2001:db8:1:3::1"),
        ("::ffff:203.0.113.7", "203.0.113.7", "203.0.113.8"),
        ("", "", "203.0.113.7"),
    ],
    ids=["a /64", "mapped", "unknown"],
)
async def test_one_line_is_one_address_whatever_it_calls_itself(
    database: Database, sent: str, same: str, other: str
) -> None:
    async with database.writing() as db:
        for number in range(MOST_PER_ADDRESS):
            await count_form(db, NOON, f"+861390000{number:04}", sent.format(number))
        await refuse_too_often(db, NOON, "+8613911110000", other)
        with pytest.raises(Problem) as refused:
            await refuse_too_often(db, NOON, "+8613911110000", same)
    assert refused.value.kind is TOO_OFTEN


async def test_strangers_change_no_file_and_the_clerk_reads_what_they_typed_p06_2(
    database: Database, browser: NewBrowser
) -> None:
    device = await labelled(database)
    async with database.writing() as db:
        (await db.get_one(Device, device.id)).site_id = None
    elsewhere = {"address": "假地址一号", "device_model": "假机型"}
    owner = {"name": "周先生", "phone": "13811112222"}
    for given in ({"device": device.label}, owner, {**owner, "device": device.label}):
        sent = await send(await browser(), "/service/repair", {**FORM, **elsewhere, **given})
        assert sent.status_code == 303
    for case in await cases(database):
        assert (case.customer_id, case.site_id) == (device.customer_id, None)
        assert "假地址一号" in case.details
        assert "假机型" in case.details
    async with database.reading() as db:
        assert (await db.get_one(Device, device.id)).site_id is None
        assert list(await db.scalars(select(Site.address))) == ["金牛区九号别墅"]
        assert list(await db.scalars(select(Device.model))) == ["4LZ-8"]


async def test_the_same_matter_again_is_taken_and_its_clerk_is_told(
    database: Database, browser: NewBrowser
) -> None:
    for _ in range(2):
        sent = await send(await browser(language="en"), "/service/repair", FORM)
        assert sent.status_code == 303
    assert len(await cases(database)) == 2
    assert await told(database, "case.alike") == [("clerk", "case.alike")]


async def test_both_languages(database: Database, browser: NewBrowser) -> None:
    page = (await (await browser(language="en")).get("/service/repair")).text
    assert "Report a repair" in page
    chinese = (await (await browser(language="fr")).get("/service/repair")).text
    assert '<html lang="zh-CN">' in chinese
    assert f"<h1>{language('zh_CN').gettext('Report a repair')}</h1>" in chinese
    assert "/service/repair?lang=en" in chinese


async def test_a_staff_cookie_opens_no_other_form(database: Database, browser: NewBrowser) -> None:
    clerk = await browser("clerk")
    sent = await send(clerk, "/service/repair", FORM)
    assert sent.headers["location"].startswith("/o/")


async def known(database: Database, *names: str) -> list[Customer]:
    """Customers in the files who share the number of `FORM`."""
    made = []
    async with database.writing() as db:
        for name in names:
            customer = Customer(name=name, made_at=NOON)
            db.add(customer)
            await db.flush()
            db.add(Contact(customer_id=customer.id, name=name, phone="+8613988887777"))
            made.append(customer)
    return made


async def test_a_known_number_is_its_customers_case_and_the_caller_sees_no_difference_p06_2(
    database: Database, browser: NewBrowser, clock: Clock
) -> None:
    pages = []
    for _ in range(2):
        nobody = await browser(language="en")
        form = {**FORM, "device_model": "4LZ-8"}
        sent = await send(nobody, "/service/repair", form)
        page = (await nobody.get(sent.headers["location"])).text
        pages.append(re.sub(r'/o/[\w-]+|P06-2026-\d+|value="[\w-]{20,}"', "", page))
        async with database.writing() as db:  # another's number from now on
            for contact in await db.scalars(select(Contact)):
                contact.name = "周先生"
    first, second = await cases(database)
    assert first.customer_id == second.customer_id
    assert pages[0] == pages[1]
    assert "周先生" not in pages[1]


async def test_the_clerk_sees_whose_number_it_is_and_keeps_or_corrects_it_p06_2(
    database: Database, browser: NewBrowser, clock: Clock
) -> None:
    (owner,) = await known(database, "周先生")
    clock.now = NOON + WINDOW
    await send(await browser(), "/service/repair", FORM)
    (case,) = await cases(database)
    assert case.customer_id == owner.id
    clerk = await browser("clerk", language="en")
    page = (await clerk.get(f"/cases/{case.id}")).text
    assert "this is a case of 周先生, who is in the files" in page
    assert (await clerk.post(f"/cases/{case.id}/place", {"customer": "9" * 9})).status_code == 422
    new = {"customer": "new", "address": "锦江区一号院"}
    assert (await clerk.post(f"/cases/{case.id}/place", new)).status_code == 303
    (case,) = await cases(database)
    assert case.contact
    assert case.site
    assert case.customer_id == case.contact.customer_id == case.site.customer_id != owner.id
    async with database.reading() as db:
        left = list(await db.scalars(select(Contact).where(Contact.customer_id == owner.id)))
        assert [one.name for one in left] == ["周先生"]
        assert (await db.get_one(Customer, case.customer_id)).name == "钱大妈"
    page = (await clerk.get(f"/cases/{case.id}")).text
    assert "The same number is in the files of: 周先生." in page
    back = {"customer": str(owner.id)}
    assert (await clerk.post(f"/cases/{case.id}/place", back)).status_code == 303
    (case,) = await cases(database)
    assert (case.customer_id, case.site_id) == (owner.id, None)


async def test_a_number_of_several_is_matched_to_none_and_the_clerk_is_told(
    database: Database, browser: NewBrowser
) -> None:
    owners = await known(database, "周先生", "金牛农机合作社")
    await send(await browser(), "/service/repair", FORM)
    (case,) = await cases(database)
    assert case.customer_id not in [one.id for one in owners]
    page = (await (await browser("clerk", language="en")).get(f"/cases/{case.id}")).text
    assert "The same number is in the files of: 周先生, 金牛农机合作社." in page


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "。。。"}, "Please tell us how to address you."),
        ({"name": "---"}, "Please tell us how to address you."),
        ({"phone": "1"}, "This is not a phone number."),
        ({"phone": "1(((("}, "Please enter a number at which we can reach you"),
        ({"phone": "11111111111"}, "Please enter a number at which we can reach you"),
    ],
)
async def test_nonsense_is_refused_at_its_field(
    database: Database, browser: NewBrowser, wrong: dict[str, str], said: str
) -> None:
    nobody = await browser(language="en")
    refused = await send(nobody, "/service/repair", {**FORM, **wrong})
    assert refused.status_code == 422
    (field,) = wrong
    assert said in refused.text.split(f'id="{field}-error"', 1)[1].split("</p>", 1)[0]
    assert await cases(database) == []


@pytest.mark.parametrize("phone", ["+49 30 123456", "028-8765 4321 转 12", "(028) 8765 4321"])
async def test_numbers_abroad_and_landlines_with_an_extension_are_taken(
    database: Database, browser: NewBrowser, phone: str
) -> None:
    sent = await send(await browser(), "/service/repair", {**FORM, "phone": phone})
    assert sent.status_code == 303
