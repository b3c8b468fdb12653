"""Who may see imports and the history they left. The only loaders of this room."""

from sqlalchemy import ColumnElement, Select, false, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from portal.imports.models import ImportRun, PastRecord
from portal.kernel.act import Actor, Staff, System
from portal.kernel.problems import NOT_FOUND, Problem
from portal.people.roles import OVERSEERS, Role

MAY_IMPORT = (Role.ADMINISTRATOR, Role.DEPARTMENT_HEAD)


def visible_records(actor: Actor) -> Select[PastRecord]:
    """Every record for those whose work is the whole of the cases and customers."""
    return select(PastRecord).where(_is_inside(actor, OVERSEERS))


def visible_runs(actor: Actor) -> Select[ImportRun]:
    """Every import for those who may import."""
    return select(ImportRun).where(_is_inside(actor, frozenset(MAY_IMPORT)))


async def find_record(db: AsyncSession, actor: Actor, record_id: int) -> PastRecord:
    """A record with its import and what of it stands in the files; raises ``not-found``."""
    query = visible_records(actor).where(PastRecord.id == record_id)
    past = await db.scalar(
        query.options(
            joinedload(PastRecord.run),
            joinedload(PastRecord.customer),
            joinedload(PastRecord.site),
            joinedload(PastRecord.device),
        )
    )
    if past is None:
        raise Problem(NOT_FOUND)
    return past


async def find_run(db: AsyncSession, actor: Actor, run_id: int, *, lock: bool = False) -> ImportRun:
    """An import; raises ``not-found``. With ``lock`` nobody else changes it meanwhile."""
    query = visible_runs(actor).where(ImportRun.id == run_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    else:
        query = query.options(joinedload(ImportRun.by))
    run = await db.scalar(query)
    if run is None:
        raise Problem(NOT_FOUND)
    return run


def _is_inside(actor: Actor, roles: frozenset[Role]) -> ColumnElement[bool]:
    inside = isinstance(actor, System) or (isinstance(actor, Staff) and actor.roles & roles)
    return true() if inside else false()
