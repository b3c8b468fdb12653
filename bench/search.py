"""How long a search takes in 70,000 texts, against a LIKE scan of the same texts.

``.venv/bin/python -m bench.search [texts]``; PostgreSQL is measured where its server is installed.
"""

import asyncio
import random
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy import BigInteger, Column, MetaData, Select, Table, Text, func, insert, select, text

from portal.kernel.db.searching import SearchIndex
from portal.kernel.db.unit import Database
from tests.support.postgres import cluster

INDEX = SearchIndex("bench")
TEXTS = Table("texts", MetaData(), Column("id", BigInteger, primary_key=True), Column("body", Text))
COMMON = (
    "收割机 拖拉机 液压 油缸 发动机 变速箱 皮带 轴承 齿轮 割台 漏油 异响 过热 停机 断裂 磨损 "
    "投诉 客户 维修 上门 工程师 派工 回访 未处理 物业 电梯 停电 渗水 墙面 噪音 业主 房屋 验收 "
    "的 了 在 和 是 已 请"
)
RARE = "漏水 水龙头 退货 密封圈 天花板 扰民"
QUESTIONS = "漏 漏水 水龙头 退货 收割机 的 收割机漏油 1 13 138 0042 13800000042 SN-88A42 漏水+退货"


def _bodies(count: int) -> list[str]:
    dice = random.Random(1)
    return [
        "".join(dice.choices(COMMON.split(), k=dice.randint(20, 120)))
        + (dice.choice(RARE.split()) if dice.random() < 0.02 else "")
        + f"，电话138{dice.randrange(10**8):08}，序列号SN-{dice.randrange(100)}A{n}"
        for n in range(count)
    ]


async def _measure(name: str, url: str, bodies: list[str]) -> None:
    database = Database(url)
    async with database.writing() as db:
        connection = await db.connection()
        await connection.run_sync(INDEX.create)
        await connection.run_sync(TEXTS.metadata.create_all)
        await db.execute(insert(TEXTS), [{"id": n, "body": b} for n, b in enumerate(bodies, 1)])
        start = perf_counter()
        for number, body in enumerate(bodies, 1):
            await INDEX.put(db, number, body)
        each = (perf_counter() - start) / len(bodies)
    print(f"\n{name}: {len(bodies):,} texts, {each * 1e3:.2f} ms to put one")
    print(f"{'question':<14}{'found':>8}{'index, ms':>12}{'LIKE, ms':>12}{'ratio':>8}")
    async with database.writing() as db:
        await db.execute(text("analyze"))
    for question in QUESTIONS.split():
        asked = question.replace("+", " ")
        ids = INDEX.matching(database.engine.dialect.name, asked).subquery()
        by_index = select(func.count()).select_from(TEXTS).where(TEXTS.c.id.in_(select(ids)))
        by_scan = select(func.count()).select_from(TEXTS)
        for word in asked.split():
            by_scan = by_scan.where(TEXTS.c.body.like(f"%{word}%"))
        found, fast = await _time(database, by_index, 15)
        _, slow = await _time(database, by_scan, 3)
        print(f"{asked:<14}{found:>8,}{fast:>12.2f}{slow:>12.1f}{slow / fast:>8.0f}")
    await database.close()


async def _time(database: Database, query: Select[int], times: int) -> tuple[int, float]:
    taken = []
    async with database.reading() as db:
        for _ in range(times):
            start = perf_counter()
            found = await db.scalar(query)
            taken.append((perf_counter() - start) * 1e3)
    return found or 0, median(taken)


def main() -> None:
    bodies = _bodies(int(sys.argv[1]) if len(sys.argv) > 1 else 70_000)
    with tempfile.TemporaryDirectory() as folder:
        address = f"sqlite+aiosqlite:///{Path(folder) / 'bench.db'}"
        asyncio.run(_measure("SQLite", address, bodies))
    try:
        with cluster() as address:
            asyncio.run(_measure("PostgreSQL", address.format(database="postgres"), bodies))
    except RuntimeError as error:
        print(f"\nPostgreSQL: {error}")


if __name__ == "__main__":
    main()
