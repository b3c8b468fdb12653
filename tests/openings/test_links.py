"""Links: whoever holds one sees that case and nothing else, as long as it is valid (R7)."""

from sqlalchemy import select
from structlog.testing import capture_logs

from portal.cases.documenting import add_document, keep_file
from portal.cases.models import Case, Document
from portal.kernel.db.unit import Database
from portal.openings.making import VALID
from portal.openings.models import Link
from tests.cases.support import journal, matter, opened
from tests.conftest import Clock
from tests.openings.support import awaiting, link_to, photo, rows, send
from tests.people.support import NewBrowser, act_of
from tests.support.cast import NOON


async def test_a_link_shows_its_case_to_whoever_holds_it_r7(
    database: Database, browser: NewBrowser
) -> None:
    case = await matter(database, subject="割台漏油", details="客户很生气")
    nobody = await browser()
    path = await link_to(database, case.id)
    page = await nobody.get(path)
    assert page.status_code == 200
    for said in ("割台漏油", "登记报修", "P06-2026-0001"):
        assert said in page.text
    await case.happy(until="review")
    page = await nobody.get(path)
    assert "不制冷" in page.text
    assert "审核与分类" not in page.text
    for kept in ("陈晓燕", "孙大爷", "13912345678", "客户很生气"):
        assert kept not in page.text


async def test_only_the_digest_of_a_token_is_kept(database: Database) -> None:
    path = await link_to(database, await opened(database))
    async with database.reading() as db:
        link = (await db.scalars(select(Link))).one()
    token = path.rpartition("/")[2]
    assert len(token) == 43
    assert link.token != token
    assert link.expires_at == NOON + VALID
    assert "link.made" in await journal(database)


async def test_a_link_that_is_unknown_over_or_called_back_answers_the_same_r7(
    database: Database, browser: NewBrowser, clock: Clock
) -> None:
    case_id = await opened(database)
    old = await link_to(database, case_id)
    new = await link_to(database, case_id, alone=True)
    nobody = await browser(language="en")
    assert (await nobody.get(new)).status_code == 200
    unknown = await nobody.get("/o/" + "x" * 43)
    revoked = await nobody.get(old)
    clock.forward(days=VALID.days)
    expired = await nobody.get(new)
    short = await nobody.get("/o/none")
    for answer in (unknown, revoked, expired, short):
        assert answer.status_code == 404
        assert "This link is no longer valid" in answer.text
    bodies = {answer.text.replace(str(answer.url.path), "") for answer in (revoked, expired)}
    assert len(bodies) == 1
    for end in ("messages", "press", "withdrawal", "appointment"):
        assert (await nobody.post(f"{old}/{end}", {"text": "?", "reason": "?"})).status_code == 404


async def test_a_link_tells_nobody_of_itself(database: Database, browser: NewBrowser) -> None:
    path = await link_to(database, await opened(database))
    nobody = await browser()
    for asked in (path, f"{path}/documents/1", "/o/unknown"):
        headers = (await nobody.get(asked)).headers
        assert headers["referrer-policy"] == "no-referrer"
        assert "noindex" in headers["x-robots-tag"]
        assert "no-store" in headers["cache-control"]


async def test_no_log_names_a_token(database: Database, browser: NewBrowser) -> None:
    """Not even where something fails on the way."""
    path = await link_to(database, await opened(database))
    nobody = await browser()

    with capture_logs() as lines:
        await nobody.get(path)
        await nobody.get(f"{path}/documents/{2**63}")
        await nobody.post(f"{path}/withdrawal")
        nobody.portal.state.templates = None
        assert (await nobody.get(path)).status_code == 500
    assert lines
    assert path.rpartition("/")[2] not in str(lines)


async def test_looking_decides_nothing_r7(database: Database, browser: NewBrowser) -> None:
    """Mail programs and scanners open links: the tables and the journal stay as they are."""
    case = await awaiting(database)
    path = await link_to(database, case.id)
    nobody = await browser()
    await send(nobody, f"{path}/messages", {"text": "看图"}, ("a.jpg", photo()))
    async with database.reading() as db:
        document = (await db.scalars(select(Document))).one()
    before = await rows(database)
    ends = ("", "?received=1", "?lang=en", "/messages", "/press", "/withdrawal", "/appointment")
    for asked in (*(f"{path}{end}" for end in ends), f"{path}/documents/{document.id}"):
        assert (await nobody.get(asked)).status_code in (200, 404, 405)
    for asked in ("/service/repair?device=none", "/service/personal-information"):
        assert (await nobody.get(asked)).status_code == 200
    assert await rows(database) == before


async def test_documents_are_the_customers_own_only_r7(
    database: Database, browser: NewBrowser
) -> None:
    mine, other = await opened(database), await opened(database)
    path, others = await link_to(database, mine), await link_to(database, other)
    nobody = await browser()
    await send(nobody, f"{path}/messages", {}, ("a.jpg", photo()))
    clerk = await act_of(database, "clerk")
    stored = await keep_file(nobody.portal.settings.home, b"%PDF-1.7 inside")
    async with database.writing() as db:
        case = await db.get_one(Case, mine)
        inside = await add_document(db, clerk, case, "内部.pdf", stored)
        sent = (await db.scalars(select(Document).where(Document.by_id.is_(None)))).one()
    shown = await nobody.get(f"{path}/documents/{sent.id}")
    assert shown.status_code == 200
    assert b"secret place" not in shown.content
    assert "sandbox" in shown.headers["content-security-policy"]
    assert (await nobody.get(f"{others}/documents/{sent.id}")).status_code == 404
    assert (await nobody.get(f"{path}/documents/{inside.id}")).status_code == 404
    assert "内部.pdf" not in (await nobody.get(path)).text


async def test_who_is_signed_in_beside_it_is_nothing_to_a_link(
    database: Database, browser: NewBrowser
) -> None:
    path = await link_to(database, await opened(database))
    clerk = await browser("clerk")
    page = await clerk.get(path)
    assert "陈晓燕" not in page.text
    assert 'href="/cases' not in page.text
    await clerk.post(f"{path}/messages", {"text": "你好"})
    async with database.reading() as db:
        assert (await db.scalars(select(Document))).all() == []
    assert "message.received" in await journal(database)


async def test_staff_who_see_the_case_make_its_link(
    database: Database, browser: NewBrowser
) -> None:
    case = await matter(database)
    clerk = await browser("clerk", language="en")
    assert "Make a link" in (await clerk.get(f"/cases/{case.id}")).text
    made = await clerk.post(f"/cases/{case.id}/link", {"alone": "1"})
    assert made.status_code == 200
    start = made.text.index("/o/")
    path = made.text[start : start + 46]
    assert (await (await browser()).get(path)).status_code == 200
    engineer = await browser("engineer")
    assert (await engineer.post(f"/cases/{case.id}/link")).status_code == 404


async def test_a_closed_case_says_how_it_ended(database: Database, browser: NewBrowser) -> None:
    case = await matter(database)
    await case.answer(
        "clerk",
        "register",
        "registered",
        channel="phone",
        symptom="漏油",
        in_scope=False,
        visit_needed=False,
    )
    await case.answer(
        "clerk",
        "review",
        "out_of_scope",
        verified=("contact",),
        nature="use",
        urgency="low",
        reason="人为损坏",
    )
    await case.answer("clerk", "answer_out_of_scope", "told", answer="已说明")
    page = await (await browser()).get(await link_to(database, case.id))
    assert "不属售后范围，已答复" in page.text
    assert "人为损坏" not in page.text
    assert "催办" not in page.text
