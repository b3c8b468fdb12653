"""Parts of the log move what is in the van, once; less than nothing is looked into (rule 20)."""

import asyncio
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from field.inbox import Setting, accept
from portal.cases.models import Case
from portal.customers.models import Device
from portal.kernel.db.unit import Database
from portal.kernel.journal.models import JournalEntry
from portal.kernel.journal.verifying import verify
from portal.kernel.problems import Problem
from portal.repairs.cataloguing import PartCard, ToolCard, save_part, save_tool
from portal.repairs.models import Part, StockDiscrepancy, StockMovement, Tool
from portal.repairs.stock_reading import stock_of
from portal.repairs.stocking import hand_out, settle
from tests.cases.support import ZONE, journal
from tests.cases.support import told as who_was_told
from tests.field.support import entries, job_of, outcomes, phone_of
from tests.field.test_feed import ask
from tests.people.support import NewBrowser, act_of, person_id
from tests.support.cast import NOON


async def part(database: Database, number: str = "YF-01", handed: str = "0") -> Part:
    """A part of the list, so many of which the engineer has."""
    act = await act_of(database, "dispatcher")
    made = Part()
    async with database.writing() as db:
        await save_part(db, act, made, PartCard(number, "油封", "个", Decimal("12.50")))
        if Decimal(handed):
            engineer = await person_id(database, "engineer")
            await hand_out(db, act, engineer, made, Decimal(handed), "")
    return made


async def tool(database: Database, number: str, until: date | None) -> None:
    act = await act_of(database, "dispatcher")
    async with database.writing() as db:
        await save_tool(db, act, Tool(), ToolCard(number, "绝缘电阻表", until))


async def stock(database: Database) -> dict[str, Decimal]:
    engineer = await person_id(database, "engineer")
    async with database.reading() as db:
        return {one.part.number: one.quantity for one in await stock_of(db, engineer)}


async def differences(database: Database) -> list[StockDiscrepancy]:
    async with database.reading() as db:
        return list(await db.scalars(select(StockDiscrepancy).order_by(StockDiscrepancy.id)))


async def test_parts_with_a_known_number_leave_the_van_and_come_back_once(
    database: Database,
) -> None:
    _, job = await job_of(database)
    await part(database, handed="10")
    phone = await phone_of(database)
    made = [
        phone.op("part", job, {"name": "油封", "number": " yf-01 ", "quantity": "2.5"}),
        phone.op("part_returned", job, {"name": "油封", "number": "YF-01", "quantity": 1}),
        phone.op("part", job, {"name": "垫片", "number": "NO-SUCH"}),
        phone.op("part", job, {"name": "油封"}),
    ]
    for _ in range(3):
        assert outcomes(await phone.send(*made)) == ["applied"] * 4
    assert await stock(database) == {"YF-01": Decimal("8.5")}
    async with database.reading() as db:
        rows = list(await db.scalars(select(StockMovement).order_by(StockMovement.id)))
        assert (await verify(db, [])).is_sound
    assert [row.kind for row in rows] == ["handed_out", "used", "returned"]
    assert [row.op_id for row in rows] == [None, made[0]["op_id"], made[1]["op_id"]]


async def test_a_void_gives_back_what_the_entry_took_once(database: Database) -> None:
    _, job = await job_of(database)
    await part(database, handed="3")
    phone = await phone_of(database)
    used = phone.op("part", job, {"name": "油封", "number": "YF-01", "quantity": 2})
    voids = [phone.op("void", job, {"op": used["op_id"]}, deps=[used["op_id"]]) for _ in range(2)]
    await phone.send(*voids, used)
    await phone.send(used, *voids)
    assert await stock(database) == {"YF-01": Decimal(3)}
    assert (await journal(database)).count("stock.voided") == 1


async def test_what_is_parked_moves_nothing_before_the_office_takes_it_over(
    database: Database, tmp_path: object
) -> None:
    """Rule 16."""
    _, job = await job_of(database)
    await part(database, handed="3")
    phone = await phone_of(database)
    strange = phone.op("part", job, {"name": "油封", "number": "YF-01"}, device_id="another")
    assert outcomes(await phone.send(strange)) == ["parked another_device"]
    assert await stock(database) == {"YF-01": Decimal(3)}
    act = await act_of(database, "dispatcher")
    async with database.writing() as db:
        await accept(db, act, strange["op_id"], Setting(ZONE, tmp_path))  # type: ignore[arg-type]
    assert await stock(database) == {"YF-01": Decimal(2)}


async def test_more_than_the_van_held_is_taken_and_somebody_is_asked_once(
    database: Database,
) -> None:
    """Rule 20: reality is never rejected."""
    it, job = await job_of(database)
    await part(database, handed="1")
    phone = await phone_of(database)
    made = phone.op("part", job, {"name": "油封", "number": "YF-01", "quantity": 3})
    assert outcomes(await phone.send(made)) == ["applied"]
    await phone.send(phone.op("part", job, {"name": "油封", "number": "YF-01"}))
    await phone.send(made)
    assert await stock(database) == {"YF-01": Decimal(-3)}
    [difference] = await differences(database)
    assert difference.balance == Decimal(-2)
    assert (difference.opened_at, difference.case_id) == (NOON, it.id)
    assert {one for one, _ in await who_was_told(database, "stock.short")} == {
        "admin",
        "dispatcher",
    }


@pytest.mark.parametrize("way", ["together", "void first"])
async def test_what_was_taken_back_before_it_was_sent_is_no_difference_rule_20(
    database: Database, way: str
) -> None:
    """A slip of the thumb: nobody is asked, and nothing is left that settled itself."""
    _, job = await job_of(database)
    await part(database)
    phone = await phone_of(database)
    slip = phone.op("part", job, {"name": "油封", "number": "YF-01", "quantity": 30})
    back = phone.op("void", job, {"op": slip["op_id"]}, deps=[slip["op_id"]])
    if way == "void first":
        assert outcomes(await phone.send(back)) == ["parked waits"]
    await phone.send(slip, back)
    assert await stock(database) == {}
    assert await differences(database) == []
    assert await who_was_told(database, "stock.short") == []
    assert (await journal(database)).count("stock.voided") == 1


async def test_what_is_left_of_a_call_after_its_voids_is_compared_rule_20(
    database: Database,
) -> None:
    it, job = await job_of(database)
    await part(database, handed="1")
    phone = await phone_of(database)
    body = {"name": "油封", "number": "YF-01", "quantity": 30}
    slip, right = phone.op("part", job, body), phone.op("part", job, body | {"quantity": 3})
    back = phone.op("void", job, {"op": slip["op_id"]}, deps=[slip["op_id"]])
    await phone.send(slip, right, back)
    [difference] = await differences(database)
    assert (difference.balance, difference.case_id) == (Decimal(-2), it.id)
    assert difference.settled_at is None


@pytest.mark.parametrize("way", ["void", "part_returned"])
async def test_a_difference_that_a_void_or_a_return_explains_is_settled_by_itself_rule_20(
    database: Database, browser: NewBrowser, way: str
) -> None:
    _, job = await job_of(database)
    await part(database, handed="1")
    phone = await phone_of(database)
    body = {"name": "油封", "number": "YF-01", "quantity": 3}
    used = phone.op("part", job, body)
    await phone.send(used)
    # Not enough of it: it stays open.
    await phone.send(phone.op("part_returned", job, {**body, "quantity": 1}))
    assert [one.settled_at for one in await differences(database)] == [None]
    again = phone.op(way, job, {"op": used["op_id"]} if way == "void" else body)
    await phone.send(again)
    [settled] = await differences(database)
    assert (settled.settled_at, settled.settled_by_id, settled.reason) == (NOON, None, "")
    async with database.reading() as db:
        word = JournalEntry.word == "discrepancy.settled"
        assert (await db.scalars(select(JournalEntry.actor).where(word))).all() == [
            "system:rule 20"
        ]
    page = (await (await browser("dispatcher")).get(f"/stock-discrepancies/{settled.id}")).text
    assert "系统自动" in page
    assert "/settlement" not in page


async def test_it_is_settled_with_a_reason_and_only_once(database: Database) -> None:
    _, job = await job_of(database)
    await part(database)
    phone = await phone_of(database)
    await phone.send(phone.op("part", job, {"name": "油封", "number": "YF-01"}))
    [difference] = await differences(database)
    act = await act_of(database, "dispatcher")
    async with database.writing() as db:
        await settle(db, act, difference, "上月漏登发料")
    [settled] = await differences(database)
    assert (settled.reason, settled.settled_by_id) == ("上月漏登发料", act.actor.person_id)  # type: ignore[union-attr]
    assert (await journal(database)).count("discrepancy.settled") == 1
    with pytest.raises(Problem, match="discrepancy-settled"):
        async with database.writing() as db:
            await settle(db, act, difference, "再来")
    with pytest.raises(Problem, match="forbidden"):
        async with database.writing() as db:
            await settle(db, await act_of(database, "engineer"), difference, "我说的")
    await phone.send(phone.op("part", job, {"name": "油封", "number": "YF-01"}))
    assert len(await differences(database)) == 2


async def test_two_phones_at_once_cannot_both_overlook_the_last_piece(database: Database) -> None:
    _, job = await job_of(database)
    await part(database, handed="5")
    phones = [await phone_of(database) for _ in range(6)]
    body = {"name": "油封", "number": "YF-01"}
    await asyncio.gather(*(phone.send(phone.op("part", job, body)) for phone in phones))
    assert await stock(database) == {"YF-01": Decimal(-1)}
    assert len(await differences(database)) == 1


async def test_a_measuring_device_whose_calibration_was_over_is_flagged(
    database: Database,
) -> None:
    """P06.5 (000 IATF): by the day of the work, not of the sending."""
    _, job = await job_of(database)
    await tool(database, "T-01", date(2026, 11, 19))
    await tool(database, "T-02", date(2026, 11, 20))
    await tool(database, "T-03", None)
    phone = await phone_of(database)
    made = [phone.op("tool", job, {"name": "表", "number": f"t-0{n}"}) for n in (1, 2, 3, 4)]
    told = outcomes(await phone.send(*made, at=NOON + timedelta(days=3)))
    assert told == ["flagged calibration", "applied", "applied", "applied"]
    assert len(await entries(database)) == 4


async def test_the_lists_come_with_the_feed_when_they_changed_and_only_then(
    database: Database, browser: NewBrowser
) -> None:
    """Rule 24; also for an engineer who has no job."""
    await part(database, handed="2")
    await tool(database, "T-01", date(2027, 3, 31))
    engineer = await browser("engineer")
    first = await ask(engineer)
    listed = {"number": "YF-01", "name": "油封", "unit": "个"}
    assert first["catalogue"]["parts"] == [listed | {"price": "12.50"}]
    assert first["catalogue"]["stock"] == [listed | {"quantity": "2"}]
    [kept] = first["catalogue"]["tools"]
    assert kept == {"number": "T-01", "name": "绝缘电阻表", "calibrated_until": "2027-03-31"}
    assert (await ask(engineer, first["cursor"]))["catalogue"] is None
    old = await part(database, "ZC-6204")
    second = await ask(engineer, first["cursor"])
    assert [one["number"] for one in second["catalogue"]["parts"]] == ["YF-01", "ZC-6204"]
    assert (await ask(engineer, second["cursor"]))["catalogue"] is None
    act = await act_of(database, "admin")
    async with database.writing() as db:
        again = await db.get_one(Part, old.id)
        gone = PartCard("ZC-6204", "轴承", "个", None, is_current=False)
        await save_part(db, act, again, gone)
    third = await ask(engineer, second["cursor"])
    assert [one["number"] for one in third["catalogue"]["parts"]] == ["YF-01"]


async def test_where_only_the_van_moved_its_stock_comes_alone(
    database: Database, browser: NewBrowser
) -> None:
    """Rule 24: the lists are long, and a van moves with every part that is fitted."""
    _, job = await job_of(database)
    made = await part(database, handed="2")
    engineer = await browser("engineer")
    first = await ask(engineer)
    phone = await phone_of(database)
    await phone.send(phone.op("part", job, {"name": "油封", "number": "YF-01"}))
    second = await ask(engineer, first["cursor"])
    assert second["catalogue"].keys() == {"rev", "stock"}
    assert [one["quantity"] for one in second["catalogue"]["stock"]] == ["1"]
    act = await act_of(database, "admin")
    async with database.writing() as db:
        again = await db.get_one(Part, made.id)
        await save_part(db, act, again, PartCard("YF-01", "油封（新）", "个", None))
    third = await ask(engineer, second["cursor"])
    assert third["catalogue"].keys() == {"rev", "stock", "parts", "tools"}
    assert [one["name"] for one in third["catalogue"]["stock"]] == ["油封（新）"]


async def test_anothers_van_does_not_come_with_ones_feed(
    database: Database, browser: NewBrowser
) -> None:
    made = await part(database)
    engineer = await browser("engineer")
    cursor = (await ask(engineer))["cursor"]
    act = await act_of(database, "dispatcher")
    async with database.writing() as db:
        clerk = await person_id(database, "clerk")
        await hand_out(db, act, clerk, made, Decimal(4), "")
    assert (await ask(engineer, cursor))["catalogue"] is None
    assert (await ask(await browser("clerk")))["catalogue"] is None


WORK = ("fault", {"text": "油封老化"})


@pytest.mark.parametrize(
    ("until", "quotation", "wanted"),
    [
        (date(2026, 11, 19), None, "flagged no_quotation"),
        (date(2026, 11, 19), {"amount": "300", "accepted": False}, "flagged no_quotation"),
        (date(2026, 11, 19), {"amount": "300", "accepted": True}, "applied"),
        (date(2026, 11, 20), None, "applied"),
        (None, None, "applied"),
    ],
)
async def test_a_repair_at_a_charge_without_an_accepted_quotation_is_flagged(
    database: Database, until: date | None, quotation: dict[str, object] | None, wanted: str
) -> None:
    """The job is completed either way: what is repaired is repaired."""
    it, job = await job_of(database)
    async with database.writing() as db:
        case = await db.get_one(Case, it.id)
        device = Device(customer_id=case.customer_id, model="TD-904", serial="1", label="x" * 43)
        device.warranty_until = until
        db.add(device)
        await db.flush()
        case.device_id = device.id
    phone = await phone_of(database)
    made = [phone.op("timer_start", job, {"timer": "a"}), phone.op(WORK[0], job, WORK[1])]
    if quotation:
        made.append(phone.op("quotation", job, quotation))
    phone.now += timedelta(hours=1)
    made.append(phone.op("timer_stop", job, {"timer": "a"}))
    made.append(phone.op("complete", job, {"outcome": "repaired"}))
    assert outcomes(await phone.send(*made, at=phone.now))[-1] == wanted
    assert await it.open_steps() == ["report"]
