"""Devices: a phone is registered and gets its key, is recognised by it, and can be revoked."""

import re
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from field.access import FIELD_STAFF
from field.models import FieldDevice, FieldRevocation
from field.problems import DEVICE_TAKEN, NOT_A_DEVICE, PHONE_REVOKED
from portal.kernel import tokens
from portal.kernel.act import Act, Staff
from portal.kernel.journal.recording import record
from portal.kernel.problems import FORBIDDEN, INVALID, Problem
from portal.people.access import me, require
from portal.people.models import Departure, Person, RoleGrant
from portal.people.roles import Role

_LONGEST = 36
_NAME = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Known:
    """A device by its key, locked, with its person. What a revoked one sends, or that of somebody
    who has left, goes to the office's inbox only."""

    row: FieldDevice
    staff: Staff
    is_revoked: bool


async def register_device(db: AsyncSession, act: Act, name: str) -> tuple[FieldDevice, str]:
    """Register the phone that calls itself ``name`` (a random UUID) as the actor's; the key, shown
    this once (rule 27). Their own that was never heard of since asks again because the answer got
    lost: it gets another key, and the first is worth nothing. Raises ``device-taken``,
    ``invalid``."""
    require(act.actor, *FIELD_STAFF)
    if not _NAME.fullmatch(name):
        raise Problem(INVALID)
    key = tokens.mint()
    query = select(FieldDevice).where(FieldDevice.name == name).with_for_update(of=FieldDevice)
    if there := await db.scalar(query):
        if there.person_id != me(act) or there.seen_at is not None:
            raise Problem(DEVICE_TAKEN)
        there.key = tokens.digest(key)
        await db.flush()
        record(db, act, "phone.keyed", f"phone:{there.id}", person=there.person_id)
        return there, key
    device = FieldDevice(
        name=name, person_id=me(act), key=tokens.digest(key), registered_at=act.at, seen_at=None
    )
    db.add(device)
    await db.flush()
    record(db, act, "phone.registered", f"phone:{device.id}", person=device.person_id)
    return device, key


async def recognise(db: AsyncSession, key: str, *, lock: bool = True) -> Known:
    """The device whose key this is, locked: what it sends is taken one call after another.
    Raises ``not-a-device``."""
    query = select(FieldDevice).where(FieldDevice.key == tokens.digest(key))
    device = await db.scalar(query.with_for_update(of=FieldDevice) if lock else query)
    if device is None:
        raise Problem(NOT_A_DEVICE)
    return await known(db, device)


async def lock_device(db: AsyncSession, device_id: int) -> Known:
    """A device, locked as `recognise` locks it, where its key is not at hand."""
    query = select(FieldDevice).where(FieldDevice.id == device_id)
    return await known(db, (await db.scalars(query.with_for_update(of=FieldDevice))).one())


async def known(db: AsyncSession, device: FieldDevice) -> Known:
    """A device with its person as they are now."""
    query = (
        select(Person.name, RoleGrant.role, Departure.person_id, FieldRevocation.device_id)
        .outerjoin(RoleGrant, RoleGrant.person_id == Person.id)
        .outerjoin(Departure, Departure.person_id == Person.id)
        .outerjoin(FieldRevocation, FieldRevocation.device_id == device.id)
        .where(Person.id == device.person_id)
    )
    rows = (await db.execute(query)).all()
    name, _, left, revoked = rows[0]
    roles = frozenset(role for _, role, _, _ in rows if role)
    staff = Staff(device.person_id, name, roles)
    return Known(device, staff, left is not None or revoked is not None)


async def refuse_revoked(db: AsyncSession, name: str) -> None:
    """Nothing is read any more on a phone that is revoked or whose person has left, whoever asks by
    it; one that says no number, or one that is not known, is not refused here. Raises
    ``phone-revoked``."""
    device = await db.scalar(select(FieldDevice).where(FieldDevice.name == name[:_LONGEST]))
    if device is not None and (await known(db, device)).is_revoked:
        raise Problem(PHONE_REVOKED)


async def revoke(db: AsyncSession, act: Act, device: FieldDevice) -> None:
    """From now on what the device sends is parked. By an administrator, or the person whose device
    it is. Does nothing the second time."""
    require(act.actor)
    if me(act) != device.person_id and Role.ADMINISTRATOR not in _roles(act):
        raise Problem(FORBIDDEN)
    query = select(FieldDevice).where(FieldDevice.id == device.id)
    await db.scalars(query.with_for_update(of=FieldDevice))
    if await db.get(FieldRevocation, device.id) is None:
        db.add(FieldRevocation(device_id=device.id, at=act.at, by_id=me(act)))
        record(db, act, "phone.revoked", f"phone:{device.id}")
        await db.flush()


def _roles(act: Act) -> frozenset[str]:
    return act.actor.roles if isinstance(act.actor, Staff) else frozenset()
