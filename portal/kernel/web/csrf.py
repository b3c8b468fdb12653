"""Forgery: every unsafe request must come from our own pages, in the same browser."""

import hmac

from litestar import Request

from portal.kernel.problems import EXPIRED_FORM, Problem
from portal.kernel.tokens import keyed
from portal.kernel.web.forms import read_form

FIELD = "_csrf"
HEADER = "x-csrftoken"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def csrf_token(secret: bytes, browser: str) -> str:
    """The token of a browser. It changes with the cookie, so it is bound to the session."""
    return keyed(secret, "csrf", browser)


async def refuse_forgery(request: Request) -> None:  # type: ignore[type-arg]
    """Run before every handler; raises the ``expired-form`` problem for a foreign request."""
    if request.method in _SAFE or "no_csrf" in request.route_handler.opt:
        return
    # Pages that send no referrer make browsers hide the origin of their forms as well.
    hidden = "no_referrer" in request.route_handler.opt and request.headers.get("origin") == "null"
    if not _same_origin(request, hidden=hidden):
        raise Problem(EXPIRED_FORM)
    sent = request.headers.get(HEADER) or str((await read_form(request)).get(FIELD, ""))
    if not hmac.compare_digest(sent.encode(errors="replace"), request.state.csrf.encode()):
        raise Problem(EXPIRED_FORM)


def _same_origin(request: Request, *, hidden: bool) -> bool:  # type: ignore[type-arg]
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    if hidden:
        return True
    origin = request.headers.get("origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("host")
