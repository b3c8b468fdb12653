"""Alarms of devices: what only the office can look into, told to dispatchers and administrators."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from field.devices import Known
from portal.kernel.act import Act
from portal.kernel.i18n import N_
from portal.kernel.journal.recording import record
from portal.notices.telling import News, tell
from portal.people.models import RoleGrant
from portal.people.roles import Role

_TITLES = {
    "hole": N_("Entries are missing from the phone of %(name)s"),
    "vanished": N_("The phone of %(name)s has lost entries that it still held"),
    "another_body": N_("The phone of %(name)s sent two contents under one number"),
    "seq_taken": N_("The phone of %(name)s used a running number twice"),
    "hash": N_("An entry from the phone of %(name)s arrived damaged"),
}


async def alarm(db: AsyncSession, act: Act, device: Known, what: str, mark: str) -> None:
    """Tell of ``what`` once; ``mark`` says which one it is (a number, an id)."""
    holders = select(RoleGrant.person_id).where(
        RoleGrant.role.in_((Role.DISPATCHER, Role.ADMINISTRATOR))
    )
    news = News(
        word="phone.alarmed",
        title=_TITLES[what],
        href="/devices-in-field",
        dedupe=f"phone.alarmed:{device.row.id}:{what}:{mark}",
        values={"name": device.staff.name},
        urgent=True,
    )
    if await tell(db, act, await db.scalars(holders), news):
        record(db, act, "phone.alarmed", f"phone:{device.row.id}", what=what, mark=mark)
