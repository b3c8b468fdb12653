"""A complaint by P04 from registration to the customer, clause by clause, on the database."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.cases.deeming import count_deemed
from portal.cases.models import Task
from portal.cases.reading import Wanted, list_cases
from portal.cases.reassigning import reassign
from portal.cases.sweeping import sweep
from portal.kernel.db.unit import Database
from portal.kernel.journal.models import JournalEntry
from portal.kernel.problems import Problem
from portal.people.going_away import Absence, go_away
from portal.people.models import RoleGrant
from portal.procedures.events import FactsChanged
from portal.procedures.state import Ending
from tests.cases.complaints import LAPSED, SENT, approved_by_silence, by_link, complaint, go
from tests.cases.support import ZONE, Matter, happen, holds_true, journal, shanghai, told
from tests.people.support import act_of, person_id
from tests.support.cast import NOON, system


async def entry(database: Database, word: str) -> JournalEntry:
    """The last entry of a word."""
    async with database.reading() as db:
        query = select(JournalEntry).where(JournalEntry.word == word)
        return (await db.scalars(query.order_by(JournalEntry.rev.desc()).limit(1))).one()


async def ending(it: Matter, step: str) -> str | None:
    async with it.database.reading() as db:
        return (await it.row(db, step)).ending


async def test_a_complaint_closes_by_the_customers_link_p04_1_to_10(company: Database) -> None:
    it = await complaint(company)
    assert await it.open_steps() == ["confirm"]
    await by_link(it, "solved")
    assert (await it.case()).verdict == "satisfied"
    assert "survey.invited" in await journal(company)


async def test_the_three_forms_go_out_with_registration_p04_1(company: Database) -> None:
    """4.2."""
    await complaint(company, "inform_leader")
    assert (await journal(company)).count("form.issued") == 3
    async with company.reading() as db:
        issued = await db.scalars(select(JournalEntry).where(JournalEntry.word == "form.issued"))
        assert [one.body[9:12] for one in issued] == ["F02", "F03", "F04"]
    assert ("leader", "task.opened") in await told(company)


@pytest.mark.parametrize(
    ("channel", "received", "registered_by", "with_leader_by"),
    [
        # By whatever channel: its own time starts the clock, not the typing on Friday at 10:00.
        ("phone", "2026-11-20 09:30", "2026-11-20 10:30", "2026-11-20 14:45"),
        ("in_person", "2026-11-19 16:30", "2026-11-19 17:30", "2026-11-20 11:15"),
        ("letter", "2026-11-19 11:00", "2026-11-19 12:00", "2026-11-19 16:15"),
        ("fax", "2026-11-19 19:00", "2026-11-20 09:30", "2026-11-20 13:45"),
        ("email", "2026-11-19 23:10", "2026-11-20 09:30", "2026-11-20 13:45"),
        ("site", "2026-11-20 08:00", "2026-11-20 09:30", "2026-11-20 13:45"),
        ("forwarded", "2026-11-18 16:45", "2026-11-19 08:45", "2026-11-19 11:30"),
    ],
)
async def test_the_clock_starts_at_the_channels_time_p04_1_p04_2_p04_3(
    company: Database, channel: str, received: str, registered_by: str, with_leader_by: str
) -> None:
    """4.3.1, 4.4.1: half a working day from receiving the complaint."""
    it = await complaint(company, "register", channel=channel, received_at=shanghai(received))
    assert await it.due("register") == registered_by
    await it.answer(
        "clerk",
        "register",
        "registered",
        channel=channel,
        symptom="渗水",
        category="product",
        forwarded_by="市消协",
        **(await scans(it, channel)),
    )
    assert await it.due("inform_leader", "sign_for") == with_leader_by
    assert await it.due("preliminary") == with_leader_by


async def scans(it: Matter, channel: str) -> dict[str, tuple[str, ...]]:
    if channel not in ("letter", "fax"):
        return {}
    async with it.database.writing() as db:
        return {"scans": (await it.document(db),)}


async def test_a_letter_without_its_scan_is_not_registered_p04_1(company: Database) -> None:
    it = await complaint(company, "register", channel="letter")
    fields = {"channel": "letter", "symptom": "渗水", "category": "product"}
    with pytest.raises(Problem) as refused:
        await it.answer("clerk", "register", "registered", **fields)
    assert refused.value.kind.key == "not-answerable"
    await it.answer("clerk", "register", "registered", **fields, **(await scans(it, "letter")))


async def test_a_leader_who_has_the_report_and_is_silent_gave_no_instruction_p04_2(
    company: Database,
) -> None:
    """4.3.2."""
    it = await complaint(company, "inform_leader")
    await it.open_it("leader", "inform_leader")
    assert await it.due("inform_leader") == "2026-11-20 15:15"
    await sweep(company, ZONE, shanghai("2026-11-20 15:15"))
    assert await ending(it, "inform_leader") == Ending.DEEMED
    assert await it.open_steps() == ["preliminary"]


async def test_a_report_that_nobody_opens_is_chased_and_goes_up_p04_2(company: Database) -> None:
    """4.3.1."""
    it = await complaint(company, "inform_leader")
    await sweep(company, ZONE, shanghai("2026-11-20 17:30"))
    assert "inform_leader" in await it.open_steps()
    assert ("leader", "task.overdue") in await told(company)
    # Customer Service, the general manager; of the sheet that is late, too, its head.
    told_of = [login for login, _ in await told(company, "task.escalated")]
    assert sorted(told_of) == ["clerk", "head", "manager"]


async def test_an_instruction_is_passed_on_by_customer_service_p04_2(company: Database) -> None:
    """4.3.2."""
    it = await complaint(company, "inform_leader")
    await it.answer("leader", "inform_leader", "pass_on", instruction="当日上门")
    assert await it.due("pass_on") == "2026-11-20 10:30"
    await it.answer("clerk", "pass_on", "passed", passed_at="2026-11-20T10:00:00+08:00")
    assert await it.open_steps() == ["preliminary"]


async def test_the_sheets_clocks_start_when_the_responsible_person_opens_it_p04_3_p04_4(
    company: Database,
) -> None:
    """4.4.2, 4.5.1: signing is a limit of its own."""
    it = await complaint(company, "contact", received_at=shanghai("2026-11-20 09:00"))
    assert await it.due("contact", "sign_for") == "2026-11-20 14:15"
    it.now = shanghai("2026-11-20 11:00")
    await it.open_it("responsible", "contact")
    assert await it.due("contact") == "2026-11-23 11:00"
    await sweep(company, ZONE, shanghai("2026-11-20 14:15"))
    assert ("responsible", "task.overdue") in await told(company)
    it.now = shanghai("2026-11-20 14:30")
    await it.sign("responsible", "contact")
    assert await it.due("contact") == "2026-11-23 11:00"
    await go(it, "measures")
    assert await it.due("measures") == "2026-11-25 11:00"  # 4.5.3: three days from receipt


async def test_only_whoever_has_the_task_can_prove_its_receipt_p04_4(company: Database) -> None:
    it = await complaint(company, "contact")
    for login in ("clerk", "leader", "manager", "admin"):
        with pytest.raises(Problem) as refused:
            await it.open_it(login, "contact")
        assert refused.value.kind.key == "task-not-yours"
    assert "task.received" not in await journal(company)
    await it.open_it("responsible", "contact")
    await it.open_it("responsible", "contact")
    assert (await journal(company)).count("task.received") == 1


async def test_a_delegates_measures_take_the_countersignature_p04_5(company: Database) -> None:
    """4.5.2."""
    it = await complaint(company, "contact")
    await it.answer("responsible", "contact", "delegated", delegate="engineer")
    seen = {"contacted_at": "2026-11-20T10:00:00+08:00", "facts": "窗边"}
    await it.answer("engineer", "delegate_investigates", "investigated", **seen)
    plan = {"cause": "老化", "measures": "打胶"}
    await it.answer("engineer", "delegate_plans", "written", **plan)
    with pytest.raises(Problem):
        await it.answer("engineer", "countersign", "signed")
    await it.answer("responsible", "countersign", "refused", opinion="不够")
    await it.answer("engineer", "delegate_plans", "written", **plan)
    await it.answer("responsible", "countersign", "signed")
    assert await it.open_steps() == ["forward"]


async def test_who_is_their_own_delegate_does_not_countersign_p04_5(company: Database) -> None:
    """4.5.2: it goes to who stands above."""
    it = await complaint(company, "contact")
    await it.answer("responsible", "contact", "delegated", delegate="responsible")
    seen = {"contacted_at": "2026-11-20T10:00:00+08:00", "facts": "窗边"}
    await it.answer("responsible", "delegate_investigates", "investigated", **seen)
    await it.answer("responsible", "delegate_plans", "written", cause="老化", measures="打胶")
    async with company.reading() as db:
        owner = (await it.row(db, "countersign")).owner_id
    assert owner == await person_id(company, "manager")


async def test_the_leader_decides_in_a_day_and_is_chased_after_it_p04_6(company: Database) -> None:
    """4.5.5."""
    it = await complaint(company, "decide")
    await it.open_it("leader", "decide")
    assert await it.due("decide") == "2026-11-23 10:00"
    await sweep(company, ZONE, shanghai("2026-11-23 10:00"))
    assert ("leader", "task.overdue") in await told(company)
    assert ("clerk", "task.escalated") in await told(company)  # who presses for it
    assert await it.open_steps() == ["decide"]


async def test_silence_past_two_days_with_proof_is_a_deemed_approval_p04_6(
    company: Database,
) -> None:
    """4.5.6, 4.8.1.3: the portal acts for that leader under its clause; then it is negotiated."""
    it = await complaint(company, "decide")
    await it.open_it("leader", "decide")
    await sweep(company, ZONE, LAPSED - timedelta(minutes=1))
    assert await it.open_steps() == ["decide"]
    await sweep(company, ZONE, LAPSED)
    assert await ending(it, "decide") == Ending.DEEMED
    found = await entry(company, "task.deemed")
    leader = await person_id(company, "leader")
    assert (found.actor, found.on_behalf_of) == ("system:P04.6", leader)
    assert await it.open_steps() == ["negotiate"]
    assert ("responsible", "task.opened") in await told(company)
    it.now = LAPSED
    await it.answer("responsible", "negotiate", "agreed", talks="电话")
    assert await it.open_steps() == ["execute"]
    await holds_true(company, it.id)


async def test_approvals_by_silence_have_a_figure_and_a_list_of_their_own_p04_6(
    company: Database,
) -> None:
    """A report that was read and left without instruction is silence, but approves nothing."""
    unread = await complaint(company, "inform_leader")
    await unread.open_it("leader", "inform_leader")
    it = await approved_by_silence(company)
    async with company.reading() as db:
        assert await count_deemed(db, LAPSED) == 1
        assert await count_deemed(db, LAPSED + timedelta(seconds=1)) == 0
        found = await list_cases(db, system().actor, Wanted(state="deemed"), LAPSED)
        assert [case.id for case in found.rows] == [it.id]


async def test_silence_without_proof_of_receipt_approves_nothing_p04_6(company: Database) -> None:
    it = await complaint(company, "decide")
    await sweep(company, ZONE, LAPSED + timedelta(days=1))
    assert await it.open_steps() == ["decide"]
    assert ("manager", "task.escalated") in await told(company)
    assert "task.deemed" not in (await journal(company))
    # Opened only now, the two days run from now.
    it.now = LAPSED + timedelta(days=1)
    await it.open_it("leader", "decide")
    await sweep(company, ZONE, shanghai("2026-11-27 09:59"))
    assert await it.open_steps() == ["decide"]
    await sweep(company, ZONE, shanghai("2026-11-27 10:00"))
    assert await it.open_steps() == ["negotiate"]


async def test_what_reached_one_leader_proves_nothing_against_the_next_p04_6(
    company: Database,
) -> None:
    """A task that changes hands is to be proven anew."""
    it = await complaint(company, "decide")
    await it.open_it("leader", "decide")
    async with company.writing() as db:
        head = await person_id(company, "head")
        db.add(RoleGrant(person_id=head, role="deputy_leader", at=NOON, by_id=None))
    act = await act_of(company, "manager", shanghai("2026-11-23 09:00"))
    async with company.writing() as db:
        await reassign(db, act, await it.row(db, "decide"), head, "出差", ZONE)
    await sweep(company, ZONE, LAPSED + timedelta(days=1))
    assert await it.open_steps() == ["decide"]
    it.now = LAPSED + timedelta(days=1)
    await it.open_it("head", "decide")
    await sweep(company, ZONE, shanghai("2026-11-27 10:00"))
    assert (await entry(company, "task.deemed")).on_behalf_of == head


async def test_the_deputy_of_an_absent_leader_proves_it_for_both_p04_6(company: Database) -> None:
    it = await complaint(company, "forward")
    away = Absence(
        NOON - timedelta(days=1),
        NOON + timedelta(days=30),
        "",
        await person_id(company, "manager"),
    )
    async with company.writing() as db:
        await go_away(db, system(), await person_id(company, "leader"), away)
    await it.answer("clerk", "forward", "forwarded")
    await it.open_it("manager", "decide")
    await sweep(company, ZONE, LAPSED)
    assert await it.open_steps() == ["negotiate"]


async def test_a_look_of_whoever_stands_in_proves_nothing_against_the_leader_p04_6(
    company: Database,
) -> None:
    """The leader is away for a day; what somebody else opened in their place did not reach them."""
    it = await complaint(company, "decide")
    away = Absence(NOON, NOON + timedelta(hours=4), "", await person_id(company, "manager"))
    async with company.writing() as db:
        await go_away(db, system(), await person_id(company, "leader"), away)
    await it.open_it("manager", "decide")
    await sweep(company, ZONE, LAPSED + timedelta(days=1))
    assert await it.open_steps() == ["decide"]
    assert ("manager", "task.escalated") in await told(company)
    assert "task.received" not in await journal(company)


async def test_nobody_approves_measures_of_their_own_by_word_or_by_silence_p04_6(
    company: Database,
) -> None:
    """Also where the responsible person stands in for the leader, or leads."""
    it = await complaint(company, "forward")
    responsible = await person_id(company, "responsible")
    async with company.writing() as db:
        db.add(RoleGrant(person_id=responsible, role="deputy_leader", at=NOON, by_id=None))
        away = Absence(NOON, NOON + timedelta(days=30), "", responsible)
        await go_away(db, system(), await person_id(company, "leader"), away)
    await it.answer("clerk", "forward", "forwarded")
    async with company.reading() as db:
        assert (await it.row(db, "decide")).owner_id != responsible
    with pytest.raises(Problem):
        await it.open_it("responsible", "decide")
    with pytest.raises(Problem):
        await it.answer("responsible", "decide", "approve")


async def test_a_complaint_found_special_later_is_not_approved_by_silence_p04_6(
    company: Database,
) -> None:
    """Ours: what the first look finds is a fact of the case."""
    it = await complaint(company, "preliminary")
    found = SENT | {"responsible": "responsible", "special": True}
    await it.answer("clerk", "preliminary", "sent", **found)
    await go(it, "decide")
    assert await it.open_steps() == ["decide_major"]


@pytest.mark.parametrize("facts", [{"severity": "major"}, {"special": True}])
async def test_a_barred_class_is_never_deemed_approved_p04_6(
    company: Database, facts: dict[str, str | bool]
) -> None:
    """Ours: a case that becomes major or special while it waits goes up instead."""
    it = await complaint(company, "decide")
    await it.open_it("leader", "decide")
    await happen(company, it.id, FactsChanged(facts, "十户同样"), NOON)
    await sweep(company, ZONE, LAPSED + timedelta(days=30))
    assert await it.open_steps() == ["decide"]
    assert ("manager", "task.escalated") in await told(company)


async def test_a_major_complaint_is_the_leaders_by_recorded_authority_p04_6(
    company: Database,
) -> None:
    """3.2."""
    it = await complaint(company, "decide_major", severity="major")
    await go(it, "decide")
    await it.open_it("leader", "decide_major")
    await sweep(company, ZONE, LAPSED + timedelta(days=30))
    assert await it.open_steps() == ["decide_major"]
    assert ("manager", "task.escalated") in await told(company)
    with pytest.raises(Problem):
        await it.answer("leader", "decide_major", "approve")
    await it.answer("leader", "decide_major", "approve", authority="standing")
    assert await it.open_steps() == ["execute"]


async def test_the_leader_approves_with_requirements_p04_6(company: Database) -> None:
    """4.8.1.2."""
    it = await complaint(company, "decide")
    with pytest.raises(Problem):
        await it.answer("leader", "decide", "approve_with")
    await it.answer("leader", "decide", "approve_with", requirements="请业主到场")
    assert await it.open_steps() == ["execute"]


async def test_a_replan_is_signed_for_and_decided_again_p04_6(company: Database) -> None:
    """4.8.1.1."""
    it = await complaint(company, "decide")
    await it.answer("leader", "decide", "replan", reason="治本")
    await it.sign("responsible", "replan")
    assert await it.due("replan") == "2026-11-25 10:00"
    await it.answer("responsible", "replan", "written", cause="老化", measures="换窗")
    await it.answer("clerk", "forward", "forwarded")
    await it.answer("leader", "decide", "approve")
    assert await it.open_steps() == ["execute"]


async def test_an_urgent_complaint_is_told_and_pressed_for_by_telephone_p04_7(
    company: Database,
) -> None:
    """4.6: Customer Service is asked to call; each call is logged on the case."""
    it = await complaint(company, "decide", urgency="high")
    asked = await told(company, "call.asked")
    assert asked == [("clerk", "call.asked")] * 3  # report, sheet, decision
    await it.open_it("leader", "decide")
    await sweep(company, ZONE, shanghai("2026-11-23 08:30"))
    assert len(await told(company, "call.asked")) == 4


async def test_nobody_is_asked_to_call_about_an_ordinary_one_p04_7(company: Database) -> None:
    it = await complaint(company, "decide")
    await it.open_it("leader", "decide")
    await sweep(company, ZONE, shanghai("2026-11-23 08:30"))
    assert ("leader", "task.reminded") in await told(company)
    assert await told(company, "call.asked") == []


async def test_a_legal_question_is_customer_services_alone_p04_8(company: Database) -> None:
    """4.7."""
    it = await complaint(company, "measures")
    await it.answer("responsible", "measures", "ask_counsel", legal_question="能否免责")
    with pytest.raises(Problem):
        await it.answer("responsible", "consult_counsel", "advised", asked="counsel", advice="否")
    await it.answer("clerk", "consult_counsel", "advised", asked="counsel", advice="不能免责")
    assert await it.open_steps() == ["measures"]


async def test_a_customer_not_satisfied_sets_leader_and_responsible_to_work_again_p04_10(
    company: Database,
) -> None:
    it = await complaint(company)
    await by_link(it, "not_solved", opinion="下雨又漏")
    await it.answer("clerk", "take_up_again", "again", why="下雨又漏")
    assert await it.open_steps() == ["inform_leader", "preliminary"]
    assert await it.due("preliminary") == "2026-11-20 15:15"
    await go(it, "")
    await by_link(it, "solved")
    async with company.reading() as db:
        query = select(Task.step).where(Task.case_id == it.id, Task.step == "decide")
        assert len(list(await db.scalars(query))) == 2


async def test_a_silent_customer_is_called_and_a_second_person_closes_p04_10(
    company: Database,
) -> None:
    it = await complaint(company)
    await sweep(company, ZONE, NOON + timedelta(days=6))
    it.now = NOON + timedelta(days=6)
    await it.answer("clerk", "call_customer", "says_solved", calls="两次", evidence=("1",))
    await it.answer("head", "close_on_behalf", "close", reason="客户口头确认")
    assert (await it.case()).verdict == "closed_on_behalf"
