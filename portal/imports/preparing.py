"""Preparing an import: a file is taken, its columns are mapped, what would happen is counted."""

import re
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from anyio import to_thread
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.imports.access import MAY_IMPORT
from portal.imports.judging import Judge, Judged
from portal.imports.mapping import FIELDS, Mapping, guess
from portal.imports.models import ImportRun, PastRecord, Stage
from portal.imports.problems import NOT_A_DRAFT
from portal.imports.profiles import PROFILES, recognise
from portal.imports.reading import MOST_ROWS, TOO_LONG, BadTable, Table
from portal.imports.valuing import Reason
from portal.kernel.act import Act, Staff
from portal.kernel.attachments import Stored
from portal.kernel.db.unit import Database
from portal.kernel.i18n import N_
from portal.kernel.journal.recording import record
from portal.kernel.problems import Problem
from portal.people.access import require

LONGEST_SOURCE = 40
# In one reading: what SQLite takes as parameters of a statement, with room to spare.
_AT_ONCE = 500
_EXAMPLES, _ODD = 10, 20
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
CHANGED = N_("It is here already with other content under the same number; that stands.")


@dataclass(slots=True)
class Forecast:
    """What an import would do, by the number of rows; `examples` are the first it would reject:
    line and reasons, each a msgid and its params. `odd` are the first that are flagged: line and
    flags, as a record has them."""

    total: int = 0
    new: int = 0
    known: int = 0
    rejected: int = 0
    flagged: int = 0
    examples: list[Any] = field(default_factory=list)
    odd: list[Any] = field(default_factory=list)


def first_mapping(table: Table, zone: str, before: ImportRun | None) -> tuple[str, Mapping]:
    """How a table is read until somebody says otherwise, and the key of its profile: as its profile
    says, as the last file with this heading was read, or by the names of its columns."""
    if profile := recognise(table.header):
        return profile.key, profile.mapping
    if before is not None:
        return "", msgspec.convert(before.mapping, Mapping)
    return "", Mapping(columns=guess(table.header), zone=zone)


async def same_heading(db: AsyncSession, header: tuple[str, ...]) -> ImportRun | None:
    """The latest import of a file with this heading."""
    latest = select(ImportRun).where(ImportRun.started_at.is_not(None))
    recent = await db.scalars(latest.order_by(ImportRun.id.desc()).limit(100))
    return next((run for run in recent if tuple(run.header) == header), None)


async def prepare(
    db: AsyncSession,
    act: Act,
    stored: Stored,
    table: Table,
    *,
    name: str,
    source: str,
    profile: str,
    mapping: Mapping,
    forecast: Forecast | None,
) -> ImportRun:
    """Take a file that lies in the store, to be imported; nothing of it is imported yet."""
    require(act.actor, *MAY_IMPORT)
    run = ImportRun(
        source=source[:LONGEST_SOURCE],
        profile=profile,
        # Its end says what it is.
        name=storable_name(name)[-200:],
        sha256=stored.sha256,
        size=stored.size,
        header=list(table.header),
        mapping=msgspec.to_builtins(mapping),
        forecast=asdict(forecast) if forecast else None,
        by_id=act.actor.person_id if isinstance(act.actor, Staff) else None,
        made_at=act.at,
    )
    db.add(run)
    await db.flush()
    record(db, act, "import.prepared", f"import:{run.id}", sha256=stored.sha256)
    return run


async def remap(
    db: AsyncSession,
    act: Act,
    run: ImportRun,
    *,
    source: str,
    mapping: Mapping,
    forecast: Forecast | None,
) -> None:
    """Read the columns of a file that has not begun otherwise; raises ``not-a-draft``."""
    require(act.actor, *MAY_IMPORT)
    if run.stage is not Stage.DRAFT:
        raise Problem(NOT_A_DRAFT)
    run.source = source[:LONGEST_SOURCE]
    run.mapping = msgspec.to_builtins(mapping)
    run.forecast = asdict(forecast) if forecast else None
    await db.flush()
    record(db, act, "import.mapped", f"import:{run.id}")


def is_complete(mapping: Mapping, header: Collection[str]) -> bool:
    """Whether the columns without which nothing can be imported are there."""
    needed = (one.key for one in FIELDS if one.required)
    return all(mapping.columns.get(key) in header for key in needed)


def source_of(name: str, profile: str) -> str:
    """What a source is called until somebody says otherwise: by its profile, or by its file."""
    if profile in PROFILES:
        return profile
    return Path(storable_name(name)).stem.strip()[:LONGEST_SOURCE] or "file"


def storable_name(name: str) -> str:
    """What a file is called, less what neither database takes."""
    return _UNSTORABLE.sub("", name).strip() or "file"


async def foretell(
    database: Database, table: Table, source: str, mapping: Mapping
) -> Forecast | None:
    """What importing the whole table would do now; None while the mapping is not complete. Raises
    `BadTable` for one with too many rows."""
    if not is_complete(mapping, table.header):
        return None
    judge, forecast = Judge(table, mapping), Forecast()
    seen: dict[str, str] = {}
    while part := await to_thread.run_sync(judge.next, _AT_ONCE):
        forecast.total += len(part)
        if forecast.total > MOST_ROWS:
            raise BadTable(TOO_LONG, most=MOST_ROWS)
        async with database.reading() as db:
            known = await known_digests(db, source, [one.key for one in part if one.key])
        for judged in part:
            _count(forecast, judged, seen, known)
    return forecast


async def known_digests(db: AsyncSession, source: str, keys: Collection[str]) -> dict[str, str]:
    """The digests of those rows that are here already, by key."""
    query = select(PastRecord.key, PastRecord.digest)
    query = query.where(PastRecord.source == source, PastRecord.key.in_(keys))
    return {key: digest for key, digest in await db.execute(query)}  # noqa: C416 - rows, not pairs


def _count(forecast: Forecast, judged: Judged, seen: dict[str, str], known: dict[str, str]) -> None:
    before = known.get(judged.key) or seen.get(judged.key)
    reasons = judged.reasons or against_known(judged, before)
    if reasons:
        forecast.rejected += 1
        if len(forecast.examples) < _EXAMPLES:
            said = [[reason.text, reason.params] for reason in reasons]
            forecast.examples.append([judged.row.line, said])
        return
    assert judged.value, "a row without reasons has a value"
    if judged.value.flags:
        forecast.flagged += 1
        if len(forecast.odd) < _ODD:
            forecast.odd.append([judged.row.line, " ".join(judged.value.flags)])
    if before:
        forecast.known += 1
    else:
        forecast.new += 1
        seen[judged.key] = judged.digest


def against_known(judged: Judged, before: str | None) -> tuple[Reason, ...]:
    """Why a row is not taken whose key is here with the digest ``before``: what was imported is
    not changed by a later file."""
    if before is None or before == judged.digest:
        return ()
    return (Reason(CHANGED),)
