"""Running seeds: one process of Node with the real client, one portal, a database for each seed."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from portal.cases.effects import carrying_out
from portal.effects import EFFECTS
from portal.kernel.db.unit import Database
from tests.field.simulation.company import Company, Jobs, furnish
from tests.field.simulation.judging import judge
from tests.support.cast import NOON
from tests.support.databases import Postgres, Sqlite

HERE = Path(__file__).parent
CORE = HERE.parents[2] / "static/js/field/core"
# No seed takes as long, unless something is stuck.
PATIENCE = 120
_LONGEST_LINE = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a seed: what did not hold, and how often what went wrong."""

    seed: int
    violations: list[str]
    stats: dict[str, int] = field(default_factory=dict)


class Template:
    """A furnished company, copied for each seed under one address."""

    def __init__(self, kind: Sqlite | Postgres, url: str, jobs: Jobs) -> None:
        self.kind, self.url, self.jobs = kind, url, jobs

    async def renew(self, database: Database) -> None:
        """Put the furnished company under the address again."""
        await database.engine.dispose()
        if isinstance(self.kind, Sqlite):
            path = Path(self.url.removeprefix("sqlite+aiosqlite:///"))
            for old in path.parent.glob(f"{path.name}*"):
                old.unlink()
            shutil.copy(self.kind.folder / "furnished.db", path)
        else:
            self.kind.execute("DROP DATABASE IF EXISTS simulated WITH (FORCE)")
            self.kind.execute("CREATE DATABASE simulated TEMPLATE furnished")


async def furnished(kind: Sqlite | Postgres) -> Template:
    """``kind`` must be prepared."""
    url = kind.fresh()
    database = Database(url, info=carrying_out(EFFECTS))
    jobs = await furnish(database)
    await database.close()
    if isinstance(kind, Sqlite):
        shutil.copy(url.removeprefix("sqlite+aiosqlite:///"), kind.folder / "furnished.db")
        return Template(kind, f"sqlite+aiosqlite:///{kind.folder / 'simulated.db'}", jobs)
    kind.execute("DROP DATABASE IF EXISTS furnished WITH (FORCE)")
    kind.execute(f'ALTER DATABASE "{make_url(url).database}" RENAME TO furnished')
    return Template(kind, kind.address.format(database="simulated"), jobs)


class Simulator:
    """Runs seeds one after another with the client in ``core``."""

    def __init__(self, template: Template, company: Company, core: Path) -> None:
        self.template, self.company, self.core = template, company, core
        self.node: asyncio.subprocess.Process | None = None

    async def run(self, seed: int, ops: int) -> Verdict:
        await self.template.renew(self.company.database)
        self.company.begin()
        self.node = self.node or await self._start()
        given = {
            "seed": seed,
            "ops": ops,
            "jobs": self.template.jobs.own,
            "now": NOON.timestamp() * 1000,
        }
        self._say({"run": given})
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._serve(seed)
        except TimeoutError:
            await self.stop()
            return Verdict(seed, [f"not done after {PATIENCE} s"])

    async def stop(self) -> None:
        """End the client, whatever it does."""
        if self.node is not None:
            if self.node.returncode is None:
                self.node.kill()
            await self.node.wait()
            self.node = None

    async def _start(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            "node",
            str(HERE / "main.js"),
            str(self.core / "field.js"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LONGEST_LINE,
        )

    async def _serve(self, seed: int) -> Verdict:
        assert self.node
        assert self.node.stdout
        while line := await self.node.stdout.readline():
            message = json.loads(line)
            if done := message.get("done"):
                return Verdict(seed, done["violations"], done["stats"])
            answer = await self._answer(message)
            self._say({"id": message["id"], **answer})
        await self.stop()
        return Verdict(seed, ["the client stopped: it waits for what never comes"])

    async def _answer(self, message: dict[str, Any]) -> dict[str, Any]:
        if request := message.get("http"):
            return await self.company.http(request)
        told = message["tell"]
        self.company.at(told["now"])
        if told["act"] == "judge":
            return {"violations": await judge(self.company, told)}
        if told["act"] == "worker":
            await self.company.work()
        else:
            await self.company.act(told["act"], told["job"], told["pick"])
        return {}

    def _say(self, message: dict[str, Any]) -> None:
        assert self.node
        assert self.node.stdin
        self.node.stdin.write(json.dumps(message).encode() + b"\n")


@asynccontextmanager
async def simulating(template: Template, home: Path, core: Path = CORE) -> AsyncIterator[Simulator]:
    database = Database(template.url, info=carrying_out(EFFECTS))
    company = Company.founded(database, home, template.url)
    simulator = Simulator(template, company, core)
    try:
        yield simulator
    finally:
        await simulator.stop()
        await database.close()
