"""Invitations: one-time links by which people choose their password."""

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from portal.kernel import tokens
from portal.kernel.act import Act, Staff
from portal.kernel.journal.recording import record
from portal.kernel.problems import FORBIDDEN, Problem
from portal.people.access import me, require
from portal.people.counting import is_empty
from portal.people.models import Departure, Invitation, Person, RoleGrant
from portal.people.problems import HAS_LEFT, INVITATION_SPENT
from portal.people.roles import Role
from portal.people.signing_in import sign_out_everywhere

VALID = timedelta(days=3)


async def invite(db: AsyncSession, act: Act, person: Person | None) -> str:
    """A token for ``person``, or (nobody yet) for the first administrator. Older ones end.

    Raises ``has-left``.
    """
    require(act.actor, Role.ADMINISTRATOR)
    owner = person.id if person else None
    if owner and await db.scalar(select(Departure.at).where(Departure.person_id == owner)):
        raise Problem(HAS_LEFT)
    await end_invitations(db, act, owner)
    token = tokens.mint()
    db.add(
        Invitation(
            token=tokens.digest(token),
            person_id=owner,
            made_at=act.at,
            expires_at=act.at + VALID,
        )
    )
    record(db, act, "person.invited", f"person:{owner or 'first'}")
    return token


async def end_invitations(db: AsyncSession, act: Act, owner: int | None) -> None:
    """Links of ``owner`` that are still open lead nowhere from now on."""
    older = update(Invitation).where(Invitation.person_id.is_not_distinct_from(owner))
    await db.execute(older.where(Invitation.used_at.is_(None)).values(used_at=act.at))


async def open_invitation(db: AsyncSession, act: Act, token: str) -> Invitation:
    """The invitation behind ``token``; raises ``invitation-spent`` when it is over."""
    query = select(Invitation).where(Invitation.token == tokens.digest(token)).with_for_update()
    found = await db.scalar(query)
    if found is None or found.used_at is not None or found.expires_at <= act.at:
        raise Problem(INVITATION_SPENT)
    return found


async def accept(
    db: AsyncSession, act: Act, invitation: Invitation, person: Person, password_hash: str
) -> None:
    """``person`` has chosen a password by ``invitation``. Other browsers are signed out."""
    if invitation.person_id not in (person.id, None):
        raise Problem(FORBIDDEN)
    invitation.used_at = act.at
    person.password_hash = password_hash
    person.edited_at = act.at
    await db.flush()
    await sign_out_everywhere(db, person.id)
    themself = Act.now(Staff(person.id, person.name), act.at, act.via)
    record(db, themself, "password.chosen", f"person:{person.id}")


async def found(
    db: AsyncSession, act: Act, invitation: Invitation, *, login: str, name: str, hashed: str
) -> Person:
    """The first administrator takes over an empty portal; raises ``invitation-spent`` when an
    operator has meanwhile registered somebody at the machine."""
    if invitation.person_id is not None or not await is_empty(db):
        raise Problem(INVITATION_SPENT)
    first = Person(login=login, name=name, phone="", email="", edited_at=act.at)
    first.grants = [RoleGrant(role=Role.ADMINISTRATOR, at=act.at)]
    db.add(first)
    await db.flush()
    record(db, act, "person.registered", f"person:{first.id}", roles=[Role.ADMINISTRATOR])
    await accept(db, act, invitation, first, hashed)
    return first


async def change_password(
    db: AsyncSession, act: Act, person: Person, password_hash: str, browser: str
) -> None:
    """``person`` changes the own password, here; every other browser is signed out."""
    if me(act) != person.id:
        raise Problem(FORBIDDEN)
    person.password_hash = password_hash
    person.edited_at = act.at
    await sign_out_everywhere(db, person.id, but=browser)
    record(db, act, "password.changed", f"person:{person.id}")
