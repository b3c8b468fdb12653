"""State = fold(ledger): whatever comes, however often, in whatever order (rule 38)."""

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from sqlalchemy import select

from field.completing import line_of
from field.folding import Line, fold
from field.models import FieldEntry, FieldOp
from portal.kernel.db.unit import Database
from portal.kernel.journal.verifying import verify
from tests.field.support import Phone, job_of, phone_of
from tests.support.cast import NOON
from tests.support.databases import Sqlite, opened

KINDS = st.sampled_from(["part", "part_returned", "tool", "fault", "note"])
NAMES = st.sampled_from(["油封", "螺栓", "皮带"])
_prepared: dict[str, tuple[Path, int]] = {}


class Ledger(RuleBasedStateMachine):
    """A phone that sends what it likes; the model is what it made, folded by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="bihuan-field-"))
        self.arrived: set[str] = set()
        self.answers: dict[str, tuple[Any, ...]] = {}
        self.run(self._begin())

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    async def _begin(self) -> None:
        if not _prepared:
            kind = Sqlite(Path(tempfile.mkdtemp(prefix="bihuan-field-template-")))
            await kind.prepare()
            async with opened(f"sqlite+aiosqlite:///{kind.template}") as database:
                _, job = await job_of(database)
            _prepared["one"] = (kind.template, job)
        template, self.job = _prepared["one"]
        for file in template.parent.glob(f"{template.name}*"):
            shutil.copy(file, self.folder / file.name)
        self.database = Database(f"sqlite+aiosqlite:///{self.folder / template.name}")
        self.phone: Phone = await phone_of(self.database)

    @rule(kind=KINDS, name=NAMES, after=st.booleans())
    def make(self, kind: str, name: str, after: bool) -> None:
        body = {"text": name} if kind in ("fault", "note") else {"name": name}
        deps = [self.phone.made[-1]["op_id"]] if after and self.phone.made else []
        self.phone.op(kind, self.job, body, deps=deps)

    @precondition(lambda self: self.phone.made)
    @rule(data=st.data())
    def void(self, data: st.DataObject) -> None:
        facts = [one for one in self.phone.made if one["kind"] != "void"]
        target = data.draw(st.sampled_from(facts))["op_id"]
        self.phone.op("void", self.job, {"op": target}, deps=[target])

    @precondition(lambda self: self.phone.made)
    @rule(data=st.data())
    def send(self, data: st.DataObject) -> None:
        """Any of them, in any order, some twice; the reply may be lost, which is to send again."""
        chosen = data.draw(st.lists(st.sampled_from(self.phone.made), min_size=1, max_size=8))
        receipt = self.run(self.phone.send(*chosen))
        for one in receipt.outcomes:
            said = (one.outcome, one.code, one.message, one.rev)
            before = self.answers.get(one.op_id)
            if before is not None and before[1] != "waits":
                assert said == before
            self.answers[one.op_id] = said
        self.arrived |= {one["op_id"] for one in chosen}
        self.run(self._compare())

    async def _compare(self) -> None:
        async with self.database.reading() as db:
            ops = list(await db.scalars(select(FieldOp).order_by(FieldOp.rev)))
            query = select(FieldEntry).join(FieldOp, FieldOp.op_id == FieldEntry.op_id)
            entries = list(await db.scalars(query.order_by(FieldOp.rev)))
            assert (await verify(db, [])).is_sound
        assert {op.op_id for op in ops} == self.arrived
        ready = self._ready()
        assert {entry.op_id for entry in entries} == ready
        made = {one["op_id"]: one for one in self.phone.made}
        order = [op.op_id for op in ops if op.op_id in ready]
        voided = {self._target(made[op_id]) for op_id in order if made[op_id]["kind"] == "void"}
        bodies = {entry.op_id: entry.body for entry in entries}
        model = [
            Line(op_id, self.phone.user_id, made[op_id]["kind"], bodies[op_id], NOON, v)
            for op_id in order
            for v in (op_id in voided,)
        ]
        assert fold(map(line_of, entries), NOON) == fold(model, NOON)

    def _ready(self) -> set[str]:
        """What has arrived and waits for nothing, by its own account."""
        ready: set[str] = set()
        made = [one for one in self.phone.made if one["op_id"] in self.arrived]
        while more := {
            one["op_id"] for one in made if set(one["deps"]) <= ready and one["op_id"] not in ready
        }:
            ready |= more
        return ready

    @staticmethod
    def _target(void: dict[str, Any]) -> str:
        return str(void["body"]).split('"op": "')[1][:36]

    def teardown(self) -> None:
        self.run(self.database.close())
        self.runner.close()
        shutil.rmtree(self.folder)


TestLedger = Ledger.TestCase
TestLedger.settings = settings(
    max_examples=15,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
