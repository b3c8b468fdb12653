"""``import``: requests and work orders of another system become history."""

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import msgspec
from anyio import to_thread

from portal.commands.running import CommandFailed, opened, operator, run, terminal_language
from portal.imports.access import find_run
from portal.imports.listing import rejections_of
from portal.imports.mapping import FIELD, Mapping
from portal.imports.models import ImportRun, Stage
from portal.imports.preparing import (
    Forecast,
    first_mapping,
    foretell,
    is_complete,
    prepare,
    same_heading,
    source_of,
)
from portal.imports.profiles import PROFILES
from portal.imports.reading import MOST_BYTES, BadTable, Table, open_table
from portal.imports.rejected import rejected_csv
from portal.imports.running import cancel, carry_on, start
from portal.imports.wording import reason_words
from portal.kernel.attachments import store
from portal.kernel.db.unit import Database
from portal.kernel.files import write_whole

# What the command ends with, apart from 0 (all is in) and 1 (it failed).
WITH_REJECTIONS, INTERRUPTED = 3, 130


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--profile", type=click.Choice(list(PROFILES)), help="A known source; else by the heading."
)
@click.option("--source", help="Name of the source; rows are known again within it.")
@click.option(
    "--map", "mapped", multiple=True, metavar="FIELD=COLUMN", help="A column by its name."
)
@click.option("--zone", help="Time zone of the source, such as America/New_York.")
@click.option("--day-first", is_flag=True, help="03/04/2019 is 3 April.")
@click.option("--owner", help="The customer whom everything in the file belongs to.")
@click.option("--dry-run", is_flag=True, help="Count what would happen, and change nothing.")
@click.option(
    "--rejected",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the rejected rows here (CSV).",
)
def import_file(file: Path, dry_run: bool, rejected: Path | None, **wanted: Any) -> None:
    """Import FILE (CSV or .xlsx) as history: searchable, without clocks, alarms or notices.

    The same file again changes nothing. Ctrl-C stops between two parts; what is in stays in.
    Ends with 0, with 3 where rows were rejected, with 130 after Ctrl-C, with 1 where it failed.
    """
    try:
        code = run(_import(file, dry_run, rejected, wanted))
    except BadTable as bad:
        raise CommandFailed(f"{file}: {str(bad) % bad.params}") from bad
    if code:
        raise SystemExit(code)


async def _import(file: Path, dry_run: bool, rejected: Path | None, wanted: dict[str, Any]) -> int:
    table = await to_thread.run_sync(open_table, file, file.name)
    async with opened() as (settings, database):
        profile, source, mapping = await _read_options(database, table, file, wanted, settings.zone)
        known = PROFILES[profile].label if profile else "not a known source; read by its heading"
        click.echo(f"{file.name}: {known}", err=True)
        forecast = await foretell(database, table, source, mapping)
        assert forecast, "the mapping is complete"
        if dry_run:
            _tell_forecast(forecast)
            return WITH_REJECTIONS if forecast.rejected else 0
        stored = await store(settings.attachments, file.read_bytes(), limit=MOST_BYTES)
        async with database.writing() as db:
            made = await prepare(
                db,
                operator(),
                stored,
                table,
                name=file.name,
                source=source,
                profile=profile,
                mapping=mapping,
                forecast=forecast,
            )
            await start(db, operator(), made, attended=True)
        stop = _stop_at_signal()
        await carry_on(
            database, settings.attachments, made.id, operator, tell=_tell_part, stop=stop
        )
        click.echo("", err=True)
        return await _conclude(database, made.id, rejected)


async def _read_options(
    database: Database, table: Table, file: Path, wanted: dict[str, Any], zone: ZoneInfo
) -> tuple[str, str, Mapping]:
    """Profile, source and mapping: as the options say, else as the heading does."""
    async with database.reading() as db:
        before = await same_heading(db, table.header)
    profile, mapping = first_mapping(table, str(zone), before)
    if wanted["profile"]:
        profile, mapping = wanted["profile"], PROFILES[wanted["profile"]].mapping
        if not PROFILES[profile].fits(table.header):
            raise CommandFailed(f"{file} has not the columns of {profile}")
    columns = mapping.columns | dict(_mapped(one, table) for one in wanted["mapped"])
    changes = {name: wanted[name] for name in ("zone", "owner") if wanted[name]}
    if wanted["day_first"]:
        changes["month_first"] = False
    mapping = msgspec.structs.replace(mapping, columns=columns, **changes)
    if not is_complete(mapping, table.header):
        names = ", ".join(table.header)
        raise CommandFailed(f"say --map title=COLUMN and --map happened=COLUMN; columns: {names}")
    try:
        ZoneInfo(mapping.zone)
    except (KeyError, ValueError, OSError) as error:
        raise CommandFailed(f"there is no time zone {mapping.zone!r}") from error
    source = wanted["source"] or (before.source if before else source_of(file.name, profile))
    return profile, source, mapping


def _mapped(option: str, table: Table) -> tuple[str, str]:
    key, _, column = option.partition("=")
    if key not in FIELD:
        raise CommandFailed(f"there is no field {key!r}; fields: {', '.join(FIELD)}")
    if column not in table.header:
        raise CommandFailed(f"there is no column {column!r}; columns: {', '.join(table.header)}")
    return key, column


async def _conclude(database: Database, run_id: int, rejected: Path | None) -> int:
    """Say what came of it, and write the rejected rows; the code to end with."""
    interrupted = False
    async with database.writing() as db:
        ended = await find_run(db, operator().actor, run_id, lock=True)
        if ended.stage is Stage.RUNNING:  # stopped from outside
            await cancel(db, operator(), ended)
            interrupted = True
        rows = await rejections_of(db, ended)
    _tell_end(ended)
    if rejected:
        lines = [(one.line, one.reasons, one.cells) for one in rows]
        content = rejected_csv(ended.header, lines, terminal_language())
        try:
            write_whole(rejected, content.encode())
        except OSError as error:
            raise CommandFailed(f"cannot write {rejected}: {error.strerror}") from error
        click.echo(f"Rejected rows: {rejected}", err=True)
    if ended.stage is Stage.FAILED:
        raise CommandFailed(ended.fault)
    if interrupted or ended.stage is Stage.CANCELLED:
        return INTERRUPTED
    return WITH_REJECTIONS if ended.rejected else 0


def _stop_at_signal() -> Callable[[], bool]:
    """From now on Ctrl-C and SIGTERM are remembered, and end the import between two parts."""
    stop = asyncio.Event()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(wanted, stop.set)
    return stop.is_set


def _tell_part(run_: ImportRun) -> None:
    click.echo(f"\r{run_.read} of {run_.total} rows …", nl=False, err=True)


def _tell_forecast(forecast: Forecast) -> None:
    click.echo(
        f"Would import {forecast.new} new of {forecast.total} rows: {forecast.known} known,"
        f" {forecast.rejected} rejected, {forecast.flagged} flagged."
    )
    for line, reasons in forecast.examples:
        said = "; ".join(reason_words(reasons, terminal_language()))
        click.echo(f"  line {line}: {said}", err=True)


def _tell_end(run_: ImportRun) -> None:
    word = {Stage.DONE: "Imported", Stage.CANCELLED: "Stopped", Stage.FAILED: "Failed"}[run_.stage]
    click.echo(
        f"{word}: {run_.read} of {run_.total} rows read: {run_.new} new, {run_.known} known,"
        f" {run_.rejected} rejected, {run_.flagged} flagged."
    )
