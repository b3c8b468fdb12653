"""python -m tests.field.simulation --seeds 1:200 --ops 200 [--postgres] [--bug NAME]"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import structlog

from tests.field.simulation.planting import BUGS, planted
from tests.field.simulation.running import CORE, furnished, simulating
from tests.support.databases import Postgres, Sqlite
from tests.support.postgres import cluster


async def main(args: argparse.Namespace, folder: Path) -> int:
    first, _, last = args.seeds.partition(":")
    with ExitStack() as stack:
        kind: Sqlite | Postgres = Sqlite(folder)
        if args.postgres:
            kind = Postgres(stack.enter_context(cluster()))
        await kind.prepare()
        template = await furnished(kind)
        core = planted(args.bug, folder / "core") if args.bug else CORE
        begun, seeds, failed, total = time.monotonic(), 0, 0, Counter[str]()
        async with simulating(template, folder / "home", core) as simulator:
            for seed in range(int(first), int(last or first) + 1):
                verdict = await simulator.run(seed, args.ops)
                seeds += 1
                total.update(verdict.stats)
                if verdict.violations:
                    failed += 1
                    print(f"seed {seed}:", *verdict.violations[:10], sep="\n  ", flush=True)
                    if args.bug or args.first:
                        break
    took = time.monotonic() - begun
    print(f"{seeds} seeds, {failed} with violations, {took:.0f} s", dict(total))
    return 1 if failed else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="1:20", help="from:to")
    parser.add_argument("--ops", type=int, default=200, help="operations for each seed")
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL")
    parser.add_argument("--first", action="store_true", help="stop at the first violation")
    parser.add_argument("--bug", choices=sorted(BUGS), help="with a bug planted, until it is found")
    return parser.parse_args()


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with tempfile.TemporaryDirectory(
        prefix="bihuan-simulation-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None
    ) as made:
        sys.exit(asyncio.run(main(arguments(), Path(made))))
