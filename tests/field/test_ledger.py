"""The ledger: each operation once, whole, for ever; a resend gets the same answer (rules 11–18)."""

import asyncio
import json
import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from field.devices import revoke
from field.models import FieldAside, FieldDevice, FieldEntry, FieldOp
from field.waiting import LONGEST, force_overdue
from portal.cases.models import Assignment, Case, Task
from portal.customers.models import PositionSource, Site
from portal.kernel.db.unit import Database
from portal.kernel.journal.verifying import verify
from portal.kernel.problems import Problem
from portal.people.employing import depart
from tests.cases.support import ZONE, journal
from tests.cases.support import told as who_was_told
from tests.field.support import (
    Phone,
    entries,
    job_of,
    new_id,
    ops,
    outcomes,
    phone_of,
    told,
)
from tests.people.support import act_of, person, person_id, words
from tests.repairs.support import employed, place
from tests.support.cast import NOON, system


async def test_a_batch_sent_fifty_times_at_once_is_one_row_each_and_fifty_equal_answers(
    database: Database,
) -> None:
    """Rule 14."""
    _, job = await job_of(database)
    phone = await phone_of(database)
    made = [phone.op("note", job, {"text": f"第{n}句"}) for n in range(5)]
    made.append(phone.op("complete", job, {"outcome": "nobody_home"}, deps=[made[0]["op_id"]]))
    receipts = await asyncio.gather(*(phone.send(*made) for _ in range(50)))
    assert len({tuple(told(receipt)) for receipt in receipts}) == 1
    assert outcomes(receipts[0]) == ["applied"] * 6
    assert sum(not one.replayed for receipt in receipts for one in receipt.outcomes) == 6
    assert len(await ops(database)) == len(await entries(database)) == 6
    assert len({op.rev for op in await ops(database)}) == 6


async def test_what_came_is_kept_byte_for_byte_and_in_the_journal_by_ids(
    database: Database,
) -> None:
    """R2."""
    it, job = await job_of(database)
    phone = await phone_of(database)
    made = phone.op("note", job, {"text": "张先生说漏油"})
    receipt = await phone.send(made)
    [op] = await ops(database)
    assert json.loads(op.envelope) == made
    assert (op.sha256, op.seq, op.rev) == (made["sha256"], 1, receipt.outcomes[0].rev)
    assert (await words(database, f"case:{it.id}"))[-1] == "operation.applied"
    async with database.reading() as db:
        assert (await verify(db, [])).is_sound


async def test_the_same_id_with_another_body_is_laid_aside_and_raises_an_alarm(
    database: Database,
) -> None:
    """Rule 14."""
    _, job = await job_of(database)
    phone = await phone_of(database)
    first = phone.op("note", job, {"text": "原文"})
    before = await phone.send(first)
    phone.seq = 0
    second = phone.op("note", job, {"text": "改过"}, op_id=first["op_id"])
    receipt = await phone.send(second)
    assert outcomes(receipt) == ["quarantined another_body"]
    again = await phone.send(second, first)
    assert told(again) == [*told(receipt), *told(before)]
    assert [one.replayed for one in again.outcomes] == [True, True]
    assert [entry.body for entry in await entries(database)] == [{"text": "原文"}]
    async with database.reading() as db:
        [aside] = await db.scalars(select(FieldAside))
    assert json.loads(aside.envelope) == second
    assert await who_was_told(database, "phone.alarmed") == [
        ("dispatcher", "phone.alarmed"),
        ("admin", "phone.alarmed"),
    ]


async def test_within_one_call_too_an_id_means_one_operation(database: Database) -> None:
    _, job = await job_of(database)
    phone = await phone_of(database)
    first = phone.op("note", job, {"text": "一"})
    other = {**phone.op("note", job, {"text": "二"}), "op_id": first["op_id"]}
    receipt = await phone.send(first, first, other)
    assert outcomes(receipt) == ["applied", "applied", "quarantined another_body"]
    assert [one.replayed for one in receipt.outcomes] == [False, True, False]


async def test_a_number_used_twice_is_laid_aside(database: Database) -> None:
    _, job = await job_of(database)
    phone = await phone_of(database)
    await phone.send(phone.op("note", job, {"text": "一"}))
    again = phone.op("note", job, {"text": "二"}, seq=1)
    assert outcomes(await phone.send(again)) == ["quarantined seq_taken"]
    assert outcomes(await phone.send(again)) == ["quarantined seq_taken"]


async def test_a_body_damaged_on_the_way_can_come_again(database: Database) -> None:
    _, job = await job_of(database)
    phone = await phone_of(database)
    good = phone.op("note", job, {"text": "完整"})
    assert outcomes(await phone.send({**good, "body": '{"text": "完'})) == ["quarantined hash"]
    assert outcomes(await phone.send(good)) == ["applied"]


async def test_a_malformed_operation_needs_a_fix_keeps_its_body_and_blocks_nothing(
    database: Database,
) -> None:
    """Rule 15."""
    _, job = await job_of(database)
    phone = await phone_of(database)
    bad: list[Any] = [
        phone.op("note", job, {"words": "?"}),
        phone.op("note", job, "no JSON"),
        phone.op("note", job, {"text": "a\x00b"}),
        phone.op("part", job, {"name": "轴承", "quantity": "NaN"}),
        phone.op("note", job, {"text": "x" * 4001}),
        phone.op("note", job, {"text": "?"}, at_wall="yesterday"),
        {"op_id": 7, "text": "nothing of ours"},
        "a word",
    ]
    receipt = await phone.send(*bad, phone.op("note", job, {"text": "好"}))
    assert [one.outcome for one in receipt.outcomes] == ["needs_fix"] * 8 + ["applied"]
    assert all(one.message for one in receipt.outcomes[:8])
    assert told(await phone.send(*bad)) == told(receipt)[:8]
    kept = [json.loads(op.envelope) for op in await ops(database)]
    async with database.reading() as db:
        kept += [json.loads(row.envelope) for row in await db.scalars(select(FieldAside))]
    assert all(one in kept for one in bad)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"job_id": new_id()}, "unknown_job"),
        ({"job_id": 999_999}, "unknown_job"),
        ({"kind": "telepathy"}, "unknown_kind"),
        ({"schema": 99}, "unknown_schema"),
        ({"device_id": new_id()}, "another_device"),
        ({"user_id": 1}, "another_user"),
    ],
)
async def test_what_cannot_be_applied_is_parked_and_delays_nothing(
    database: Database, change: dict[str, Any], code: str
) -> None:
    """Rules 12, 16."""
    _, job = await job_of(database)
    phone = await phone_of(database)
    strange = phone.op("note", job, {"text": "?"}) | change
    receipt = await phone.send(strange, phone.op("note", job, {"text": "好"}))
    assert outcomes(receipt) == [f"parked {code}", "applied"]
    assert told(await phone.send(strange)) == told(receipt)[:1]
    assert json.loads((await ops(database))[0].envelope) == strange


async def test_who_never_had_the_job_is_parked_and_who_had_it_is_flagged(
    database: Database,
) -> None:
    """Rules 16, 17."""
    it, job = await job_of(database)
    other = await employed(database, "other")
    phone, strange = await phone_of(database), await phone_of(database, "other")
    assert outcomes(await strange.send(strange.op("note", job, {"text": "?"}))) == [
        "parked no_right"
    ]
    async with database.writing() as db:
        (await db.get_one(Task, job)).owner_id = other
        db.add(Assignment(case_id=it.id, task_id=job, person_id=other, at=NOON))
    part = phone.op("part", job, {"name": "油封"})
    proposal = phone.op("complete", job, {"outcome": "nobody_home"})
    assert outcomes(await phone.send(part, proposal)) == [
        "flagged reassigned",
        "parked reassigned",
    ]
    assert [entry.flags for entry in await entries(database)] == [["reassigned"]]
    assert await it.open_steps() == ["visit"]


async def test_a_fact_applies_to_a_job_that_is_over(database: Database) -> None:
    """Rule 17: a part fitted is fitted."""
    it, job = await job_of(database)
    phone = await phone_of(database)
    await it.answer("engineer", "visit", "nobody_home")
    receipt = await phone.send(
        phone.op("part", job, {"name": "油封", "quantity": 2}),
        phone.op("complete", job, {"outcome": "repaired"}),
    )
    assert outcomes(receipt) == ["flagged closed", "parked closed"]


async def test_a_revoked_phone_and_that_of_a_leaver_are_parked_never_refused(
    database: Database,
) -> None:
    """Rule 27."""
    _, job = await job_of(database)
    phone, second = await phone_of(database), await phone_of(database)
    made = phone.op("note", job, {"text": "一"})
    first = await phone.send(made)
    async with database.writing() as db:
        device = await db.scalar(select(FieldDevice).where(FieldDevice.name == phone.name))
        assert device
        await revoke(db, await act_of(database, "admin"), device)
        await revoke(db, await act_of(database, "admin"), device)
    receipt = await phone.send(made, phone.op("note", job, {"text": "二"}))
    assert outcomes(receipt) == ["applied", "parked revoked"]
    assert told(receipt)[0] == told(first)[0]
    assert outcomes(await second.send(second.op("note", job, {"text": "三"}))) == ["applied"]
    async with database.writing() as db:
        await depart(db, system(), await person(db, "engineer"))
    assert outcomes(await second.send(second.op("note", job, {"text": "四"}))) == ["parked revoked"]
    assert (await journal(database)).count("phone.revoked") == 1


async def test_nobody_else_revokes_a_phone(database: Database) -> None:
    phone = await phone_of(database)
    async with database.writing() as db:
        device = await db.scalar(select(FieldDevice).where(FieldDevice.name == phone.name))
        assert device
        with pytest.raises(Problem, match="forbidden"):
            await revoke(db, await act_of(database, "dispatcher"), device)


async def test_a_hole_in_the_numbers_is_an_alarm_once_and_tells_how_far_we_know(
    database: Database,
) -> None:
    """Rules 18, 28."""
    _, job = await job_of(database)
    phone = await phone_of(database)
    made = [phone.op("note", job, {"text": f"{n}"}) for n in range(4)]
    assert (await phone.send(made[0])).max_seq == 1
    assert await who_was_told(database, "phone.alarmed") == []
    assert (await phone.send(made[3])).max_seq == 4
    await phone.send(made[3])
    assert len(await who_was_told(database, "phone.alarmed")) == 2
    await phone.send(made[1], made[2])
    async with database.reading() as db:
        device = (await db.scalars(select(FieldDevice))).one()
    assert (device.next_seq, device.max_seq) == (5, 4)


async def test_a_phone_that_comes_back_empty_without_having_sent_is_an_alarm(
    database: Database,
) -> None:
    """Rule 28."""
    _, job = await job_of(database)
    phone = await phone_of(database)
    made = phone.op("note", job, {"text": "一"})
    await phone.send(made, pending=8, max_seq=8, persisted=False, build="7")
    await phone.send(pending=7, max_seq=8)
    assert await who_was_told(database, "phone.alarmed") == []
    await phone.send(pending=0, max_seq=0)
    assert len(await who_was_told(database, "phone.alarmed")) == 2


async def test_an_operation_waits_for_what_it_names_and_for_nothing_else(
    database: Database,
) -> None:
    """Rule 18."""
    _, job = await job_of(database)
    phone = await phone_of(database)
    first = phone.op("note", job, {"text": "一"})
    second = phone.op("note", job, {"text": "二"}, deps=[first["op_id"]])
    third = phone.op("note", job, {"text": "三"}, deps=[second["op_id"]])
    free = phone.op("note", job, {"text": "四"})
    receipt = await phone.send(third, second, free)
    assert outcomes(receipt) == ["parked waits", "parked waits", "applied"]
    assert outcomes(await phone.send(first)) == ["applied"]
    assert outcomes(await phone.send(third, second)) == ["applied", "applied"]
    texts = [entry.body["text"] for entry in await entries(database)]
    assert texts == ["四", "一", "二", "三"]


async def test_in_one_call_the_order_does_not_matter(database: Database) -> None:
    _, job = await job_of(database)
    phone = await phone_of(database)
    note = phone.op("note", job, {"text": "错"})
    void = phone.op("void", job, {"op": note["op_id"]}, deps=[note["op_id"]])
    receipt = await phone.send(void, note)
    assert outcomes(receipt) == ["applied", "applied"]
    [voided, voiding] = sorted(await entries(database), key=lambda entry: entry.kind)
    assert voided.voided_by == voiding.op_id


async def test_what_has_waited_five_days_is_forced_and_flagged(database: Database) -> None:
    """Rule 18."""
    _, job = await job_of(database)
    phone = await phone_of(database)
    lost, also = new_id(), new_id()
    made = phone.op("note", job, {"text": "等"}, deps=[lost, also])
    circle = [phone.op("note", job, {"text": "圈"}, deps=[]) for _ in range(2)]
    circle[0]["deps"], circle[1]["deps"] = [circle[1]["op_id"]], [circle[0]["op_id"]]
    assert outcomes(await phone.send(made, *circle)) == ["parked waits"] * 3
    assert await force_overdue(database, NOON + LONGEST - timedelta(seconds=1), ZONE) == 0
    assert await force_overdue(database, NOON + LONGEST, ZONE) == 3
    assert await force_overdue(database, NOON + LONGEST, ZONE) == 0
    assert outcomes(await phone.send(made)) == ["flagged forced"]
    assert len(await entries(database)) == 3


async def test_completing_answers_the_visit_with_what_the_log_says(database: Database) -> None:
    """Rule 19, P06.5."""
    it, job = await job_of(database)
    phone = await phone_of(database)
    made = [phone.op("arrive", job), phone.op("timer_start", job, {"timer": "a"})]
    phone.now += timedelta(minutes=50)
    made += [
        phone.op("timer_stop", job, {"timer": "a"}),
        phone.op("fault", job, {"text": "油封老化"}),
        phone.op("tool", job, {"name": "扳手"}),
        phone.op("part", job, {"name": "油封", "quantity": 3}),
        phone.op("part_returned", job, {"name": "油封", "quantity": "1"}),
        phone.op("estimate", job, {"amount": "120.50"}),
        phone.op("complete", job, {"outcome": "repaired"}),
    ]
    later = NOON + timedelta(hours=1)
    assert outcomes(await phone.send(*made, at=later)) == ["applied"] * 9
    assert await it.open_steps() == ["report"]
    loaded = await it.loaded()
    wanted = {"fault": "油封老化", "tools": "扳手", "parts": "油封 × 2", "minutes": 50}
    assert {key: loaded.answered("visit", key) for key in wanted} == wanted
    assert loaded.answered("visit", "estimate") == "120.50"
    assert "task.answered" in await words(database, f"case:{it.id}")


async def test_a_completion_that_the_procedure_refuses_is_parked_and_changes_nothing(
    database: Database,
) -> None:
    it, job = await job_of(database)
    phone = await phone_of(database)
    before = await words(database, f"case:{it.id}")
    receipt = await phone.send(
        phone.op("complete", job, {"outcome": "repaired"}),
        phone.op("complete", job, {"outcome": "no such thing"}),
    )
    assert outcomes(receipt) == ["parked not_answerable"] * 2
    assert await it.open_steps() == ["visit"]
    assert (await words(database, f"case:{it.id}"))[len(before) :] == ["operation.parked"] * 2


async def test_the_first_arrival_gives_the_site_its_position_with_consent_only(
    database: Database,
) -> None:
    it, job = await job_of(database)
    typed = {"latitude": 30.0, "longitude": 104.0, "position_source": PositionSource.TYPED}
    await place(database, it, **typed)
    phone = await phone_of(database)
    here = {"position": {"latitude": 30.6, "longitude": 104.1}}
    await phone.send(phone.op("arrive", job, here))

    async def site() -> Site:
        async with database.reading() as db:
            case = await db.get_one(Case, it.id)
            return await db.get_one(Site, case.site_id)

    assert (await site()).position_source == PositionSource.TYPED
    await phone.send(phone.op("arrive", job, here | {"consent": True}))
    there = {"position": {"latitude": 1, "longitude": 1}, "consent": True}
    await phone.send(phone.op("arrive", job, there))
    found = await site()
    assert (found.position_source, found.latitude) == (PositionSource.ARRIVAL, 30.6)
    assert (await journal(database)).count("site.located") == 1


async def test_of_single_values_the_last_counts_and_a_clash_is_flagged(
    database: Database,
) -> None:
    """Rule 17."""
    it, job = await job_of(database)
    other = await employed(database, "other")
    mine, second = await phone_of(database), await phone_of(database)
    theirs = await phone_of(database, "other")
    async with database.writing() as db:
        db.add(Assignment(case_id=it.id, task_id=job, person_id=other, at=NOON))
    base = (await mine.send(mine.op("fault", job, {"text": "一"}))).outcomes[0].rev
    late = second.op("fault", job, {"text": "二"}, base_rev=(base or 0) - 1)
    assert outcomes(await second.send(late)) == ["flagged old_base"]
    clash = theirs.op("fault", job, {"text": "三"}, base_rev=base)
    await theirs.send(clash)
    assert (await entries(database))[-1].flags == ["reassigned", "conflict"]
    again = mine.op("fault", job, {"text": "四"}, base_rev=base)
    assert outcomes(await mine.send(again)) == ["flagged conflict"]
    assert [entry.body["text"] for entry in await entries(database)] == ["一", "二", "三", "四"]


async def test_overlapping_timers_and_a_summary_that_does_not_match_are_flagged(
    database: Database,
) -> None:
    """Rules 20, 22."""
    _, job = await job_of(database)
    phone = await phone_of(database)
    file = {"att_id": new_id(), "sha256": "1" * 64, "size": 9, "mime": "image/png"}
    signed = {"name": "张", "summary": "修好", "summary_sha256": "2" * 64, "file": file}
    receipt = await phone.send(
        phone.op("timer_start", job, {"timer": "a"}),
        phone.op("timer_start", job, {"timer": "b"}),
        phone.op("signature", job, signed),
    )
    assert outcomes(receipt) == ["applied", "flagged overlap", "flagged summary"]


async def test_times_are_kept_as_claimed_and_count_within_what_can_be(
    database: Database,
) -> None:
    """Rule 21."""
    _, job = await job_of(database)
    phone = await phone_of(database)
    await phone.send(phone.op("note", job, {"text": "一"}), max_seq=1)
    received = NOON + timedelta(hours=2)
    phone.now = NOON + timedelta(hours=1)
    normal = phone.op("note", job, {"text": "二"})
    skewed = phone.op("note", job, {"text": "三"}, offset=600.0)
    phone.now = NOON + timedelta(days=1)
    ahead = phone.op("note", job, {"text": "四"})
    phone.now = NOON - timedelta(days=1)
    behind = phone.op("note", job, {"text": "五"})
    receipt = await phone.send(normal, skewed, ahead, behind, at=received, max_seq=5)
    assert outcomes(receipt) == ["applied", "flagged skew", "flagged future", "flagged early"]
    rows = await entries(database)
    hour = timedelta(hours=1)
    assert [row.at - NOON for row in rows[1:]] == [hour, hour * 7 / 6, 2 * hour, 0 * hour]
    assert "not_monotone" in rows[-1].flags
    stored = (await ops(database))[-1]
    assert stored.claimed_at == phone.now


async def test_a_key_that_is_not_known_is_nobodys(database: Database) -> None:
    phone = Phone(database, new_id(), "x" * 43, await person_id(database, "engineer"))
    with pytest.raises(Problem, match="not-a-device"):
        await phone.send()


async def test_lost_replies_shuffles_and_replays_leave_each_operation_once(
    database: Database,
) -> None:
    """Rule 38: state = fold(ledger), nothing lost, nothing doubled."""
    _, job = await job_of(database)
    phone = await phone_of(database)
    chance = random.Random(5)
    made = [phone.op("part", job, {"name": "螺栓"}) for _ in range(30)]
    made += [phone.op("void", job, {"op": one["op_id"]}, deps=[one["op_id"]]) for one in made[::3]]
    for _ in range(25):
        await phone.send(*chance.sample(made, 12))
    chance.shuffle(made)
    await phone.send(*made)
    final = await phone.send(*made)
    assert outcomes(final) == ["applied"] * 40
    assert all(one.replayed for one in final.outcomes)
    rows = await entries(database)
    parts = [row for row in rows if row.kind == "part"]
    assert len(parts) == 30
    assert sum(row.voided_by is not None for row in parts) == 10
    async with database.reading() as db:
        for table in (FieldOp, FieldEntry):
            assert await db.scalar(select(func.count()).select_from(table)) == 40
        assert (await verify(db, [])).is_sound
