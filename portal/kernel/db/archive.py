"""An archive of every table, equal for both databases: lines of JSON in a .tar.gz.

Read in one snapshot, so it may be made while others write; and what was SQLite can be restored
into PostgreSQL.
"""

import gzip
import io
import json
import re
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Column, MetaData, Table, func, insert, select, text, update
from sqlalchemy.exc import OperationalError, StatementError
from sqlalchemy.ext.asyncio import AsyncSession

from portal.kernel.attachments import path_of
from portal.kernel.files import appearing, write_whole
from portal.kernel.i18n import N_, Worded

_BATCH = 1_000
_MANIFEST = "manifest.json"
_ATTACHMENT = "attachments/"
_SHA256 = re.compile(r"[0-9a-f]{64}")
Progress = Callable[[str, int], None]


class BadArchive(Worded):
    """The file is not a whole archive of this version."""


# What reading a damaged, truncated or foreign file ends in.
_DAMAGE = (
    tarfile.TarError,
    zlib.error,
    EOFError,
    OSError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    RecursionError,
    StatementError,
)


async def dump(
    db: AsyncSession,
    metadata: MetaData,
    file: Path,
    extra: list[Path],
    *,
    attachments: Path,
    progress: Progress,
) -> None:
    """Write all tables, the ``extra`` files that exist and every attachment; appears under its
    name when whole.

    ``db`` is a reading unit in which nothing was read yet: its snapshot is the archive.
    """
    # Before the tables: a day head may be in the snapshot and not in the file, never in the
    # file and not in the snapshot.
    extras = {path.name: path.read_bytes() for path in extra if path.exists()}
    sums: dict[str, str] = {}
    with appearing(file) as draft, tarfile.open(draft, "w:gz") as tar:
        for table in metadata.sorted_tables:
            with tempfile.TemporaryFile() as lines:
                rows = await _write_rows(db, table, lines)
                sums[f"{table.name}.jsonl"] = _add(tar, f"{table.name}.jsonl", lines)
            progress(table.name, rows)
        for name, content in extras.items():
            sums[name] = _add(tar, name, io.BytesIO(content))
        # After the tables: a file that a row of the snapshot names was kept before that row.
        kept = [path for path in sorted(attachments.rglob("*")) if _SHA256.fullmatch(path.name)]
        for path in kept:
            tar.add(path, f"{_ATTACHMENT}{path.name}", recursive=False)
        progress("attachments", len(kept))
        version = await db.scalar(text("select version_num from alembic_version"))
        manifest = json.dumps({"version": version, "sha256": sums}, indent=1).encode()
        _add(tar, _MANIFEST, io.BytesIO(manifest))


def check(file: Path, metadata: MetaData, version: str) -> None:
    """Whether ``file`` is a whole archive of the database's ``version``, before anything is made
    to fill from it. Blocks; raises `BadArchive`."""
    with _telling_damage(), _opened(file) as tar:
        _check(tar, version)
        for table in metadata.sorted_tables:
            _member(tar, f"{table.name}.jsonl")
        for _ in _attachments(tar):
            pass


async def load(
    db: AsyncSession,
    metadata: MetaData,
    file: Path,
    extra: list[Path],
    *,
    attachments: Path,
    progress: Progress,
) -> None:
    """Fill empty, migrated tables and write the ``extra`` files and the attachments of the archive.

    Raises `BadArchive`, in one line. Only the files that are asked for are ever written,
    whatever a foreign archive brings.
    """
    version = await db.scalar(text("select version_num from alembic_version"))
    with _telling_damage(), _opened(file) as tar:
        sums = _check(tar, version or "")
        for table in metadata.sorted_tables:
            rows = await _read_rows(db, table, _member(tar, f"{table.name}.jsonl"))
            progress(table.name, rows)
        for path in (path for path in extra if path.name in sums):
            write_whole(path, _member(tar, path.name).read())
        progress("attachments", _read_attachments(tar, attachments))


@contextmanager
def _opened(file: Path) -> Iterator[tarfile.TarFile]:
    with gzip.open(file) as whole:  # to its end, where the checksum of all of it stands
        _sha256(whole)
    with tarfile.open(file, "r:gz") as tar:
        yield tar


@contextmanager
def _telling_damage() -> Iterator[None]:
    try:
        yield
    except OperationalError:  # the database's trouble, not the archive's
        raise
    except BadArchive:
        raise
    except _DAMAGE as error:
        reason = str(getattr(error, "orig", None) or error or type(error).__name__)
        first = reason.splitlines()[0]
        told = N_("not a whole backup of this version (%(first)s)")
        raise BadArchive(told, first=first) from error


def _attachments(tar: tarfile.TarFile) -> Iterator[tuple[str, Any]]:
    """Every attachment with its content, under the digest that it truly has."""
    for member in tar:
        name = member.name.removeprefix(_ATTACHMENT)
        if name == member.name:
            continue
        content = _member(tar, member.name)
        if not _SHA256.fullmatch(name) or _sha256(content) != name:
            raise BadArchive(N_("the attachment %(name)s in it is damaged"), name=name)
        content.seek(0)
        yield name, content


def _read_attachments(tar: tarfile.TarFile, folder: Path) -> int:
    """Put every attachment in its place."""
    count = 0
    for name, content in _attachments(tar):
        path = path_of(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with appearing(path) as draft, draft.open("wb") as whole:
            shutil.copyfileobj(content, whole)
        count += 1
    return count


async def _write_rows(db: AsyncSession, table: Table, lines: Any) -> int:
    count = 0
    result = await db.stream(select(table).execution_options(yield_per=_BATCH))
    async for row in result:
        values = [_plain(value) for value in row]
        lines.write(json.dumps(values, ensure_ascii=False).encode() + b"\n")
        count += 1
    lines.seek(0)
    return count


async def _read_rows(db: AsyncSession, table: Table, lines: Any) -> int:
    columns = list(table.columns)
    # A row may point to a later one of its own table: such columns are filled afterwards.
    own = [c for c in columns if any(key.column.table is table for key in c.foreign_keys)]
    later: list[dict[str, Any]] = []
    count = 0
    await db.execute(table.delete()) if table.name == "journal_head" else None
    for batch in _batches(lines, columns):
        for row in batch:
            kept = {c.name: row.pop(c.name) for c in own}
            if any(value is not None for value in kept.values()):
                later.append({"id": row["id"]} | kept)
        await db.execute(insert(table), batch)
        count += len(batch)
    for row in later:
        await db.execute(update(table).where(table.c.id == row.pop("id")).values(**row))
    await _continue_counting(db, table)
    return count


async def _continue_counting(db: AsyncSession, table: Table) -> None:
    """PostgreSQL's sequences do not see rows that bring their own id."""
    key = table.autoincrement_column
    if key is None or db.get_bind().dialect.name != "postgresql":
        return
    top = await db.scalar(select(func.max(key)))
    if top is not None:
        sequence = func.pg_get_serial_sequence(table.name, key.name)
        await db.execute(select(func.setval(sequence, top)))


def _batches(lines: Any, columns: list[Column[Any]]) -> Iterator[list[dict[str, Any]]]:
    batch = []
    for line in lines:
        values = json.loads(line)
        batch.append({c.name: _typed(c, value) for c, value in zip(columns, values, strict=True)})
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _typed(column: Column[Any], value: Any) -> Any:
    kind = column.type.python_type
    if value is None or isinstance(value, kind):
        return value
    return kind.fromisoformat(value) if issubclass(kind, datetime | date) else kind(value)


def _check(tar: tarfile.TarFile, version: str) -> dict[str, str]:
    """The sums that the archive gives for its members, which are right."""
    manifest = json.loads(_member(tar, _MANIFEST).read())
    if manifest["version"] != version:
        told = N_("it is of database version %(its)s, not %(version)s")
        raise BadArchive(told, its=manifest["version"], version=version)
    for name, expected in manifest["sha256"].items():
        if _sha256(_member(tar, name)) != expected:
            raise BadArchive(N_("%(name)s in it is damaged"), name=name)
    return dict(manifest["sha256"])


def _add(tar: tarfile.TarFile, name: str, content: Any) -> str:
    digest = _sha256(content)
    info = tarfile.TarInfo(name)
    info.size = content.tell()
    content.seek(0)
    tar.addfile(info, content)
    return digest


def _member(tar: tarfile.TarFile, name: str) -> Any:
    member = tar.extractfile(name)
    if member is None:
        raise BadArchive(N_("%(name)s is missing in it"), name=name)
    return member


def _sha256(content: Any) -> str:
    digest = sha256()
    while chunk := content.read(1 << 20):
        digest.update(chunk)
    return digest.hexdigest()
