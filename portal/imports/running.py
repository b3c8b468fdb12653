"""Running an import: started, carried on part by part, cancelled, ended.

Each part is a unit of its own, so that people go on working, and a restart goes on after the last
one. What is done stays done: a file that comes again finds it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from anyio import to_thread
from sqlalchemy.ext.asyncio import AsyncSession

from portal.imports.access import MAY_IMPORT, find_run
from portal.imports.filing import Filed, Filing
from portal.imports.indexing import index_record
from portal.imports.judging import Judge, Judged
from portal.imports.mapping import Mapping
from portal.imports.models import INTERRUPTED, ImportRejection, ImportRun, PastRecord, Stage
from portal.imports.preparing import against_known, is_complete, known_digests
from portal.imports.problems import NOT_A_DRAFT, NOT_MAPPED, OVER_ALREADY
from portal.imports.reading import BadTable, drop_rows, open_table
from portal.imports.sealing import CONTINUED, seal_of, seal_of_part
from portal.imports.valuing import Reason, Value
from portal.kernel.act import Act
from portal.kernel.attachments import path_of
from portal.kernel.db.turns import take_turn
from portal.kernel.db.unit import Database
from portal.kernel.i18n import N_
from portal.kernel.journal.recording import record
from portal.kernel.problems import Problem
from portal.people.access import require

# Rows of one unit: a fraction of a second, in which others wait for SQLite's one writer.
PART = 100
_GONE = N_("The file is no longer in the store.")


async def start(db: AsyncSession, act: Act, run: ImportRun, *, attended: bool = False) -> ImportRun:
    """Let an import begin: the worker carries it on, or, ``attended``, whoever calls this. Raises
    ``not-a-draft`` and ``not-mapped``."""
    require(act.actor, *MAY_IMPORT)
    if run.stage is not Stage.DRAFT:
        raise Problem(NOT_A_DRAFT)
    if not is_complete(msgspec.convert(run.mapping, Mapping), run.header):
        raise Problem(NOT_MAPPED)
    run.started_at, run.attended = act.at, attended
    await db.flush()
    record(db, act, "import.started", f"import:{run.id}")
    return run


async def cancel(db: AsyncSession, act: Act, run: ImportRun) -> None:
    """Stop an import after the part it is at, or drop a draft; raises ``over-already``."""
    require(act.actor, *MAY_IMPORT)
    if run.stage not in (Stage.DRAFT, Stage.RUNNING):
        raise Problem(OVER_ALREADY)
    run.cancelled_at = run.ended_at = act.at
    await db.flush()
    record(db, act, "import.cancelled", f"import:{run.id}", **_counts(run))


async def interrupt(db: AsyncSession, act: Act, run: ImportRun) -> None:
    """End an import that nobody carries on any more; nothing is done to one that is over."""
    require(act.actor, *MAY_IMPORT)
    if run.stage is not Stage.RUNNING:
        return
    run.fault, run.ended_at = INTERRUPTED, act.at
    await db.flush()
    record(db, act, "import.interrupted", f"import:{run.id}", **_counts(run))


@dataclass
class Opened:
    """The file of an import while it is carried on. Rows are judged in their order, each once:
    what is a row's equal depends on those before it. `place` is how many were."""

    judge: Judge
    mapping: Mapping
    place: int = 0


async def carry_on(
    database: Database,
    attachments: Path,
    run_id: int,
    act: Callable[[], Act],
    *,
    opened: Opened | None = None,
    tell: Callable[[ImportRun], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> Opened | None:
    """Import what is left of a file that was started, until it ends, is cancelled, or ``stop``
    says so between two parts: then the file is given back as it is ``opened``, to go on with.
    ``tell`` hears of each part."""
    async with database.reading() as db:
        run = await find_run(db, act().actor, run_id)
    path = path_of(attachments, run.sha256)
    try:
        if opened is None:
            opened = await to_thread.run_sync(_open, path, run)
        while run.stage is Stage.RUNNING:
            if stop():
                return opened
            part = await to_thread.run_sync(opened.judge.next, PART)
            opened.place += len(part)
            left = opened.place - run.read
            rest = part[max(0, len(part) - left) :] if left > 0 else []
            if rest or not part:
                async with database.writing() as db:
                    run = await find_run(db, act().actor, run_id, lock=True)
                    if run.read == opened.place - len(rest):
                        await take_part(db, act(), run, opened.mapping, rest)
                tell(run)
                await asyncio.sleep(0)  # somebody else's turn
    except (BadTable, FileNotFoundError) as error:
        async with database.writing() as db:
            run = await find_run(db, act().actor, run_id, lock=True)
            if run.stage is Stage.RUNNING:
                run.fault = str(error) if isinstance(error, BadTable) else _GONE
                run.ended_at = act().at
                record(db, act(), "import.failed", f"import:{run.id}", **_counts(run))
    await to_thread.run_sync(drop_rows, path)
    return None


def _open(path: Path, run: ImportRun) -> Opened:
    mapping = msgspec.convert(run.mapping, Mapping)
    return Opened(Judge(open_table(path, run.name, is_stored=True), mapping), mapping)


async def take_part(
    db: AsyncSession, act: Act, run: ImportRun, mapping: Mapping, part: list[Judged]
) -> None:
    """Import the rows that follow those that were read; none: the import ends. Nothing is done to
    one that is over. The run is locked by whoever calls this."""
    if run.stage is not Stage.RUNNING:
        return
    if not part:
        run.ended_at = act.at
        record(db, act, "import.ended", f"import:{run.id}", **_counts(run))
        return
    # Two imports that bring one customer make one file: what each finds is as the other left it.
    await take_turn(db, "importing")
    known = await known_digests(db, run.source, [one.key for one in part if one.key])
    filing = Filing(db, act, run.source, mapping.owner)
    made: list[tuple[PastRecord, Filed]] = []
    for judged in part:
        reasons = judged.reasons or against_known(judged, known.get(judged.key))
        if judged.value is None or reasons:
            _reject(db, run, judged, reasons)
            continue
        run.flagged += bool(judged.value.flags)
        if judged.key in known:
            run.known += 1
            continue
        known[judged.key] = judged.digest
        filed = await filing.file(judged.value)
        made.append((_record(run, judged, judged.value, filed), filed))
    run.read += len(part)
    run.new += len(made)
    await _keep(db, act, run, made)


async def _keep(
    db: AsyncSession, act: Act, run: ImportRun, made: list[tuple[PastRecord, Filed]]
) -> None:
    body = {"read": run.read, "rejected": run.rejected}
    if not made:
        await db.flush()
        record(db, act, CONTINUED, f"import:{run.id}", **body)
        return
    records = [past for past, _ in made]
    for past in records:
        past.seal = seal_of(past)
    db.add_all(records)
    await db.flush()
    for past, filed in made:
        named = [filed.customer.name] if filed.customer else []
        named += [filed.device.model, filed.device.serial] if filed.device else []
        await index_record(db, past, *named)
    records.sort(key=lambda past: past.id)
    whole = {
        "first": records[0].id,
        "last": records[-1].id,
        "seal": seal_of_part(past.seal for past in records),
    }
    record(db, act, CONTINUED, f"import:{run.id}", **body, **whole)


def _record(run: ImportRun, judged: Judged, value: Value, filed: Filed) -> PastRecord:
    return PastRecord(
        run_id=run.id,
        line=judged.row.line,
        source=run.source,
        key=judged.key,
        digest=judged.digest,
        title=value.title,
        details=value.details,
        answer=value.answer,
        kind=value.kind,
        state=value.state,
        channel=value.channel,
        is_open=value.is_open,
        happened_at=value.happened_at,
        happened_on=value.happened_on,
        has_time=value.has_time,
        closed_at=value.closed_at,
        address=value.address,
        device_name=f"{value.device} {value.serial}".strip()[:80],
        cost=value.cost,
        latitude=value.latitude,
        longitude=value.longitude,
        customer_id=filed.customer.id if filed.customer else None,
        site_id=filed.site.id if filed.site else None,
        device_id=filed.device.id if filed.device else None,
        flags=" ".join(value.flags),
        cells=judged.cells,
    )


def _reject(db: AsyncSession, run: ImportRun, judged: Judged, reasons: tuple[Reason, ...]) -> None:
    run.rejected += 1
    said = [[reason.text, reason.params] for reason in reasons]
    # Half a character or a NUL is what some rows are refused for: no database takes it.
    cells = [
        cell.replace("\x00", "␀").encode(errors="replace").decode() for cell in judged.row.cells
    ]
    db.add(ImportRejection(run_id=run.id, line=judged.row.line, reasons=said, cells=cells))


def _counts(run: ImportRun) -> dict[str, int]:
    names = ("read", "new", "known", "rejected", "flagged")
    return {name: getattr(run, name) for name in names}
