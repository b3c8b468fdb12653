"""`GET /healthz`: whether this process can serve, as JSON."""

from typing import Any

from litestar import Response, get
from sqlalchemy import text

from portal.kernel.db.migrating import NewerDatabase, pending
from portal.kernel.web.dependencies import TheDatabase


@get("/healthz", opt={"public": True})
async def healthz(database: TheDatabase) -> Response[dict[str, Any]]:
    """200 with ``ok`` when the database answers and is at the program's version, else 503."""
    try:
        missing = await pending(database)
        async with database.reading() as db:
            await db.execute(text("select 1"))
        body: dict[str, Any] = {"ok": not missing, "database": "answers"}
        if missing:
            body["migrations"] = missing
    except NewerDatabase:
        body = {"ok": False, "database": "is newer than the program"}
    except Exception as error:
        body = {"ok": False, "database": type(error).__name__}
    return Response(body, status_code=200 if body["ok"] else 503)
