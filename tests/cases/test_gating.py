"""Child cases: a complaint waits for the repair that comes of it (P04.9), a step for any case."""

import asyncio
from datetime import timedelta

import pytest

from portal.cases.advancing import advance
from portal.cases.answering import answer_for_customer
from portal.cases.sweeping import sweep
from portal.kernel.act import Act, LinkHolder, Via
from portal.kernel.db.unit import Database
from portal.kernel.problems import Problem
from portal.procedures.events import (
    FactsChanged,
    ReceiptProven,
    Reopened,
    TaskAnswered,
    Withdrawn,
)
from portal.procedures.forms import Value
from tests.cases.complaints import REPAIR, child_of, go, in_repair
from tests.cases.support import HAPPY, ZONE, Matter, happen, holds_true, journal, matter, store
from tests.procedures.samples import outcome, step
from tests.support.cast import NOON, system

ON_SITE: dict[str, Value] = {
    "invited_for": "2026-11-25T09:00:00+08:00",
    "protected": "铺膜",
    "customer_came": True,
    "finding": "见附件",
}


async def mended(repair: Matter) -> None:
    """The repair runs its course, and its customer closes it."""
    await repair.happy("")
    await by_link(repair, "solved")


async def by_link(it: Matter, outcome: str) -> None:
    act = Act.now(LinkHolder(1, "case"), it.now, Via.LINK)
    async with it.database.writing() as db:
        await answer_for_customer(db, act, it.id, "confirm", outcome, {}, ZONE)


async def test_a_repair_is_a_case_of_its_own_that_the_complaint_waits_for_p04_9(
    company: Database,
) -> None:
    """4.8.3 b: by the procedure of repairs, for the same customer; the complaint has an owner and a
    limit meanwhile, and nobody can say "repaired" past it."""
    it, repair = await in_repair(company, urgency="high")
    complained, opened = await it.case(), await repair.case()
    assert (opened.code, opened.customer_id) == ("P06", complained.customer_id)
    assert (opened.owner_id, opened.urgency) == (complained.owner_id, "high")
    assert opened.received_at == it.now
    assert await it.open_steps() == ["repair"]
    assert await it.due("repair") == "2026-12-04 10:00"
    with pytest.raises(Problem) as refused:
        await it.answer("clerk", "repair", "repaired")
    assert refused.value.kind.key == "not-answerable"


async def test_the_site_is_verified_after_the_repair_and_a_failure_repairs_anew_p04_9(
    company: Database,
) -> None:
    """4.8.3 c."""
    it, repair = await in_repair(company)
    await mended(repair)
    assert await it.open_steps() == ["verify_on_site"]
    await it.answer("clerk", "verify_on_site", "failed", **ON_SITE)
    await it.answer("responsible", "execute", "repair", **REPAIR)
    second = Matter(company, await child_of(it), it.now)
    assert second.id != repair.id
    await mended(second)
    await it.answer("clerk", "verify_on_site", "verified", **ON_SITE)
    assert await it.open_steps() == ["report"]


async def test_what_is_not_repaired_is_the_responsible_persons_again_p04_9(
    company: Database,
) -> None:
    it, repair = await in_repair(company)
    await happen(company, repair.id, Withdrawn("已自行修好"))
    await repair.answer("clerk", "confirm_withdrawal", "withdrawn", reason="已自行修好")
    assert await it.open_steps() == ["execute"]


async def test_nobody_is_asked_twice_how_one_matter_went_p13(company: Database) -> None:
    it, repair = await in_repair(company)
    await mended(repair)
    assert "survey.invited" not in await journal(company)
    await it.answer("clerk", "verify_on_site", "verified", **ON_SITE)
    await go(it, "")
    await by_link(it, "solved")
    assert (await journal(company)).count("survey.invited") == 1


async def test_a_repair_outlives_the_complaint_that_was_withdrawn(company: Database) -> None:
    it, repair = await in_repair(company)
    await happen(company, it.id, Withdrawn("另行协商"))
    await mended(repair)
    assert await it.open_steps() == ["confirm_withdrawal"]
    assert (await repair.case()).verdict == "solved"
    assert (await journal(company)).count("survey.invited") == 1


async def test_a_repair_taken_up_again_does_not_move_the_complaint_back(company: Database) -> None:
    it, repair = await in_repair(company)
    await mended(repair)
    await happen(company, repair.id, Reopened("又漏了"))
    await repair.answer("dispatcher", "next_visit", "same_engineer", preparation="密封圈")
    for login, step_, chosen, fields in HAPPY[3:]:
        await repair.answer(login, step_, chosen, **dict(fields))
    await by_link(repair, "solved")
    assert await it.open_steps() == ["verify_on_site"]


async def test_both_may_change_at_the_same_moment(company: Database) -> None:
    """Whoever locks the two does so in one order: nobody waits in a circle."""
    pairs = [await in_repair(company) for _ in range(3)]
    for _, repair in pairs:
        await repair.happy("")

    async def press(it: Matter, urgency: str) -> None:
        async with company.writing() as db:
            event = FactsChanged({"urgency": urgency}, "客户催办")
            await advance(db, system(), it.id, event, ZONE)

    async with asyncio.TaskGroup() as group:
        for it, repair in pairs:
            group.create_task(by_link(repair, "solved"))
            group.create_task(press(it, "high"))
    assert [await it.open_steps() for it, _ in pairs] == [["verify_on_site"]] * 3


async def test_a_child_that_ends_by_silence_moves_its_parent_in_the_same_sweep(
    company: Database,
) -> None:
    """Both are due at once: the parent is looked at as the child has left it."""
    silent = outcome("agreed", "closes done", silent=True)
    said = outcome("said", "closes done")
    due = [{"at": "1 wd after receipt"}, {"at": "2 wd after opened"}]
    lapse = {"outcome": "agreed", "proof": True}
    await store(company, step("ask", said, silent, due=due, lapse=lapse), code="T02")
    child = {"procedure": "T02", "outcome": "done"}
    await store(
        company,
        step("begin", outcome("go", "wait")),
        step("wait", outcome("done", "after"), due="2 wd after opened", child=child),
        step("after", outcome("end", "closes done")),
    )
    it = await matter(company, code="T01")
    await happen(company, it.id, TaskAnswered(await it.key("begin"), "go"))
    other = Matter(company, await child_of(it))
    await happen(company, other.id, ReceiptProven(await other.key("ask")))
    await sweep(company, ZONE, NOON + timedelta(days=5))
    assert (await other.case()).verdict == "done"
    assert await it.open_steps() == ["after"]
    await holds_true(company, it.id)
