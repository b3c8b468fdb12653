"""``demo``: the demonstration company."""

import click

from portal.commands.running import CommandFailed, opened, operator, run, said, say
from portal.demonstration.accounts import ACCOUNTS, PASSWORD
from portal.demonstration.making import make
from portal.equipping import equip
from portal.kernel.i18n import N_
from portal.people.counting import is_empty
from portal.people.roles import LABELS


@click.command()
def demo() -> None:
    """Fill an empty portal with the demonstration company."""
    run(_demo())
    say(N_("The demonstration company is ready. Accounts:"))
    print_accounts()


def print_accounts() -> None:
    """The demonstration accounts, as a table."""
    for login, name, role in ACCOUNTS:
        click.echo(f"  {login:<10} {said(LABELS[role])} {name}")
    word = said(N_("Password"))
    click.echo(f"  {word:<10} {PASSWORD}")


async def _demo() -> None:
    async with opened() as (settings, database):
        async with database.reading() as db:
            if not await is_empty(db):
                text = N_("this portal has people already; demo fills an empty one only")
                raise CommandFailed(text)
        act = operator()
        async with database.writing() as db:
            await equip(db, act, settings.zone)
        await make(database, act, settings.zone)
