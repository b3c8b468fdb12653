"""The device ledger: whose phone holds how many unsent entries since when (rule 31); and where the
file that left a phone by hand comes in (rule 29)."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from litestar import Controller, get, post
from litestar.datastructures import UploadFile
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload
from wtforms import FileField

from field.access import FIELD_STAFF, LEDGER_READERS, RULERS, visible_devices
from field.devices import revoke
from field.importing import Imported, import_export
from field.inbox import Setting
from field.models import FieldAside, FieldDevice
from field.unsealing import MOST_BYTES, Fault, Section, read_export
from field.wording import FAULTS
from portal.kernel.act import Staff
from portal.kernel.i18n import N_
from portal.kernel.problems import NOT_FOUND, Problem
from portal.kernel.web.dependencies import TheDatabase, ThisAct, Unit
from portal.kernel.web.forms import Form, Rejected, blank, submitted
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.people.access import me
from portal.people.guards import allow
from portal.people.pages.fields import Key
from portal.people.roles import Role

PATH = "/devices-in-field"
_MOST = 500
# A phone that holds entries and was not heard of for so long is worth a call.
_SILENT = timedelta(hours=24)


class ExportForm(Form):
    file = FileField(N_("File from the phone"), description=N_("Ends in .json; at most 64 MB."))


@dataclass(kw_only=True)
class FieldDevicesPage(Page):
    """Every device that the reader may see; `asides` counts by device what was laid aside."""

    template: ClassVar[str] = "field/devices.html"
    devices: list[FieldDevice]
    asides: dict[int, int]
    now: datetime
    me: int
    may_revoke_all: bool
    # Only for whoever may import; what came of a file, right after it was.
    form: ExportForm | None
    imported: list[Imported] = field(default_factory=list)
    faults: ClassVar[dict[Fault, str]] = FAULTS

    def is_silent(self, device: FieldDevice) -> bool:
        last = device.seen_at or device.registered_at
        return device.pending > 0 and last < self.now - _SILENT


class FieldDeviceController(Controller):
    path = PATH
    guards = (allow(*LEDGER_READERS, *FIELD_STAFF),)

    @get()
    async def index(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        return render(request, await _page(request, db, act))

    @post(
        "/imports",
        guards=[allow(*RULERS)],
        status_code=200,
        request_max_body_size=MOST_BYTES + (1 << 20),
    )
    async def create_import(
        self, request: AnyRequest, act: ThisAct, database: TheDatabase
    ) -> Answer:
        """Take in what a phone's file holds; read while nobody is kept waiting."""
        form = await submitted(request, ExportForm)
        imported: list[Imported] = []
        sections = await _sections(form.file.data)
        if isinstance(sections, list):
            settings = request.app.state.settings
            where = Setting(settings.zone, settings.home)
            imported = await import_export(database, act, sections, where)
        for fault in _faults(sections, imported):
            form.say("file", fault)
        async with database.reading() as db:
            page = await _page(request, db, act, form if form.errors else None)
        if form.errors:
            raise Rejected(page)
        page.imported = imported
        answer = render(request, page)
        answer.headers["hx-push-url"] = PATH
        return answer

    @post("/{device_id:int}/revocation")
    async def create_revocation(
        self, request: AnyRequest, db: Unit, act: ThisAct, device_id: Key
    ) -> Answer:
        device = await db.scalar(visible_devices(act.actor).where(FieldDevice.id == device_id))
        if device is None:
            raise Problem(NOT_FOUND)
        await revoke(db, act, device)
        return redirect(request, PATH, N_("The phone is revoked: what it sends goes to the inbox."))


async def _page(
    request: AnyRequest, db: Unit, act: ThisAct, form: ExportForm | None = None
) -> FieldDevicesPage:
    query = visible_devices(act.actor).options(
        joinedload(FieldDevice.person), joinedload(FieldDevice.revocation)
    )
    order = (FieldDevice.pending.desc(), FieldDevice.id.desc())
    devices = list(await db.scalars(query.order_by(*order).limit(_MOST)))
    counted = select(FieldAside.device_id, func.count()).group_by(FieldAside.device_id)
    counted = counted.where(FieldAside.device_id.in_([device.id for device in devices]))
    asides = {device_id: count for device_id, count in await db.execute(counted)}  # noqa: C416
    roles = act.actor.roles if isinstance(act.actor, Staff) else frozenset()
    if form is None and roles & set(RULERS):
        form = blank(request, ExportForm)
    return FieldDevicesPage(
        devices=devices,
        asides=asides,
        now=act.at,
        me=me(act),
        may_revoke_all=Role.ADMINISTRATOR in roles,
        form=form,
    )


async def _sections(upload: object) -> list[Section] | Fault | None:
    """What the file holds, or what is wrong with it; nothing where none was chosen."""
    if not isinstance(upload, UploadFile) or not upload.filename:
        return None
    return await asyncio.to_thread(read_export, await upload.read())


def _faults(sections: list[Section] | Fault | None, imported: list[Imported]) -> list[str]:
    """Why nothing at all could be taken in; nothing where something could."""
    if sections is None:
        return [N_("Choose a file.")]
    if isinstance(sections, Fault):
        return [FAULTS[sections]]
    if all(one.fault for one in imported):
        return list(dict.fromkeys(FAULTS[one.fault] for one in imported if one.fault))
    return []
