"""Child cases: a complaint waits for the repair that comes of it (P04.9), a step for any case."""

import asyncio
from datetime import timedelta

import pytest

from portal.cases.answering import answer_for_customer
from portal.cases.loading import load_all
from portal.cases.models import Case
from portal.cases.reprioritising import reprioritise
from portal.cases.sweeping import sweep
from portal.kernel.act import Act, LinkHolder, Via
from portal.kernel.db.unit import Database
from portal.kernel.problems import Problem
from portal.openings.closing import lock
from portal.openings.models import Link
from portal.procedures.events import (
    ReceiptProven,
    Reopened,
    TaskAnswered,
    Withdrawn,
)
from portal.procedures.forms import Value
from tests.cases.complaints import ON_SITE, REPAIR, by_link, child_of, go, in_repair
from tests.cases.support import HAPPY, ZONE, Matter, happen, holds_true, journal, matter, store
from tests.people.support import act_of
from tests.procedures.samples import outcome, step
from tests.support.cast import NOON


async def mended(repair: Matter) -> None:
    """The repair runs its course, and its customer closes it."""
    await repair.happy("")
    await by_link(repair, "solved")


async def again(repair: Matter) -> None:
    """Another visit, and its customer closes it once more."""
    await repair.answer("dispatcher", "next_visit", "same_engineer", preparation="密封圈")
    for login, step_, chosen, fields in HAPPY[3:]:
        await repair.answer(login, step_, chosen, **dict(fields))
    await by_link(repair, "solved")


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


async def test_a_repair_taken_up_again_does_not_move_the_complaint_back(company: Database) -> None:
    it, repair = await in_repair(company)
    await mended(repair)
    await happen(company, repair.id, Reopened("又漏了"))
    await again(repair)
    assert await it.open_steps() == ["verify_on_site"]


async def test_a_repair_that_still_runs_is_waited_for_again_and_not_doubled(
    company: Database,
) -> None:
    it, repair = await in_repair(company)
    await mended(repair)
    await happen(company, repair.id, Reopened("又漏了"))
    await it.answer("clerk", "verify_on_site", "failed", **ON_SITE)
    await it.answer("responsible", "execute", "repair", **REPAIR)
    assert await child_of(it) == repair.id
    await again(repair)
    assert await it.open_steps() == ["verify_on_site"]


async def test_what_becomes_urgent_makes_its_repair_urgent_p04_7(company: Database) -> None:
    it, repair = await in_repair(company)
    head = await act_of(company, "head")
    async with company.writing() as db:
        case = await db.get_one(Case, it.id)
        await reprioritise(db, head, case, "high", "general", "漏到电箱", ZONE)
    assert (await repair.case()).urgency == "high"


async def test_what_cannot_be_repaired_ends_the_repair_and_comes_back_p06_6(
    company: Database,
) -> None:
    it, repair = await in_repair(company)
    await repair.happy("visit")
    await repair.answer(
        "engineer", "visit", "not_solved", fault="缸体裂", minutes=30, remaining="裂"
    )
    await repair.answer("dispatcher", "next_visit", "not_repairable", reason="缸体开裂，无法修复")
    await repair.answer("head", "answer_not_repairable", "told", answer="建议换机，客户同意")
    assert (await repair.case()).verdict == "not_repairable"
    assert await it.open_steps() == ["execute"]


async def test_a_repair_closed_without_the_customers_word_is_verified_as_such_p04_9(
    company: Database,
) -> None:
    it, repair = await in_repair(company)
    await repair.happy("")
    await sweep(company, ZONE, NOON + timedelta(days=6))
    repair.now = it.now = NOON + timedelta(days=6)
    called: dict[str, Value] = {"calls": "两次未接", "evidence": ("1",)}
    await repair.answer("clerk", "call_customer", "unreachable", **called)
    await repair.answer("head", "close_on_behalf", "close", reason="多次联系不上")
    async with company.reading() as db:
        assert (await it.row(db, "repair")).outcome == "not_confirmed"
    assert await it.open_steps() == ["verify_on_site"]


async def test_customer_and_office_lock_both_cases_in_one_order(company: Database) -> None:
    """A customer who closes a repair, and whoever works on both: neither waits in a circle."""
    pairs = [await in_repair(company) for _ in range(3)]
    for _, repair in pairs:
        await repair.happy("")

    async def close(repair: Matter) -> None:
        async with company.writing() as db:
            link = Link(case_id=repair.id, case=await db.get_one(Case, repair.id))
            await lock(db, link)
            act = Act.now(LinkHolder(1, "case"), repair.now, Via.LINK)
            await answer_for_customer(db, act, repair.id, "confirm", "solved", {}, ZONE)

    async def look(it: Matter, repair: Matter) -> None:
        async with company.writing() as db:
            await load_all(db, [repair.id, it.id])

    async with asyncio.TaskGroup() as group:
        for it, repair in pairs:
            for _ in range(3):
                group.create_task(look(it, repair))
            group.create_task(close(repair))
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
