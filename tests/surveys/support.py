"""What the tests of this room share: a rated case, ratings by name of item."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from portal.kernel.db.unit import Database
from portal.surveys.models import Survey
from portal.surveys.templates import Template, newest_template, template_of
from tests.cases.support import Matter, matter
from tests.openings.support import link_to
from tests.people.support import NewBrowser

ITEMS = ("works", "quality", "prompt", "skill", "manner", "explained", "informed")


def ratings(usual: int = 5, **other: int) -> dict[str, int]:
    """A rating for every item of the shipped survey."""
    return {item: other.get(item, usual) for item in ITEMS}


def form(usual: int = 5, comment: str = "", **other: int) -> dict[str, str]:
    """The same as a page's form sends it."""
    sent = {f"item_{item}": str(value) for item, value in ratings(usual, **other).items()}
    return {**sent, "comment": comment}


async def closed(database: Database, browser: NewBrowser, **given: Any) -> tuple[Matter, str]:
    """A repair that the customer has closed, and the path of their link."""
    case = await matter(database, **given)
    await case.happy(until="")
    path = await link_to(database, case.id)
    await (await browser()).post(f"{path}/closure")
    return case, path


async def surveys(database: Database) -> list[Survey]:
    async with database.reading() as db:
        return list(await db.scalars(select(Survey).order_by(Survey.id)))


async def template(database: Database) -> Template:
    async with database.reading() as db:
        return template_of(await newest_template(db, "P06"))


def weighing(**weights: str) -> Mapping[str, Any]:
    """A template's content with items of these weights."""
    label = {"zh": "甲", "en": "A"}
    items = [{"key": key, "label": label, "weight": weight} for key, weight in weights.items()]
    group = {"key": "g", "label": label, "item": items}
    return {"code": "T19", "edition": "A/0", "title": label, "group": [group]}
