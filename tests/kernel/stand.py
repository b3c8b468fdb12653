"""Throw-away handlers, put into the real portal: the kernel around them is the one that serves."""

from dataclasses import dataclass
from typing import Any, ClassVar

from litestar import get, post
from litestar.exceptions import HTTPException, TooManyRequestsException
from litestar.params import FromPath, FromQuery
from sqlalchemy import func, select, text
from sqlalchemy.exc import TimeoutError as PoolTimeout
from wtforms import FileField, StringField

from portal.kernel import problems
from portal.kernel.i18n import N_
from portal.kernel.problems import Difference, Kind, Problem
from portal.kernel.web.dependencies import TheDatabase, ThisAct, Unit
from portal.kernel.web.errors import ProblemPage
from portal.kernel.web.forms import Form, Rejected, submitted
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.people.models import Skill

KINDS = {kind.key: kind for kind in vars(problems).values() if isinstance(kind, Kind)}


@dataclass(kw_only=True)
class BrokenPage(Page):
    """Its template does not exist."""

    template: ClassVar[str] = "kernel/nowhere.html"


class PlainForm(Form):
    name = StringField("Name")
    file = FileField("File")


@get("/stand/page")
async def page(request: AnyRequest) -> Answer:
    return render(request, ProblemPage(kind=problems.FORBIDDEN))


@get("/stand/problem/{key:str}")
async def problem(key: FromPath[str]) -> None:
    params = {"reference": "r1", "minutes": 15}
    sides = [Difference(N_("Name"), "<b>mine</b>", "theirs")] if key == "conflict" else []
    raise Problem(KINDS[key], params, sides, {"retry-after": "900"})


@get("/stand/fault")
async def fault() -> None:
    raise RuntimeError("a secret inside")


@get("/stand/refused/{status:int}")
async def refused(status: FromPath[int]) -> None:
    raise HTTPException(status_code=status)


@get("/stand/too-many")
async def too_many() -> None:
    raise TooManyRequestsException(headers={"retry-after": "7"})


@get("/stand/exhausted")
async def exhausted() -> None:
    raise PoolTimeout("no connection in time")


@get("/stand/skills/{skill_id:int}")
async def skill(request: AnyRequest, db: Unit, skill_id: FromPath[int]) -> Answer:
    if await db.get(Skill, skill_id) is None:
        raise Problem(problems.NOT_FOUND)
    return render(request, ProblemPage(kind=problems.CONFLICT))


@get("/stand/search")
async def search(db: Unit, q: FromQuery[str]) -> str:
    return str(await db.scalar(select(func.count()).where(Skill.name == q)))


@get("/stand/reads")
async def reads(db: Unit) -> str:
    db.add(Skill(name="读"))
    await db.flush()
    return "done"


@post("/stand/adds", status_code=200)
async def adds(request: AnyRequest, db: Unit) -> str:
    db.add(Skill(name=str((await request.form())["name"])))
    return "added"


@post("/stand/leads")
async def leads(request: AnyRequest, db: Unit) -> Answer:
    db.add(Skill(name="led"))
    return redirect(request, "/stand/page", N_("%(name)s is saved."), name="led")


@post("/stand/notices")
async def notices(request: AnyRequest) -> Answer:
    return redirect(request, "/stand/page", N_("%(name)s is saved."), name="led")


@post("/stand/raises")
async def raises(db: Unit) -> None:
    db.add(Skill(name="raised"))
    await db.flush()
    raise RuntimeError("no")


@post("/stand/rejects")
async def rejects(db: Unit) -> None:
    db.add(Skill(name="rejected"))
    await db.flush()
    raise Rejected(ProblemPage(kind=problems.INVALID))


@post("/stand/breaks")
async def breaks(request: AnyRequest, db: Unit) -> Answer:
    db.add(Skill(name="broken"))
    await db.flush()
    return render(request, BrokenPage())


@post("/stand/fills", status_code=200)
async def fills(request: AnyRequest) -> dict[str, Any]:
    form = await submitted(request, PlainForm)
    return {"name": form.name.data, "file": type(form.file.data).__name__}


@post("/stand/asks", status_code=200)
async def asks(database: TheDatabase, act: ThisAct) -> dict[str, str]:
    async with database.reading() as db:
        await db.execute(text("select 1"))
    return {"at": act.at.isoformat(), "actor": str(act.actor), "via": act.via}


HANDLERS = (
    page,
    problem,
    fault,
    refused,
    too_many,
    exhausted,
    skill,
    search,
    reads,
    adds,
    leads,
    notices,
    raises,
    rejects,
    breaks,
    fills,
    asks,
)
