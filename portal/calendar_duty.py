"""The yearly duty of the calendar: administrators are told, monthly, until it is done."""

from datetime import datetime, tzinfo

from sqlalchemy import select

from portal.company.keeping import confirmed_years, year_to_import
from portal.kernel.act import Act, System, Via
from portal.kernel.db.unit import Database
from portal.kernel.i18n import N_
from portal.notices.telling import News, tell
from portal.people.models import RoleGrant
from portal.people.roles import Role


async def remind_of_year(database: Database, zone: tzinfo, at: datetime) -> int:
    """Tell every administrator of the year whose holidays are due; how many it is new to (R5, R8).

    Nobody is told twice in a month, so this may run as often as it likes.
    """
    today = at.astimezone(zone).date()
    async with database.reading() as db:
        year = year_to_import(await confirmed_years(db), today)
    if year is None:
        return 0
    news = News(
        word="calendar.year_due",
        title=N_("The holidays of %(year)s are not in the calendar yet: import the list."),
        values={"year": year},
        href=f"/calendar?year={year}",
        dedupe=f"calendar.year_due:{year}:{today:%Y-%m}",
    )
    async with database.writing() as db:
        administrators = select(RoleGrant.person_id).where(RoleGrant.role == Role.ADMINISTRATOR)
        act = Act.now(System("R5"), at, Via.JOB)
        return await tell(db, act, await db.scalars(administrators), news)
