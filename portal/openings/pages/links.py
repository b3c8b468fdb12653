"""The staff's side: a fresh link for the customer of a case."""

from dataclasses import dataclass
from typing import ClassVar

from litestar import Controller, post
from markupsafe import Markup

from portal.cases.access import acts_for
from portal.cases.models import Case
from portal.cases.reading import find_case
from portal.customers.labels import qr_code, works_here_only
from portal.kernel.web.dependencies import ThisAct, Unit
from portal.kernel.web.forms import read_form
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, render
from portal.openings.making import VALID, make_link
from portal.openings.pages.status_page import origin_of
from portal.people.guards import allow
from portal.people.pages.fields import Key


@dataclass(kw_only=True)
class LinkPage(Page):
    """A link that was just made: shown once."""

    template: ClassVar[str] = "openings/link.html"
    case: Case
    link: str
    picture: Markup
    days: int = VALID.days

    @property
    def is_local(self) -> bool:
        return works_here_only(self.link)


class LinkController(Controller):
    path = "/cases/{case_id:int}/link"
    guards = (allow(),)

    @post(status_code=200)
    async def create(self, request: AnyRequest, db: Unit, act: ThisAct, case_id: Key) -> Answer:
        zone = request.app.state.settings.zone
        case = await find_case(db, act.actor, case_id, await acts_for(db, act, zone))
        alone = (await read_form(request)).get("alone") == "1"
        token = await make_link(db, act, case, alone=alone)
        # Shown once, here: only its digest is stored.
        link = f"{origin_of(request)}/o/{token}"
        answer = render(request, LinkPage(case=case, link=link, picture=qr_code(link)))
        # The address stays the case's: this one takes no reload.
        answer.headers["hx-push-url"] = f"/cases/{case.id}"
        return answer
