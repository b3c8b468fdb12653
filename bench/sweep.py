"""How long the sweep takes for many limits that lapse at once, each with its rung and notices.

    python -m bench.sweep            # 500 and 5,000 cases on SQLite, in a temporary folder

Ratios: seconds a thousand cases at 5,000 against 500 (1.0 is linear), and against the 30 s in which
5,000 must be done.
"""

import asyncio
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from portal.calendar.days import SHANGHAI
from portal.cases.effects import carrying_out
from portal.cases.opening import Registration, open_case
from portal.cases.sweeping import sweep
from portal.customers.registering import Caller
from portal.effects import EFFECTS
from portal.kernel.act import Act, Staff, Via
from portal.kernel.db.migrating import migrate
from portal.kernel.db.unit import Database
from portal.kernel.logs import configure_logs
from tests.support.cast import NOON, make_cast

FEW, MANY = 500, 5_000


async def _seconds(folder: Path, cases: int) -> float:
    """Seconds of one sweep that takes up a reminder, a lapse and a rung of each case."""
    database = Database(f"sqlite+aiosqlite:///{folder / str(cases)}.db", info=carrying_out(EFFECTS))
    await migrate(database)
    await make_cast(database)
    clerk = Act.now(Staff(1, "clerk", frozenset({"intake_clerk"})), NOON, Via.PAGE)
    given = Registration(
        code="P06",
        subject="收割机漏油",
        details="",
        caller=Caller("孙大爷", "13912345678"),
        channel="phone",
        received_at=NOON,
    )
    for start in range(0, cases, 100):
        async with database.writing() as db:
            for _ in range(start, min(start + 100, cases)):
                await open_case(db, clerk, given, SHANGHAI)
    began = time.perf_counter()
    taken = await sweep(database, SHANGHAI, NOON + timedelta(hours=7))
    seconds = time.perf_counter() - began
    assert taken == 3 * cases, taken
    await database.close()
    return seconds


async def main() -> None:
    configure_logs()
    with tempfile.TemporaryDirectory() as folder:
        few = await _seconds(Path(folder), FEW)
        many = await _seconds(Path(folder), MANY)
    print(f"{FEW} cases {few:.1f} s, {MANY} cases {many:.1f} s")
    print(f"a case at {MANY} against {FEW}: {many / MANY / (few / FEW):.2f}")
    print(f"{MANY} against the 30 s allowed: {many / 30:.2f}")


if __name__ == "__main__":
    asyncio.run(main())
