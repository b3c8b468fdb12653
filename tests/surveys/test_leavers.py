"""An improvement whose owner has left goes to nobody whose work it is about (R1, P13.2)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.cases.handing_over import give_on
from portal.cases.models import Task
from portal.kernel.db.unit import Database
from tests.cases.support import ZONE, holds_true
from tests.cases.test_handing_over import leave
from tests.cases.test_sweeping import send_away
from tests.people.support import NewBrowser, person_id
from tests.support.cast import NOON
from tests.surveys.support import closed, form
from tests.surveys.test_answering import improvement


@pytest.mark.parametrize("deputy", ["engineer", "quality"])
async def test_the_engineer_who_stands_in_for_a_leaver_does_not_get_their_own_improvement_p13_2(
    database: Database, browser: NewBrowser, deputy: str
) -> None:
    _, path = await closed(database, browser)
    await (await browser()).post(f"{path}/survey", form(1))
    it = await improvement(database)
    await send_away(database, "head", deputy=deputy)
    await leave(database, "head")
    assert await give_on(database, ZONE, NOON + timedelta(minutes=1)) == 1
    above = "manager" if deputy == "engineer" else deputy
    taker, engineer = await person_id(database, above), await person_id(database, "engineer")
    assert (await it.case()).owner_id == taker
    async with database.reading() as db:
        owners = await db.scalars(select(Task.owner_id).where(Task.case_id == it.id))
        assert engineer not in set(owners)
    await holds_true(database, it.id)
    assert await give_on(database, ZONE, NOON + timedelta(minutes=2)) == 0
