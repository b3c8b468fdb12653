"""The company that the simulated phone works for: a portal of its own, and what its office does."""

import base64
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from field.inbox import Setting, accept, discard, list_open, move
from field.models import FieldOp, Outcome
from field.waiting import force_overdue
from portal.app import Portal
from portal.cases.models import Assignment, Case, Task
from portal.cases.noting import add_note
from portal.kernel.act import Act
from portal.kernel.db.unit import Database
from portal.kernel.problems import Problem
from portal.kernel.settings import read_settings
from tests.cases.support import HAPPY, ZONE, Matter, matter
from tests.conftest import Clock
from tests.people.support import act_of, person_id
from tests.repairs.support import employed
from tests.support.browser import Browser
from tests.support.cast import NOON

DAYS = range(4)
_SESSION = timedelta(hours=6)


@dataclass(frozen=True)
class Jobs:
    """Who has which jobs when a seed begins."""

    engineer: int
    other: int
    own: Mapping[str, list[int]]


async def furnish(database: Database) -> Jobs:
    """Four jobs on site, three of the engineer's and one of somebody else's."""
    await employed(database, "other")
    jobs = []
    for day in DAYS:
        it = await matter(database)
        for login, step, outcome, fields in HAPPY[:4]:
            given = dict(fields)
            if step == "dispatch" and day == DAYS[-1]:
                given["engineer"] = "other"
            if step == "appoint":
                given = {
                    key: str(value).replace("-23T", f"-{23 + day}T") for key, value in given.items()
                }
            await it.answer(login, step, outcome, **given)
        async with database.reading() as db:
            jobs.append((await it.row(db, "visit")).id)
    engineer, other = [await person_id(database, login) for login in ("engineer", "other")]
    own = {str(engineer): jobs[:-1], str(other): jobs[-1:], "all": jobs}
    return Jobs(engineer, other, own)


@dataclass
class Company:
    """One portal; its clock is moved by who asks."""

    portal: Portal
    client: httpx.AsyncClient
    clock: Clock
    sessions: dict[str, tuple[Browser, datetime]] = field(default_factory=dict)
    told: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    ruled: set[str] = field(default_factory=set)
    violations: list[str] = field(default_factory=list)

    @classmethod
    def founded(cls, database: Database, home: Path, url: str) -> "Company":
        settings = read_settings({"BIHUAN_HOME": str(home), "BIHUAN_DATABASE_URL": url})
        clock = Clock()
        portal = Portal(settings, database, clock=clock)
        return cls(portal, _client_of(portal), clock)

    @property
    def now(self) -> datetime:
        return self.clock.now

    @property
    def database(self) -> Database:
        return self.portal.database

    def begin(self) -> None:
        """Forget the seed before."""
        self.clock.now = NOON
        for kept in (self.sessions, self.told, self.ruled, self.violations):
            kept.clear()
        shutil.rmtree(self.portal.state.settings.attachments, ignore_errors=True)

    def at(self, ms: float) -> None:
        """Time goes on, never back."""
        self.clock.now = max(self.now, datetime.fromtimestamp(ms / 1000, UTC))

    async def http(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answer a request of the phone, in the session of ``user``."""
        self.at(request["now"])
        headers = {"accept": "application/json", **(request.get("headers") or {})}
        client = self.client
        client.cookies.clear()
        if key := request.get("key"):
            headers["authorization"] = f"Bearer {key}"
        elif user := request.get("user"):
            client = (await self._browser(user)).client
        body = base64.b64decode(request["body"]) if request["body"] else None
        answer = await client.request(
            request["method"], request["path"], headers=headers, content=body
        )
        if answer.status_code >= 500 and answer.status_code != 503:
            self.violations.append(f"the server answered {answer.status_code}: {answer.text[:300]}")
        if request["path"].endswith("/ops") and answer.status_code == 200:
            self._heed(answer.json()["outcomes"])
        return {
            "status": answer.status_code,
            "headers": dict(answer.headers),
            "text": answer.text,
        }

    async def _browser(self, user: str) -> Browser:
        """Signed in, and again some hours later."""
        browser, since = self.sessions.get(user) or (
            Browser(self.portal, _client_of(self.portal)),
            None,
        )
        if since is None or self.now - since > _SESSION:
            await browser.sign_in(user)
            self.sessions[user] = browser, self.now
        return browser

    def _heed(self, outcomes: list[dict[str, Any]]) -> None:
        """A resend gets the identical outcome, unless it waited or the office ruled."""
        for one in outcomes:
            said = (one["outcome"], one["code"], one["message"], one["rev"])
            op_id = str(one["op_id"])
            before = self.told.get(op_id)
            if before not in (None, said) and before[1] != "waits" and op_id not in self.ruled:
                self.violations.append(f"another answer to {op_id}: {before}, then {said}")
            self.told[op_id] = said

    async def act(self, what: str, job: int, pick: int) -> None:
        """What the office does meanwhile."""
        await getattr(self, f"_{what}")(job, pick)

    async def work(self) -> None:
        """What the worker does."""
        await force_overdue(self.database, self.now, ZONE)

    async def _note(self, job: int, pick: int) -> None:
        act = await act_of(self.database, "clerk", self.now)
        async with self.database.writing() as db:
            task = await db.get_one(Task, job)
            await add_note(db, act, await db.get_one(Case, task.case_id), f"备注{pick}")

    async def _take(self, job: int, pick: int) -> None:
        """Away from whoever has it."""
        async with self.database.reading() as db:
            task = await db.get_one(Task, job)
        is_hers = task.owner_id == await person_id(self.database, "engineer")
        await self._reassign(job, 1 if is_hers else 0)

    async def _reassign(self, job: int, pick: int) -> None:
        """To one of the two engineers."""
        login = "other" if pick % 2 else "engineer"
        new = await person_id(self.database, login)
        async with self.database.writing() as db:
            task = await db.get_one(Task, job)
            if not task.is_open or task.owner_id == new:
                return
            task.owner_id = new
            db.add(Assignment(case_id=task.case_id, task_id=job, person_id=new, at=self.now))
        await self._note(job, pick)

    async def _close(self, job: int, pick: int) -> None:
        """The visit is over for the office."""
        async with self.database.reading() as db:
            task = await db.get_one(Task, job)
        if task.is_open:
            it = Matter(self.database, task.case_id, self.now)
            is_hers = task.owner_id == await person_id(self.database, "engineer")
            await it.answer("engineer" if is_hers else "other", "visit", "nobody_home")

    async def _rule(self, job: int, pick: int) -> None:
        act = await act_of(self.database, "dispatcher", self.now)
        async with self.database.reading() as db:
            listed = await list_open(db, act)
        if not listed:
            return
        op = listed[pick % len(listed)]
        where = Setting(ZONE, self.portal.state.settings.home)
        try:
            async with self.database.writing() as db:
                await self._ruling(db, act, op, job, pick, where)
        except Problem:
            return
        self.ruled.add(op.op_id)

    async def _ruling(
        self, db: Any, act: Act, op: FieldOp, job: int, pick: int, where: Setting
    ) -> None:
        if op.outcome == Outcome.FLAGGED or pick % 3 == 0:
            await accept(db, act, op.op_id, where)
        elif pick % 3 == 1:
            await discard(db, act, op.op_id, "重复")
        else:
            task = (await db.scalars(select(Task).where(Task.id == job))).one()
            await move(db, act, op.op_id, task, where)


def _client_of(portal: Portal) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(portal, raise_app_exceptions=False)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://testserver.local")
