"""The appointment by the link: who comes, which windows are free, and nobody's twice (P06.4)."""

import asyncio
import re
from datetime import datetime, timedelta

from sqlalchemy import select

from portal.cases.models import Task
from portal.kernel.db.unit import Database
from portal.openings.appointing import MOST_MOVES, MOVES_WITHIN
from portal.openings.saying import MOST_MESSAGES
from portal.repairs.models import Visit
from tests.cases.support import matter, shanghai, told
from tests.conftest import Clock
from tests.openings.support import awaiting, link_to
from tests.people.support import NewBrowser

HOUR = timedelta(hours=1)
_WINDOW = re.compile(r'name="window" value="([^"]+)"')


def offered(page: str) -> list[str]:
    return [one.replace("&#43;", "+") for one in _WINDOW.findall(page)]


def begin(window: str) -> datetime:
    return datetime.fromisoformat(window.partition("/")[0])


async def visits(database: Database) -> list[tuple[datetime, bool]]:
    async with database.reading() as db:
        rows = await db.scalars(select(Visit).order_by(Visit.id))
        return [(row.from_at, row.released_at is None) for row in rows]


async def test_the_link_shows_who_comes_and_when_they_could_p06_4(
    database: Database, browser: NewBrowser
) -> None:
    case = await awaiting(database)
    page = (await (await browser(language="en")).get(await link_to(database, case.id))).text
    assert "赵磊" in page
    assert "13800000007" in page
    assert "Monday–Friday" in page
    windows = offered(page)
    assert windows
    assert min(map(begin, windows)) >= shanghai("2026-11-20 10:30")
    assert len({begin(one).date() for one in windows}) <= 5


async def test_a_chosen_window_is_booked_at_once_and_once_p06_4(
    database: Database, browser: NewBrowser
) -> None:
    case = await awaiting(database)
    path, nobody = await link_to(database, case.id), await browser()
    window = offered((await nobody.get(path)).text)[0]
    for _ in range(2):
        sent = await nobody.post(f"{path}/appointment", {"window": window})
        assert sent.status_code == 303
    assert await visits(database) == [(begin(window), True)]
    assert await case.open_steps() == ["visit"]
    page = (await nobody.get(path)).text
    assert "换个时间" in page or "Choose another time" in page
    async with database.reading() as db:
        task = (await db.scalars(select(Task).where(Task.step == "appoint"))).one()
    assert task.outcome == "agreed"


async def test_twenty_customers_choose_one_window_and_one_has_it_p06_4(
    database: Database, browser: NewBrowser
) -> None:
    cases = [await awaiting(database) for _ in range(20)]
    paths = [await link_to(database, case.id) for case in cases]
    browsers = [await browser(language="en") for _ in cases]
    pages = [await one.get(path) for one, path in zip(browsers, paths, strict=True)]
    window = offered(pages[0].text)[0]
    answers = await asyncio.gather(
        *(
            one.post(f"{path}/appointment", {"window": window})
            for one, path in zip(browsers, paths, strict=True)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [303] + [409] * 19
    for answer in answers:
        if answer.status_code == 409:
            assert "This time has just been taken." in answer.text
            assert window not in offered(answer.text)
            assert offered(answer.text)
    assert await visits(database) == [(begin(window), True)]


async def test_what_was_not_offered_is_refused(database: Database, browser: NewBrowser) -> None:
    case = await awaiting(database)
    path, nobody = await link_to(database, case.id), await browser()
    night = "2026-11-23T02:00:00+00:00/2026-11-23T20:00:00+00:00"
    for window, status in (("", 422), ("x/y", 422), ("2026-11-23/2026-11-24", 422), (night, 409)):
        sent = await nobody.post(f"{path}/appointment", {"window": window})
        assert sent.status_code == status, window
    assert await visits(database) == []
    assert await case.open_steps() == ["appoint"]


async def test_the_time_is_moved_until_two_hours_before(
    database: Database, browser: NewBrowser, clock: Clock
) -> None:
    case = await awaiting(database)
    path, nobody = await link_to(database, case.id), await browser()
    first = offered((await nobody.get(path)).text)[-1]
    await nobody.post(f"{path}/appointment", {"window": first})
    clock.now = begin(first) - timedelta(hours=2)
    second = offered((await nobody.get(path)).text)[-1]
    assert (await nobody.post(f"{path}/appointment", {"window": second})).status_code == 303
    assert await visits(database) == [(begin(first), False), (begin(second), True)]
    assert await case.open_steps() == ["visit"]
    past = (await nobody.get(path)).text.split('class="opening-past"')[1]
    assert "客户改约" in past
    assert "上门维修" not in past
    assert {login for login, _ in await told(database, "message.change")} == {"clerk", "engineer"}
    clock.now = begin(second) - timedelta(hours=1, minutes=59)
    assert offered((await nobody.get(path)).text) == []
    sent = await nobody.post(f"{path}/appointment", {"window": first})
    assert sent.status_code == 409
    assert (await visits(database))[-1] == (begin(second), True)


async def test_the_present_visit_bars_no_window_of_its_own_case_p06_4(
    database: Database, browser: NewBrowser
) -> None:
    case, other = await awaiting(database), await awaiting(database)
    path, nobody = await link_to(database, case.id), await browser()
    free = offered((await nobody.get(path)).text)
    first = free[-1]
    earlier = next(one for one in free if timedelta(0) < begin(first) - begin(one) < 2 * HOUR)
    await nobody.post(f"{path}/appointment", {"window": first})
    assert offered((await nobody.get(path)).text) == [one for one in free if one != first]
    theirs = offered((await nobody.get(await link_to(database, other.id))).text)
    assert earlier not in theirs
    assert (await nobody.post(f"{path}/appointment", {"window": earlier})).status_code == 303
    assert await visits(database) == [(begin(first), False), (begin(earlier), True)]


async def test_a_case_is_moved_five_times_a_day_and_words_go_on(
    database: Database, browser: NewBrowser, clock: Clock
) -> None:
    case = await awaiting(database)
    path, nobody = await link_to(database, case.id), await browser(language="en")
    free = offered((await nobody.get(path)).text)
    window = free[-1]
    for _ in range(MOST_MOVES + 1):  # agreed once, and then moved
        window = free[-2] if window == free[-1] else free[-1]
        assert (await nobody.post(f"{path}/appointment", {"window": window})).status_code == 303
    before = await visits(database)
    other = free[-1] if window == free[-2] else free[-2]
    assert offered((await nobody.get(path)).text) == []
    sent = await nobody.post(f"{path}/appointment", {"window": other})
    assert sent.status_code == 429
    assert "5 times within a day. To change it again, please call us." in sent.text
    assert await visits(database) == before
    assert len(await told(database, "message.change")) == 2 * MOST_MOVES
    for _ in range(MOST_MESSAGES):
        assert (await nobody.post(f"{path}/messages", {"text": "在吗"})).status_code == 303
    clock.now += MOVES_WITHIN
    later = offered((await nobody.get(path)).text)
    assert later
    assert (await nobody.post(f"{path}/appointment", {"window": later[0]})).status_code == 303


async def test_nothing_is_agreed_before_an_engineer_is_chosen_r7(
    database: Database, browser: NewBrowser
) -> None:
    case = await matter(database)
    path, nobody = await link_to(database, case.id), await browser()
    assert offered((await nobody.get(path)).text) == []
    window = "2026-11-23T01:00:00+00:00/2026-11-23T03:00:00+00:00"
    sent = await nobody.post(f"{path}/appointment", {"window": window})
    assert sent.status_code == 409
    assert await case.open_steps() == ["register"]
