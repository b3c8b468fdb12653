"""What goes wrong on customers' pages is told in their layout, and leads back to their case."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from litestar import Response
from litestar.types import ExceptionHandlersMap

from portal.kernel.problems import Kind, Problem
from portal.kernel.web.errors import answer_problem, wants_json
from portal.kernel.web.render import AnyRequest, render
from portal.openings.pages.opening_page import OpeningPage
from portal.openings.pages.service_forms import SERVICES
from portal.openings.problems import LINK_OVER

FORM = "/service/repair"


@dataclass(kw_only=True)
class TroublePage(OpeningPage):
    """What happened, what was kept, what to do; `back` is where to go on, the public form where
    the link opens nothing."""

    template: ClassVar[str] = "openings/trouble.html"
    kind: Kind
    back: str
    params: dict[str, Any] = field(default_factory=dict)

    @property
    def form_title(self) -> str:
        """What the public form is called that it leads to, if it leads to one."""
        return SERVICES[self.back].title if self.back in SERVICES else ""


def tell_customer(request: AnyRequest, problem: Problem) -> Response[Any]:
    """The page of a problem, for somebody who is no member of staff."""
    if wants_json(request):
        return answer_problem(request, problem)
    token = request.path_params.get("token")
    form = request.url.path if request.url.path in SERVICES else FORM
    own = f"/o/{token}" if token and problem.kind is not LINK_OVER else form
    page = TroublePage(
        status=problem.kind.status,
        address=own,
        kind=problem.kind,
        back=own,
        params=problem.params,
    )
    response = render(request, page)
    response.headers.update(problem.headers)
    return response


FOR_CUSTOMERS: ExceptionHandlersMap = {Problem: tell_customer}
