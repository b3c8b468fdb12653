"""``import``: requests and work orders of another system become history."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import msgspec
from anyio import to_thread

from portal.commands.running import (
    CommandFailed,
    opened,
    operator,
    run,
    said,
    say,
    terminal_language,
)
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
from portal.imports.running import cancel, carry_on, interrupt, start
from portal.imports.wording import flag_words, reason_words
from portal.kernel.attachments import store
from portal.kernel.db.unit import Database
from portal.kernel.files import write_whole
from portal.kernel.i18n import N_

# What the command ends with, apart from 0 (all is in) and 1 (it failed).
WITH_REJECTIONS, INTERRUPTED = 3, 130
_COUNTS = N_("%(new)s new, %(known)s known, %(rejected)s rejected, %(flagged)s flagged")
# So many rejected rows are told; the file that `--rejected` names has all of them.
_MOST_TOLD = 10


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
        what = said(str(bad), **bad.params)
        raise CommandFailed(N_("%(file)s: %(what)s"), file=file, what=what) from bad
    if code:
        raise SystemExit(code)


async def _import(file: Path, dry_run: bool, rejected: Path | None, wanted: dict[str, Any]) -> int:
    table = await to_thread.run_sync(open_table, file, file.name)
    async with opened() as (settings, database):
        profile, source, mapping = await _read_options(database, table, file, wanted, settings.zone)
        unknown = N_("not a known source; read by its heading")
        known = said(PROFILES[profile].label if profile else unknown)
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
        told = _Progress()
        try:
            await carry_on(
                database, settings.attachments, made.id, operator, tell=told.part, stop=stop
            )
            told.end()
        except BaseException:  # such as nobody reading any more what is printed
            await _give_up(database, made.id)
            raise
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
            text = N_("%(file)s has not the columns of %(profile)s")
            raise CommandFailed(text, file=file, profile=profile)
    columns = mapping.columns | dict(_mapped(one, table) for one in wanted["mapped"])
    changes = {name: wanted[name] for name in ("zone", "owner") if wanted[name]}
    if wanted["day_first"]:
        changes["month_first"] = False
    mapping = msgspec.structs.replace(mapping, columns=columns, **changes)
    if not is_complete(mapping, table.header):
        names = ", ".join(table.header)
        text = N_("say --map title=COLUMN and --map happened=COLUMN; columns: %(names)s")
        raise CommandFailed(text, names=names)
    try:
        ZoneInfo(mapping.zone)
    except (KeyError, ValueError, OSError) as error:
        text = N_("there is no time zone %(zone)s")
        raise CommandFailed(text, zone=repr(mapping.zone)) from error
    source = wanted["source"] or (before.source if before else source_of(file.name, profile))
    return profile, source, mapping


def _mapped(option: str, table: Table) -> tuple[str, str]:
    key, _, column = option.partition("=")
    if key not in FIELD:
        text = N_("there is no field %(field)s; fields: %(names)s")
        raise CommandFailed(text, field=repr(key), names=", ".join(FIELD))
    if column not in table.header:
        text = N_("there is no column %(column)s; columns: %(names)s")
        raise CommandFailed(text, column=repr(column), names=", ".join(table.header))
    return key, column


async def _give_up(database: Database, run_id: int) -> None:
    """End an import whose command ends before it."""
    async with database.writing() as db:
        run_ = await find_run(db, operator().actor, run_id, lock=True)
        await interrupt(db, operator(), run_)


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
    _tell_rows([(one.line, one.reasons) for one in rows[:_MOST_TOLD]], ended.rejected)
    _tell_flagged(ended.forecast or {}, ended.flagged)
    if rejected:
        lines = [(one.line, one.reasons, one.cells) for one in rows]
        content = rejected_csv(ended.header, lines, terminal_language())
        try:
            write_whole(rejected, content.encode())
        except OSError as error:
            text = N_("cannot write %(file)s: %(reason)s")
            raise CommandFailed(text, file=rejected, reason=error.strerror) from error
        say(N_("Rejected rows: %(file)s"), err=True, file=rejected)
    if ended.stage is Stage.FAILED:
        raise CommandFailed(ended.fault)
    if interrupted or ended.stage in (Stage.CANCELLED, Stage.INTERRUPTED):
        return INTERRUPTED
    return WITH_REJECTIONS if ended.rejected else 0


def _stop_at_signal() -> Callable[[], bool]:
    """From now on Ctrl-C, SIGTERM and a terminal that closes are remembered, and end the import
    between two parts; what is started with ``nohup`` outlives its terminal."""
    stop = asyncio.Event()
    for wanted in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if wanted is signal.SIGHUP and signal.getsignal(wanted) is signal.SIG_IGN:
            continue
        asyncio.get_running_loop().add_signal_handler(wanted, stop.set)
    return stop.is_set


class _Progress:
    """How far it is, on the terminal's last line; each figure once."""

    def __init__(self) -> None:
        self._read = -1

    def part(self, run_: ImportRun) -> None:
        """Tell of a part that was imported."""
        if run_.read == self._read:  # the end of the file is a part of no rows
            return
        self._read = run_.read
        told = said(N_("%(done)s of %(all)s rows …"), done=run_.read, all=run_.total)
        click.echo(f"\r{told}", nl=False, err=True)

    def end(self) -> None:
        """Leave the line."""
        click.echo("", err=True)


def _tell_forecast(forecast: Forecast) -> None:
    text = N_(
        "Would import %(new)s new of %(total)s rows: %(known)s known, %(rejected)s rejected,"
        " %(flagged)s flagged."
    )
    say(text, **_figures(forecast), total=forecast.total)
    _tell_rows(forecast.examples, forecast.rejected)
    _tell_flagged({"odd": forecast.odd}, forecast.flagged)


def _tell_rows(rows: Sequence[Any], count: int) -> None:
    """The first rows that are not taken, with their reasons; ``count`` are all."""
    for line, reasons in rows:
        why = "; ".join(reason_words(reasons, terminal_language()))
        say(N_("  line %(line)s: %(why)s"), err=True, line=line, why=why)
    _tell_more(len(rows), count)


def _tell_flagged(forecast: dict[str, Any], count: int) -> None:
    """The first rows that are flagged, with what is odd about them; ``count`` are all."""
    rows = forecast.get("odd", [])[:count]
    for line, flags in rows:
        why = "; ".join(said(word) for word in flag_words(flags))
        say(N_("  line %(line)s, flagged: %(why)s"), err=True, line=line, why=why)
    _tell_more(len(rows), count)


def _tell_more(told: int, count: int) -> None:
    if told < count:
        say(N_("  … and %(count)s more"), err=True, count=count - told)


def _tell_end(run_: ImportRun) -> None:
    text = {
        Stage.DONE: N_("Imported: %(read)s of %(total)s rows read: %(counts)s."),
        Stage.CANCELLED: N_("Stopped: %(read)s of %(total)s rows read: %(counts)s."),
        Stage.INTERRUPTED: N_("Interrupted: %(read)s of %(total)s rows read: %(counts)s."),
        Stage.FAILED: N_("Failed: %(read)s of %(total)s rows read: %(counts)s."),
    }[run_.stage]
    say(text, read=run_.read, total=run_.total, counts=said(_COUNTS, **_figures(run_)))


def _figures(counted: ImportRun | Forecast) -> dict[str, Any]:
    names = ("new", "known", "rejected", "flagged")
    return {name: getattr(counted, name) for name in names}
