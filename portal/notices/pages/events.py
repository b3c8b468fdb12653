"""What pages ask for by themselves: the live stream, and the count where streams do not work."""

from collections.abc import AsyncIterator

from litestar import get
from litestar.enums import MediaType
from litestar.response import ServerSentEvent, ServerSentEventMessage

from portal.kernel import tokens
from portal.kernel.web.dependencies import TheDatabase, ThisAct, Unit
from portal.kernel.web.render import AnyRequest
from portal.notices.live import Live
from portal.notices.reading import unread_of
from portal.people.access import me
from portal.people.guards import allow
from portal.people.signing_in import identify


@get("/events", guards=[allow()])
async def events(request: AnyRequest, act: ThisAct, database: TheDatabase) -> ServerSentEvent:
    """The event ``inbox`` carries the unread count, its id is the journal's revision."""
    state = request.app.state
    live: Live = state.live
    browser = tokens.digest(request.state.browser)

    async def is_signed_in() -> bool:
        actor = await identify(database, browser, state.clock())
        return actor == act.actor

    async def stream() -> AsyncIterator[ServerSentEventMessage]:
        async for count in live.listen(me(act), is_signed_in):
            if count is None:
                yield ServerSentEventMessage(data=None, comment="still here")
            else:
                yield ServerSentEventMessage(count.unread, event="inbox", id=count.rev)

    return ServerSentEvent(stream())


@get("/inbox/count", guards=[allow()], media_type=MediaType.JSON)
async def inbox_count(db: Unit, act: ThisAct) -> int:
    """The unread count as JSON."""
    return (await unread_of(db, [me(act)]))[me(act)]
