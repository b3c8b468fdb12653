"""What the customer has just read and signed need not be said again (P06.6)."""

from portal.kernel.db.unit import Database
from tests.field.support import Phone, job_of, outcomes, phone_of
from tests.field.test_feed import ask
from tests.people.support import NewBrowser


async def work(phone: Phone, job: int, **said: str) -> list[str]:
    """Repair it, and say ``said``; what the phone was told of the completion."""
    made = [phone.op("timer_start", job, {"timer": "a"})]
    phone.now = phone.now.replace(hour=phone.now.hour + 1)
    made += [
        phone.op("timer_stop", job, {"timer": "a"}),
        phone.op("fault", job, {"text": "油封老化"}),
        *(phone.op(kind, job, {"text": text}) for kind, text in said.items()),
        phone.op("complete", job, {"outcome": "repaired"}),
    ]
    return outcomes(await phone.send(*made, at=phone.now))[-1:]


async def test_result_and_advice_of_the_visit_answer_the_report_too(database: Database) -> None:
    it, job = await job_of(database)
    phone = await phone_of(database)
    assert await work(phone, job, result="已换油封", advice="每季检查") == ["applied"]
    assert await it.open_steps() == ["confirm"]
    loaded = await it.loaded()
    assert loaded.answered("report", "result") == "已换油封"
    assert loaded.answered("report", "advice") == "每季检查"


async def test_without_advice_the_report_stays_a_job_that_knows_the_result(
    database: Database, browser: NewBrowser
) -> None:
    it, job = await job_of(database)
    phone, engineer = await phone_of(database), await browser("engineer")
    await work(phone, job, result="已换油封")
    assert await it.open_steps() == ["report"]
    [packet] = [one for one in (await ask(engineer))["packets"] if one["is_open"]]
    assert packet["step"]["key"] == "report"
    assert packet["values_before"] == {"fault": "油封老化", "result": "已换油封"}
    assert packet["record"]["values"] == packet["values_before"]
    report = packet["task_id"]
    receipt = await phone.send(
        phone.op("advice", report, {"text": "每季检查"}),
        phone.op("complete", report, {"outcome": "told"}),
        at=phone.now,
    )
    assert outcomes(receipt) == ["applied", "applied"]
    assert await it.open_steps() == ["confirm"]
    assert (await it.loaded()).answered("report", "result") == "已换油封"


async def test_what_is_said_anew_in_the_report_counts(database: Database) -> None:
    it, job = await job_of(database)
    phone = await phone_of(database)
    await work(phone, job, result="已换油封")
    async with database.reading() as db:
        report = (await it.row(db, "report")).id
    await phone.send(
        phone.op("result", report, {"text": "已换油封并试机"}),
        phone.op("advice", report, {"text": "每季检查"}),
        phone.op("complete", report, {"outcome": "told"}),
        at=phone.now,
    )
    assert (await it.loaded()).answered("report", "result") == "已换油封并试机"


async def test_what_was_said_on_the_first_visit_is_not_said_of_the_second(
    database: Database, browser: NewBrowser
) -> None:
    """A visit after another begins anew: what is broken now is found now."""
    it, job = await job_of(database)
    phone = await phone_of(database)
    await phone.send(
        phone.op("fault", job, {"text": "油封老化"}),
        phone.op("complete", job, {"outcome": "nobody_home"}),
    )
    later = {"window_from": "2026-11-24T09:00:00+08:00", "window_to": "2026-11-24T11:00:00+08:00"}
    await it.answer("clerk", "appoint", "agreed", **later)
    [packet] = [p for p in (await ask(await browser("engineer")))["packets"] if p["is_open"]]
    assert packet["values_before"] == {}


async def test_what_leads_elsewhere_answers_nothing_more(database: Database) -> None:
    it, job = await job_of(database)
    phone = await phone_of(database)
    said = [phone.op(kind, job, {"text": "说过"}) for kind in ("result", "advice")]
    await phone.send(*said, phone.op("complete", job, {"outcome": "nobody_home"}))
    assert await it.open_steps() == ["appoint"]
