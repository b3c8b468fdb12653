"""What commands share: opening the portal's data, and failing in one line."""

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from portal.cases.effects import carrying_out
from portal.effects import EFFECTS
from portal.kernel.act import Act, System, Via
from portal.kernel.db.migrating import pending
from portal.kernel.db.unit import Database
from portal.kernel.i18n import N_, Language, Worded, language
from portal.kernel.settings import Settings, own_database, read_settings
from portal.notices.channels import open_channels

Result = TypeVar("Result")


class CommandFailed(Worded):
    """Something that the operator can mend, in one line."""


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run asynchronous ``work`` to its end."""
    return asyncio.run(work)


def operator() -> Act:
    """An act of whoever sits at the machine itself."""
    return Act.now(System("operator"), datetime.now(UTC), Via.COMMAND)


def terminal_language() -> Language:
    """The one language of everything that a command prints: English where ``BIHUAN_LANGUAGE``, else
    what the system says, names it; Chinese otherwise, as on the pages."""
    said = (os.environ.get(name) for name in ("BIHUAN_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"))
    return language("en" if next(filter(None, said), "").startswith("en") else "zh_CN")


def said(text: str, **params: Any) -> str:
    """A msgid with its params, in the language of whoever sits here."""
    return terminal_language().gettext(text) % params


def say(text: str, *, err: bool = False, **params: Any) -> None:
    """Print a line in that language; ``err`` for what is not the command's result."""
    click.echo(said(text, **params), err=err)


@asynccontextmanager
async def opened(*, migrated: bool = True) -> AsyncIterator[tuple[Settings, Database]]:
    """Settings and database, closed at the end; refuses a database that needs migrating, and
    makes nothing in a home where none was made yet."""
    file = own_database() if migrated else None
    if file and not file.exists():
        text = N_("there is no portal in %(home)s yet: run `migrate` first, or `serve`")
        raise CommandFailed(text, home=file.parent)
    settings = read_settings()
    database = Database(settings.database_url, info=open_channels(settings) | carrying_out(EFFECTS))
    try:
        if migrated and await pending(database):
            raise CommandFailed(N_("the database is older than the program: run `migrate` first"))
        yield settings, database
    finally:
        await database.close()
