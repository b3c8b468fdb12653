"""``backup`` and ``restore``: everything in one file, taken while the portal writes."""

from pathlib import Path

import click
from sqlalchemy import select

from portal.cases.indexing import reindex
from portal.commands.journal import tell_entries
from portal.commands.running import CommandFailed, opened, run
from portal.imports.indexing import reindex_records
from portal.kernel.db.archive import BadArchive, dump, load
from portal.kernel.db.migrating import migrate
from portal.kernel.journal.anchors import read_anchors
from portal.kernel.journal.models import JournalHead
from portal.kernel.journal.verifying import Verdict, verify
from portal.tables import METADATA


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write everything into FILE (.tar.gz), also while the portal is in use."""
    run(_backup(file))
    click.echo(f"Backup written: {file} ({file.stat().st_size // 1024 + 1} KiB)")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Fill a fresh BIHUAN_HOME and database from FILE, and verify the journal."""
    verdict = run(_restore(file))
    if not verdict.is_sound:
        raise CommandFailed(f"restored, but journal entry {verdict.bad_rev} {verdict.reason}")
    click.echo(f"Restored and verified: {verdict.entries} journal entries.")


async def _backup(file: Path) -> None:
    if file.exists():
        raise CommandFailed(f"{file} exists already")
    async with opened() as (settings, database), database.reading() as db:
        try:
            await dump(
                db,
                METADATA,
                file,
                [settings.anchors_file],
                attachments=settings.attachments,
                progress=_tell,
            )
        except OSError as error:
            raise CommandFailed(f"cannot write {file}: {error.strerror}") from error


async def _restore(file: Path) -> Verdict:
    async with opened(migrated=False) as (settings, database):
        await migrate(database)
        async with database.reading() as db:
            if await db.scalar(select(JournalHead.rev)) or settings.anchors_file.exists():
                raise CommandFailed("the database has content; restore fills a fresh one only")
        try:
            async with database.writing() as db:
                await load(
                    db,
                    METADATA,
                    file,
                    [settings.anchors_file],
                    attachments=settings.attachments,
                    progress=_tell,
                )
                await reindex(db)
                await reindex_records(db)
        except BadArchive as error:
            raise CommandFailed(f"{file}: {error}") from error
        async with database.reading() as db:
            return await verify(db, read_anchors(settings.anchors_file), progress=tell_entries)


def _tell(table: str, rows: int) -> None:
    click.echo(f"  {table}: {rows}", err=True)
