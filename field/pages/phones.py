"""What phones talk to, in JSON: registering, sending operations, files, the feed (rules 11, 15, 23,
24, 27). The session's cookie reads and registers; the device's key appends, and nothing else."""

from collections.abc import Awaitable
from dataclasses import asdict
from typing import Any, TypeVar

import structlog
from litestar import Controller, Response, get, head, post, put
from litestar.exceptions import HTTPException
from litestar.params import FromPath, FromQuery

from field.attaching import CHUNK, Chunk, attach, progress
from field.builds import is_too_old
from field.devices import refuse_revoked, register_device
from field.envelopes import MOST_BYTES, MOST_OPERATIONS, Batch, Unreadable, read_batch
from field.feeding import feed
from field.ledger import receive
from field.problems import NOT_A_DEVICE, UPGRADE_NEEDED
from portal.kernel.problems import BUSY, INVALID, TOO_LARGE, Problem
from portal.kernel.web.dependencies import TheDatabase, ThisAct, Unit
from portal.kernel.web.forms import read_form
from portal.kernel.web.render import AnyRequest
from portal.people.access import require
from portal.people.guards import allow

log = structlog.get_logger()
Result = TypeVar("Result")
_SCHEME = "bearer "
_AGAIN = {"retry-after": "30"}
_LONGEST_CURSOR = 40


class FieldController(Controller):
    """For whoever is signed in."""

    path = "/field/v1"

    @post("/devices", guards=[allow()])
    async def create_device(self, request: AnyRequest, db: Unit, act: ThisAct) -> Response[Any]:
        """Register the phone; ``device_id`` is the number that it gave itself."""
        name = str((await read_form(request)).get("device_id", ""))
        device, key = await register_device(db, act, name)
        return Response({"device_id": device.name, "user_id": device.person_id, "key": key})

    # Guarded within: the phone of somebody who has left has no session to ask by, and is told all
    # the same that it is revoked.
    @get("/feed")
    async def show_feed(
        self, request: AnyRequest, db: Unit, act: ThisAct, cursor: FromQuery[str] = ""
    ) -> Response[Any]:
        """What is new for the phone. One that is revoked gets nothing (403), one that is too old no
        new jobs (426); what it holds it sends on as ever (rules 26, 27)."""
        await refuse_revoked(db, request.headers.get("x-field-device", ""))
        require(act.actor)
        if is_too_old(request.headers.get("x-field-build", "")):
            raise Problem(UPGRADE_NEEDED)
        zone = request.app.state.settings.zone
        return Response(asdict(await feed(db, act, cursor[:_LONGEST_CURSOR], zone)))


class DeviceKeyController(Controller):
    """For whoever holds a device's key; nobody needs to be signed in."""

    path = "/field/v1"
    opt = {"no_csrf": True}  # noqa: RUF012 - the framework's; a key in a header cannot be forged

    @post("/ops", request_max_body_size=MOST_BYTES, status_code=200)
    async def create_operations(self, request: AnyRequest, database: TheDatabase) -> Response[Any]:
        """Take in a batch; whatever is wrong with an operation is its outcome (rule 15)."""
        key = _key(request)
        batch = await _answerable(_batch(request))
        zone, now = request.app.state.settings.zone, request.app.state.clock()
        receipt = await _answerable(receive(database, key, batch, now, zone))
        return Response(asdict(receipt))

    @head("/attachments/{att_id:str}")
    async def show_attachment(
        self, request: AnyRequest, db: Unit, att_id: FromPath[str]
    ) -> Response[None]:
        found = await progress(db, request.app.state.settings.home, _key(request), att_id)
        return Response(None, headers=found.headers)

    @put("/attachments/{att_id:str}", request_max_body_size=CHUNK)
    async def update_attachment(
        self, request: AnyRequest, database: TheDatabase, att_id: FromPath[str]
    ) -> Response[Any]:
        """Add a chunk at ``Upload-Offset``; 409 tells the offset to go on from."""
        key = _key(request)
        sent = request.headers.get("upload-offset", "")
        if not sent.isascii() or not sent.isdigit() or len(sent) > 12:
            raise Problem(INVALID)
        chunk = Chunk(int(sent), await request.body())
        home, now = request.app.state.settings.home, request.app.state.clock()
        fits, found = await attach(database, home, key, att_id, chunk, now)
        return Response(asdict(found), status_code=200 if fits else 409, headers=found.headers)


def _key(request: AnyRequest) -> str:
    """The device's key, of ``Authorization: Bearer …``. Raises ``not-a-device``."""
    given = request.headers.get("authorization", "")
    if not given.lower().startswith(_SCHEME):
        raise Problem(NOT_A_DEVICE)
    return given[len(_SCHEME) :].strip()


async def _batch(request: AnyRequest) -> Batch:
    batch = read_batch(await request.body())
    if len(batch.sent) > MOST_OPERATIONS:
        raise Problem(TOO_LARGE)
    return batch


async def _answerable(work: Awaitable[Result]) -> Result:
    """For the whole call only what phones know to answer: 401, 413, and "again later". A call that
    was cut off on the way is to come again, too: nothing of it was taken in."""
    try:
        return await work
    except Problem:
        raise
    except Unreadable as error:
        log.warning("field.unreadable", error=str(error)[:200])
        raise Problem(BUSY, headers=_AGAIN) from error
    except HTTPException as error:
        kind = TOO_LARGE if error.status_code == TOO_LARGE.status else BUSY
        raise Problem(kind, headers={} if kind is TOO_LARGE else _AGAIN) from error
    except Exception as error:
        log.error("field.not_received", exc_info=error)
        raise Problem(BUSY, headers=_AGAIN) from error
