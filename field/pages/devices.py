"""The device ledger: whose phone holds how many unsent entries since when (rule 31)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from litestar import Controller, get, post
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from field.access import FIELD_STAFF, LEDGER_READERS, visible_devices
from field.devices import revoke
from field.models import FieldAside, FieldDevice
from portal.kernel.act import Staff
from portal.kernel.i18n import N_
from portal.kernel.problems import NOT_FOUND, Problem
from portal.kernel.web.dependencies import ThisAct, Unit
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


@dataclass(kw_only=True)
class FieldDevicesPage(Page):
    """Every device that the reader may see; `asides` counts by device what was laid aside."""

    template: ClassVar[str] = "field/devices.html"
    devices: list[FieldDevice]
    asides: dict[int, int]
    now: datetime
    me: int
    may_revoke_all: bool

    def is_silent(self, device: FieldDevice) -> bool:
        last = device.seen_at or device.registered_at
        return device.pending > 0 and last < self.now - _SILENT


class FieldDeviceController(Controller):
    path = PATH
    guards = (allow(*LEDGER_READERS, *FIELD_STAFF),)

    @get()
    async def index(self, request: AnyRequest, db: Unit, act: ThisAct) -> Answer:
        query = visible_devices(act.actor).options(
            joinedload(FieldDevice.person), joinedload(FieldDevice.revocation)
        )
        order = (FieldDevice.pending.desc(), FieldDevice.id.desc())
        devices = list(await db.scalars(query.order_by(*order).limit(_MOST)))
        counted = select(FieldAside.device_id, func.count()).group_by(FieldAside.device_id)
        counted = counted.where(FieldAside.device_id.in_([device.id for device in devices]))
        asides = {device_id: count for device_id, count in await db.execute(counted)}  # noqa: C416
        roles = act.actor.roles if isinstance(act.actor, Staff) else frozenset()
        page = FieldDevicesPage(
            devices=devices,
            asides=asides,
            now=act.at,
            me=me(act),
            may_revoke_all=Role.ADMINISTRATOR in roles,
        )
        return render(request, page)

    @post("/{device_id:int}/revocation")
    async def create_revocation(
        self, request: AnyRequest, db: Unit, act: ThisAct, device_id: Key
    ) -> Answer:
        device = await db.scalar(visible_devices(act.actor).where(FieldDevice.id == device_id))
        if device is None:
            raise Problem(NOT_FOUND)
        await revoke(db, act, device)
        return redirect(request, PATH, N_("The phone is revoked: what it sends goes to the inbox."))
