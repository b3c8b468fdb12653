"""History that was imported: the list, and a record with all that its source says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar
from zoneinfo import ZoneInfo

from litestar import Controller, get
from litestar.params import FromQuery, QueryParameter
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.cases.models import TakingOver
from portal.cases.pages.intake_forms import is_id
from portal.cases.taking_over import MAY_TAKE_OVER, taking_over_of
from portal.imports.access import MAY_IMPORT, find_record
from portal.imports.listing import Wanted, list_records, sources
from portal.imports.models import PastRecord
from portal.imports.profiles import PROFILES
from portal.imports.wording import flag_words
from portal.kernel.db.keyset import Slice
from portal.kernel.i18n import N_
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.forms import Choices
from portal.kernel.web.list_page import ListPage
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, render
from portal.people.guards import allow
from portal.people.pages.fields import Key
from portal.people.roles import OVERSEERS

_TAKEN = "taken"
WHICH = [
    ("all", N_("All")),
    ("open", N_("Open in the source")),
    ("flagged", N_("Flagged")),
    (_TAKEN, N_("Taken over")),
]


@dataclass(kw_only=True)
class HistoryPage(ListPage):
    """The list; `taken` are the cases of those that were taken over, by the record's id.

    `whose` is the record that names the customer or the device to whom the list is narrowed.
    """

    template: ClassVar[str] = "history/index.html"
    path: ClassVar[str] = "/history"
    records: Slice[PastRecord]
    wanted: Wanted
    which: str
    sources: Choices
    taken: Mapping[int, TakingOver]
    whose: PastRecord | None

    @property
    def tabs(self) -> Choices:
        return WHICH

    def filters(self) -> dict[str, str]:
        wanted = self.wanted
        return {
            "q": wanted.words,
            "source": wanted.source,
            "customer": str(wanted.customer_id or ""),
            "device": str(wanted.device_id or ""),
        }

    def order(self) -> dict[str, str]:
        return {"which": "" if self.which == "all" else self.which, "sort": self.wanted.sort}

    def flags(self, past: PastRecord) -> list[str]:
        return list(flag_words(past.flags))


@dataclass(kw_only=True)
class RecordPage(Page):
    """A record: `filled` are the columns of the source that hold something, `blank` the others'
    names; `there` is when it was created on the source's own clock, where that is another."""

    template: ClassVar[str] = "history/show.html"
    past: PastRecord
    taking: TakingOver | None
    filled: list[tuple[str, str]]
    blank: list[str]
    there: str
    closed_on: date | None
    flags: list[str]
    cites: str
    may_take_over: bool
    may_import: bool

    @property
    def source_id(self) -> str:
        """The number that the source gave it; empty where it has none."""
        return self.past.key.removeprefix("id:") if self.past.key.startswith("id:") else ""


class HistoryController(Controller):
    path = "/history"
    guards = (allow(*OVERSEERS),)

    @get()
    async def index(
        self,
        request: AnyRequest,
        db: Unit,
        act: ThisAct,
        words: Annotated[str, QueryParameter(name="q")] = "",
        which: FromQuery[str] = "all",
        source: FromQuery[str] = "",
        customer: FromQuery[str] = "",
        device: FromQuery[str] = "",
        sort: FromQuery[str] = "-happened",
        cursor: FromQuery[str] = "",
    ) -> Answer:
        wanted = Wanted(
            words=words[:100].replace("\x00", " "),
            which=which,
            source=source[:40].replace("\x00", ""),
            customer_id=int(customer) if is_id(customer) else None,
            device_id=int(device) if is_id(device) else None,
            sort=sort,
            cursor=cursor[:600],
        )
        taken = PastRecord.id.in_(select(TakingOver.record_id)) if which == _TAKEN else None
        records = await list_records(db, act.actor, wanted, taken)
        narrowed = wanted.customer_id is not None or wanted.device_id is not None
        page = HistoryPage(
            records=records,
            wanted=wanted,
            which=which if which in dict(WHICH) else "all",
            sources=[("", "—"), *((one, one) for one in await sources(db, act.actor))],
            taken=await _taken(db, [past.id for past in records.rows]),
            whose=records.rows[0] if narrowed and records.rows else None,
        )
        return render(request, page)

    @get("/{record_id:int}")
    async def show(self, request: AnyRequest, db: Unit, act: ThisAct, record_id: Key) -> Answer:
        past = await find_record(db, act.actor, record_id)
        zone = ZoneInfo(past.run.mapping["zone"])
        there = past.happened_at.astimezone(zone)
        here = past.happened_at.astimezone(request.app.state.settings.zone)
        same_clock = there.utcoffset() == here.utcoffset()
        roles = request.state.actor.roles
        page = RecordPage(
            past=past,
            taking=await taking_over_of(db, past),
            filled=[(name, text) for name, text in past.cells if text.strip()],
            blank=[name for name, text in past.cells if not text.strip()],
            there="" if same_clock else f"{there:%Y-%m-%d %H:%M}",
            closed_on=past.closed_at.astimezone(zone).date() if past.closed_at else None,
            flags=list(flag_words(past.flags)),
            cites=PROFILES[past.run.profile].cites if past.run.profile in PROFILES else "",
            may_take_over=bool(roles & set(MAY_TAKE_OVER)),
            may_import=bool(roles & set(MAY_IMPORT)),
        )
        return render(request, page)


async def _taken(db: Unit, records: list[int]) -> dict[int, TakingOver]:
    query = select(TakingOver).where(TakingOver.record_id.in_(records))
    found = await db.scalars(query.options(joinedload(TakingOver.case)))
    return {taking.record_id: taking for taking in found}
