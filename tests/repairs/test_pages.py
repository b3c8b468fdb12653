"""The pages of dispatching and of agreeing a visit (P06.3, P06.4)."""

import re

import pytest
from sqlalchemy import event

from portal.cases.models import Case
from portal.kernel.db.unit import Database
from portal.people.employing import depart
from portal.people.going_away import Absence, go_away
from portal.people.models import Skill
from portal.people.organising import save_listed
from tests.cases.support import Matter
from tests.people.support import NewBrowser, person, person_id
from tests.repairs.support import (
    HOUR,
    NINE,
    at_step,
    employed,
    only_region,
    only_skill,
    place,
    qualified,
    task_of,
    visits,
    window,
)
from tests.support.browser import Browser
from tests.support.cast import NOON, system

FREE = "2026-11-23T00:30:00+00:00"  # half past eight in Shanghai, when the engineer begins


async def dispatching(it: Matter) -> str:
    return f"/cases/{it.id}/tasks/{await task_of(it)}/dispatch"


async def appointing(it: Matter) -> str:
    return f"/cases/{it.id}/tasks/{await task_of(it)}/appointment"


async def to_dispatch(database: Database) -> tuple[Matter, str]:
    """A case that waits for an engineer and asks for the one skill there is, near the region."""
    it = await at_step(database, "dispatch")
    region, skill = await only_region(database), await only_skill(database)
    await place(
        database,
        it,
        region_id=region.id,
        latitude=30.65,
        longitude=104.12,
        position_source="arrival",
    )
    async with database.writing() as db:
        case = await db.get_one(Case, it.id)
        case.facts = case.facts | {"skill": str(skill.id)}
    return it, await dispatching(it)


async def reason_on(page: Browser, address: str) -> str:
    html = (await page.get(address)).text
    found = re.search(r'<textarea[^>]* id="reason"[^>]*>\s*([^<]*)</textarea>', html)
    assert found
    return found[1].strip()


async def test_each_engineer_stands_there_with_every_figure_and_the_excluded_with_a_reason(
    database: Database, browser: NewBrowser
) -> None:
    engineer = await qualified(database)
    learner, stranger = await employed(database, "learner"), await employed(database, "stranger")
    await qualified(database, "learner", level=1)
    absent = await employed(database, "absent")
    await qualified(database, "absent")
    async with database.writing() as db:
        await go_away(db, system(), absent, Absence(NOON, NOON + 600 * HOUR, "", None))
    _, address = await to_dispatch(database)
    page = (await (await browser("dispatcher", "en")).get(address)).text
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)[-2:]
    told = [re.sub(r"<[^>]+>|\s+", " ", row) for row in rows]
    told = [" ".join(row.split()) for row in told]
    # 7.8 km by road there and as much back; the first window of today lies half an hour ahead.
    assert told[0].startswith("赵磊 works alone serves it nothing 32 min, 15.6 km +32")
    assert told[0].endswith("Fri, 20 Nov 2026 13:30–15:30 32")
    assert told[1].startswith("工程师learner under guidance serves it nothing")
    assert f'value="{engineer.id}" checked' in page
    assert page.index("Not proposed") < page.index(f'href="/people/{absent}"')
    assert re.search(rf'href="/people/{stranger}".*?does not have this skill', page, re.DOTALL)
    assert re.search(
        rf'href="/people/{absent}".*?does not work in these days · works alone<', page, re.DOTALL
    )
    assert "This case has no address" not in page
    assert "less the way without this visit" in page
    assert f'value="{learner}"' in page
    assert "30.6500, 104.1200" in page
    assert "from the phone at the first arrival" in page


async def test_what_is_unknown_is_said_and_ranked_all_the_same(
    database: Database, browser: NewBrowser
) -> None:
    it = await at_step(database, "dispatch")
    page = (await (await browser("dispatcher", "en")).get(await dispatching(it))).text
    assert "This case has no address: the engineer would not know where to go." in page
    assert "the way is assumed" in page
    assert "assumed</span>" in page
    assert "none asked for" in page
    assert "not known" in page


async def test_the_choice_answers_the_task_with_its_reason(
    database: Database, browser: NewBrowser
) -> None:
    engineer = await qualified(database)
    it, address = await to_dispatch(database)
    dispatcher = await browser("dispatcher", "en")
    reason = await reason_on(dispatcher, address)
    assert reason == (
        "液压系统: works alone; serves the region; 0 visits booked (0 h); "
        "32 min extra driving (15.6 km); free Fri, 20 Nov 2026 13:30–15:30."
    )
    form = {"engineer": str(engineer.id), "reason": f"{reason} 客户指定。"}
    answer = await dispatcher.post(address, form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/cases/{it.id}")
    assert await it.open_steps() == ["appoint"]
    loaded = await it.loaded()
    assert loaded.answered("dispatch", "engineer") == str(engineer.id)
    assert loaded.answered("dispatch", "reason") == form["reason"]
    again = await dispatcher.post(address, form)
    assert again.status_code == 409


async def test_a_reason_prepared_for_somebody_else_becomes_that_of_the_chosen(
    database: Database, browser: NewBrowser
) -> None:
    await qualified(database)
    second = await employed(database, "second")
    await qualified(database, "second", level=3)
    it, address = await to_dispatch(database)
    dispatcher = await browser("dispatcher", "en")
    first = await reason_on(dispatcher, address)
    theirs = await reason_on(dispatcher, f"{address}?engineer={second}")
    assert "teaches others" in theirs
    assert theirs != first
    await dispatcher.post(address, {"engineer": str(second), "reason": first})
    assert (await it.loaded()).answered("dispatch", "reason") == theirs


async def test_nothing_typed_is_lost_by_a_form_that_is_refused(
    database: Database, browser: NewBrowser
) -> None:
    await qualified(database)
    it, address = await to_dispatch(database)
    dispatcher = await browser("dispatcher")
    for form in (
        {"engineer": "", "reason": "因为最熟悉"},
        {"engineer": "999", "reason": "因为最熟悉"},
        {"engineer": str(await person_id(database, "clerk")), "reason": "因为最熟悉"},
        {"engineer": str(await person_id(database, "engineer")), "reason": "因" * 1001},
    ):
        answer = await dispatcher.post(address, form)
        assert answer.status_code == 422
        assert form["reason"] in answer.text
        assert "field-error" in answer.text
    blank = {"engineer": str(await person_id(database, "engineer")), "reason": "  "}
    assert (await dispatcher.post(address, blank)).status_code == 422
    assert await it.open_steps() == ["dispatch"]


async def test_another_skill_and_another_length_rank_anew_and_change_nothing(
    database: Database, browser: NewBrowser
) -> None:
    await qualified(database)
    async with database.writing() as db:
        other = Skill(name="电气控制")
        await save_listed(db, system(), other)
    it, address = await to_dispatch(database)
    dispatcher = await browser("dispatcher", "en")
    assert "No engineer available" in (await dispatcher.get(f"{address}?skill={other.id}")).text
    assert "none asked for" in (await dispatcher.get(f"{address}?skill=")).text
    assert "13:30–17:30" in (await dispatcher.get(f"{address}?minutes=240")).text
    for nonsense in ("skill=x&minutes=0", "skill=-1&minutes=99999999999999999999", "engineer=0"):
        answer = await dispatcher.get(f"{address}?{nonsense}")
        assert answer.status_code == 200
        assert "13:30–15:30" in answer.text
    assert await it.open_steps() == ["dispatch"]
    assert (await it.case()).facts["skill"] == str((await only_skill(database)).id)


@pytest.mark.parametrize(
    ("login", "status"),
    [("dispatcher", 200), ("manager", 403), ("clerk", 403), ("engineer", 404), ("plain", 404)],
)
async def test_only_whoever_may_answer_the_task_dispatches_it(
    database: Database, browser: NewBrowser, login: str, status: int
) -> None:
    engineer = await qualified(database)
    it, address = await to_dispatch(database)
    page = await browser(login)
    assert (await page.get(address)).status_code == status
    posted = await page.post(address, {"engineer": str(engineer.id), "reason": "最近"})
    assert posted.status_code == (303 if status == 200 else status)
    assert await it.open_steps() == (["appoint"] if status == 200 else ["dispatch"])


async def test_a_step_has_the_page_that_its_procedure_names_and_no_other(
    database: Database, browser: NewBrowser
) -> None:
    it, other = await at_step(database, "dispatch"), await at_step(database, "appoint")
    dispatcher, clerk = await browser("dispatcher"), await browser("clerk")
    assert (await dispatcher.get(await appointing(it))).status_code == 404
    assert (await clerk.get(await dispatching(other))).status_code == 404
    own = f"/cases/{other.id}/tasks/{await task_of(it)}/dispatch"
    assert (await dispatcher.get(own)).status_code == 404


async def test_who_stands_in_dispatches_too(database: Database, browser: NewBrowser) -> None:
    await qualified(database)
    _, address = await to_dispatch(database)
    deputy = await person_id(database, "plain")
    async with database.writing() as db:
        absence = Absence(NOON, NOON + 5 * HOUR, "", deputy)
        await go_away(db, system(), await person_id(database, "dispatcher"), absence)
    assert (await (await browser("plain")).get(address)).status_code == 200


async def test_the_clerk_reads_who_comes_how_to_call_them_and_the_free_windows(
    database: Database, browser: NewBrowser
) -> None:
    await at_step(database, "visit")  # takes Monday from nine to eleven
    it = await at_step(database, "appoint")
    page = (await (await browser("clerk", "en")).get(await appointing(it))).text
    assert "赵磊" in page
    async with database.reading() as db:
        assert (await person(db, "engineer")).phone in page
    assert "139****5678" in page
    assert "company's calendar" in page
    monday = page[page.index("Mon, 23 Nov 2026") : page.index("Tue, 24 Nov 2026")]
    windows = re.findall(r"\d\d:\d\d–\d\d:\d\d", monday)
    assert windows == ["13:30–15:30", "14:30–16:30", "15:30–17:30"]
    assert "Thu, 3 Dec 2026" in page  # the tenth working day
    assert "Fri, 4 Dec 2026" not in page


async def test_a_window_chosen_is_agreed_and_booked(
    database: Database, browser: NewBrowser
) -> None:
    it = await at_step(database, "appoint")
    clerk = await browser("clerk", "en")
    form = {"window": FREE, "note": "下午不在家"}
    answer = await clerk.post(await appointing(it), form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/cases/{it.id}")
    assert await it.open_steps() == ["visit"]
    (visit,) = await visits(database)
    assert (visit.from_at, visit.until_at) == (NINE - HOUR / 2, NINE + 1.5 * HOUR)
    loaded = await it.loaded()
    assert loaded.answered("appoint", "window_from") == "2026-11-23T08:30:00+08:00"
    assert loaded.answered("appoint", "note") == "下午不在家"


async def test_a_longer_visit_takes_longer(database: Database, browser: NewBrowser) -> None:
    it = await at_step(database, "appoint")
    address = await appointing(it)
    await (await browser("clerk")).post(f"{address}?minutes=180", {"window": FREE})
    (visit,) = await visits(database)
    assert visit.until_at - visit.from_at == 3 * HOUR


@pytest.mark.parametrize("chosen", ["", "x", "2026-11-23T01:00:00+00:00", "2020-01-01T00:30"])
async def test_what_is_not_free_is_refused_beside_the_windows(
    database: Database, browser: NewBrowser, chosen: str
) -> None:
    it = await at_step(database, "appoint")
    form = {"window": chosen, "note": "上午方便"}
    answer = await (await browser("clerk", "en")).post(await appointing(it), form)
    assert answer.status_code == 422
    assert "上午方便" in answer.text
    wanted = "This window is no longer free." if chosen else "This field is required."
    assert wanted in answer.text
    assert await visits(database) == []


async def test_a_window_taken_meanwhile_is_no_longer_free(
    database: Database, browser: NewBrowser
) -> None:
    it, faster = await at_step(database, "appoint"), await at_step(database, "appoint")
    clerk = await browser("clerk", "en")
    assert FREE in (await clerk.get(await appointing(it))).text
    await faster.answer("clerk", "appoint", "agreed", **window())
    answer = await clerk.post(await appointing(it), {"window": FREE})
    assert answer.status_code == 422
    assert "This window is no longer free." in answer.text


async def test_the_plain_form_says_that_the_engineer_is_taken(
    database: Database, browser: NewBrowser
) -> None:
    await at_step(database, "visit")
    it = await at_step(database, "appoint")
    form = {
        "outcome": "agreed",
        "window_from": "2026-11-23T10:00",
        "window_to": "2026-11-23T12:00",
    }
    answer = await (await browser("clerk", "en")).post(
        f"/cases/{it.id}/tasks/{await task_of(it)}/answer", form
    )
    assert answer.status_code == 409
    assert "The engineer is taken at this time" in answer.text


async def test_an_engineer_who_has_left_or_is_full_is_said(
    database: Database, browser: NewBrowser
) -> None:
    it = await at_step(database, "appoint")
    clerk = await browser("clerk", "en")
    absence = Absence(NOON, NOON + 600 * HOUR, "", None)
    async with database.writing() as db:
        await go_away(db, system(), await person_id(database, "engineer"), absence)
    assert "No free window" in (await clerk.get(await appointing(it))).text
    async with database.writing() as db:
        await depart(db, system(), await person(db, "engineer"))
    assert "No engineer is chosen" in (await clerk.get(await appointing(it))).text
    async with database.writing() as db:
        case = await db.get_one(Case, it.id)
        case.facts = {key: value for key, value in case.facts.items() if key != "engineer"}
    assert "No engineer is chosen" in (await clerk.get(await appointing(it))).text


async def test_windows_on_the_way_are_marked(database: Database, browser: NewBrowser) -> None:
    booked, it = await at_step(database, "visit"), await at_step(database, "appoint")
    region = await only_region(database)
    await qualified(database)
    for one in (booked, it):
        await place(
            database,
            one,
            region_id=region.id,
            latitude=30.7,
            longitude=104.2,
            position_source="typed",
        )
    page = (await (await browser("clerk", "en")).get(await appointing(it))).text
    near = re.findall(r'is-near".*?<label[^>]*>([\d:–]+) <span class="part">\+(\d+)', page)
    assert near[0] == ("13:30–15:30", "0")
    assert len(near) == 3  # those of the day on which the engineer is there anyway


async def test_the_number_of_statements_of_a_page_does_not_grow_with_the_engineers(
    database: Database, browser: NewBrowser
) -> None:
    await qualified(database)
    _, address = await to_dispatch(database)
    dispatcher = await browser("dispatcher")
    statements: list[str] = []

    def note(*given: object) -> None:
        statements.append(str(given[2]))

    for page in (address, "/dispatch"):
        await dispatcher.get(page)
        event.listen(database.engine.sync_engine, "before_cursor_execute", note)
        statements.clear()
        await dispatcher.get(page)
        few = len(statements)
        for number in range(3):
            login = f"{page.count('/')}more{number}"
            await employed(database, login)
            await qualified(database, login)
        statements.clear()
        await dispatcher.get(page)
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)
        assert len(statements) == few <= 16, "\n".join(statements)
