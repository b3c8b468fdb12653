"""The worker's part in imports: what was started is carried on, also after a restart."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from weakref import WeakKeyDictionary

from sqlalchemy import select

from portal.imports.models import ImportRun
from portal.imports.running import Opened, carry_on
from portal.kernel.act import Act, System, Via
from portal.kernel.db.unit import Database
from portal.kernel.settings import Settings

# In seconds: so long a stop of the server waits for imports, which share them; each does a part.
_AT_A_TIME = 5.0
# What is carried on stays open from one turn to the next: nothing is read or judged twice.
_FILES: WeakKeyDictionary[Database, dict[int, Opened]] = WeakKeyDictionary()


async def carry_on_imports(database: Database, settings: Settings, _: datetime) -> None:
    """Carry on each import that runs, for whoever started it."""
    running = select(ImportRun.id, ImportRun.by_id).where(
        ImportRun.started_at.is_not(None),
        ImportRun.ended_at.is_(None),
        ImportRun.attended.is_(False),
    )
    async with database.reading() as db:
        found = (await db.execute(running.order_by(ImportRun.id))).all()
    # Each by itself: one that was not carried on to its end by this worker is opened anew.
    files = _FILES.setdefault(database, {})
    before = dict(files)
    files.clear()
    failures: list[Exception] = []
    for run_id, by_id in found:

        def act(by_id: int | None = by_id) -> Act:
            return Act.now(System("import", on_behalf_of=by_id), datetime.now(UTC), Via.IMPORT)

        try:
            left = await carry_on(
                database,
                settings.attachments,
                run_id,
                act,
                opened=before.get(run_id),
                stop=_after(_AT_A_TIME / len(found)),
            )
        except Exception as error:
            failures.append(error)
            continue
        if left:
            files[run_id] = left
    # Only now: one that fails again and again keeps no other from its turn.
    if failures:
        raise failures[0]


def _after(seconds: float) -> Callable[[], bool]:
    """Says stop when ``seconds`` are over since it was first asked, and never the first time: a
    part is imported however long it took to open the file."""
    until: float | None = None

    def stop() -> bool:
        nonlocal until
        if until is None:
            until = time.monotonic() + seconds
            return False
        return time.monotonic() >= until

    return stop
