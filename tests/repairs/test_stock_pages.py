"""The lists of parts and tools, the vans, and where the books are wrong, as people see them."""

import re
from decimal import Decimal

import pytest
from sqlalchemy import select

from portal.kernel.db.unit import Database
from portal.repairs.models import Part, StockDiscrepancy, StockMovement, Tool
from portal.repairs.stock_reading import stock_of
from tests.cases.support import journal
from tests.people.support import NewBrowser, person_id
from tests.repairs.support import employed
from tests.support.cast import NOON

PART = {"number": "yf-3502", "name": "骨架油封", "unit": "个", "price": "12.50", "is_current": "y"}


async def a_part(database: Database, number: str = "YF-1", name: str = "油封") -> int:
    async with database.writing() as db:
        part = Part(number=number, name=name, unit="个", price=None, is_current=True)
        db.add(part)
    return part.id


async def parts(database: Database) -> list[Part]:
    async with database.reading() as db:
        return list(await db.scalars(select(Part).order_by(Part.id)))


async def held(database: Database) -> list[Decimal]:
    engineer = await person_id(database, "engineer")
    async with database.reading() as db:
        return [one.quantity for one in await stock_of(db, engineer)]


@pytest.mark.parametrize("login", ["dispatcher", "admin"])
async def test_a_part_is_entered_found_and_amended(
    database: Database, browser: NewBrowser, login: str
) -> None:
    keeper = await browser(login)
    assert (await keeper.post("/parts", PART)).status_code == 303
    [part] = await parts(database)
    assert (part.number, part.price, part.is_current) == ("YF-3502", Decimal("12.50"), True)
    for words in ("3502", "骨架", "yf 油封"):
        found = await keeper.client.get("/parts", params={"q": words})
        assert f"/parts/{part.id}/edit" in found.text
    assert "没有匹配的配件" in (await keeper.client.get("/parts", params={"q": "轴承"})).text
    changed = {**PART, "version": part.version, "price": "", "is_current": ""}
    assert (await keeper.post(f"/parts/{part.id}", changed)).status_code == 303
    [part] = await parts(database)
    assert (part.price, part.is_current) == (None, False)
    assert [one for one in await journal(database) if one.startswith("part.")] == [
        "part.added",
        "part.amended",
    ]


async def test_what_somebody_else_changed_meanwhile_is_shown_and_kept(
    database: Database, browser: NewBrowser
) -> None:
    keeper = await browser("dispatcher")
    key = await a_part(database)
    form = {**PART, "version": 1, "name": "甲"}
    assert (await keeper.post(f"/parts/{key}", form)).status_code == 303
    answer = await keeper.post(f"/parts/{key}", {**form, "name": "乙"})
    assert answer.status_code == 409
    assert "甲" in answer.text
    assert "乙" in answer.text
    assert (await parts(database))[0].name == "甲"


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("number", " ", "此项必填"),
        ("number", "YF-1", "该编号已被使用"),
        ("price", "12.345", ""),
        ("price", "-1", ""),
        ("price", "NaN", ""),
        ("unit", "x" * 21, ""),
    ],
)
async def test_what_is_wrong_is_said_beside_the_field_and_nothing_typed_is_lost(
    database: Database, browser: NewBrowser, field: str, typed: str, said: str
) -> None:
    keeper = await browser("dispatcher")
    await a_part(database)
    answer = await keeper.post("/parts", {**PART, field: typed})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert said in answer.text
    assert "骨架油封" in answer.text
    assert len(await parts(database)) == 1


async def test_a_tool_shows_until_when_its_calibration_holds_and_warns_after(
    database: Database, browser: NewBrowser
) -> None:
    """P06.5 (000 IATF)."""
    keeper = await browser("dispatcher")
    for number, until in (("T-1", "2026-11-19"), ("T-2", "2026-11-20"), ("T-3", "")):
        form = {"number": number, "name": f"表{number}", "calibrated_until": until}
        assert (await keeper.post("/tools", form | {"is_current": "y"})).status_code == 303
    text = (await keeper.get("/tools")).text
    rows = re.findall(r"<tr>.*?</tr>", text, re.DOTALL)[1:]
    assert ["校准已过期" in row for row in rows] == [True, False, False]
    async with database.reading() as db:
        first = (await db.scalars(select(Tool).order_by(Tool.id))).first()
    assert first
    assert "2026-11-19" in (await keeper.get(f"/tools/{first.id}/edit")).text
    again = {"number": "t-1", "name": "另一只", "calibrated_until": ""}
    assert (await keeper.post("/tools", again)).status_code == 422


async def test_parts_are_handed_out_and_taken_back_and_a_form_sent_twice_counts_once(
    database: Database, browser: NewBrowser
) -> None:
    keeper, key = await browser("dispatcher"), await a_part(database)
    engineer = await person_id(database, "engineer")
    page = (await keeper.get(f"/van-stock/{engineer}")).text
    once = re.findall(r'name="_once" value="([^"]+)"', page)[0]
    form = {"way": "handed_out", "part": str(key), "quantity": "5", "_once": once}
    for _ in range(2):
        answer = await keeper.post(f"/van-stock/{engineer}/movements", form)
        assert answer.status_code == 303
    assert await held(database) == [Decimal(5)]
    back = {"way": "taken_back", "part": str(key), "quantity": "1.5", "note": "换季"}
    assert (await keeper.post(f"/van-stock/{engineer}/movements", back)).status_code == 303
    assert await held(database) == [Decimal("3.5")]
    page = (await keeper.get(f"/van-stock/{engineer}")).text
    assert "+5" in page
    assert "-1.5" in page
    assert "换季" in page
    assert "YF-1" in (await (await browser("engineer")).get(f"/van-stock/{engineer}")).text


@pytest.mark.parametrize("quantity", ["", "0", "-1", "NaN", "1e9", "0.0001", "x"])
async def test_a_quantity_that_is_none_moves_nothing(
    database: Database, browser: NewBrowser, quantity: str
) -> None:
    keeper, key = await browser("dispatcher"), await a_part(database)
    engineer = await person_id(database, "engineer")
    form = {"way": "handed_out", "part": str(key), "quantity": quantity, "note": "备料"}
    answer = await keeper.post(f"/van-stock/{engineer}/movements", form)
    assert answer.status_code == 422
    assert "备料" in answer.text
    async with database.reading() as db:
        assert (await db.scalars(select(StockMovement))).all() == []


async def test_an_engineer_sees_their_own_van_and_hands_nothing_out(
    database: Database, browser: NewBrowser
) -> None:
    engineer, key = await browser("engineer"), await a_part(database)
    mine, other = await person_id(database, "engineer"), await employed(database, "other")
    assert (await engineer.get(f"/van-stock/{mine}")).status_code == 200
    assert (await engineer.get(f"/van-stock/{other}")).status_code == 404
    assert f"/van-stock/{other}" not in (await engineer.get("/van-stock")).text
    form = {"way": "handed_out", "part": str(key), "quantity": "5"}
    assert (await engineer.post(f"/van-stock/{mine}/movements", form)).status_code == 403
    assert await held(database) == []


async def test_a_difference_is_settled_with_a_reason(
    database: Database, browser: NewBrowser
) -> None:
    """Rule 20."""
    engineer, key = await person_id(database, "engineer"), await a_part(database)
    async with database.writing() as db:
        short = StockDiscrepancy(person_id=engineer, part_id=key, balance=Decimal(-2))
        short.opened_at = NOON
        db.add(short)
    keeper = await browser("dispatcher")
    own = f"/stock-discrepancies/{short.id}"
    assert own in (await keeper.get("/stock-discrepancies")).text
    assert "-2" in (await keeper.get(own)).text
    assert (await keeper.post(f"{own}/settlement", {"reason": " "})).status_code == 422
    assert (await keeper.post(f"{own}/settlement", {"reason": "漏登发料"})).status_code == 303
    assert (await keeper.post(f"{own}/settlement", {"reason": "再来"})).status_code == 409
    text = (await keeper.get(own)).text
    assert "漏登发料" in text
    assert "刘志强" in text
    assert "/settlement" not in text
