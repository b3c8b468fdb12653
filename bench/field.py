"""How many operations a second the ledger applies on SQLite, each batch committed and on the disk.

``.venv/bin/python -m bench.field``. Batches of fifty, as phones send them, one after another.
"""

import asyncio
import tempfile
from pathlib import Path
from time import perf_counter

from field.ledger import receive
from tests.cases.support import ZONE
from tests.field.support import Phone, batch, job_of, phone_of
from tests.support.cast import NOON
from tests.support.databases import Sqlite, opened

BATCHES = 100
KINDS = (
    ("note", {"text": "已检查液压油管接头"}),
    ("part", {"name": "油封", "quantity": 1}),
    ("tool", {"name": "扳手"}),
    ("reading", {"name": "压力", "value": "1.2", "unit": "MPa"}),
    ("fault", {"text": "油封老化"}),
)


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        kind = Sqlite(Path(folder))
        await kind.prepare()
        async with opened(kind.fresh()) as database:
            _, job = await job_of(database)
            phone: Phone = await phone_of(database)
            calls = [
                batch(*(phone.op(KINDS[n % 5][0], job, KINDS[n % 5][1]) for n in range(50)))
                for _ in range(BATCHES)
            ]
            for again in ("first", "again"):
                start = perf_counter()
                for call in calls:
                    await receive(database, phone.key, call, NOON, ZONE)
                taken = perf_counter() - start
                print(f"{again}: {50 * BATCHES / taken:,.0f} operations a second")


if __name__ == "__main__":
    asyncio.run(main())
