"""Importing: history without clocks, known again, part by part, whatever meets or stops it."""

import asyncio
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from portal.cases.models import Alarm, Case, Task, TimeLimit
from portal.cases.sweeping import sweep
from portal.customers.models import Contact, Customer, Device, Site
from portal.imports import jobs, running
from portal.imports.access import find_run
from portal.imports.indexing import RECORDS, reindex_records
from portal.imports.jobs import carry_on_imports
from portal.imports.listing import rejections_of
from portal.imports.models import ImportRejection, ImportRun, PastRecord, Stage
from portal.imports.problems import OVER_ALREADY
from portal.imports.reading import Table, open_table
from portal.imports.rejected import rejected_csv
from portal.imports.running import cancel, carry_on
from portal.imports.sealing import first_unsound
from portal.kernel.i18n import LANGUAGES, language
from portal.kernel.journal.models import JournalEntry
from portal.kernel.problems import Problem
from portal.kernel.settings import Settings
from portal.notices.models import Letter, Notice
from portal.tables import METADATA
from tests.imports.support import EXCAVATORS, NYC, REPAIRS, Importer, counts
from tests.people.support import words
from tests.support.cast import NOON, system


async def rows_of(importer: Importer, *models: type[Any]) -> list[list[tuple[object, ...]]]:
    """Every row of tables, to be compared."""
    async with importer.database.reading() as db:
        return [
            sorted(
                map(tuple, await db.execute(select(METADATA.tables[one.__tablename__]))), key=repr
            )
            for one in models
        ]


async def test_all_requests_come_in_and_the_odd_ones_are_flagged_none_lost(
    importer: Importer,
) -> None:
    run = await importer.imported(NYC, "nyc311.csv")
    assert run.stage is Stage.DONE
    assert counts(run) == (40, 40, 0, 0, 10)
    records = await importer.records()
    assert [one.flags for one in records].count("closed_before_created") == 10
    first = records[0]
    assert first.key == "id:39573567"
    assert first.happened_at.isoformat() == "2018-06-26T14:58:54+00:00"
    assert len(first.cells) == 41
    assert ["Community Board", "09 QUEENS"] in first.cells


async def test_the_broken_work_order_is_refused_with_line_and_reason_and_devices_get_files(
    importer: Importer,
) -> None:
    run = await importer.imported(EXCAVATORS, "excavators.csv")
    assert counts(run) == (48, 47, 0, 1, 0)
    async with importer.database.reading() as db:
        refused = (await db.scalars(select(ImportRejection))).one()
        devices = list(await db.scalars(select(Device.model).order_by(Device.model)))
    assert refused.line == 47
    assert refused.reasons == [
        ["%(field)s “%(value)s” is no amount.", {"field": "Cost", "value": "PM01"}]
    ]
    assert refused.cells == ["2003-12-31", "B", "won", "t swing", "PM01"]
    assert devices == ["A", "B", "C", "D", "E"]
    records = await importer.records()
    assert all(one.device_id and one.customer_id for one in records)
    equal = sorted(one.key[-2:] for one in records if "busted" in one.title)
    assert equal == [":1", ":2", ":3", ":4"]


@pytest.mark.parametrize("content", [NYC, EXCAVATORS, REPAIRS], ids=["nyc", "orders", "repairs"])
async def test_twice_changes_nothing(importer: Importer, content: bytes) -> None:
    models = (PastRecord, Customer, Contact, Site, Device)
    first = await importer.imported(content, "repairs.csv")
    before = await rows_of(importer, *models)
    second = await importer.imported(content, "repairs.csv")
    assert (second.read, second.new, second.known) == (first.read, 0, first.new)
    assert (second.rejected, second.flagged) == (first.rejected, first.flagged)
    assert await rows_of(importer, *models) == before


async def test_history_is_no_case_and_nothing_ever_rings_for_it_r1(
    importer: Importer, settings: Settings
) -> None:
    for content in (NYC, EXCAVATORS, REPAIRS):
        await importer.imported(content)
    await sweep(importer.database, settings.zone, NOON + timedelta(days=400))
    for model in (Case, Task, TimeLimit, Alarm, Notice, Letter):
        assert await importer.count(model) == 0, model


async def test_nobody_is_invented_where_the_source_names_no_customer(importer: Importer) -> None:
    await importer.imported(NYC)
    assert await importer.count(Customer) == 0
    assert all(one.customer_id is None for one in await importer.records())


async def test_customers_contacts_sites_and_devices_of_a_source_become_files(
    importer: Importer,
) -> None:
    await importer.imported(REPAIRS, "repairs.csv")
    async with importer.database.reading() as db:
        customers = list(await db.scalars(select(Customer.name).order_by(Customer.id)))
        contacts = list(await db.execute(select(Contact.name, Contact.phone).order_by(Contact.id)))
        sites = list(await db.scalars(select(Site.address).order_by(Site.id)))
        serials = list(await db.scalars(select(Device.serial).order_by(Device.id)))
    assert customers == ["向阳农机合作社", "王德福"]
    assert [tuple(one) for one in contacts] == [
        ("刘会计", "+8613912345678"),
        ("王德福", "+8613900010004"),
    ]
    assert sites == ["双流区黄水镇", "简阳市石桥镇"]
    assert serials == ["SH6-1", "TD12-42"]


async def test_people_of_one_name_are_not_taken_for_one(importer: Importer) -> None:
    async with importer.database.writing() as db:
        db.add(Customer(name="王德福", made_at=NOON))
    await importer.imported(REPAIRS)
    assert await importer.count(Customer) == 3


async def test_a_row_with_other_content_under_its_number_is_refused_and_what_stands_stands(
    importer: Importer,
) -> None:
    await importer.imported(REPAIRS, "repairs.csv")
    before = await rows_of(importer, PastRecord)
    changed = REPAIRS.replace("空调不制冷".encode(), "空调制冷".encode())
    run = await importer.imported(changed, "repairs.csv")
    assert counts(run)[1:4] == (0, 2, 1)
    assert await rows_of(importer, PastRecord) == before


@pytest.mark.parametrize("code", LANGUAGES)
async def test_rejected_rows_that_were_mended_are_the_rows_of_the_file(
    importer: Importer, code: str
) -> None:
    """What the list has beyond them, and the apostrophe before a formula, is none of their data."""
    sent = "标题,创建时间,=c,费用\n漏水,2024-03-04,x,5\n=1+1,2024-03-05,'@y,free\n".encode()
    run = await importer.imported(sent, "a.csv", "旧系统")
    assert counts(run) == (2, 1, 0, 1, 0)
    async with importer.database.reading() as db:
        rows = [(one.line, one.reasons, one.cells) for one in await rejections_of(db, run)]
    taken = rejected_csv(run.header, rows, language(code))
    assert "'=1+1,2024-03-05,''@y,free" in taken
    mended = taken.replace(",free", ",7").encode()
    assert counts(await importer.imported(mended, "a-rejected.csv", "旧系统")) == (1, 1, 0, 0, 0)
    last = (await importer.records())[-1]
    assert last.title == "=1+1"
    assert [name for name, _ in last.cells] == ["标题", "创建时间", "=c", "费用"]
    whole = await importer.imported(sent.replace(b"free", b"7"), "a.csv", "旧系统")
    assert counts(whole) == (2, 0, 2, 0, 0)


async def test_what_was_imported_is_found_by_its_words_also_after_a_rebuild(
    importer: Importer,
) -> None:
    await importer.imported(NYC)
    await importer.imported(EXCAVATORS)
    database = importer.database
    name = database.engine.dialect.name

    async def found(words: str) -> int:
        async with database.reading() as db:
            return len(list(await db.scalars(RECORDS.matching(name, words))))

    asked = ("busted grease", "39573567", "QUEENS", "Hodkiewicz", "GREASE LINES")
    before = [await found(words) for words in asked]
    assert before[0] == 4
    assert before[1] == 1
    assert min(before) > 0
    async with database.writing() as db:
        assert await reindex_records(db) == 87
    assert [await found(words) for words in asked] == before


async def test_an_import_that_is_cancelled_keeps_what_is_done_and_the_file_brings_the_rest(
    importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "PART", 10)
    run_id = await importer.prepared(EXCAVATORS, "excavators.csv")
    parts = count()
    await carry_on(
        importer.database, importer.folder, run_id, system, stop=lambda: next(parts) >= 2
    )
    assert counts(await importer.run(run_id)) == (20, 20, 0, 0, 0)
    async with importer.database.writing() as db:
        await cancel(db, system(), await find_run(db, system().actor, run_id, lock=True))
    await carry_on(importer.database, importer.folder, run_id, system)
    cancelled = await importer.run(run_id)
    assert (cancelled.stage, cancelled.read) == (Stage.CANCELLED, 20)
    again = await importer.imported(EXCAVATORS, "excavators.csv")
    assert counts(again) == (48, 27, 20, 1, 0)
    async with importer.database.writing() as db:
        with pytest.raises(Problem) as over:
            await cancel(db, system(), await find_run(db, system().actor, run_id, lock=True))
    assert over.value.kind is OVER_ALREADY


async def test_an_import_goes_on_after_a_restart_where_it_was(
    importer: Importer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of equal rows those before the restart count: the later ones keep their numbers."""
    monkeypatch.setattr(running, "PART", 7)
    run_id = await importer.prepared(EXCAVATORS, "excavators.csv", attended=False)
    parts = count()
    await carry_on(
        importer.database, importer.folder, run_id, system, stop=lambda: next(parts) >= 3
    )
    assert (await importer.run(run_id)).read == 21
    monkeypatch.setattr(running, "PART", 5)
    await carry_on_imports(importer.database, settings, NOON)
    run = await importer.run(run_id)
    assert (run.stage, *counts(run)) == (Stage.DONE, 48, 47, 0, 1, 0)
    assert (await importer.imported(EXCAVATORS, "excavators.csv")).new == 0


async def test_each_turn_of_the_worker_moves_every_import_on_and_opens_a_file_once(
    importer: Importer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With no time at all each still does a part, and nothing is judged a second time."""
    monkeypatch.setattr(running, "PART", 10)
    monkeypatch.setattr(jobs, "_AT_A_TIME", 0.0)
    names = []

    def opening(path: Path, name: str, **more: bool) -> Table:
        names.append(name)
        return open_table(path, name, **more)

    monkeypatch.setattr(running, "open_table", opening)
    large = await importer.prepared(EXCAVATORS, "excavators.csv", attended=False)
    small = await importer.prepared(REPAIRS, "repairs.csv", attended=False)
    read = []
    for _ in range(2):
        await carry_on_imports(importer.database, settings, NOON)
        read.append((await importer.run(large)).read)
    assert read == [10, 20]
    assert (await importer.run(small)).stage is Stage.DONE
    for _ in range(4):
        await carry_on_imports(importer.database, settings, NOON)
    run = await importer.run(large)
    assert (run.stage, *counts(run)) == (Stage.DONE, 48, 47, 0, 1, 0)
    assert names == ["excavators.csv", "repairs.csv"]


async def test_an_import_whose_turn_failed_goes_on_with_the_next_one(
    importer: Importer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that were judged and not written are not left out, and nobody else's turn is."""
    monkeypatch.setattr(running, "PART", 10)
    monkeypatch.setattr(jobs, "_AT_A_TIME", 0.0)
    run_id = await importer.prepared(EXCAVATORS, "excavators.csv", attended=False)
    await carry_on_imports(importer.database, settings, NOON)
    take_part = running.take_part

    async def failing(db: Any, act: Any, run: ImportRun, *rest: Any) -> None:
        if run.id == run_id:
            raise TypeError
        await take_part(db, act, run, *rest)

    other = await importer.prepared(REPAIRS, "repairs.csv", attended=False)
    with monkeypatch.context() as broken:
        broken.setattr(running, "take_part", failing)
        with pytest.raises(TypeError):
            await carry_on_imports(importer.database, settings, NOON)
    assert (await importer.run(other)).read == 3
    for _ in range(8):
        await carry_on_imports(importer.database, settings, NOON)
    run = await importer.run(run_id)
    assert (run.stage, *counts(run)) == (Stage.DONE, 48, 47, 0, 1, 0)


async def test_the_worker_leaves_alone_what_a_command_runs(
    importer: Importer, settings: Settings
) -> None:
    run_id = await importer.prepared(REPAIRS)
    await carry_on_imports(importer.database, settings, NOON)
    assert (await importer.run(run_id)).read == 0


async def test_an_import_whose_command_was_killed_ends_as_interrupted_after_a_while(
    importer: Importer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command that is at work says so with each part; the file again brings the rest."""
    monkeypatch.setattr(running, "PART", 10)
    run_id = await importer.prepared(EXCAVATORS, "excavators.csv")
    later = NOON + timedelta(minutes=4)
    parts = count()
    await carry_on(
        importer.database,
        importer.folder,
        run_id,
        lambda: system(later),
        stop=lambda: next(parts) >= 2,
    )
    for minutes, stage in ((4, Stage.RUNNING), (8, Stage.RUNNING), (10, Stage.INTERRUPTED)):
        at = NOON + timedelta(minutes=minutes)
        await carry_on_imports(importer.database, settings, at)
        run = await importer.run(run_id)
        assert run.stage is stage, minutes
    assert (run.read, run.ended_at) == (20, at)
    assert (await words(importer.database, f"import:{run_id}"))[-1] == "import.interrupted"
    await carry_on(importer.database, importer.folder, run_id, system)  # it only slept
    assert (await importer.run(run_id)).read == 20
    again = await importer.imported(EXCAVATORS, "excavators.csv")
    assert counts(again) == (48, 27, 20, 1, 0)


async def test_two_imports_of_one_file_at_once_make_each_row_and_file_once(
    importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "PART", 6)
    for content, name in ((EXCAVATORS, "excavators.csv"), (REPAIRS, "repairs.csv")):
        both = [await importer.prepared(content, name) for _ in range(2)]
        await asyncio.gather(
            *(carry_on(importer.database, importer.folder, one, system) for one in both)
        )
        runs = [await importer.run(one) for one in both]
        valid = runs[0].read - runs[0].rejected
        assert sum(run.new for run in runs) == valid
        assert [run.new + run.known for run in runs] == [valid, valid]
    assert await importer.count(PastRecord) == 50
    assert await importer.count(Device) == 7
    assert await importer.count(Customer) == 3


async def test_two_workers_at_one_import_count_each_row_once(
    importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "PART", 4)
    run_id = await importer.prepared(EXCAVATORS, "excavators.csv")
    await asyncio.gather(
        *(carry_on(importer.database, importer.folder, run_id, system) for _ in range(2))
    )
    run = await importer.run(run_id)
    assert (run.stage, *counts(run)) == (Stage.DONE, 48, 47, 0, 1, 0)
    assert await importer.count(PastRecord) == 47


async def test_an_import_whose_file_is_gone_fails_with_a_reason(importer: Importer) -> None:
    run_id = await importer.prepared(REPAIRS)
    for path in importer.folder.rglob("*"):
        if path.is_file():
            path.unlink()
    await carry_on(importer.database, importer.folder, run_id, system)
    run = await importer.run(run_id)
    assert run.stage is Stage.FAILED
    assert run.ended_at
    assert "no longer" in run.fault


async def test_a_row_that_no_database_takes_is_refused_and_shown(importer: Importer) -> None:
    content = "标题,日期\n漏\x00水,2024-01-01\n漏水,2024-01-01\n".encode()
    run = await importer.imported(content)
    assert counts(run) == (2, 1, 0, 1, 0)
    async with importer.database.reading() as db:
        assert (await db.scalars(select(ImportRejection.cells))).one() == ["漏␀水", "2024-01-01"]


async def test_the_journal_tells_of_each_part_and_names_nobody(importer: Importer) -> None:
    await importer.imported(REPAIRS, "repairs.csv")
    async with importer.database.reading() as db:
        entries = select(JournalEntry.word, JournalEntry.body).order_by(JournalEntry.rev)
        entries = entries.where(JournalEntry.subject == "import:1")
        told = [(word, body) for word, body in await db.execute(entries)]
        bodies = "".join(await db.scalars(select(JournalEntry.body)))
    assert [word for word, _ in told] == [
        "import.prepared",
        "import.started",
        "import.continued",
        "import.ended",
    ]
    assert "王德福" not in bodies
    assert "13900010004" not in bodies


async def test_what_was_changed_or_removed_afterwards_is_named_r2(importer: Importer) -> None:
    await importer.imported(NYC)
    await importer.imported(REPAIRS)

    async def unsound() -> str:
        async with importer.database.reading() as db:
            found = await first_unsound(db)
            return found.text % found.params if found else ""

    assert await unsound() == ""
    one = (await importer.records())[5]
    async with importer.database.writing() as db:
        changed = update(PastRecord).where(PastRecord.id == one.id)
        await db.execute(changed.values(answer="All is well."))
    assert await unsound() == f"record {one.id}"
    async with importer.database.writing() as db:
        await db.execute(changed.values(answer=one.answer))
    assert await unsound() == ""
    async with importer.database.writing() as db:
        await db.execute(delete(PastRecord).where(PastRecord.id == one.id))
    assert (await unsound()).startswith("the records of journal entry")
