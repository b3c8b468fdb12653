"""The command line. A fault that an operator can mend is one clear line and a non-zero exit."""

import sys

import click
from sqlalchemy.exc import DBAPIError

from portal.commands.backup import backup, restore
from portal.commands.demo import demo
from portal.commands.importing import import_file
from portal.commands.journal import journal
from portal.commands.migrate import migrate
from portal.commands.running import CommandFailed, said, terminal_language
from portal.commands.serve import serve, worker
from portal.commands.user import user
from portal.kernel.db.migrating import NewerDatabase
from portal.kernel.db.sqlite_library import UnsafeSqlite
from portal.kernel.i18n import N_
from portal.kernel.journal.anchors import BadDayHead
from portal.kernel.logs import configure_logs
from portal.kernel.problems import Problem
from portal.kernel.settings import BadSetting
from portal.kernel.web.assets import MissingAsset
from portal.procedures.storing import EditionChanged

_MENDABLE = (
    BadDayHead,
    BadSetting,
    CommandFailed,
    EditionChanged,
    MissingAsset,
    NewerDatabase,
    UnsafeSqlite,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Bihuan (闭环): complaints and repairs, run by the company's own procedures."""


for command in (serve, worker, migrate, demo, user, backup, restore, journal, import_file):
    cli.add_command(command)


def main() -> None:
    """Run the command line."""
    configure_logs()
    try:
        cli(prog_name="python -m portal")
    except _MENDABLE as error:
        sys.exit(f"bihuan: {error.words(terminal_language())}")
    except DBAPIError as error:
        reason = str(error.orig).partition("\n")[0]
        sys.exit("bihuan: " + said(N_("the database does not answer: %(reason)s"), reason=reason))
    except Problem as problem:
        sys.exit("bihuan: " + said(problem.kind.happened, **problem.params))
