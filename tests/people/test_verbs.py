"""Every verb of the room leaves an entry in the journal, and checks authority by itself."""

import importlib
import inspect
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

import portal.people
from portal.kernel import tokens
from portal.kernel.act import Act, Anonymous, Via
from portal.kernel.db.unit import Database
from portal.kernel.journal.models import JournalEntry
from portal.kernel.problems import FORBIDDEN, SIGN_IN, Problem
from portal.people.employing import Particulars, amend, depart, register
from portal.people.going_away import Absence, call_off, deputise, go_away
from portal.people.inviting import accept, change_password, found, invite
from portal.people.models import Department, Invitation, Leave, Person, SignIn, Skill
from portal.people.organising import Charter, save_department, save_listed
from portal.people.qualifying import qualify, set_hours
from portal.people.roles import Role
from portal.people.signing_in import Credentials, remember_browser, sign_in, sign_out
from tests.people.support import PASSWORD, act_of, give_password, person
from tests.support.cast import NOON, system

PLAN = Absence(NOON, NOON + timedelta(hours=8), "", None)


@dataclass
class Stage:
    """Where a verb is tried: `whom` is the clerk, loaded; a leave, a link and a browser are hers,
    `first` is an open link for a first administrator."""

    db: AsyncSession
    act: Act
    whom: Person
    leave: Leave
    link: Invitation
    first: Invitation

    @property
    def particulars(self) -> Particulars:
        it = self.whom
        roles = frozenset({Role.QUALITY})
        return Particulars(it.login, it.name, it.phone, it.email, it.department_id, roles)


Try = Callable[[Stage], Awaitable[object]]
BROWSER = tokens.digest("of the clerk")

# What takes a role: a member of staff without one is refused.
ROLE_VERBS: dict[str, Try] = {
    "register": lambda s: register(s.db, s.act, replace(s.particulars, login="new")),
    "amend": lambda s: amend(s.db, s.act, s.whom, s.particulars),
    "depart": lambda s: depart(s.db, s.act, s.whom),
    "invite": lambda s: invite(s.db, s.act, s.whom),
    "qualify": lambda s: qualify(s.db, s.act, s.whom, {}, frozenset()),
    "set_hours": lambda s: set_hours(s.db, s.act, s.whom, {0: (480, 1020)}),
    "save_department": lambda s: save_department(
        s.db, s.act, Department(headship=None), Charter("新部门", None, None)
    ),
    "save_listed": lambda s: save_listed(s.db, s.act, Skill(name="新技能")),
}
# What one does for oneself: for somebody else it is refused.
OWN_VERBS: dict[str, Try] = {
    "go_away": lambda s: go_away(s.db, s.act, s.whom.id, PLAN),
    "call_off": lambda s: call_off(s.db, s.act, s.leave.id),
    "deputise": lambda s: deputise(s.db, s.act, s.whom.id, None, date(2026, 11, 20)),
    "change_password": lambda s: change_password(s.db, s.act, s.whom, "hash", BROWSER),
}
# What is done by whoever holds a password, a link or a browser's cookie: that is the authority.
TOKEN_VERBS: dict[str, Try] = {
    "accept": lambda s: accept(s.db, s.act, s.link, s.whom, "hash"),
    "remember_browser": lambda s: remember_browser(s.db, s.act, s.whom, tokens.digest("new")),
    "sign_out": lambda s: sign_out(s.db, s.act, BROWSER),
}
# Tried below, each in its own way.
OTHERS = {"sign_in", "found"}
# Parts of verbs and questions, which are handed an act for its time.
NO_VERBS = {"open_invitation", "end_invitations"}
ALL = ROLE_VERBS | OWN_VERBS | TOKEN_VERBS


def _verbs() -> set[str]:
    """Every public coroutine of the room that is handed an act."""
    names = set()
    for module_info in pkgutil.iter_modules(portal.people.__path__):
        if module_info.ispkg:
            continue
        module = importlib.import_module(f"portal.people.{module_info.name}")
        for name, thing in vars(module).items():
            own = inspect.iscoroutinefunction(thing) and thing.__module__ == module.__name__
            if own and not name.startswith("_") and "act" in inspect.signature(thing).parameters:
                names.add(name)
    return names


def test_every_verb_of_the_room_is_tried_here() -> None:
    assert _verbs() == set(ALL) | OTHERS | NO_VERBS


async def _stage(database: Database, db: AsyncSession, act: Act) -> Stage:
    whom = await person(db, "clerk")
    leave = await go_away(db, system(), whom.id, PLAN)
    for owner in (whom, None):
        await invite(db, system(), owner)
    db.add(SignIn(browser=BROWSER, person_id=whom.id, at=NOON, seen_at=NOON))
    await db.flush()
    links = {link.person_id: link for link in await db.scalars(select(Invitation))}
    return Stage(db, act, whom, leave, links[whom.id], links[None])


async def _entries(database: Database) -> int:
    async with database.reading() as db:
        return await db.scalar(select(func.count()).select_from(JournalEntry)) or 0


@pytest.mark.parametrize("name", ALL)
async def test_a_verb_leaves_one_entry(database: Database, name: str) -> None:
    who = "clerk" if name in OWN_VERBS else "admin"
    act = await act_of(database, who)
    before = await _entries(database)
    async with database.writing() as db:
        stage = await _stage(database, db, act)
        prepared = len(db.info["journal_pending"])
        await ALL[name](stage)
    assert await _entries(database) == before + prepared + 1
    async with database.reading() as db:
        entry = (await db.scalars(select(JournalEntry).order_by(JournalEntry.rev.desc()))).first()
    assert entry
    assert entry.at == act.at
    assert entry.request_id == act.request_id or name in TOKEN_VERBS


@pytest.mark.parametrize("name", ROLE_VERBS | OWN_VERBS)
@pytest.mark.parametrize("who", ["plain", "engineer"])
async def test_a_verb_refuses_staff_who_may_not(database: Database, name: str, who: str) -> None:
    act = await act_of(database, who)
    async with database.writing() as db:
        stage = await _stage(database, db, act)
        prepared = len(db.info["journal_pending"])
        with pytest.raises(Problem) as raised:
            await ALL[name](stage)
        assert raised.value.kind is FORBIDDEN
        assert len(db.info["journal_pending"]) == prepared


@pytest.mark.parametrize("name", ROLE_VERBS | OWN_VERBS)
async def test_a_verb_refuses_nobody_known(database: Database, name: str) -> None:
    act = Act.now(Anonymous(), NOON, Via.PAGE)
    async with database.writing() as db:
        stage = await _stage(database, db, act)
        with pytest.raises(Problem) as raised:
            await ALL[name](stage)
        assert raised.value.kind is SIGN_IN


@pytest.mark.parametrize("name", ["go_away", "call_off", "deputise"])
async def test_an_administrator_does_it_for_others(database: Database, name: str) -> None:
    act = await act_of(database, "admin")
    async with database.writing() as db:
        stage = await _stage(database, db, act)
        await OWN_VERBS[name](stage)


async def test_nobody_changes_the_password_of_another_not_even_an_administrator(
    database: Database,
) -> None:
    act = await act_of(database, "admin")
    async with database.writing() as db:
        stage = await _stage(database, db, act)
        with pytest.raises(Problem, match="forbidden"):
            await OWN_VERBS["change_password"](stage)


async def test_a_dispatcher_qualifies_and_employs_nobody(database: Database) -> None:
    act = await act_of(database, "dispatcher")
    async with database.writing() as db:
        stage = await _stage(database, db, act)
        for name, attempt in ROLE_VERBS.items():
            if name in ("qualify", "set_hours"):
                await attempt(stage)
                continue
            with pytest.raises(Problem, match="forbidden"):
                await attempt(stage)


async def test_signing_in_leaves_an_entry_and_a_wrong_password_none(database: Database) -> None:
    await give_password(database, "clerk")
    act = Act.now(Anonymous(), NOON, Via.PAGE)
    before = await _entries(database)
    with pytest.raises(Problem, match="wrong-password"):
        await sign_in(database, act, Credentials("clerk", "wrong", "", "b1"))
    assert await _entries(database) == before
    await sign_in(database, act, Credentials("clerk", PASSWORD, "", "b2"))
    assert await _entries(database) == before + 1


async def test_a_personal_link_founds_no_portal(database: Database) -> None:
    act = Act.now(Anonymous(), NOON, Via.PAGE)
    async with database.writing() as db:
        stage = await _stage(database, db, act)
        for link in (stage.link, stage.first):
            with pytest.raises(Problem, match="invitation-spent"):
                await found(db, act, link, login="boss", name="老板", hashed="hash")


async def test_nothing_personal_is_copied_into_the_journal(database: Database) -> None:
    """An erasure must not have to break the chain."""
    act = await act_of(database, "admin")
    async with database.writing() as db:
        stage = await _stage(database, db, act)
        for attempt in (*ROLE_VERBS.values(), OWN_VERBS["go_away"]):
            if stage.whom.departure is None:
                await attempt(stage)
                await db.refresh(stage.whom, ["departure"])
    async with database.reading() as db:
        bodies = " ".join(await db.scalars(select(JournalEntry.body)))
    for personal in (stage.whom.name, stage.whom.phone, stage.whom.email, PASSWORD):
        assert personal not in bodies
