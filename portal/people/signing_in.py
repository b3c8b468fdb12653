"""Signing in: the password, what slows guessing down, and the browser that is then known."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from portal.kernel.act import Act, Actor, Anonymous, Staff
from portal.kernel.db.unit import Database
from portal.kernel.journal.recording import record
from portal.kernel.problems import TOO_MANY, Problem
from portal.people.models import Departure, FailedSignIn, Person, RoleGrant, SignIn
from portal.people.passwords import is_right
from portal.people.problems import WRONG_PASSWORD

WINDOW = timedelta(minutes=15)
MOST_PER_LOGIN = 10
MOST_PER_ADDRESS = 50
IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
_SEEN_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What was typed, from which address (of the network), in which browser (digest), which had
    the digest `former` before."""

    login: str
    password: str
    address: str
    browser: str
    former: str = ""


async def sign_in(database: Database, act: Act, given: Credentials) -> Staff:
    """Make ``given.browser`` known as the person; raises ``wrong-password`` or ``too-many``.

    Every attempt counts as failed until it has succeeded, so that many at once are slowed down
    like many in a row. The password is checked between two units: nobody's guess holds a lock.
    """
    login = given.login.strip().lower()[:60]
    async with database.writing() as db:
        await _refuse_too_many(db, act.at, login, given.address)
        attempt = FailedSignIn(login=login, address=given.address[:60], at=act.at)
        db.add(attempt)
        person = await db.scalar(_present_people().where(Person.login == login))
    right = await is_right(person.password_hash if person else None, given.password)
    if person is None or not right:
        raise Problem(WRONG_PASSWORD)
    async with database.writing() as db:
        await db.execute(delete(FailedSignIn).where(FailedSignIn.id == attempt.id))
        await db.execute(delete(SignIn).where(SignIn.browser == given.former))
        await remember_browser(db, act, person, given.browser)
    return Staff(person.id, person.name)


async def remember_browser(db: AsyncSession, act: Act, person: Person, browser: str) -> None:
    """From now on ``browser`` (the digest of a token minted for this) is ``person``."""
    db.add(SignIn(browser=browser, person_id=person.id, at=act.at, seen_at=act.at))
    staff = Act.now(Staff(person.id, person.name), act.at, act.via)
    record(db, staff, "person.signed_in", f"person:{person.id}")


async def sign_out(db: AsyncSession, act: Act, browser: str) -> None:
    """Forget the browser. Does nothing the second time."""
    found = await db.scalar(select(SignIn).where(SignIn.browser == browser))
    if found:
        await db.delete(found)
        record(db, act, "person.signed_out", f"person:{found.person_id}")


async def sign_out_everywhere(db: AsyncSession, person_id: int, *, but: str = "") -> None:
    """Forget all browsers of a person but one: after a new password, or on leaving."""
    await db.execute(delete(SignIn).where(SignIn.person_id == person_id, SignIn.browser != but))


async def identify(
    database: Database, browser: str, at: datetime, *, attended: bool = True
) -> Actor:
    """Who is asking: one statement, unless it is time to note that they were seen."""
    query = (
        select(SignIn, Person.name, RoleGrant.role)
        .join(Person, Person.id == SignIn.person_id)
        .outerjoin(RoleGrant, RoleGrant.person_id == Person.id)
        .outerjoin(Departure, Departure.person_id == Person.id)
        .where(SignIn.browser == browser, Departure.person_id.is_(None))
        .where(SignIn.seen_at > at - IDLE, SignIn.at > at - LONGEST)
    )
    async with database.reading() as db:
        rows = (await db.execute(query)).all()
    if not rows:
        return Anonymous()
    seen: SignIn = rows[0][0]
    if attended and at - seen.seen_at > _SEEN_EVERY:
        # By a statement: a browser signed out meanwhile is no fault, it is just not there.
        async with database.writing() as db:
            await db.execute(update(SignIn).where(SignIn.id == seen.id).values(seen_at=at))
    return Staff(seen.person_id, rows[0][1], frozenset(role for _, _, role in rows if role))


async def forget_old(db: AsyncSession, at: datetime) -> None:
    """Drop failures that throttle nobody any more and sign-ins that are over."""
    await db.execute(delete(FailedSignIn).where(FailedSignIn.at < at - WINDOW))
    over = or_(SignIn.seen_at < at - IDLE, SignIn.at < at - LONGEST)
    await db.execute(delete(SignIn).where(over))


async def _refuse_too_many(db: AsyncSession, at: datetime, login: str, address: str) -> None:
    recent = select(func.count()).where(FailedSignIn.at > at - WINDOW)
    by_login = await db.scalar(recent.where(FailedSignIn.login == login)) or 0
    by_address = await db.scalar(recent.where(FailedSignIn.address == address)) or 0
    if by_login >= MOST_PER_LOGIN or by_address >= MOST_PER_ADDRESS:
        minutes = int(WINDOW.total_seconds() // 60)
        raise Problem(TOO_MANY, {"minutes": minutes}, headers={"retry-after": str(minutes * 60)})


def _present_people() -> Select[Person]:
    left = select(Departure.person_id)
    return select(Person).where(Person.id.not_in(left))
