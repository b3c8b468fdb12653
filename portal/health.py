"""`GET /healthz`: whether this process can serve and the worker works, as JSON."""

from datetime import timedelta
from typing import Any

from litestar import Response, get
from sqlalchemy.ext.asyncio import AsyncSession

from portal.kernel.db.migrating import NewerDatabase, pending
from portal.kernel.job_runs import last_success
from portal.kernel.web.dependencies import TheDatabase
from portal.kernel.web.render import AnyRequest

# The job that must not rest: without it no limit lapses and nobody is told (R8).
WATCHED = "sweep limits"
PATIENCE = timedelta(minutes=5)


@get("/healthz", opt={"public": True})
async def healthz(request: AnyRequest, database: TheDatabase) -> Response[dict[str, Any]]:
    """200 with ``ok`` when the database answers, is at the program's version, and the worker has
    not been silent for five minutes; else 503. What PDF files need is named while it is missing:
    everything else works without. Times are all else that it tells of the inside."""
    try:
        missing = await pending(database)
        body: dict[str, Any] = {"ok": not missing, "database": "answers"}
        if missing:
            body["migrations"] = missing
        else:
            async with database.reading() as db:
                body |= await _worker(request, db)
    except NewerDatabase:
        body = {"ok": False, "database": "is newer than the program"}
    except Exception as error:
        body = {"ok": False, "database": type(error).__name__}
    if packages := await request.app.state.press.missing():
        body["printing"] = f"PDF files need: {packages}"
    return Response(body, status_code=200 if body["ok"] else 503)


async def _worker(request: AnyRequest, db: AsyncSession) -> dict[str, Any]:
    state = request.app.state
    success = await last_success(db, WATCHED)
    # Before this process was there, nobody expected the worker to be: after a night switched off,
    # or at the very first start, it has its five minutes to show itself.
    seen = max(success, state.started_at) if success else state.started_at
    if state.clock() - seen > PATIENCE:
        since = (success or seen).isoformat(timespec="seconds")
        return {"ok": False, "worker": f"silent since {since}"}
    return {"ok": True, "worker": "runs" if success == seen else "starts"}
