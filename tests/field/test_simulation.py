"""Seeds of the simulator, and bugs that it has to find (rules 37, 38).

Many more: ``python -m tests.field.simulation --seeds 1:10000 --ops 200``.
"""

from pathlib import Path

import pytest

from tests.conftest import BothDatabases
from tests.field.simulation.planting import BUGS, planted
from tests.field.simulation.running import Template, furnished, simulating
from tests.support.databases import Postgres, Sqlite

# How many seeds, and of how many operations.
_SEEDS = {"sqlite": (range(1, 4), 50), "postgres": (range(1, 3), 30)}
# Those that few seeds find: one run of each is a matter of a second or two.
_QUICK = (
    "deleted-on-acknowledgement",
    "another-id-on-resend",
    "number-allotted-outside-the-transaction",
    "purged-when-final",
    "a-job-with-unsent-work-is-removed",
)


@pytest.fixture(scope="module")
async def on_sqlite(sqlite: Sqlite) -> Template:
    return await furnished(sqlite)


@pytest.fixture(scope="module")
async def on_postgres(postgres: Postgres) -> Template:
    return await furnished(postgres)


@pytest.fixture(params=BothDatabases)
def template(request: pytest.FixtureRequest) -> Template:
    """A furnished company on each kind of database."""
    found: Template = request.getfixturevalue(f"on_{request.param}")
    return found


@pytest.mark.slow
async def test_whatever_goes_wrong_each_operation_arrives_once(
    template: Template, tmp_path: Path
) -> None:
    """Rule 38."""
    seeds, ops = _SEEDS["sqlite" if isinstance(template.kind, Sqlite) else "postgres"]
    async with simulating(template, tmp_path / "home") as simulator:
        verdicts = [await simulator.run(seed, ops) for seed in seeds]
    assert [(one.seed, one.violations) for one in verdicts if one.violations] == []
    assert sum(one.stats["recorded"] for one in verdicts) >= len(seeds) * ops
    assert sum(one.stats.get("reply_lost", 0) for one in verdicts)


@pytest.mark.slow
@pytest.mark.parametrize("bug", _QUICK)
async def test_a_planted_bug_is_found(on_sqlite: Template, bug: str, tmp_path: Path) -> None:
    """Rule 38."""
    core = planted(bug, tmp_path / "core")
    async with simulating(on_sqlite, tmp_path / "home", core) as simulator:
        for seed in range(1, 21):
            if (await simulator.run(seed, 40)).violations:
                return
    pytest.fail("not found within 20 seeds")


def test_every_bug_can_still_be_planted(tmp_path: Path) -> None:
    for name in BUGS:
        planted(name, tmp_path / name)
