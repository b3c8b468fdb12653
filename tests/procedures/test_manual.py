"""The manual for who writes procedures names everything a file can say."""

from pathlib import Path

import msgspec
import pytest

from portal.procedures import definition
from portal.procedures.definition import FieldType, Flag, Operator, WhoKind
from portal.procedures.facts import FACTS

MANUAL = (Path(__file__).parents[2] / "docs" / "procedures.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("word", [*FieldType, *Flag, *Operator, *WhoKind, *FACTS])
def test_the_manual_names_it(word: str) -> None:
    assert word in MANUAL.replace("\n", " ")


def test_definitions_never_change_in_memory_r4() -> None:
    """A running case shares its definition with every other case of that edition."""
    parts = [part for part in vars(definition).values() if isinstance(part, type)]
    structs = [part for part in parts if issubclass(part, msgspec.Struct)]
    assert len(structs) > 20
    assert [part for part in structs if not part.__struct_config__.frozen] == []
