"""Role × route × object: every cell of `routes.txt` is really asked for."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from sqlalchemy import delete, select

from field.models import FieldDevice
from portal.app import ROOT, Portal
from portal.calendar.days import SHANGHAI
from portal.cases.advancing import advance
from portal.cases.documenting import add_document, keep_file
from portal.cases.loading import key_of
from portal.cases.models import Answer, Case, Task
from portal.cases.opening import Registration, open_case
from portal.company.pages.versions import version_of
from portal.customers.registering import Caller, find_or_register
from portal.imports.models import PastRecord
from portal.kernel.act import Act, Staff, Via
from portal.kernel.settings import read_settings
from portal.kernel.web.assets import Assets
from portal.notices.models import Letter, Notice
from portal.notices.telling import News, tell
from portal.openings.access import holding
from portal.openings.making import give_link
from portal.openings.models import SentForm
from portal.people.employing import Particulars, register
from portal.people.going_away import Absence, go_away
from portal.people.inviting import invite
from portal.people.listing import load_person
from portal.people.models import Department, Person, Region, Skill
from portal.people.roles import Role
from portal.procedures.events import PauseBegun, TaskAnswered
from portal.procedures.state import OwnerKind
from portal.repairs.models import Part, StockDiscrepancy, Tool
from portal.surveys.models import Survey
from tests.conftest import Clock
from tests.field.support import new_id, phone_of
from tests.imports.support import Importer
from tests.matrix.table import Row, read_table, routes_of
from tests.people.support import PASSWORD, give_password
from tests.support.browser import browsing
from tests.support.cast import CAST, NOON, system
from tests.support.databases import Sqlite, opened
from tests.support.printing import quick_press
from tests.surveys.support import ITEMS

ROWS = read_table()
_numbers = count(1)
WINDOW = "2026-11-23T00:30:00+00:00"


@dataclass
class Asked:
    """What one cell asks for: the places of its path, and the form it sends."""

    portal: Portal
    who: str
    whose: str
    # The case of the cell before, while nothing has happened to it.
    case_id: int | None = None

    async def person(self) -> Person:
        """Whose object it is: the asker's own, or that of somebody new."""
        async with self.portal.database.writing() as db:
            if self.whose == "@own" and self.who != "nobody":
                found = await db.scalar(select(Person.id).where(Person.login == self.who))
                assert found
            else:
                login = f"another{next(_numbers)}"
                given = Particulars(login, "别人", "", "", None, frozenset())
                found = (await register(db, system(), given)).id
        async with self.portal.database.reading() as db:
            return await load_person(db, system().actor, found)

    async def leave(self) -> int:
        owner = await self.person()
        absence = Absence(NOON, NOON + timedelta(days=1), "", None)
        async with self.portal.database.writing() as db:
            return (await go_away(db, system(), owner.id, absence)).id

    async def token(self) -> str:
        owner = await self.person()
        async with self.portal.database.writing() as db:
            return await invite(db, system(), owner)

    async def notice(self) -> int:
        owner = await self.person()
        news = News("test.told", "Language", "/", f"{next(_numbers)}")
        async with self.portal.database.writing() as db:
            await tell(db, system(), [owner.id], news)
            latest = select(Notice.id).where(Notice.person_id == owner.id)
            return (await db.scalars(latest.order_by(Notice.id.desc()))).first() or 0

    async def dead_letter(self) -> int:
        owner, notice_id = await self.person(), await self.notice()
        letter = Letter(
            dedupe=f"mail:{notice_id}", notice_id=notice_id, channel="mail", recipient_id=owner.id
        )
        letter.dead_at = NOON
        async with self.portal.database.writing() as db:
            db.add(letter)
        return letter.id

    async def task(self) -> Task:
        """An open task of `person` in a case that the clerk has registered."""
        owner = await self.person()
        async with self.portal.database.writing() as db:
            if self.case_id is not None:
                task = (await db.scalars(select(Task).where(Task.case_id == self.case_id))).one()
                task.owner_id = owner.id
                return task
            clerk = await db.scalar(select(Person.id).where(Person.login == "clerk")) or 0
            act = Act.now(Staff(clerk, "", frozenset({Role.INTAKE_CLERK})), NOON, Via.PAGE)
            case = await open_case(db, act, REGISTRATION, SHANGHAI)
            task = (await db.scalars(select(Task).where(Task.case_id == case.id))).one()
            task.owner_id = owner.id
        self.case_id = case.id
        return task

    async def thing(self, model: type[Any]) -> Any:
        async with self.portal.database.reading() as db:
            return (await db.scalars(select(model).limit(1))).one()


REGISTRATION = Registration(
    code="P06",
    subject="收割机漏油",
    details="",
    caller=Caller("张先生", "13900001111"),
    channel="phone",
    received_at=NOON,
)
Sent = tuple[dict[str, Any], dict[str, Any]]
Prepare = Callable[[Asked], Awaitable[Sent]]
NEW_PASSWORD = {"password": "geese fly south", "again": "geese fly south"}


def _name() -> str:
    return f"新的{next(_numbers)}"


async def _nothing(_: Asked) -> Sent:
    return {}, {}


async def _one_person(asked: Asked) -> Sent:
    it = await asked.person()
    kept = {"name": it.name, "login": it.login, "roles": sorted(it.roles)}
    return {"person_id": it.id}, kept | {"version": it.version}


async def _invited(asked: Asked) -> Sent:
    return {"token": await asked.token()}, NEW_PASSWORD


async def _withdrawn(asked: Asked) -> Sent:
    return {"leave_id": await asked.leave()}, {}


async def _told(asked: Asked) -> Sent:
    return {"notice_id": await asked.notice()}, {}


async def _dead(asked: Asked) -> Sent:
    return {"letter_id": await asked.dead_letter()}, {"reason": "已离职"}


def _one(place: str, model: type[Department | Skill | Region]) -> Prepare:
    async def find(asked: Asked) -> Sent:
        it = await asked.thing(model)
        return {place: it.id}, {"version": it.version, "name": it.name}

    return find


def _form(**form: Any) -> Prepare:
    async def fill(_: Asked) -> Sent:
        return {}, {name: value() if callable(value) else value for name, value in form.items()}

    return fill


async def _public_form(asked: Asked) -> Sent:
    """Of one network only so many are taken in an hour; here everybody sends from the same."""
    async with asked.portal.database.writing() as db:
        await db.execute(delete(SentForm))
    form = {"name": "张先生", "address": "一号院", "symptom": "漏油", "consent": "y"}
    return {}, form | {"phone": f"1390000{next(_numbers):04}"}


async def _static(_: Asked) -> Sent:
    digest, name = Assets(ROOT).url("css/bihuan.css").split("/", 3)[2:]
    return {"digest": digest, "name": name}, {}


async def _in_case(asked: Asked) -> Sent:
    task = await asked.task()
    said = {"called_at": "2026-11-20T10:00", "with_whom": "张先生", "text": "已通知客户"}
    form = {"reason": "客户出差", "urgency": "high", "severity": "major"}
    form |= {"direction": "out", "reached": "yes", "look_again_at": "2026-12-01T09:00", **said}
    async with asked.portal.database.reading() as db:
        form["person"] = str(await db.scalar(select(Person.id).where(Person.login == "manager")))
    return {"case_id": task.case_id}, form


async def _in_task(asked: Asked) -> Sent:
    task = await asked.task()
    form = {"outcome": "registered", "channel": "phone", "symptom": "漏油"}
    form |= {"in_scope": "yes", "visit_needed": "yes", "reason": "请假"}
    async with asked.portal.database.reading() as db:
        form["person"] = str(await db.scalar(select(Person.id).where(Person.login == "manager")))
    return {"case_id": task.case_id, "task_id": task.id}, form


async def _at_step(asked: Asked, step: str) -> tuple[dict[str, Any], str]:
    """A task of that step, as if the case had come there; and the engineer of the cast."""
    task = await asked.task()
    async with asked.portal.database.writing() as db:
        engineer = await db.scalar(select(Person.id).where(Person.login == "engineer"))
        case = await db.get_one(Case, task.case_id)
        case.facts = case.facts | {"engineer": str(engineer)}
        (await db.get_one(Task, task.id)).step = step
    return {"case_id": task.case_id, "task_id": task.id}, str(engineer)


async def _dispatching(asked: Asked) -> Sent:
    places, engineer = await _at_step(asked, "dispatch")
    return places, {"engineer": engineer, "reason": "最近"}


async def _appointing(asked: Asked) -> Sent:
    places, _ = await _at_step(asked, "appoint")
    return places, {}


async def _agreeing(asked: Asked) -> Sent:
    """Each with an engineer of their own, for the window is booked; a Monday morning, which is
    working time by every week that another cell sets."""
    places, _ = await _at_step(asked, "appoint")
    given = Particulars(
        f"agreed{next(_numbers)}", "工程师", "", "", None, frozenset({Role.ENGINEER})
    )
    async with asked.portal.database.writing() as db:
        engineer = await register(db, system(), given)
        case = await db.get_one(Case, places["case_id"])
        case.facts = case.facts | {"engineer": str(engineer.id)}
    return places, {"window": WINDOW if asked.whose == "@own" else ""}


async def _paused(asked: Asked) -> Sent:
    asked.case_id = None
    places, form = await _in_case(asked)
    async with asked.portal.database.writing() as db:
        await advance(db, system(), places["case_id"], PauseBegun("等配件"), SHANGHAI)
    return places, form


async def _document(asked: Asked) -> Sent:
    places, _ = await _in_case(asked)
    home = asked.portal.settings.home
    stored = await keep_file(home, b"%PDF-1.7")
    async with asked.portal.database.writing() as db:
        case = await db.get_one(Case, places["case_id"])
        clerk = await db.get_one(Person, case.owner_id)
        act = Act.now(Staff(clerk.id, clerk.name), NOON, Via.PAGE)
        document = await add_document(db, act, case, "报告.pdf", stored)
    return places | {"document_id": document.id}, {}


async def _closed(asked: Asked) -> Sent:
    """A case that its customer has closed, and a survey that waits for them."""
    asked.case_id = None
    task = await asked.task()
    async with asked.portal.database.writing() as db:
        row = await db.get_one(Task, task.id)
        row.step, row.owner_kind = "confirm", OwnerKind.COMPLAINANT
        await db.flush()
        event = TaskAnswered(key_of(row), "solved", {})
        await advance(db, system(), task.case_id, event, SHANGHAI)
        survey = await db.scalar(select(Survey.id).where(Survey.case_id == task.case_id))
        token, _ = await give_link(db, system(), await db.get_one(Case, task.case_id))
    form = {f"item_{item}": "5" for item in ITEMS} | {"spoken_with": "张先生"}
    places = {"case_id": task.case_id, "survey_id": survey, "token": token}
    return places, form | {"reason": "又漏了"}


async def _linked(asked: Asked) -> Sent:
    """A customer's link to a case, to which they have sent a file."""
    places, _ = await _in_case(asked)
    stored = await keep_file(asked.portal.settings.home, b"%PDF-1.7")
    async with asked.portal.database.writing() as db:
        case = await db.get_one(Case, places["case_id"])
        token, link = await give_link(db, system(), case)
        document = await add_document(db, holding(system(), link), case, "发票.pdf", stored)
    window = "2026-11-23T01:00:00+00:00/2026-11-23T03:00:00+00:00"
    return {"token": token, "document_id": document.id}, {
        "text": "还没有人来",
        "reason": "已修好",
        "window": window,
    }


async def _visited(asked: Asked) -> Sent:
    """A case with a visit that is over, its forms, and a customer's link to it."""
    task = await asked.task()
    async with asked.portal.database.writing() as db:
        visit = await db.get_one(Task, task.id)
        visit.step, visit.outcome, visit.ending = "visit", "repaired", "answered"
        visit.closed_at = NOON
        told = {"fault": "漏油"}
        await db.merge(Answer(task_id=visit.id, at=NOON, by_id=visit.owner_id, fields=told))
        case = await db.get_one(Case, task.case_id)
        token, _ = await give_link(db, system(), case)
    sheet = f"{task.id}.pdf"
    return {"case_id": task.case_id, "form": "F11", "sheet": sheet, "token": token}, {}


async def _recorded(asked: Asked) -> Sent:
    places, form = await _visited(asked)
    return places | {"form": "F10"}, form


def _of_customer(noun: str) -> Prepare:
    """A customer, contact, site or device of their own, and a form that fits each."""

    async def enter(asked: Asked) -> Sent:
        name = _name()
        caller = Caller(name, "13900002222", address=name, device_model=name)
        async with asked.portal.database.writing() as db:
            party = await find_or_register(db, system(), caller)
        row = getattr(party, noun)
        typed = {"version": row.version, "name": name, "address": name, "model": name}
        return {f"{noun}_id": row.id}, typed

    return enter


async def _parked(asked: Asked) -> Sent:
    """An operation of the engineer's phone that the office has to decide on."""
    task = await asked.task()
    async with asked.portal.database.reading() as db:
        number = (await db.get_one(Case, task.case_id)).number
        engineer = await db.scalar(select(Person.id).where(Person.login == "engineer"))
    async with asked.portal.database.writing() as db:
        (await db.get_one(Task, task.id)).step = "visit"
        (await db.get_one(Task, task.id)).owner_id = engineer or 0
    phone = await phone_of(asked.portal.database)
    made = phone.op("note", task.id, {"text": "?"}, device_id="another")
    await phone.send(made)
    return {"op_id": made["op_id"]}, {"number": number, "reason": "误发"}


def _part() -> Part:
    """A part of the list, with a number of its own."""
    return Part(number=f"P-{next(_numbers)}", name="油封", unit="个", is_current=True)


async def _of_part(asked: Asked) -> Sent:
    part = _part()
    async with asked.portal.database.writing() as db:
        db.add(part)
    kept = {"number": part.number, "name": "油封", "unit": "个", "version": 1}
    return {"part_id": part.id}, kept


async def _of_tool(asked: Asked) -> Sent:
    tool = Tool(number=f"T-{next(_numbers)}", name="万用表", is_current=True)
    async with asked.portal.database.writing() as db:
        db.add(tool)
    return {"tool_id": tool.id}, {"number": tool.number, "name": "万用表", "version": 1}


async def _van(asked: Asked) -> Sent:
    """The van of the engineer of the cast, or of another one."""
    part = _part()
    login = f"van{next(_numbers)}"
    given = Particulars(login, "工程师", "", "", None, frozenset({Role.ENGINEER}))
    async with asked.portal.database.writing() as db:
        db.add(part)
        found = await db.scalar(select(Person.id).where(Person.login == "engineer"))
        if asked.whose != "@own":
            found = (await register(db, system(), given)).id
    form = {"way": "handed_out", "part": str(part.id), "quantity": "2"}
    return {"person_id": found}, form


async def _short(asked: Asked) -> Sent:
    """A difference between an engineer's van and the books."""
    places, _ = await _van(asked)
    part, engineer = _part(), places["person_id"]
    async with asked.portal.database.writing() as db:
        db.add(part)
        await db.flush()
        short = StockDiscrepancy(person_id=engineer, part_id=part.id, balance=Decimal(-1))
        short.opened_at = NOON
        db.add(short)
    return {"discrepancy_id": short.id}, {"reason": "漏登"}


async def _phone(asked: Asked) -> Sent:
    """A phone of `person`, whoever that is."""
    owner = await asked.person()
    row = FieldDevice(name=new_id(), person_id=owner.id, key=new_id(), registered_at=NOON)
    async with asked.portal.database.writing() as db:
        db.add(row)
        await db.flush()
        found = row.id
    return {"device_id": found}, {}


async def _file(_: Asked) -> Sent:
    return {"att_id": new_id()}, {}


async def _past(asked: Asked) -> Sent:
    """A record of the past."""
    importer = Importer(asked.portal.database, asked.portal.settings.attachments)
    run = await importer.imported(f"标题,日期\n{_name()},2024-01-01\n".encode())
    async with asked.portal.database.reading() as db:
        made = select(PastRecord.id).where(PastRecord.run_id == run.id)
        return {"record_id": (await db.scalars(made)).one()}, {}


async def _file_to_import(asked: Asked) -> Sent:
    """A file that is not imported yet, and its columns."""
    importer = Importer(asked.portal.database, asked.portal.settings.attachments)
    content = f"标题,日期\n{_name()},2024-01-01\n".encode()
    run = await importer.run(await importer.prepared(content, is_started=False))
    form = {"version": run.version, "source": "旧系统", "zone": "UTC", "order": "month"}
    return {"run_id": run.id}, form | {"column_title": "0", "column_happened": "1"}


async def _procedure(_: Asked) -> Sent:
    return {"code": "P06"}, {}


OFFICE_WEEK = [[(510, 720), (810, 1050)]] * 5 + [[]] * 2


async def _day(_: Asked) -> Sent:
    form = {"kind": "day_off", "name": "盘点", "version": version_of(None)}
    return {"day": "2026-12-24"}, form


# What a well-formed request brings, by path and, where that is not enough, by method and path.
WELL_FORMED: dict[str, Prepare] = {
    "POST /customers": _form(name=_name),
    **dict.fromkeys(
        [f"/customers/{{customer_id}}{end}" for end in ("", "/edit")]
        + [f"/customers/{{customer_id}}/{noun}s" for noun in ("contact", "site", "device")]
        + [f"/customers/{{customer_id}}/{noun}s/new" for noun in ("contact", "site", "device")],
        _of_customer("customer"),
    ),
    **{
        f"/{noun}s/{{{noun}_id}}{end}": _of_customer(noun)
        for noun in ("contact", "site", "device")
        for end in ("", "/edit", "/phone", "/label")
    },
    "/static/{digest}/{name}": _static,
    "POST /sign-in": _form(login="clerk", password=PASSWORD),
    "/invitations/{token}": _invited,
    "POST /account/password": _form(current=PASSWORD, **NEW_PASSWORD),
    "POST /account/absences": _form(from_at="2026-12-01T09:00", until_at="2026-12-02T09:00"),
    "/absences/{leave_id}/withdrawal": _withdrawn,
    "POST /people": _form(name="新人", login=lambda: f"new{next(_numbers)}"),
    "POST /departments": _form(name=_name),
    "/calendar/days/{day}": _day,
    "POST /calendar/week": _form(day_0="08:30-12:00", version=version_of(OFFICE_WEEK)),
    # Without its file: whoever may import is told to choose one.
    "POST /calendar/years": _form(year="2027"),
    **dict.fromkeys(
        [
            f"/o/{{token}}{end}"
            for end in (
                "",
                "/messages",
                "/press",
                "/withdrawal",
                "/appointment",
                "/closure",
                "/objection",
            )
        ],
        _linked,
    ),
    "/o/{token}/documents/{document_id}": _linked,
    "POST /o/{token}/survey": _closed,
    "/cases/{case_id}/reopening": _closed,
    **dict.fromkeys([f"/surveys/{{survey_id}}{end}" for end in ("", "/answer")], _closed),
    "/cases/{case_id}/link": _in_case,
    "/cases/{case_id}/records": _visited,
    "/cases/{case_id}/records/{form}": _recorded,
    "/cases/{case_id}/records/{form}/{sheet}": _visited,
    "/o/{token}/records": _visited,
    "/o/{token}/records/F11/{sheet}": _visited,
    **dict.fromkeys(["POST /service/repair", "POST /service/complaint"], _public_form),
    "/procedures/{code}": _procedure,
    **dict.fromkeys(
        [f"/imports/{{run_id}}{end}" for end in ("", "/cancellation", "/rejected")], _file_to_import
    ),
    "/history/{record_id}": _past,
    "POST /field/v1/devices": _form(device_id=new_id),
    "/field/v1/attachments/{att_id}": _file,
    **dict.fromkeys(
        [f"/field-inbox/{{op_id}}{end}" for end in ("", "/acceptance", "/move", "/discard")],
        _parked,
    ),
    "/devices-in-field/{device_id}/revocation": _phone,
    "POST /parts": _form(number=_name, name="油封", unit="个", price="12.50", is_current="y"),
    **dict.fromkeys([f"/parts/{{part_id}}{end}" for end in ("", "/edit")], _of_part),
    "POST /tools": _form(number=_name, name="万用表", calibrated_until="2027-01-31"),
    **dict.fromkeys([f"/tools/{{tool_id}}{end}" for end in ("", "/edit")], _of_tool),
    **dict.fromkeys([f"/van-stock/{{person_id}}{end}" for end in ("", "/movements")], _van),
    **dict.fromkeys(
        [f"/stock-discrepancies/{{discrepancy_id}}{end}" for end in ("", "/settlement")], _short
    ),
    "POST /cases": _form(
        code="P06",
        received_at="2026-11-20T09:00",
        channel="phone",
        customer_name="张先生",
        subject="漏油",
        urgency="high",
        severity="general",
    ),
    **dict.fromkeys(
        [
            f"/cases/{{case_id}}{end}"
            for end in ("", "/owner", "/place", "/pause", "/phone", "/priority", "/notes", "/calls")
        ],
        _in_case,
    ),
    "POST /cases/{case_id}/documents": _in_case,
    "/cases/{case_id}/resumption": _paused,
    "/cases/{case_id}/documents/{document_id}": _document,
    **dict.fromkeys(
        [
            f"/cases/{{case_id}}/tasks/{{task_id}}/{end}"
            for end in ("answer", "signature", "receipt")
        ],
        _in_task,
    ),
    "/cases/{case_id}/tasks/{task_id}/assignment": _in_task,
    "/cases/{case_id}/tasks/{task_id}/dispatch": _dispatching,
    "/cases/{case_id}/tasks/{task_id}/appointment": _appointing,
    "POST /cases/{case_id}/tasks/{task_id}/appointment": _agreeing,
    "POST /inbox/reading": _form(up_to="1"),
    "POST /inbox/preference": _form(mailing="urgent", language="en"),
    **dict.fromkeys([f"/inbox/{{notice_id}}/{end}" for end in ("opening", "reading")], _told),
    **dict.fromkeys(
        [f"/dead-letters/{{letter_id}}{end}" for end in ("", "/retry", "/drop")], _dead
    ),
    "POST /skills": _form(name=_name),
    "POST /regions": _form(name=_name),
    **dict.fromkeys(
        [
            f"/people/{{person_id}}{end}"
            for end in ("", "/edit", "/invitation", "/departure", "/qualification", "/hours")
        ],
        _one_person,
    ),
    **dict.fromkeys(
        [f"/departments/{{department_id}}{end}" for end in ("", "/edit")],
        _one("department_id", Department),
    ),
    **dict.fromkeys(
        [f"/skills/{{thing_id}}{end}" for end in ("", "/edit")], _one("thing_id", Skill)
    ),
    **dict.fromkeys(
        [f"/regions/{{thing_id}}{end}" for end in ("", "/edit")], _one("thing_id", Region)
    ),
}


@pytest.fixture(scope="module")
async def company(
    sqlite: Sqlite, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Portal]:
    """One portal for all cells: each asks for objects of its own and leaves the others' alone."""
    url = sqlite.fresh()
    home = tmp_path_factory.mktemp("matrix")
    settings = read_settings({"BIHUAN_HOME": str(home), "BIHUAN_DATABASE_URL": url})
    async with opened(url) as database:
        portal = Portal(settings, database, clock=Clock())
        portal.state.press = quick_press()
        portal.state.live.stop()  # streams then end after the head of their answer
        yield portal


async def test_every_route_has_a_row_and_every_row_a_route(company: Portal) -> None:
    assert {(row.method, row.path) for row in ROWS} == routes_of(company)


def test_the_columns_are_nobody_and_the_whole_cast() -> None:
    for row in ROWS:
        assert set(row.answers) == {"nobody", *CAST} - {"gone"}


def test_a_row_is_there_once() -> None:
    named = [str(row) for row in ROWS]
    assert len(named) == len(set(named))


def test_what_leads_to_somebodys_own_is_tried_with_anothers_too() -> None:
    for row in ROWS:
        if re.search(r"\{(person|leave|notice)_id\}", row.path):
            both = {r.whose for r in ROWS if (r.method, r.path) == (row.method, row.path)}
            assert both == {"@own", "@another"}, row


@pytest.mark.parametrize("row", ROWS, ids=str)
async def test_every_cell_answers_as_the_table_says(company: Portal, row: Row) -> None:
    prepare = WELL_FORMED.get(f"{row.method} {row.path}") or WELL_FORMED.get(row.path) or _nothing
    found: dict[str, str] = {}
    sent: Sent | None = None
    asked = Asked(company, "", row.whose)
    await give_password(company.database, *(set(row.answers) - {"nobody"}))
    for who in row.answers:
        asked.who = who
        if sent is None or row.whose == "@own":
            sent = await prepare(asked)
        found[who] = await _ask(company, row, who, *sent)
        if found[who] not in ("403", "in") and row.method != "GET":
            # What was asked for may have been done: the next asks for another one.
            sent = asked.case_id = None
            await give_password(company.database, "clerk", *({who} - {"nobody"}))
    assert found == row.answers


async def _ask(
    portal: Portal, row: Row, who: str, places: dict[str, Any], form: dict[str, Any]
) -> str:
    path = row.path.format(**places)
    async with browsing(portal) as browser:
        if who != "nobody":
            await browser.sign_in(who)
        if row.method == "PUT":
            answer = await browser.client.put(path)
        else:
            answer = await (browser.get(path) if row.method == "GET" else browser.post(path, form))
    goes_to_sign_in = answer.headers.get("location", "").startswith("/sign-in?next=")
    return "in" if goes_to_sign_in else str(answer.status_code)
