"""The worker's part in imports: what was started is carried on, also after a restart."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from weakref import WeakKeyDictionary

from sqlalchemy import String, cast, func, literal, select

from portal.imports.access import find_run
from portal.imports.models import ImportRun
from portal.imports.running import Opened, carry_on, interrupt
from portal.kernel.act import Act, System, Via
from portal.kernel.db.unit import Database
from portal.kernel.journal.models import JournalEntry
from portal.kernel.settings import Settings

# In seconds: so long a stop of the server waits for imports, which share them; each does a part.
_AT_A_TIME = 5.0
# A command that is at work says so in the journal with each part. Longer than any part takes, also
# the first one of a large workbook, which is unpacked before it.
SILENCE = timedelta(minutes=5)
# What is carried on stays open from one turn to the next: nothing is read or judged twice.
_FILES: WeakKeyDictionary[Database, dict[int, Opened]] = WeakKeyDictionary()


async def carry_on_imports(database: Database, settings: Settings, at: datetime) -> None:
    """Carry on each import that runs, for whoever started it; those of commands are left to these,
    and end with them."""
    await _end_abandoned(database, at)
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


async def _end_abandoned(database: Database, at: datetime) -> None:
    """End what a command runs that was killed: it has said nothing for long."""
    said = select(func.max(JournalEntry.at))
    said = said.where(JournalEntry.subject == literal("import:") + cast(ImportRun.id, String))
    silent = select(ImportRun.id).where(
        ImportRun.started_at < at - SILENCE,
        ImportRun.ended_at.is_(None),
        ImportRun.attended.is_(True),
        said.correlate(ImportRun).scalar_subquery() < at - SILENCE,
    )
    async with database.reading() as db:
        found = list(await db.scalars(silent))
    for run_id in found:
        act = Act.now(System("import"), at, Via.IMPORT)
        async with database.writing() as db:
            await interrupt(db, act, await find_run(db, act.actor, run_id, lock=True))


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
