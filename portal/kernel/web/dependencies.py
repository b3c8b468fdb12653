"""What handlers ask for by name: ``db`` (the unit of work), ``act``, ``database``."""

from collections.abc import AsyncGenerator

from litestar.di import NamedDependency, Provide
from litestar.params import SkipValidation
from sqlalchemy.ext.asyncio import AsyncSession

from portal.kernel.act import Act, Via
from portal.kernel.db.unit import Database
from portal.kernel.web.render import AnyRequest

# How handlers name what they ask for.
Unit = NamedDependency[SkipValidation[AsyncSession]]
ThisAct = NamedDependency[SkipValidation[Act]]
TheDatabase = NamedDependency[SkipValidation[Database]]

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


async def unit_of_work(request: AnyRequest) -> AsyncGenerator[AsyncSession, None]:
    """One unit for the request: reading for GET, else writing. The framework throws what the
    handler raises in here, and sends the answer only after this has ended: after the commit."""
    database: Database = request.app.state.database
    unit = database.reading() if request.method in _SAFE else database.writing()
    async with unit as session:
        yield session


def this_act(request: AnyRequest) -> Act:
    """The act of this request, by the clock of the application."""
    return Act.now(request.state.actor, request.app.state.clock(), Via.PAGE)


def the_database(request: AnyRequest) -> Database:
    """For the few handlers whose work does not fit one unit."""
    database: Database = request.app.state.database
    return database


DEPENDENCIES = {
    "db": Provide(unit_of_work),
    "act": Provide(this_act, sync_to_thread=False),
    "database": Provide(the_database, sync_to_thread=False),
}
