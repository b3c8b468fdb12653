"""The search index on both databases, held against reading every text."""

import random

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.kernel.db.searching import SearchIndex, is_compared
from portal.kernel.db.unit import Database
from portal.kernel.words import flat, words
from portal.people.models import Person
from portal.tables import METADATA

pytestmark = pytest.mark.every_value

INDEX = SearchIndex("trial")
VOCABULARY = (
    "收割机 拖拉机 液压 油缸 密封圈 发动机 变速箱 皮带 轴承 齿轮 链条 割台 滚筒 漏油 漏水 水龙头 "
    "异响 过热 停机 断裂 磨损 松动 投诉 客户 退货 换货 赔偿 维修 上门 工程师 派工 回访 不满意 "
    "未处理 超时 物业 电梯 停电 下水道 堵塞 天花板 渗水 墙面 开裂 噪音 扰民 车位 保安 保洁 "
    "业主 房屋 交付 验收 保修期 的 了 在 和 是 已 请 于 前 后 再次 昨天 今天 上午 三台 两次"
)
MARKS = ["，", "。", "；", "\n", "（", "）"]


@pytest.fixture
async def indexed(database: Database) -> Database:
    async with database.writing() as db:
        await (await db.connection()).run_sync(INDEX.create)
    return database


async def put(database: Database, *texts: str) -> None:
    async with database.writing() as db:
        for number, content in enumerate(texts, start=1):
            await INDEX.put(db, number, content)


async def ask(db: AsyncSession, question: str) -> list[int]:
    return sorted(await db.scalars(INDEX.matching(db.get_bind().dialect.name, question)))


async def found(database: Database, question: str) -> list[int]:
    async with database.reading() as db:
        return await ask(db, question)


@pytest.mark.parametrize("question", ["漏水", "水龙头", "退货", "收割机", "漏"])
async def test_words_that_others_do_not_find_are_found(indexed: Database, question: str) -> None:
    await put(indexed, "客户要求退货：收割机漏油，厨房水龙头漏水", "门锁损坏")
    assert await found(indexed, question) == [1]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("SN-88A/012", [1]),
        ("sn88a/012", [1]),
        ("ＳＮ－８８", [1]),
        ("012页", [3]),
        ("13800001234", [1, 2]),
        ("138-0000-1234", [1, 2]),
        ("138 0000 1234", [1, 2]),
        ("1234", [1, 2]),
        ("34", [1, 2]),
        ("138", [1, 2]),
        ("00001", [1, 2]),
        ("P06-2026-0001", [3]),
        ("p06", [3]),
        ("2026-0001", [3]),
        ("0001", [1, 2, 3]),
        ("0013", []),
        ("SN-88B", []),
    ],
)
async def test_serials_phones_and_numbers_are_found_whole_and_in_part(
    indexed: Database, question: str, expected: list[int]
) -> None:
    await put(
        indexed,
        "序列号SN-88A/012，电话13800001234",
        "致电 138 0000-1234",
        "案件 P06-2026-0001 第012页",
    )
    assert await found(indexed, question) == expected


async def test_every_word_must_match(indexed: Database) -> None:
    await put(indexed, "收割机漏油", "收割机异响", "水管漏油")
    assert await found(indexed, "漏油 收割") == [1]


async def test_the_characters_of_a_word_stand_in_a_row(indexed: Database) -> None:
    await put(indexed, "漏水管道", "漏水。水管", "水管漏水", "12345", "1234 a 2345")
    assert await found(indexed, "漏水管") == [1]
    assert await found(indexed, "12345") == [4]


async def test_any_part_of_a_text_is_found_and_nothing_else(indexed: Database) -> None:
    dice = random.Random(20261121)
    texts = [_text(dice) for _ in range(1_000)]
    await put(indexed, *texts)
    async with indexed.reading() as db:
        for _ in range(400):
            question = _part(dice, dice.choice(texts))
            expected = [n for n, text in enumerate(texts, start=1) if question in text]
            assert await ask(db, question) == expected, question


def _text(dice: random.Random) -> str:
    length = dice.randint(50, 3_000)
    text = ""
    while len(text) < length:
        text += "".join(dice.choices(VOCABULARY.split(), k=dice.randint(2, 8))) + dice.choice(MARKS)
    return text[:length]


def _part(dice: random.Random, text: str) -> str:
    """One to four characters in a row."""
    while True:
        start = dice.randrange(len(text))
        part = text[start : start + dice.randint(1, 4)]
        if part.isalpha():
            return part


async def test_what_a_tsvector_forgets_is_found(indexed: Database) -> None:
    dice = random.Random(7)
    filling = "".join(chr(dice.randint(0x4E00, 0x9FFF)) for _ in range(60_000))
    await put(indexed, filling + "哈" * 600 + "漏水龙头" * 300 + "终点")
    for question in ("哈哈漏水", "头终点", filling[-9:]):
        assert await found(indexed, question) == [1]


async def test_a_text_of_nothing_but_different_terms_fits(indexed: Database) -> None:
    everything = "".join(chr(n) for n in range(0x20000, 0x2A000))
    await put(indexed, everything + everything[::-1] + everything[::2])
    assert await found(indexed, everything[100:104]) == [1]


async def test_another_text_takes_the_place_of_the_first(indexed: Database) -> None:
    await put(indexed, "漏水")
    await put(indexed, "漏油")
    assert (await found(indexed, "漏水"), await found(indexed, "漏")) == ([], [1])


async def test_what_is_removed_is_not_found_and_may_be_removed_twice(indexed: Database) -> None:
    await put(indexed, "漏水", "漏水")
    for _ in range(2):
        async with indexed.writing() as db:
            await INDEX.remove(db, 1)
        assert await found(indexed, "漏") == [2]


async def test_a_cleared_index_finds_nothing_and_is_filled_anew(indexed: Database) -> None:
    await put(indexed, "漏水", "漏水")
    async with indexed.writing() as db:
        await INDEX.clear(db)
    assert await found(indexed, "漏水") == []
    await put(indexed, "漏水")
    assert await found(indexed, "漏水") == [1]


async def test_what_is_rolled_back_leaves_no_trace(indexed: Database) -> None:
    await put(indexed, "漏水", "漏水")
    async with indexed.writing() as db:
        await INDEX.put(db, 1, "漏油")
        await INDEX.remove(db, 2)
        await INDEX.put(db, 3, "漏气")
        assert await ask(db, "漏") == [1, 3]
        await db.rollback()
    assert await found(indexed, "漏水") == await found(indexed, "漏") == [1, 2]


@pytest.mark.parametrize("question", ["", " ", "？", "🔥", '"', "'", "*", "\0", "'&|!:*"])
async def test_marks_alone_find_nothing(indexed: Database, question: str) -> None:
    await put(indexed, "漏水？🔥 \"'*&|!")
    assert await found(indexed, question) == []


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("漏* OR x", [1]),
        ('"漏水', [1]),
        ("漏:*&", [1]),
        ("NOT 漏水", []),
        ("terms:漏水", []),
        ("水 NEAR 漏", []),
        ("漏' | '油", []),
    ],
)
async def test_operators_are_words_or_marks(
    indexed: Database, question: str, expected: list[int]
) -> None:
    await put(indexed, "漏水 or terms x")
    assert await found(indexed, question) == expected


async def test_an_empty_text_can_be_put(indexed: Database) -> None:
    await put(indexed, "", "漏水")
    assert await found(indexed, "漏") == [2]


ANYTHING = st.text(st.characters(codec=None) | st.sampled_from("漏水管SNａ01 -，。/\0\"*'"))


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(before=ANYTHING, question=ANYTHING, after=ANYTHING)
async def test_any_text_is_found_by_exactly_the_words_it_holds(
    indexed: Database, before: str, question: str, after: str
) -> None:
    async with indexed.writing() as db:
        for content in (before + question + after, before + after):
            sought = [word.flat for word in words(question)]
            holds = sought and all(word in flat(content) for word in sought)
            await INDEX.put(db, 1, content)
            assert await ask(db, question) == ([1] if holds else [])


async def test_a_very_long_question_is_none_either(indexed: Database) -> None:
    await put(indexed, "漏水" * 1_000)
    assert await found(indexed, "漏水" * 100_000) == [1]
    assert await found(indexed, "漏 " * 100_000) == [1]
    assert await found(indexed, "ab cd " * 100_000) == []
    many = " ".join(chr(0x4E00 + n) for n in range(1_000))
    assert await found(indexed, many) == []


async def test_matching_joins_other_conditions(indexed: Database) -> None:
    await put(indexed, "漏水", "漏水")
    async with indexed.reading() as db:
        ids = INDEX.matching(db.get_bind().dialect.name, "漏水")
        by_in = select(Person.id).where(Person.id.in_(ids), Person.id != 1)
        assert list(await db.scalars(by_in)) == [2]
        sub = ids.subquery()
        by_join = select(Person.id).join(sub, Person.id == sub.c[0])
        assert sorted(await db.scalars(by_join)) == [1, 2]


async def test_an_index_is_out_of_the_way_of_migrations_and_leaves_without_a_trace(
    indexed: Database,
) -> None:
    def differences(connection: Connection) -> list[str]:
        options = {"include_name": is_compared, "target_metadata": METADATA}
        found = compare_metadata(MigrationContext.configure(connection, opts=options), METADATA)
        return [str(difference) for difference in found if "trial" in str(difference)]

    def tables(connection: Connection) -> list[str]:
        return [name for name in inspect(connection).get_table_names() if "trial" in name]

    async with indexed.writing() as db:
        connection = await db.connection()
        assert await connection.run_sync(tables)
        assert await connection.run_sync(differences) == []
        await connection.run_sync(INDEX.drop)
        assert await connection.run_sync(tables) == []
