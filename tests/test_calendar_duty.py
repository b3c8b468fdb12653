"""The yearly import of holidays is a job for the administrators until it is done (R5, R8)."""

from datetime import UTC, datetime

from sqlalchemy import select

from portal.calendar.days import SHANGHAI
from portal.calendar_duty import remind_of_year
from portal.company.keeping import confirm_year
from portal.kernel.db.unit import Database
from portal.notices.models import Notice
from portal.people.models import RoleGrant
from portal.people.roles import Role
from tests.people.support import NewBrowser, person_id
from tests.support.cast import NOON, system

OCTOBER = datetime(2026, 10, 31, 15, 59, tzinfo=UTC)  # in Shanghai the last minute of October
NOVEMBER = datetime(2026, 10, 31, 16, 0, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
JANUARY = datetime(2027, 1, 4, 2, 0, tzinfo=UTC)


async def test_every_administrator_is_told_once_a_month_until_the_year_is_known(
    database: Database,
) -> None:
    admin, head = await person_id(database, "admin"), await person_id(database, "head")
    gone = await person_id(database, "gone")  # whoever has left is told nothing
    async with database.writing() as db:
        for person in (head, gone):
            db.add(RoleGrant(person_id=person, role=Role.ADMINISTRATOR, at=NOON))
    counts = [
        await remind_of_year(database, SHANGHAI, at)
        for at in (OCTOBER, NOVEMBER, NOON, DECEMBER, DECEMBER, JANUARY, JANUARY)
    ]
    assert counts == [0, 2, 0, 2, 0, 2, 0]
    async with database.reading() as db:
        told = list(await db.execute(select(Notice.person_id, Notice.href)))
    href = "/calendar?year=2027"
    assert sorted(map(tuple, told)) == sorted([(admin, href), (head, href)] * 3)
    async with database.writing() as db:
        await confirm_year(db, system(), 2027, [])
    assert await remind_of_year(database, SHANGHAI, JANUARY.replace(month=2)) == 0


async def test_the_notice_leads_to_the_page_where_it_is_done(
    browser: NewBrowser, database: Database
) -> None:
    await remind_of_year(database, SHANGHAI, NOON)
    admin = await browser("admin", language="en")
    assert "The holidays of 2027 are not in the calendar yet" in (await admin.get("/inbox")).text
    page = await admin.get("/calendar?year=2027")
    assert 'action="/calendar/years"' in page.text
    assert 'value="2027"' in page.text
