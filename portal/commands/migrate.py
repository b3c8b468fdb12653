"""``migrate``: bring the database to the program's version."""

import click

from portal.commands.running import opened, run, say
from portal.kernel.db.migrating import migrate as apply
from portal.kernel.i18n import N_


@click.command()
def migrate() -> None:
    """Bring the database to the version of this program."""
    applied = run(_migrate())
    for name in applied:
        say(N_("applied %(name)s"), name=number_of(name))
    say(N_("The database is up to date."))


def number_of(name: str) -> str:
    """A migration's number; what else its name says is for developers."""
    return name.partition(" ")[0]


async def _migrate() -> list[str]:
    async with opened(migrated=False) as (_, database):
        return await apply(database)
