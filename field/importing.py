"""Importing the sealed file of a phone: by the same ledger, so that what came by another way, too,
counts once (rule 29). Who brings it is the office; what it holds stays the engineer's."""

import asyncio
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from field.access import RULERS, visible_devices
from field.attaching import drop_part, find_attachment, keep_whole, settle
from field.devices import known, lock_device
from field.inbox import Setting
from field.ledger import Taking
from field.models import FieldDevice, Outcome
from field.replying import Receipt
from field.unsealing import Content, Fault, File, Section, unseal
from portal.kernel.act import Act
from portal.kernel.db.unit import Database
from portal.kernel.journal.recording import record
from portal.kernel.problems import NOT_FOUND, Problem
from portal.people.access import require

_LAID_ASIDE = (Outcome.QUARANTINED, Outcome.NEEDS_FIX)


@dataclass(slots=True)
class Imported:
    """What came of one device's section. Of the `new` operations `inbox` went to the field inbox,
    `waiting` wait for others and `aside` cannot be used; of its `files` so many are `complete`."""

    device_id: str
    person: str = ""
    fault: Fault | None = None
    new: int = 0
    known: int = 0
    inbox: int = 0
    waiting: int = 0
    aside: int = 0
    files: int = 0
    complete: int = 0

    @property
    def is_plain(self) -> bool:
        """Whether the figures say all that there is to say."""
        everything = not self.fault and self.complete == self.files
        return everything and self.new > 0 and not self.waiting and not self.aside

    def count(self, receipt: Receipt) -> None:
        for one in receipt.outcomes:
            if one.replayed:
                self.known += 1
                continue
            self.new += 1
            if one.outcome in _LAID_ASIDE:
                self.aside += 1
            elif one.outcome == Outcome.PARKED and one.code == "waits":
                self.waiting += 1
            elif one.outcome != Outcome.APPLIED:
                self.inbox += 1


async def import_export(
    database: Database, act: Act, sections: list[Section], where: Setting
) -> list[Imported]:
    """Take in what the devices put into their ``sections``, each for itself. In units of a call's
    size: what stopped in between goes on where it is imported again."""
    require(act.actor, *RULERS)
    return [await _Importing(database, act, where).take(section) for section in sections]


@dataclass(frozen=True, slots=True)
class _Importing:
    database: Database
    act: Act
    where: Setting

    async def take(self, section: Section) -> Imported:
        device = await self._find(section)
        done = Imported(section.device_id, device.person.name if device else "")
        content = await self._open(section, device)
        if device is None or isinstance(content, Fault):
            done.fault = content if isinstance(content, Fault) else Fault.UNKNOWN
            return done
        await self._operations(done, device.id, content)
        done.files = len(content.files)
        for file in content.files:
            done.complete += await self._file(device.id, file)
        return done

    async def _find(self, section: Section) -> FieldDevice | None:
        query = visible_devices(self.act.actor).where(FieldDevice.name == section.device_id)
        query = query.options(joinedload(FieldDevice.person))
        async with self.database.reading() as db:
            return (await db.scalars(query)).one_or_none()

    async def _open(self, section: Section, device: FieldDevice | None) -> Content | Fault:
        if device is None and section.is_sealed:
            return Fault.UNKNOWN
        return await asyncio.to_thread(unseal, section, device.key if device else "")

    async def _operations(self, done: Imported, device_id: int, content: Content) -> None:
        for batch in content.batches():
            async with self.database.writing() as db:
                device = await lock_device(db, device_id)
                taking = Taking(db, device, batch, self.act.at, self.where.zone, is_carried=True)
                await taking.take()
                if fresh := taking.fresh():
                    self._record(db, device_id, ops=[one.op_id for one in fresh if one.op_id])
            done.count(taking.receipt())

    async def _file(self, device_id: int, file: File) -> bool:
        """Keep a file that is what its operation announced; whether it is there now."""
        home = self.where.home
        async with self.database.reading() as db:
            device = await known(db, await db.get_one(FieldDevice, device_id))
            try:
                attachment = await find_attachment(db, device, file.att_id)
            except Problem as problem:
                if problem.kind is not NOT_FOUND:
                    raise
                return False
        if attachment.verified_at:
            return True
        content = await asyncio.to_thread(file.opened)
        if not await keep_whole(home, attachment, content):
            return False
        async with self.database.writing() as db:
            device = await lock_device(db, device_id)
            if await settle(db, home, device, file.att_id, self.act.at):
                self._record(db, device_id, files=[file.att_id])
        await drop_part(home, attachment)
        return True

    def _record(self, db: AsyncSession, device_id: int, **ids: list[str]) -> None:
        """In each unit that something came by: who brought it."""
        record(db, self.act, "export.imported", f"phone:{device_id}", **ids)
