"""``python -m e2e.stopped_clock``: the portal as it is served, with the demonstration company, but
its clock stands where ``clock.txt`` in its home says, and deadlines are swept when it moves.
"""

import asyncio
import os
import signal
import time
from datetime import datetime
from pathlib import Path

import uvicorn

from portal.app import Portal
from portal.cases.effects import carrying_out
from portal.demonstration.making import make
from portal.effects import EFFECTS
from portal.equipping import equip
from portal.kernel.act import Act, System, Via
from portal.kernel.db.migrating import migrate
from portal.kernel.db.unit import Database
from portal.kernel.settings import Settings, read_settings
from portal.notices.channels import open_channels
from portal.worker import sweep_limits

CLOCK, SWEPT = "clock.txt", "swept.txt"


def begin(home: Path, at: datetime) -> None:
    """Have the clock of the portal that will be served there stand at ``at``."""
    _replace(home / CLOCK, at.isoformat())


def move_on(home: Path, at: datetime, patience: float = 20) -> None:
    """Move the clock to ``at``; every deadline up to then has been taken up when this returns, or
    `TimeoutError` after so many seconds."""
    begin(home, at)
    until = time.monotonic() + patience
    while (home / SWEPT).read_text() != at.isoformat():
        if time.monotonic() > until:
            raise TimeoutError(f"the deadlines up to {at} were not swept")
        time.sleep(0.05)


def _replace(file: Path, content: str) -> None:
    beside = file.with_suffix(".new")
    beside.write_text(content)
    beside.replace(file)


async def _sweep(database: Database, settings: Settings) -> None:
    swept = ""
    while True:
        now = (settings.home / CLOCK).read_text()
        if now != swept:
            await sweep_limits(database, settings, datetime.fromisoformat(now))
            swept = now
            _replace(settings.home / SWEPT, swept)
        await asyncio.sleep(0.1)


async def _serve(settings: Settings) -> None:
    def clock() -> datetime:
        return datetime.fromisoformat((settings.home / CLOCK).read_text())

    info = open_channels(settings) | carrying_out(EFFECTS)
    database = Database(settings.database_url, info=info)
    act = Act.now(System("e2e"), clock(), Via.JOB)
    await migrate(database)
    async with database.writing() as db:
        await equip(db, act, settings.zone)
    await make(database, act, settings.zone)
    portal = Portal(settings, database, clock=clock)
    config = uvicorn.Config(
        portal, port=settings.port, log_level="warning", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, portal.state.live.stop)
    sweeping = asyncio.create_task(_sweep(database, settings))
    print(f"Bihuan is at {settings.origin}", flush=True)
    await server.serve()
    sweeping.cancel()
    await database.close()


if __name__ == "__main__":
    asyncio.run(_serve(read_settings(os.environ)))
