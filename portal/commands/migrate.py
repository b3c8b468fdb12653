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
        say(N_("applied %(name)s"), name=name)
    say(N_("The database is up to date."))


async def _migrate() -> list[str]:
    async with opened(migrated=False) as (_, database):
        return await apply(database)
