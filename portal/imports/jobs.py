"""The worker's part in imports: what was started is carried on, also after a restart."""

import time
from datetime import UTC, datetime

from sqlalchemy import select

from portal.imports.models import ImportRun
from portal.imports.running import carry_on
from portal.kernel.act import Act, System, Via
from portal.kernel.db.unit import Database
from portal.kernel.settings import Settings

# In seconds: so long a stop of the server waits for an import at most.
_AT_A_TIME = 5.0


async def carry_on_imports(database: Database, settings: Settings, _: datetime) -> None:
    """Carry on each import that runs, for whoever started it."""
    running = select(ImportRun.id, ImportRun.by_id).where(
        ImportRun.started_at.is_not(None),
        ImportRun.ended_at.is_(None),
        ImportRun.attended.is_(False),
    )
    async with database.reading() as db:
        found = (await db.execute(running.order_by(ImportRun.id))).all()
    until = time.monotonic() + _AT_A_TIME
    for run_id, by_id in found:

        def act(by_id: int | None = by_id) -> Act:
            return Act.now(System("import", on_behalf_of=by_id), datetime.now(UTC), Via.IMPORT)

        await carry_on(
            database,
            settings.attachments,
            run_id,
            act,
            stop=lambda: time.monotonic() > until,
        )
