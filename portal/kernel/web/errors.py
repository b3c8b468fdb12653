"""Every exception ends here: a page or a JSON problem, never a bare fault."""

from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import uuid4

import structlog
from litestar import MediaType, Response
from litestar.exceptions import HTTPException
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError

from portal.kernel import problems
from portal.kernel.problems import Difference, Kind, Problem
from portal.kernel.web.forms import Rejected
from portal.kernel.web.page import Page
from portal.kernel.web.render import AnyRequest, is_partial, redirect, render

log = structlog.get_logger()

_BY_STATUS = {
    401: problems.SIGN_IN,
    403: problems.FORBIDDEN,
    404: problems.NOT_FOUND,
    405: problems.NOT_POSSIBLE,
    413: problems.TOO_LARGE,
}


@dataclass(kw_only=True)
class ProblemPage(Page):
    """What happened, what was kept, what to do; a conflict shows both sides."""

    template: ClassVar[str] = "kernel/problem.html"
    kind: Kind
    params: dict[str, Any] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)


def answer_problem(request: AnyRequest, problem: Problem) -> Response[Any]:
    """A problem as a page, or as RFC 9457 JSON for a caller that prefers it."""
    kind = problem.kind
    if kind is problems.SIGN_IN and _can_go_to_sign_in(request):
        place = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return redirect(request, f"/sign-in?{urlencode({'next': place})}")
    if wants_json(request):
        say = request.state.language.gettext
        body = {
            "type": f"/problems/{kind.key}",
            "status": kind.status,
            "title": say(kind.title),
            "detail": say(kind.happened) % problem.params,
        }
        media = "application/problem+json"
        response = Response[Any](body, status_code=kind.status, media_type=media)
    else:
        page = ProblemPage(
            status=kind.status,
            kind=kind,
            params=problem.params,
            differences=problem.differences,
        )
        response = render(request, page)
    response.headers.update(problem.headers)
    return response


def answer_rejected(request: AnyRequest, rejected: Rejected) -> Response[Any]:
    """The form again, with what was typed."""
    return render(request, rejected.page)


def answer_http(request: AnyRequest, error: HTTPException) -> Response[Any]:
    """What the framework refuses by itself."""
    kind = _BY_STATUS.get(error.status_code)
    if kind is None:
        kind = problems.INVALID if error.status_code < 500 else problems.FAULT
    if kind is problems.FAULT:
        return _answer_fault(request, error)
    return _say(request, kind, headers=dict(error.headers or {}))


def answer_taken(request: AnyRequest, error: IntegrityError | StaleDataError) -> Response[Any]:
    """Two people, or two presses of one button, met in the database."""
    log.warning("database.conflict", route=_route(request), error=_reason(error))
    return _say(request, problems.TAKEN)


def answer_unstorable(request: AnyRequest, error: DataError | OverflowError) -> Response[Any]:
    """A value no column can hold: a number of thirty digits in the address, a NUL in a search."""
    log.warning("database.refused", route=_route(request), error=_reason(error))
    return _say(request, problems.INVALID)


def answer_busy(request: AnyRequest, error: Exception) -> Response[Any]:
    """The database is locked, full or away: a clear answer, never a false success."""
    log.error("database.unavailable", route=_route(request), error=_reason(error))
    return _say(request, problems.BUSY, headers={"retry-after": "30"})


def _reason(error: Exception) -> str:
    """The first line of what the database says; those below it quote the row."""
    return str(getattr(error, "orig", None) or error).partition("\n")[0]


def _route(request: AnyRequest) -> str:
    """The address as written in the code: the one that was asked for may hold a link's token."""
    return str(request.scope.get("path_template", ""))


def _answer_fault(request: AnyRequest, error: Exception) -> Response[Any]:
    reference = uuid4().hex[:8]
    log.error("fault", reference=reference, route=_route(request), exc_info=error)
    return answer_problem(request, Problem(problems.FAULT, {"reference": reference}))


def _say(request: AnyRequest, kind: Kind, **more: Any) -> Response[Any]:
    return answer_problem(request, Problem(kind, **more))


def _can_go_to_sign_in(request: AnyRequest) -> bool:
    """A page that is asked for whole can come later; a form's answer must not take its place."""
    return request.method == "GET" and not is_partial(request) and not wants_json(request)


def wants_json(request: AnyRequest) -> bool:
    """Whether a program asks, and not a browser."""
    accept = request.headers.get("accept", "")
    return "json" in accept and MediaType.HTML not in accept


HANDLERS: Any = {
    Problem: answer_problem,
    Rejected: answer_rejected,
    HTTPException: answer_http,
    IntegrityError: answer_taken,
    StaleDataError: answer_taken,
    DataError: answer_unstorable,
    OverflowError: answer_unstorable,
    OperationalError: answer_busy,
    InterfaceError: answer_busy,
    PoolTimeout: answer_busy,
    Exception: _answer_fault,
}
