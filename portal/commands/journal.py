"""``journal verify``: whether anything recorded was changed, removed or inserted (R2)."""

import click

from portal.commands.running import CommandFailed, opened, run
from portal.imports.sealing import first_unsound
from portal.kernel.journal.anchors import read_anchors
from portal.kernel.journal.verifying import Verdict, verify


@click.group()
def journal() -> None:
    """The record of everything that was done."""


@journal.command("verify")
@click.option("--from-last-day", is_flag=True, help="Begin at the last day head kept.")
def verify_journal(from_last_day: bool) -> None:
    """Check the whole chain against itself and against the day heads kept outside."""
    verdict = run(_verify(from_last_day))
    if not verdict.is_sound:
        raise CommandFailed(f"journal entry {verdict.bad_rev} {verdict.reason}")
    if unsound := run(_imported()):
        raise CommandFailed(f"{unsound}: no longer as imported")
    since = "" if verdict.first == 1 else f" from entry {verdict.first} on"
    click.echo(f"The journal is sound{since}: {verdict.entries} entries checked.")


async def _imported() -> str:
    async with opened() as (_, database), database.reading() as db:
        return await first_unsound(db)


async def _verify(from_last_day: bool) -> Verdict:
    async with opened() as (settings, database), database.reading() as db:
        try:
            kept = read_anchors(settings.anchors_file)
        except ValueError as error:
            raise CommandFailed(str(error)) from error
        after = max(kept, key=lambda anchor: anchor.rev) if kept and from_last_day else None
        return await verify(db, kept, after=after, progress=tell_entries)


def tell_entries(count: int) -> None:
    """Show how far a verification is, on the terminal's last line."""
    click.echo(f"\r{count} entries …", nl=False, err=True)
