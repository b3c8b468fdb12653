"""``demo``: the demonstration company."""

import click

from portal.commands.running import CommandFailed, opened, operator, run
from portal.demonstration.accounts import ACCOUNTS, PASSWORD
from portal.demonstration.making import make
from portal.equipping import equip
from portal.kernel.i18n import language
from portal.people.counting import is_empty
from portal.people.roles import LABELS


@click.command()
def demo() -> None:
    """Fill an empty portal with the demonstration company."""
    run(_demo())
    click.echo("The demonstration company is ready. Accounts:")
    print_accounts()


def print_accounts() -> None:
    """The demonstration accounts, as a table."""
    chinese = language("zh_CN").gettext
    for login, role in ACCOUNTS:
        click.echo(f"  {login:<10} {LABELS[role]} {chinese(LABELS[role])}")
    click.echo(f"  password   {PASSWORD}")


async def _demo() -> None:
    async with opened() as (settings, database):
        async with database.reading() as db:
            if not await is_empty(db):
                raise CommandFailed("this portal has people already; demo fills an empty one only")
        act = operator()
        async with database.writing() as db:
            await equip(db, act, settings.zone)
        await make(database, act, settings.zone)
