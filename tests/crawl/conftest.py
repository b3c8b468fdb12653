"""A lived-in portal to crawl: the demonstration company, and a crawler that signs in."""

import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from urllib.parse import urlsplit

import httpx
import pytest
from litestar.routes import HTTPRoute
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from portal.app import Portal
from portal.cases.models import Answer, Case, Task
from portal.demonstration.making import make
from portal.equipping import equip
from portal.health import WATCHED
from portal.kernel.db.migrating import migrate
from portal.kernel.db.unit import Database
from portal.kernel.job_runs import note_run
from portal.kernel.settings import read_settings
from portal.kernel.web.page import Page
from portal.notices.models import Letter, Notice
from portal.notices.telling import News, tell
from portal.openings.making import make_link
from portal.people.inviting import invite
from portal.people.models import Person, RoleGrant
from portal.people.roles import Role
from portal.repairs.models import Part, StockDiscrepancy
from portal.surveys.models import Rating, Survey
from portal.surveys.templates import newest_template, template_of
from tests.conftest import Clock
from tests.crawl.reading import PageReader
from tests.field.support import phone_of
from tests.support.browser import Browser, browsing
from tests.support.cast import NOON, system
from tests.support.databases import opened
from tests.support.printing import quick_press

# Pages of one kind are many; three of each show what there is to see.
_OF_EACH_KIND = 3
# Answers that never end: a crawler would wait for ever.
STREAMS = frozenset({"/events"})


@dataclass
class Company:
    """The demonstration company's portal, watched: pages that were written, statements sent."""

    portal: Portal
    clock: Clock
    # Where the customer of a case sees it.
    opening: str
    # The forms of that case.
    records: str
    pages: set[type[Page]] = field(default_factory=set)
    statements: list[str] = field(default_factory=list)
    read: dict[str, dict[str, httpx.Response]] = field(default_factory=dict)

    async def all_pages(self, language: str) -> dict[str, httpx.Response]:
        """What the administrator comes to, read once for all who look at it."""
        if language not in self.read:
            self.read[language] = await self.crawl("admin", language)
        return dict(self.read[language])

    async def crawl(self, login: str, language: str) -> dict[str, httpx.Response]:
        """Every page that links lead to, and every address that needs no filling in."""
        async with browsing(self.portal, language) as browser:
            if login:
                await browser.sign_in(login)
            return await self._walk(browser)

    async def _walk(self, browser: Browser) -> dict[str, httpx.Response]:
        found: dict[str, httpx.Response] = {}
        kinds: Counter[str] = Counter()
        fixed = sorted(path for path in self.templates() if "{" not in path)
        waiting = ["/", self.opening, f"{self.opening}/records", self.records, *fixed]
        while waiting:
            path = waiting.pop(0)
            kind = self.kind(path)
            if path in found or kinds[kind] >= _OF_EACH_KIND:
                continue
            kinds[kind] += 1
            found[path] = await browser.get(path)
            links = PageReader(found[path].text).links if "html" in _type(found[path]) else []
            waiting += [link for link in links if link.startswith("/") and "lang=" not in link]
        return found

    def templates(self) -> set[str]:
        """The path templates of everything that can be asked for by GET."""
        routes = [route for route in self.portal.litestar.routes if isinstance(route, HTTPRoute)]
        return {route.path for route in routes if "GET" in route.methods} - STREAMS

    def kind(self, path: str) -> str:
        """The path template behind ``path``, with the names of its query's parameters."""
        parts = urlsplit(path)
        names = ",".join(sorted(pair.partition("=")[0] for pair in parts.query.split("&")))
        for template, pattern in self.patterns:
            if pattern.fullmatch(parts.path):
                return template + (f" {names}" if names else "")
        return "nothing"

    @cached_property
    def patterns(self) -> list[tuple[str, re.Pattern[str]]]:
        """Each path template, those with fewer places first."""
        templates = sorted(self.templates(), key=lambda one: one.count("{"))
        return [(template, re.compile(_pattern(template))) for template in templates]


def _pattern(template: str) -> str:
    kinds = {"int": r"-?\d+", "path": ".+"}
    parts = re.split(r"\{\w+:(\w+)\}", template)
    return "".join(
        kinds.get(part, "[^/]+") if number % 2 else re.escape(part)
        for number, part in enumerate(parts)
    )


def _type(answer: httpx.Response) -> str:
    return str(answer.headers.get("content-type", ""))


@pytest.fixture(scope="module")
async def company(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    home = tmp_path_factory.mktemp("crawl")
    url = f"sqlite+aiosqlite:///{home}/crawl.db"
    settings = read_settings({"BIHUAN_HOME": str(home), "BIHUAN_DATABASE_URL": url})
    async with opened(url) as database:
        await migrate(database)
        async with database.writing() as db:
            await equip(db, system(), settings.zone)
        await make(database, system(), settings.zone)
        async with database.writing() as db:
            # So that one reader comes to every page.
            admin = (await db.scalars(select(Person.id).where(Person.login == "admin"))).one()
            db.add(RoleGrant(person_id=admin, role=Role.INTAKE_CLERK, at=NOON))
            # The clock will move, and no worker is there to show itself.
            await note_run(db, WATCHED, NOON + timedelta(days=1))
            case = (await db.scalars(select(Case).order_by(Case.id).limit(1))).one()
            token = await make_link(db, system(), case)
            _visit(db, case)
        await _tell_in_vain(database)
        await _plan(database)
        await _send_from_site(database)
        await _ask(database)
        await _run_short(database)
        clock = Clock()
        portal = Portal(settings, database, clock=clock)
        portal.state.press = quick_press()
        company = Company(portal, clock, f"/o/{token}", f"/cases/{case.id}/records")
        _watch(company)
        yield company


def _visit(db: AsyncSession, case: Case) -> None:
    """Somebody was there: a visit of the case is over, and its report can be printed."""
    told = {"fault": "E-07", "tools": "T-1", "parts": "P-12", "minutes": 30}
    visit = Task(case_id=case.id, step="visit", owner_kind="person", owner_id=case.owner_id)
    visit.opened_at = visit.closed_at = NOON
    visit.ending, visit.outcome = "answered", "repaired"
    visit.answer = Answer(at=NOON, by_id=case.owner_id, fields=told)
    db.add(visit)


async def _tell_in_vain(database: Database) -> None:
    """The administrator has a notice, whose mail nobody took."""
    async with database.writing() as db:
        admin = (await db.scalars(select(Person.id).where(Person.login == "admin"))).one()
        news = News("test.told", "%(name)s is saved.", "/people", "1", values={"name": "A-1"})
        await tell(db, system(), [admin], news)
        notice_id = (await db.scalars(select(Notice.id).where(Notice.person_id == admin))).one()
        letter = Letter(dedupe="1", notice_id=notice_id, channel="mail", recipient_id=admin)
        letter.dead_at, letter.error = NOON, "550"
        db.add(letter)


async def _plan(database: Database) -> None:
    """The administrator has to send one engineer, and to agree when another comes."""
    async with database.writing() as db:
        people = select(Person.id, Person.login).where(Person.login.in_(["admin", "zhao"]))
        ids = {login: key for key, login in await db.execute(people)}
        tasks = select(Task).join(Case).where(Task.closed_at.is_(None), Case.code == "P06")
        tasks = tasks.order_by(Case.received_at.desc()).limit(2).options(joinedload(Task.case))
        for task, step in zip(await db.scalars(tasks), ("dispatch", "appoint"), strict=True):
            # As if the case had come there.
            task.step, task.owner_id = step, ids["admin"]
            task.case.facts = task.case.facts | {"engineer": str(ids["zhao"])}


async def _send_from_site(database: Database) -> None:
    """A phone sent something that the administrator, as a dispatcher, has to decide on."""
    async with database.writing() as db:
        admin = (await db.scalars(select(Person.id).where(Person.login == "admin"))).one()
        db.add(RoleGrant(person_id=admin, role=Role.DISPATCHER, at=NOON))
    phone = await phone_of(database, "zhao")
    await phone.send(phone.op("note", "lost", {"text": "水泵也漏"}), pending=3, max_seq=3)


async def _run_short(database: Database) -> None:
    """The books say that there is less than nothing of a part in a van."""
    async with database.writing() as db:
        engineer = (await db.scalars(select(Person.id).where(Person.login == "zhao"))).one()
        part = (await db.scalars(select(Part.id).order_by(Part.id).limit(1))).one()
        short = StockDiscrepancy(person_id=engineer, part_id=part, balance=Decimal(-1))
        short.opened_at = NOON
        db.add(short)


async def _ask(database: Database) -> None:
    """Customers were asked how it was: one has not answered yet. The administrator, as quality,
    reads it."""
    async with database.writing() as db:
        admin = (await db.scalars(select(Person.id).where(Person.login == "admin"))).one()
        db.add(RoleGrant(person_id=admin, role=Role.QUALITY, at=NOON))
        closed = select(Case.id).where(Case.closed_at.is_not(None)).limit(1)
        case_id = (await db.scalars(closed)).one()
        template = await newest_template(db, "P06")
        waiting = Survey(case_id=case_id, template_id=template.id, invited_at=NOON)
        answered = Survey(case_id=case_id, template_id=template.id, invited_at=NOON)
        answered.answered_at, answered.score, answered.lowest = NOON, 10000, 5
        answered.via = "link"
        db.add_all([answered, waiting])
        await db.flush()
        items = template_of(template).items
        db.add_all(Rating(survey_id=answered.id, item=item.key, value=5) for item in items)


def _watch(company: Company) -> None:
    templates = company.portal.state.templates
    write_out = templates.html

    def html(page: Page, *more: object, **named: object) -> object:
        company.pages.add(type(page))
        return write_out(page, *more, **named)

    templates.html = html

    @event.listens_for(company.portal.database.engine.sync_engine, "before_cursor_execute")
    def _note(_: object, __: object, statement: str, *___: object) -> None:
        company.statements.append(statement)


@pytest.fixture(scope="module")
async def link(company: Company) -> str:
    """The address of a one-time link for the first administrator."""
    async with company.portal.database.writing() as db:
        return f"/invitations/{await invite(db, system(), None)}"
