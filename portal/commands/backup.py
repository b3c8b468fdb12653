"""``backup`` and ``restore``: everything in one file, taken while the portal writes."""

from pathlib import Path

import click
from anyio import to_thread
from sqlalchemy import select

from portal.cases.indexing import reindex
from portal.commands.journal import said_fault, tell_entries
from portal.commands.running import CommandFailed, opened, run, say, terminal_language
from portal.imports.indexing import reindex_records
from portal.kernel.db.archive import BadArchive, check, dump, load
from portal.kernel.db.migrating import migrate, newest
from portal.kernel.i18n import N_
from portal.kernel.journal.anchors import read_anchors
from portal.kernel.journal.models import JournalHead
from portal.kernel.journal.verifying import Verdict, verify
from portal.tables import METADATA


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write everything into FILE (.tar.gz), also while the portal is in use."""
    run(_backup(file))
    say(
        N_("Backup written: %(file)s (%(size)s KiB)"),
        file=file,
        size=file.stat().st_size // 1024 + 1,
    )


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Fill a fresh BIHUAN_HOME and database from FILE, and verify the journal."""
    verdict = run(_restore(file))
    if not verdict.is_sound:
        text = N_("restored, but journal entry %(rev)s %(what)s")
        raise CommandFailed(text, rev=verdict.bad_rev, what=said_fault(verdict))
    say(N_("Restored and verified: %(count)s journal entries."), count=verdict.entries)


async def _backup(file: Path) -> None:
    if file.exists():
        raise CommandFailed(N_("%(file)s exists already"), file=file)
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
            text = N_("cannot write %(file)s: %(reason)s")
            raise CommandFailed(text, file=file, reason=error.strerror) from error


async def _restore(file: Path) -> Verdict:
    try:
        # Before anything is made: a damaged file leaves no home and no database behind.
        await to_thread.run_sync(check, file, METADATA, newest())
        return await _fill(file)
    except BadArchive as error:
        what = error.words(terminal_language())
        raise CommandFailed(N_("%(file)s: %(what)s"), file=file, what=what) from error


async def _fill(file: Path) -> Verdict:
    async with opened(migrated=False) as (settings, database):
        await migrate(database)
        async with database.reading() as db:
            if await db.scalar(select(JournalHead.rev)) or settings.anchors_file.exists():
                raise CommandFailed(N_("the database has content; restore fills a fresh one only"))
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
        async with database.reading() as db:
            kept = read_anchors(settings.anchors_file)
            verdict = await verify(db, kept, progress=tell_entries)
    click.echo("", err=True)
    return verdict


def _tell(table: str, rows: int) -> None:
    click.echo(f"  {table}: {rows}", err=True)
