"""Who acts for whom: pure, over random companies; and how presence is loaded."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.kernel.db.unit import Database
from portal.people.employing import depart
from portal.people.going_away import Absence, call_off, deputise, go_away
from portal.people.models import Department
from portal.people.organising import Charter, save_department
from portal.people.standing_in import Presence, head_above, presence_at, stand_in
from tests.people.support import act_of, person, person_id
from tests.support.cast import NOON, system

ZONE = ZoneInfo("Asia/Shanghai")
CLERK, DEPUTY, HEAD, TOP, MANAGER, VICE = range(1, 7)
SERVICE, COMPANY = 1, 2


def company(
    *away: int,
    deputies: dict[int, int] | None = None,
    heads: dict[int, int] | None = None,
    managers: tuple[int, ...] = (MANAGER,),
) -> Presence:
    """A clerk in a service department below the company."""
    return Presence(
        away=frozenset(away),
        deputies=deputies if deputies is not None else {CLERK: DEPUTY},
        department_of={CLERK: SERVICE},
        heads=heads if heads is not None else {SERVICE: HEAD, COMPANY: TOP},
        parents={SERVICE: COMPANY},
        general_managers=managers,
        zone=UTC,
    )


def test_who_is_present_acts_alone() -> None:
    assert stand_in(CLERK, company()) == CLERK


def test_the_deputy_acts_for_who_is_away() -> None:
    assert stand_in(CLERK, company(CLERK)) == DEPUTY


def test_a_deputy_who_is_away_too_is_followed_by_the_deputys_deputy() -> None:
    assert stand_in(CLERK, company(CLERK, DEPUTY, deputies={CLERK: DEPUTY, DEPUTY: VICE})) == VICE


def test_deputies_in_a_circle_end_at_the_departments_head() -> None:
    circle = {CLERK: DEPUTY, DEPUTY: CLERK}
    assert stand_in(CLERK, company(CLERK, DEPUTY, deputies=circle)) == HEAD


def test_without_a_deputy_the_departments_head_acts() -> None:
    assert stand_in(CLERK, company(CLERK, deputies={})) == HEAD


def test_for_a_head_who_is_away_the_heads_deputy_acts_before_the_head_above() -> None:
    assert stand_in(CLERK, company(CLERK, HEAD, deputies={HEAD: VICE})) == VICE


def test_a_vacant_department_leads_to_the_head_above() -> None:
    assert stand_in(CLERK, company(CLERK, deputies={}, heads={COMPANY: TOP})) == TOP


def test_without_any_head_the_general_manager_acts() -> None:
    assert stand_in(CLERK, company(CLERK, deputies={}, heads={})) == MANAGER


def test_a_general_manager_who_is_away_is_followed_by_a_second_one_then_by_a_deputy() -> None:
    nobody: dict[int, int] = {}
    two = company(CLERK, MANAGER, deputies=nobody, heads=nobody, managers=(MANAGER, VICE))
    assert stand_in(CLERK, two) == VICE
    one = company(CLERK, MANAGER, deputies={MANAGER: DEPUTY}, heads=nobody)
    assert stand_in(CLERK, one) == DEPUTY


def test_with_everybody_away_it_is_the_general_managers_and_without_one_the_own() -> None:
    everybody = (CLERK, DEPUTY, HEAD, TOP, MANAGER)
    assert stand_in(CLERK, company(*everybody)) == MANAGER
    assert stand_in(CLERK, company(*everybody, managers=())) == CLERK


def test_a_person_of_no_department_falls_to_the_general_manager() -> None:
    assert stand_in(DEPUTY, company(DEPUTY)) == MANAGER
    assert head_above(None, company()) == MANAGER
    assert head_above(None, company(managers=())) is None


def test_departments_below_each_other_end_the_search() -> None:
    presence = Presence(frozenset({1}), {}, {1: 1}, {}, {1: 2, 2: 1}, (9,), UTC)
    assert stand_in(1, presence) == 9


people = st.integers(1, 8)
departments = st.integers(1, 4)
companies = st.builds(
    Presence,
    away=st.frozensets(people),
    deputies=st.dictionaries(people, people),
    department_of=st.dictionaries(people, departments),
    heads=st.dictionaries(departments, people),
    parents=st.dictionaries(departments, departments),
    general_managers=st.lists(people, max_size=3, unique=True).map(tuple),
)


def _reachable(person: int, presence: Presence) -> set[int]:
    """Everybody whom deputies and heads lead to, found the simple way."""
    found = {person, *presence.general_managers}
    place = presence.department_of.get(person)
    for _ in range(10):
        head = presence.heads.get(place) if place is not None else None
        found |= {head} if head is not None else set()
        place = presence.parents.get(place) if place is not None else None
    for _ in range(10):
        found |= {presence.deputies[one] for one in found if one in presence.deputies}
    return found


# A deputy of somebody present is never asked for, so only those of absent people are followed.
@settings(max_examples=400)
@given(people, companies)
def test_nobody_absent_acts_while_somebody_present_can_be_reached(
    person: int, presence: Presence
) -> None:
    chosen = stand_in(person, presence)
    reachable = _reachable(person, presence)
    assert chosen in reachable
    if chosen in presence.away:
        assert reachable <= presence.away
        assert chosen == next(iter(presence.general_managers), person)


@given(people, companies)
def test_who_is_present_is_never_stood_in_for(person: int, presence: Presence) -> None:
    if person not in presence.away:
        assert stand_in(person, presence) == person


@given(people, companies)
def test_the_same_company_gives_the_same_answer(person: int, presence: Presence) -> None:
    assert stand_in(person, presence) == stand_in(person, presence)


async def _away(
    database: Database, login: str, start: datetime, until: datetime, deputy: str = ""
) -> int:
    owner = await person_id(database, login)
    standing_in = await person_id(database, deputy) if deputy else None
    async with database.writing() as db:
        leave = await go_away(db, system(), owner, Absence(start, until, "", standing_in))
    return leave.id


async def _presence(database: Database, at: datetime = NOON) -> Presence:
    async with database.reading() as db:
        return await presence_at(db, at, ZONE)


async def test_a_leave_counts_from_its_first_moment_and_no_more_at_its_last(
    database: Database,
) -> None:
    clerk = await person_id(database, "clerk")
    await _away(database, "clerk", NOON, NOON + timedelta(hours=1))
    second = timedelta(seconds=1)
    moments = [NOON - second, NOON, NOON + timedelta(hours=1) - second, NOON + timedelta(hours=1)]
    away = [clerk in (await _presence(database, at)).away for at in moments]
    assert away == [False, True, True, False]


async def test_a_leave_called_off_counts_until_then(database: Database) -> None:
    clerk = await person_id(database, "clerk")
    leave = await _away(database, "clerk", NOON, NOON + timedelta(days=2))
    off_at = NOON + timedelta(hours=3)
    act = await act_of(database, "clerk", off_at)
    async with database.writing() as db:
        await call_off(db, act, leave)
    assert clerk in (await _presence(database, NOON + timedelta(hours=2))).away
    assert clerk not in (await _presence(database, off_at)).away


async def test_a_deputy_for_the_leave_goes_before_the_standing_one(database: Database) -> None:
    clerk, head = await person_id(database, "clerk"), await person_id(database, "head")
    quality = await person_id(database, "quality")
    async with database.writing() as db:
        await deputise(db, system(), clerk, head, date(2026, 11, 20))
    assert (await _presence(database)).deputies == {clerk: head}
    await _away(database, "clerk", NOON, NOON + timedelta(days=1), "quality")
    presence = await _presence(database)
    assert presence.deputies == {clerk: quality}
    assert stand_in(clerk, presence) == quality
    later = await _presence(database, NOON + timedelta(days=1))
    assert later.deputies == {clerk: head}


async def test_a_deputys_day_begins_at_midnight_of_the_company(database: Database) -> None:
    clerk, head = await person_id(database, "clerk"), await person_id(database, "head")
    async with database.writing() as db:
        await deputise(db, system(), clerk, head, date(2026, 11, 21))
    midnight = datetime(2026, 11, 21, tzinfo=ZONE)
    assert not (await _presence(database, midnight - timedelta(minutes=1))).deputies
    assert (await _presence(database, midnight)).deputies == {clerk: head}


async def test_whoever_has_left_is_away_for_good_and_manages_nothing(database: Database) -> None:
    gone, manager = await person_id(database, "gone"), await person_id(database, "manager")
    before = await _presence(database)
    assert before.away == {gone}
    assert before.general_managers == (manager,)
    async with database.writing() as db:
        await depart(db, system(), await person(db, "manager"))
    after = await _presence(database)
    assert after.away == {gone, manager}
    assert after.general_managers == ()


async def test_departments_lead_up_through_their_parents(database: Database) -> None:
    clerk, head = await person_id(database, "clerk"), await person_id(database, "head")
    async with database.writing() as db:
        top = Department(headship=None)
        await save_department(db, system(), top, Charter("总经理办公室", None, head))
        own = (await person(db, "clerk")).department_id
        found = await db.get_one(Department, own)
        found.parent_id = top.id
    await _away(database, "clerk", NOON, NOON + timedelta(days=1))
    presence = await _presence(database)
    assert presence.heads == {top.id: head}
    assert presence.parents == {own: top.id}
    assert stand_in(clerk, presence) == head
