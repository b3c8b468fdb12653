"""What the tests of this room share: links to cases, photos, forms with files."""

import io
from typing import Any

import httpx
from PIL import Image
from sqlalchemy import func, select

from portal.cases.documenting import folder_of
from portal.cases.models import Case
from portal.kernel.db.base import Table
from portal.kernel.db.unit import Database
from portal.kernel.web.csrf import csrf_token
from portal.openings.making import make_link
from portal.people.employing import Particulars, register
from portal.people.roles import Role
from tests.cases.support import Matter, matter
from tests.support.browser import Browser
from tests.support.cast import system


async def link_to(database: Database, case_id: int, *, alone: bool = False) -> str:
    """The address (on the portal) of a fresh link to a case."""
    async with database.writing() as db:
        case = await db.get_one(Case, case_id)
        return f"/o/{await make_link(db, system(), case, alone=alone)}"


async def awaiting(database: Database, **given: Any) -> Matter:
    """A case whose appointment is to be agreed."""
    case = await matter(database, **given)
    await case.happy(until="appoint")
    return case


def photo(size: tuple[int, int] = (40, 30), kind: str = "JPEG") -> bytes:
    """A picture with a place where it was taken."""
    drawn = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    Image.new("RGB", size, "green").save(drawn, kind, exif=exif)
    return drawn.getvalue()


async def send(
    browser: Browser, path: str, form: dict[str, Any], *photos: tuple[str, bytes]
) -> httpx.Response:
    """Send a form with photos, as its page would."""
    token = csrf_token(browser.portal.settings.secret, browser.token)
    files = [("photos", one) for one in photos] or [("photos", ("", b""))]
    return await browser.client.post(path, data={"_csrf": token, **form}, files=files)


async def rows(database: Database) -> dict[str, int]:
    """How many rows each table holds."""
    async with database.reading() as db:
        return {
            name: await db.scalar(select(func.count()).select_from(table)) or 0
            for name, table in Table.metadata.tables.items()
        }


def files_of(browser: Browser) -> int:
    """How many files the portal keeps."""
    folder = folder_of(browser.portal.settings.home)
    return sum(one.is_file() for one in folder.rglob("*"))


async def one_more_clerk(database: Database, login: str) -> None:
    """Register another intake clerk."""
    given = Particulars(login, "新人", "", "", None, frozenset({Role.INTAKE_CLERK}))
    async with database.writing() as db:
        await register(db, system(), given)
