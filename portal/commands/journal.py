"""``journal verify``: whether anything recorded was changed, removed or inserted (R2)."""

import click

from portal.commands.running import CommandFailed, opened, run, said, say
from portal.imports.sealing import first_unsound
from portal.imports.valuing import Reason
from portal.kernel.i18n import N_
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
        raise CommandFailed(
            N_("journal entry %(rev)s %(what)s"), rev=verdict.bad_rev, what=said_fault(verdict)
        )
    if unsound := run(_imported()):
        what = said(unsound.text, **unsound.params)
        raise CommandFailed(N_("%(what)s: no longer as imported"), what=what)
    if verdict.first == 1:
        say(N_("The journal is sound: %(count)s entries checked."), count=verdict.entries)
    else:
        text = N_("The journal is sound from entry %(first)s on: %(count)s entries checked.")
        say(text, first=verdict.first, count=verdict.entries)


def said_fault(verdict: Verdict) -> str:
    """What is wrong with the first bad entry."""
    return said(verdict.why, last=verdict.last)


async def _imported() -> Reason | None:
    async with opened() as (_, database), database.reading() as db:
        return await first_unsound(db)


async def _verify(from_last_day: bool) -> Verdict:
    async with opened() as (settings, database), database.reading() as db:
        kept = read_anchors(settings.anchors_file)
        after = max(kept, key=lambda anchor: anchor.rev) if kept and from_last_day else None
        verdict = await verify(db, kept, after=after, progress=tell_entries)
    click.echo("", err=True)
    return verdict


def tell_entries(count: int) -> None:
    """Show how far a verification is, on the terminal's last line."""
    click.echo("\r" + said(N_("%(count)s entries …"), count=count), nl=False, err=True)
