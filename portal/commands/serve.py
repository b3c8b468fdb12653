"""``serve`` and ``worker``: the running portal."""

import asyncio
import contextlib
import errno
import signal
import socket
from collections.abc import Iterator

import click
import structlog
import uvicorn

from portal.app import Portal
from portal.commands.demo import print_accounts
from portal.commands.migrate import number_of
from portal.commands.running import CommandFailed, opened, operator, run, say
from portal.commands.servers import known_here
from portal.commands.user import print_invitation
from portal.demonstration.accounts import ACCOUNTS, PASSWORD
from portal.demonstration.making import is_demonstration, make
from portal.equipping import equip
from portal.kernel.db.migrating import migrate
from portal.kernel.db.unit import Database
from portal.kernel.i18n import N_
from portal.kernel.settings import Settings, listening_address
from portal.notices.live import Live
from portal.people.counting import is_empty, is_founding
from portal.people.inviting import invite
from portal.people.pages.sign_in import DemoAccounts
from portal.people.roles import LABELS
from portal.worker import work


class Server(uvicorn.Server):
    """Ends the live streams before it waits for requests to end."""

    def __init__(self, config: uvicorn.Config, live: Live) -> None:
        super().__init__(config)
        self._live = live

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `_serve`: raised again after serving, as the base class does, they
        would cut off what still has to end in order."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._live.stop()
        await super().shutdown(sockets)


@click.command()
@click.option(
    "--empty", is_flag=True, help="No demonstration: print a link for the first administrator."
)
@click.option("--no-worker", is_flag=True, help="Leave the recurring jobs to `worker`.")
def serve(empty: bool, no_worker: bool) -> None:
    """Serve the portal; migrates first, and fills a new one with the demonstration company."""
    run(_serve(empty, with_worker=not no_worker))


@click.command()
def worker() -> None:
    """Run the recurring jobs only, beside other processes that serve."""
    run(_work())


async def _serve(empty: bool, *, with_worker: bool) -> None:
    # Before anything else: where the port is in use, nothing is made in the home.
    with _listening(*listening_address()) as listener:
        async with opened(migrated=False) as (settings, database):
            with known_here(settings.home, settings.origin) as others:
                _warn_of(others, database)
                if applied := await migrate(database):
                    say(N_("database: %(name)s"), name=", ".join(map(number_of, applied)))
                await _prepare(settings, database, empty)
                demo = await _demo_accounts(database)
                portal = Portal(settings, database, demo=demo)
                stop = _stop_at_signal()
                _announce(settings, demo, await portal.state.press.missing())
                await _run_until_stopped(portal, settings, listener, stop, with_worker)
    say(N_("Stopped."))


def _warn_of(others: list[str], database: Database) -> None:
    """On PostgreSQL several are meant to run."""
    if others and database.is_sqlite:
        text = N_(
            "Another server uses this home: %(origins)s. No recurring job is done twice,"
            " but all wait for one writer. Stop it if it was forgotten."
        )
        say(text, err=True, origins=", ".join(others))


async def _prepare(settings: Settings, database: Database, empty: bool) -> None:
    act = operator()
    async with database.writing() as db:
        for version in await equip(db, act, settings.zone):
            say(N_("procedure: %(code)s %(edition)s"), code=version.code, edition=version.edition)
        is_new = await is_empty(db)
        # Once begun as a real portal it stays one, also where the next start forgets to say so.
        empty = empty or await is_founding(db)
    if is_new and empty:
        async with database.writing() as db:
            token = await invite(db, operator(), None)
        say(N_("This portal has nobody yet. To become its first administrator:"))
        print_invitation(settings.origin, token)
    elif is_new:
        say(N_("A new portal: making the demonstration company …"))
        await make(database, operator(), settings.zone)


async def _demo_accounts(database: Database) -> DemoAccounts:
    async with database.reading() as db:
        if not await is_demonstration(db):
            return DemoAccounts()
    accounts = tuple((login, name, LABELS[role]) for login, name, role in ACCOUNTS)
    return DemoAccounts(accounts, PASSWORD)


def _announce(settings: Settings, demo: DemoAccounts, missing: str) -> None:
    if demo.accounts:
        say(N_("Demonstration accounts:"))
        print_accounts()
        if settings.host not in ("127.0.0.1", "localhost", "::1"):
            say(N_("Anybody who reaches this address knows these accounts."))
    if missing:
        say(N_("PDF files need: apt-get install %(packages)s"), packages=missing)
    say(N_("Data in %(home)s. Ctrl-C stops."), home=settings.home)
    # One line for all languages: scripts wait for it.
    click.echo(f"Bihuan is at {settings.origin}")


async def _run_until_stopped(
    portal: Portal,
    settings: Settings,
    listener: socket.socket,
    stop: asyncio.Event,
    with_worker: bool,
) -> None:
    config = uvicorn.Config(
        portal,
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="on",
        timeout_graceful_shutdown=5,
    )
    server = Server(config, portal.state.live)
    jobs = asyncio.create_task(work(portal.database, settings, stop)) if with_worker else None
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stop.set()
    await serving
    if jobs:
        await jobs


def _stop_at_signal() -> asyncio.Event:
    """From now on Ctrl-C and SIGTERM set the event, and do nothing else."""
    stop = asyncio.Event()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(wanted, stop.set)
    return stop


async def _work() -> None:
    stop = _stop_at_signal()
    async with opened() as (settings, database):
        structlog.get_logger().info("worker.started", links_to=settings.origin)
        await work(database, settings, stop)


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """The listening socket, taken before anything slow is done."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # Only listening takes the port for good: two processes may both bind it.
        listener.listen(socket.SOMAXCONN)
    except OSError as error:
        listener.close()
        taken = error.errno == errno.EADDRINUSE
        reason = N_("the port is in use; choose another with PORT") if taken else error.strerror
        text = N_("cannot listen on %(place)s: %(reason)s")
        raise CommandFailed(text, place=f"{host}:{port}", reason=reason) from error
    with listener:
        yield listener
