"""Storing procedures: one text for each edition, and the one in force on a day (R4)."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from portal.kernel.db.unit import Database
from portal.kernel.problems import Problem
from portal.procedures import loading
from portal.procedures.models import ProcedureVersion
from portal.procedures.storing import (
    KNOWN,
    EditionChanged,
    all_in_force,
    definition_of,
    in_force,
    store_shipped,
)
from tests.people.support import words
from tests.procedures.editions import LISTED, changed, present, read
from tests.support.cast import NOON, system

P06 = dict(loading.shipped())["P06"]
TODAY = NOON.date()


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalogue of our own, with P06 as it ships."""
    monkeypatch.setattr(loading, "_CATALOG", tmp_path)
    (tmp_path / "P06.toml").write_text(P06, encoding="utf-8")
    return tmp_path


def test_r4_no_shipped_edition_was_changed() -> None:
    """After a change raise the edition in the file, then `bin/editions`."""
    listed = read(LISTED.read_text())
    assert changed(listed) == []
    assert present().items() <= listed.items()


async def test_what_is_stored_is_not_stored_again(database: Database, catalog: Path) -> None:
    async with database.writing() as db:
        assert await store_shipped(db, system()) == []
    (catalog / "P06.toml").write_text(f"# a remark\n{P06}", encoding="utf-8")
    async with database.writing() as db:
        assert await store_shipped(db, system()) == []


async def test_r4_an_edition_that_was_changed_is_refused_in_one_line(
    database: Database, catalog: Path
) -> None:
    edition = definition_of(await _stored(database)).edition
    (catalog / "P06.toml").write_text(_changed(P06), encoding="utf-8")
    async with database.reading() as db:
        with pytest.raises(EditionChanged, match=rf"P06\.toml .* {edition} of P06") as refused:
            await store_shipped(db, system())
    assert "\n" not in str(refused.value)
    assert await words(database, "procedure:P06") == ["procedure.stored"]


async def test_r4_a_new_edition_of_a_changed_text_is_stored_beside_the_old(
    database: Database, catalog: Path
) -> None:
    old = await _stored(database)
    text = P06.replace(f'edition = "{old.edition}"', 'edition = "Z/9"', 1)
    (catalog / "P06.toml").write_text(_changed(text), encoding="utf-8")
    async with database.writing() as db:
        assert [version.edition for version in await store_shipped(db, system())] == ["Z/9"]
    async with database.reading() as db:
        assert (await in_force(db, "P06", TODAY)).edition == "Z/9"
        assert (await db.get_one(ProcedureVersion, old.id)).body == old.body


async def test_two_texts_of_one_edition_cannot_be_stored(database: Database) -> None:
    async with database.writing() as db:
        _add(db, "X", "A/0", TODAY, "1")
    async with database.reading() as db:
        _add(db, "X", "A/0", TODAY, "2")
        with pytest.raises(IntegrityError):
            await db.flush()


async def test_r4_the_version_in_force_is_the_last_that_is_effective(database: Database) -> None:
    async with database.writing() as db:
        _add(db, "X", "A/0", TODAY - timedelta(days=9))
        _add(db, "X", "A/2", TODAY)
        await db.flush()
        _add(db, "X", "A/1", TODAY - timedelta(days=5))
        _add(db, "X", "A/3", TODAY)  # of two of one day the one stored later
        _add(db, "X", "B/0", TODAY + timedelta(days=1))
        _add(db, "Y", "A/0", TODAY + timedelta(days=1))
    expected = {
        TODAY - timedelta(days=10): None,
        TODAY - timedelta(days=9): "A/0",
        TODAY - timedelta(days=1): "A/1",
        TODAY: "A/3",
        TODAY + timedelta(days=1): "B/0",
    }
    for on, edition in expected.items():
        async with database.reading() as db:
            found = {version.code: version.edition for version in await all_in_force(db, on)}
            assert found.get("X") == edition
            if edition:
                assert (await in_force(db, "X", on)).edition == edition
            else:
                with pytest.raises(Problem, match="not-found"):
                    await in_force(db, "X", on)
            assert ("Y" in found) == (on > TODAY)


async def test_all_in_force_are_one_question_however_many_there_are(database: Database) -> None:
    async with database.writing() as db:
        for number in range(5):
            _add(db, f"X{number}", "A/0", TODAY)
    asked: list[str] = []

    def note(*args: object) -> None:
        asked.append(str(args[2]))

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    async with database.reading() as db:
        found = await all_in_force(db, TODAY)
    assert [version.code for version in found] == [
        "P04",
        "P06",
        "P13",
        "X0",
        "X1",
        "X2",
        "X3",
        "X4",
    ]
    event.remove(engine, "before_cursor_execute", note)
    assert len([statement for statement in asked if "procedure_version" in statement]) == 1


async def test_a_version_is_read_once(database: Database) -> None:
    one, same = await _stored(database), await _stored(database)
    assert one is not same
    assert definition_of(one) is definition_of(same)


def _changed(text: str) -> str:
    """The same procedure under another name."""
    return text.replace('zh = "', 'zh = "新', 1)


async def _stored(database: Database) -> ProcedureVersion:
    async with database.reading() as db:
        found = await db.scalar(select(ProcedureVersion).where(ProcedureVersion.code == "P06"))
    assert found
    return found


def _add(db: AsyncSession, code: str, edition: str, on: date, text: str = "") -> None:
    db.add(
        ProcedureVersion(
            code=code,
            edition=edition,
            effective_on=on,
            digest=f"{code} {edition} {text}",
            body="{}",
            stored_at=NOON,
        )
    )


def test_what_procedures_may_wait_for_is_as_those_files_say() -> None:
    """A verdict that is not known would count as the usual one."""
    said = {
        definition.code: {verdict.key for verdict in definition.verdicts}
        for definition in (loading.load(text, KNOWN) for _, text in loading.shipped())
    }
    assert KNOWN.procedures
    assert {code: said[code] for code in KNOWN.procedures} == KNOWN.procedures
    p04 = loading.load(dict(loading.shipped())["P04"], KNOWN).step["repair"].child
    assert p04
    assert said["P06"] - set(dict(p04.by_verdict)) == {"solved"}
