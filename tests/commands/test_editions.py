"""A procedure file that was changed without a new edition is one clear line at the start (R4)."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.commands.portals import Operator


def test_r4_a_changed_edition_is_one_line_for_the_operator(
    operator: Operator, demonstration: Path
) -> None:
    shutil.copytree(demonstration, operator.home)
    with closing(sqlite3.connect(operator.database)) as connection, connection:
        connection.execute("UPDATE procedure_version SET digest = 'another' WHERE code = 'P06'")
    said = operator.fails("serve", "--no-worker")
    assert said.startswith("P06.toml says something else than edition ")
    assert "give what was changed a new edition" in said
