"""Signing for a job (签收), by itself or by being there."""

from sqlalchemy import select

from portal.cases.models import Assignment, Task
from portal.kernel.db.unit import Database
from tests.cases.support import journal
from tests.field.support import entries, job_of, outcomes, phone_of
from tests.repairs.support import employed
from tests.support.cast import NOON


async def signed_at(database: Database, job: int) -> object:
    async with database.reading() as db:
        return await db.scalar(select(Task.signed_at).where(Task.id == job))


async def test_a_receipt_signs_for_the_job_once(database: Database) -> None:
    """P06.5: the second, and that of a job signed for at the desk, is taken and does nothing."""
    _, job = await job_of(database)
    phone = await phone_of(database)
    assert await signed_at(database, job) is None
    receipt = await phone.send(phone.op("receipt", job), phone.op("receipt", job))
    assert outcomes(receipt) == ["applied", "applied"]
    assert await signed_at(database, job) == NOON
    assert outcomes(await phone.send(phone.op("receipt", job), phone.op("arrive", job))) == [
        "applied",
        "applied",
    ]
    assert (await journal(database)).count("task.signed_for") == 1


async def test_who_arrives_has_signed_for_the_job(database: Database) -> None:
    _, job = await job_of(database)
    phone = await phone_of(database)
    assert outcomes(await phone.send(phone.op("arrive", job))) == ["applied"]
    assert await signed_at(database, job) == NOON


async def test_a_job_signed_for_at_the_desk_is_not_signed_for_again(database: Database) -> None:
    it, job = await job_of(database)
    await it.sign("engineer", "visit")
    phone = await phone_of(database)
    assert outcomes(await phone.send(phone.op("receipt", job))) == ["applied"]
    assert (await journal(database)).count("task.signed_for") == 1


async def test_who_no_longer_has_the_job_signs_for_nobody(database: Database) -> None:
    """Rule 17: that they came is a fact, whose job it is decides the office."""
    it, job = await job_of(database)
    other = await employed(database, "other")
    phone = await phone_of(database)
    async with database.writing() as db:
        (await db.get_one(Task, job)).owner_id = other
        db.add(Assignment(case_id=it.id, task_id=job, person_id=other, at=NOON))
    receipt = await phone.send(phone.op("receipt", job), phone.op("arrive", job))
    assert outcomes(receipt) == ["flagged reassigned", "flagged reassigned"]
    assert await signed_at(database, job) is None
    assert len(await entries(database)) == 2


async def test_a_job_that_is_over_is_not_signed_for(database: Database) -> None:
    it, job = await job_of(database)
    phone = await phone_of(database)
    await it.answer("engineer", "visit", "nobody_home")
    assert outcomes(await phone.send(phone.op("receipt", job))) == ["flagged closed"]
    assert await signed_at(database, job) is None
