"""Guards of routes. They repeat early what the verb behind them checks again."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from portal.people.access import require
from portal.people.roles import Role


def allow(*roles: Role) -> Guard:
    """Staff with one of ``roles``; with none named, any member of staff."""

    def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        require(connection.state.actor, *roles)

    return guard
